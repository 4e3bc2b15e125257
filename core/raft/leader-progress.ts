/** What a leader knows of the others: how far each has got, and what of the log is committed (Kafka's LeaderState). */
import { invariant } from '../../ports/invariant.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';
import { majority } from './roles.ts';
import type { Voter } from './types.ts';

/** One replica as the leader sees it. Times are wall clock milliseconds for DescribeQuorum, except `fetchedAtMs`. */
export interface ReplicaProgress {
  readonly id: number;
  directoryId: string;
  readonly isVoter: boolean;
  /** Durable up to here; null until it has fetched. */
  endOffset: number | null;
  lastFetchTimestamp: number;
  lastCaughtUpTimestamp: number;
  /** Monotonic time of its last fetch; -Infinity if never. */
  fetchedAtMs: number;
  /** The leader's end offset when it last fetched. */
  leaderEndAtFetch: number;
  /** The high watermark it was last told. */
  toldHighWatermark: number;
}

/** An observer that has not fetched for so long is forgotten. */
const OBSERVER_SESSION_MS = 300_000;

export class LeaderProgress {
  readonly epochStartOffset: number;
  readonly grantingVoters: readonly number[];
  /** Null until an entry of this epoch is committed. */
  highWatermark: number | null = null;
  private readonly self: number;
  private readonly voters = new Map<number, ReplicaProgress>();
  private readonly observers = new Map<number, ReplicaProgress>();
  /** Voters that have fetched since the check-quorum timer was last reset. */
  private readonly fetched = new Set<number>();

  constructor(self: number, voters: readonly Voter[], epochStartOffset: number, grantingVoters: readonly number[]) {
    this.self = self;
    this.epochStartOffset = epochStartOffset;
    this.grantingVoters = grantingVoters;
    for (const voter of voters) this.voters.set(voter.id, newReplica(voter.id, true));
  }

  /** The leader's own log is durable up to `endOffset`. True: the high watermark advanced. */
  recordLocalFlush(endOffset: number): boolean {
    const local = this.voters.get(this.self);
    if (local === undefined) return false;
    local.endOffset = endOffset;
    return this.advanceHighWatermark();
  }

  /** A replica asked for `offset`, so it holds all below. True: the high watermark advanced. */
  recordFetch(id: number, directoryId: string, offset: number, leaderEnd: number, nowMs: number, wallMs: number): boolean {
    invariant(id !== this.self, () => `leader ${this.self} got a fetch from itself`);
    const replica = this.replica(id);
    replica.directoryId = directoryId;
    if (offset >= leaderEnd) replica.lastCaughtUpTimestamp = wallMs;
    else if (offset >= replica.leaderEndAtFetch)
      replica.lastCaughtUpTimestamp = Math.max(replica.lastCaughtUpTimestamp, replica.lastFetchTimestamp);
    replica.lastFetchTimestamp = wallMs;
    replica.leaderEndAtFetch = leaderEnd;
    replica.fetchedAtMs = nowMs;
    replica.endOffset = offset;
    // Who is not beyond the high watermark does not advance it.
    return replica.isVoter && offset > (this.highWatermark ?? -1) && this.advanceHighWatermark();
  }

  /** A voter is there. True: a majority (the leader included) was, since the last time this said so (check quorum). */
  recordContact(id: number): boolean {
    if (!this.voters.has(id)) return false;
    this.fetched.add(id);
    const others = majority(this.voters.size) - (this.voters.has(this.self) ? 1 : 0);
    if (this.fetched.size < others) return false;
    this.fetched.clear();
    return true;
  }

  replica(id: number): ReplicaProgress {
    const known = this.voters.get(id) ?? this.observers.get(id);
    if (known !== undefined) return known;
    const observer = newReplica(id, false);
    this.observers.set(id, observer);
    return observer;
  }

  voterStates(): ReplicaProgress[] {
    return [...this.voters.values()];
  }

  /** Observers that fetched lately, by monotonic time. */
  observerStates(nowMs: number): ReplicaProgress[] {
    for (const [id, observer] of this.observers)
      if (nowMs - observer.fetchedAtMs >= OBSERVER_SESSION_MS) this.observers.delete(id);
    return [...this.observers.values()];
  }

  /** The other voters, the furthest first: who should lead next. */
  successors(): number[] {
    const others = [...this.voters.values()].filter((replica) => replica.id !== this.self);
    return others.sort((a, b) => (b.endOffset ?? -1) - (a.endOffset ?? -1)).map((replica) => replica.id);
  }

  private advanceHighWatermark(): boolean {
    const offsets = [...this.voters.values()].map((replica) => replica.endOffset ?? -1).sort((a, b) => b - a);
    const candidate = offsets[majority(offsets.length) - 1] as number;
    // Counting replicas commits only what this epoch wrote; what older epochs wrote is committed with it (Raft 5.4.2).
    if (candidate <= this.epochStartOffset) return false;
    if (this.highWatermark !== null && candidate <= this.highWatermark) return false;
    this.highWatermark = candidate;
    return true;
  }
}

function newReplica(id: number, isVoter: boolean): ReplicaProgress {
  return {
    id,
    directoryId: ZERO_UUID,
    isVoter,
    endOffset: null,
    lastFetchTimestamp: -1,
    lastCaughtUpTimestamp: -1,
    fetchedAtMs: Number.NEGATIVE_INFINITY,
    leaderEndAtFetch: -1,
    toldHighWatermark: -1,
  };
}
