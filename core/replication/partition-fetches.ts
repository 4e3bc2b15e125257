/** Serves the fetches of one partition, to consumers and followers, and learns from a follower's fetches how far it is. */
import { ErrorCode } from '../protocol/errors.ts';
import { type BrokerEpoch, NONE, type Offset } from '../protocol/numbers.ts';
import { FetchReader } from './fetch-reader.ts';
import type { FollowerState } from './follower-state.ts';
import type { HighWatermark } from './high-watermark.ts';
import type { IsrChanges } from './isr-changes.ts';
import type { PartitionContext, PartitionState } from './partition-state.ts';
import type { LeaderRole } from './partition-role.ts';
import { type FetchParams, type FetchPartition, type FetchPartitionResult, failedFetch } from './types.ts';

export class PartitionFetches {
  readonly #context: PartitionContext;
  readonly #state: PartitionState;
  readonly #highWatermark: HighWatermark;
  readonly #isrChanges: IsrChanges;
  readonly #reader: FetchReader;

  constructor(context: PartitionContext, state: PartitionState, highWatermark: HighWatermark, isrChanges: IsrChanges) {
    this.#context = context;
    this.#state = state;
    this.#highWatermark = highWatermark;
    this.#isrChanges = isrChanges;
    this.#reader = new FetchReader(state.log);
  }

  /** See Partition.fetch. */
  fetch(
    params: FetchParams,
    request: FetchPartition,
    maxBytes: number,
    minOneMessage: boolean,
    updateFollower: boolean,
  ): FetchPartitionResult {
    const reader = this.#reader;
    const state = this.#state;
    const isFollower = params.replicaId >= 0;
    const error = state.checkAccess(request.currentLeaderEpoch, isFollower || params.client === null);
    if (error !== ErrorCode.NONE) return failedFetch(error);
    if (!isFollower) return reader.read(params, request, maxBytes, minOneMessage);
    const leader = state.role as LeaderRole;
    const follower = leader.followers.get(params.replicaId);
    // With an epoch in the request, its sender knows of an assignment that this broker has not heard of yet.
    const unknownReplica =
      request.currentLeaderEpoch === NONE ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_LEADER_EPOCH;
    if (follower === undefined) return failedFetch(unknownReplica);
    const leaderEndOffset = state.log.visibleEndOffset;
    const result = reader.read(params, request, maxBytes, minOneMessage);
    const succeeded = result.error === ErrorCode.NONE;
    const isDiverging = result.divergingEpoch !== null;
    if (!updateFollower || !succeeded || isDiverging) return result;
    const registeredEpoch = this.#context.cluster().brokers.get(params.replicaId)?.epoch ?? NONE;
    // A request that an earlier incarnation of the follower sent (KIP-903).
    const isStale = params.replicaEpoch !== NONE && params.replicaEpoch < registeredEpoch;
    if (isStale) return failedFetch(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    this.#updateFollower(leader, follower, request, leaderEndOffset, params.replicaEpoch);
    return result;
  }

  /** A result without records: where this replica stands. */
  offsets(): FetchPartitionResult {
    return this.#reader.offsets();
  }

  #updateFollower(
    leader: LeaderRole,
    follower: FollowerState,
    request: FetchPartition,
    leaderEndOffset: Offset,
    brokerEpoch: BrokerEpoch,
  ): void {
    const { env } = this.#context;
    const previousEndOffset = follower.logEndOffset;
    const previousLogStart = follower.logStartOffset;
    // A follower has what lies below the offset it asks for; what it is being sent now does not count yet.
    const endOffset = request.fetchOffset;
    follower.update(endOffset, request.logStartOffset, env.clock.monotonicMs(), leaderEndOffset, brokerEpoch);
    const progressed = endOffset !== previousEndOffset;
    if (progressed) {
      env.tracer.emit({
        type: 'follower-progressed',
        partition: this.#state.key,
        leaderEpoch: leader.leaderEpoch,
        requestEpoch: request.currentLeaderEpoch,
        replica: follower.brokerId,
        brokerEpoch,
        endOffset,
      });
    }
    this.#isrChanges.maybeExpand(leader, follower);
    const highWatermarkAdvanced = progressed && this.#highWatermark.maybeAdvance(leader);
    const lowWatermarkMayMove = follower.logStartOffset !== previousLogStart;
    if (highWatermarkAdvanced || lowWatermarkMayMove) this.#context.wake(this.#state.key);
  }
}
