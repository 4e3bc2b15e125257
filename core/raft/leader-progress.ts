/** What a leader knows of the others: how far each has got, and what of the log is committed (Kafka's LeaderState). */
import { invariant } from '../../ports/invariant.ts';
import { type BrokerId, NONE, type Offset } from '../protocol/numbers.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';
import type { VoterSet } from './voter-set.ts';

/** One replica as the leader sees it. Times are wall clock milliseconds for DescribeQuorum, except `fetchedAtMs`. */
export interface ReplicaProgress {
  readonly id: BrokerId;
  directoryId: string;
  /** Durable up to here; null until it has fetched. */
  endOffset: Offset | null;
  lastFetchTimestamp: number;
  lastCaughtUpTimestamp: number;
  /** Monotonic time of its last fetch; -Infinity if never. */
  fetchedAtMs: number;
  /** The leader's end offset when it last fetched. */
  leaderEndAtFetch: Offset;
}

/** An observer that has not fetched for so long is forgotten. */
const OBSERVER_SESSION_MS = 300_000;

export class LeaderProgress {
  readonly epochStartOffset: Offset;
  readonly grantingVoters: readonly BrokerId[];
  /** Null until an entry of this epoch is committed. */
  highWatermark: Offset | null = null;
  readonly #self: BrokerId;
  readonly #voters: VoterSet;
  readonly #replicas = new Map<BrokerId, ReplicaProgress>();
  /** Voters that have fetched since the check-quorum timer was last reset. */
  readonly #fetched = new Set<number>();

  constructor(self: BrokerId, voters: VoterSet, epochStartOffset: Offset, grantingVoters: readonly BrokerId[]) {
    this.#self = self;
    this.#voters = voters;
    this.epochStartOffset = epochStartOffset;
    this.grantingVoters = grantingVoters;
  }

  /** The leader's own log is durable up to `endOffset`. True: the high watermark advanced. */
  recordLocalFlush(endOffset: Offset): boolean {
    if (!this.#voters.has(this.#self)) return false;
    this.replica(this.#self).endOffset = endOffset;
    return this.#advanceHighWatermark();
  }

  /** A replica asked for `offset`, so it holds all below. True: the high watermark advanced. */
  recordFetch(id: BrokerId, directoryId: string, offset: Offset, leaderEnd: Offset, nowMs: number, wallMs: number): boolean {
    invariant(id !== this.#self, () => `leader ${this.#self} got a fetch from itself`);
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
    return this.#voters.has(id) && offset > (this.highWatermark ?? -1) && this.#advanceHighWatermark();
  }

  /** A voter is there. True: a majority (the leader included) was, since the last time this said so (check quorum). */
  recordContact(id: BrokerId): boolean {
    if (!this.#voters.has(id)) return false;
    this.#fetched.add(id);
    if (!this.#voters.isMajority((voter) => voter === this.#self || this.#fetched.has(voter))) return false;
    this.#fetched.clear();
    return true;
  }

  replica(id: BrokerId): ReplicaProgress {
    let replica = this.#replicas.get(id);
    if (replica === undefined) {
      replica = newReplica(id);
      this.#replicas.set(id, replica);
    }
    return replica;
  }

  voterStates(): ReplicaProgress[] {
    return this.#voters.ids.map((id) => this.replica(id));
  }

  /** Observers that fetched lately, by monotonic time. */
  observerStates(nowMs: number): ReplicaProgress[] {
    const observers = [...this.#replicas.values()].filter(({ id }) => !this.#voters.has(id));
    const isGone = ({ fetchedAtMs }: ReplicaProgress): boolean => nowMs - fetchedAtMs >= OBSERVER_SESSION_MS;
    for (const observer of observers) if (isGone(observer)) this.#replicas.delete(observer.id);
    return observers.filter((observer) => !isGone(observer));
  }

  /** The other voters, the furthest first: who should lead next. */
  successors(): number[] {
    const others = this.voterStates().filter((replica) => replica.id !== this.#self);
    return others.sort((a, b) => (b.endOffset ?? NONE) - (a.endOffset ?? NONE)).map((replica) => replica.id);
  }

  #advanceHighWatermark(): boolean {
    const candidate = this.#voters.reachedByMajority((id) => this.replica(id).endOffset ?? NONE);
    // Counting replicas commits only what this epoch wrote; what older epochs wrote is committed with it (Raft 5.4.2).
    if (candidate <= this.epochStartOffset) return false;
    if (this.highWatermark !== null && candidate <= this.highWatermark) return false;
    this.highWatermark = candidate;
    return true;
  }
}

function newReplica(id: BrokerId): ReplicaProgress {
  return {
    id,
    directoryId: ZERO_UUID,
    endOffset: null,
    lastFetchTimestamp: -1,
    lastCaughtUpTimestamp: -1,
    fetchedAtMs: Number.NEGATIVE_INFINITY,
    leaderEndAtFetch: NONE,
  };
}
