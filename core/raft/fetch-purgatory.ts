/** Fetches that wait on the leader for new data or a new high watermark (Kafka's ThresholdPurgatory; KIP-595, KIP-1166). */
import type { BrokerId, LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { RaftRequest } from './options.ts';

export interface WaitingFetch {
  readonly request: RaftRequest;
  readonly replicaId: BrokerId;
  readonly directoryId: string;
  readonly epoch: LeaderEpoch;
  readonly offset: Offset;
  readonly lastFetchedEpoch: LeaderEpoch;
  readonly maxBytes: number;
  /** A higher high watermark is news. */
  readonly knownHighWatermark: Offset;
  /** Monotonic ms. */
  readonly deadlineMs: number;
}

export class FetchPurgatory {
  /** Tries again to answer; `isExpired`: answer whatever there is. True: answered. */
  readonly #complete: (fetch: WaitingFetch, isExpired: boolean) => boolean;
  #waiting: WaitingFetch[] = [];
  #isWaking = false;
  #mustWakeAgain = false;

  constructor(complete: (fetch: WaitingFetch, isExpired: boolean) => boolean) {
    this.#complete = complete;
  }

  add(fetch: WaitingFetch): void {
    this.#waiting.push(fetch);
  }

  /** The log or the high watermark moved. */
  wake(): void {
    this.#mustWakeAgain = true;
    if (this.#isWaking) return;
    this.#isWaking = true;
    while (this.#mustWakeAgain) {
      this.#mustWakeAgain = false;
      this.#retain((fetch) => !this.#complete(fetch, false));
    }
    this.#isWaking = false;
  }

  /** Answers the overdue ones; returns when the next will be. */
  expire(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const fetch of this.#waiting) nextMs = Math.min(nextMs, fetch.deadlineMs);
    if (nextMs > nowMs) return nextMs;
    this.#retain((fetch) => fetch.deadlineMs > nowMs || !this.#complete(fetch, true));
    return this.expire(nowMs);
  }

  /** Answers all, whatever there is: the node no longer leads. */
  drain(): void {
    this.#retain((fetch) => !this.#complete(fetch, true));
  }

  #retain(keep: (fetch: WaitingFetch) => boolean): void {
    const before = this.#waiting;
    if (before.length === 0) return;
    this.#waiting = [];
    const kept = before.filter(keep);
    this.#waiting = this.#waiting.length === 0 ? kept : [...kept, ...this.#waiting];
  }
}
