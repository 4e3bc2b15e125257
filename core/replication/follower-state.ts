/** What a leader knows of one follower, all of it learned from the follower's fetches (Kafka's Replica). */
import { greater } from '../../ports/brand.ts';
import { type BrokerEpoch, type BrokerId, NONE, type Offset } from '../protocol/numbers.ts';
import type { BrokerView } from './ports.ts';

/** Before any time of the monotonic clock, which may begin at 0. */
const NEVER = Number.NEGATIVE_INFINITY;

export class FollowerState {
  readonly brokerId: BrokerId;
  /** The follower's fetch offset: it has everything below. -1: it has not fetched in this leader epoch. */
  logEndOffset: Offset = NONE;
  logStartOffset: Offset = NONE;
  /** The broker epoch in its last fetch; null before the first. -1: the fetch had none. */
  brokerEpoch: BrokerEpoch | null = null;
  #lastFetchLeaderLogEndOffset: Offset = NONE;
  #lastFetchTimeMs = NEVER;
  #lastCaughtUpTimeMs = NEVER;

  constructor(brokerId: BrokerId) {
    this.brokerId = brokerId;
  }

  get lastCaughtUpMs(): number {
    return this.#lastCaughtUpTimeMs;
  }

  /**
   * A new leader epoch begins: what the follower said in an earlier one no longer counts. A member of the ISR is given the
   * benefit of replica.lag.time.max.ms to fetch.
   */
  reset(nowMs: number, inSync: boolean): void {
    this.logEndOffset = NONE;
    this.logStartOffset = NONE;
    this.brokerEpoch = null;
    this.#lastFetchLeaderLogEndOffset = NONE;
    this.#lastFetchTimeMs = NEVER;
    this.#lastCaughtUpTimeMs = inSync ? nowMs : NEVER;
  }

  /**
   * Takes a fetch whose read succeeded. The follower was caught up now if it asks for the leader's end, or at its previous
   * fetch if it asks for what was the leader's end then: under a steady load it never asks for the very end.
   */
  update(fetchOffset: Offset, logStartOffset: Offset, nowMs: number, leaderEndOffset: Offset, brokerEpoch: BrokerEpoch): void {
    if (fetchOffset >= leaderEndOffset) {
      this.#lastCaughtUpTimeMs = Math.max(this.#lastCaughtUpTimeMs, nowMs);
    } else if (fetchOffset >= this.#lastFetchLeaderLogEndOffset) {
      this.#lastCaughtUpTimeMs = Math.max(this.#lastCaughtUpTimeMs, this.#lastFetchTimeMs);
    }
    this.logEndOffset = fetchOffset;
    this.logStartOffset = logStartOffset;
    this.#lastFetchLeaderLogEndOffset = greater(leaderEndOffset, this.#lastFetchLeaderLogEndOffset);
    this.#lastFetchTimeMs = nowMs;
    this.brokerEpoch = brokerEpoch;
  }

  isCaughtUp(leaderEndOffset: Offset, nowMs: number, maxLagMs: number): boolean {
    return this.logEndOffset === leaderEndOffset || nowMs - this.#lastCaughtUpTimeMs <= maxLagMs;
  }

  /** As its broker is registered: unfenced, staying, and the incarnation that fetched is the one registered (KIP-841, KIP-903). */
  mayJoinIsr(broker: BrokerView | undefined): boolean {
    if (broker === undefined || broker.fenced || broker.inControlledShutdown) return false;
    return this.brokerEpoch !== null && (this.brokerEpoch === NONE || this.brokerEpoch === broker.epoch);
  }
}
