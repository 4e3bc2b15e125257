/**
 * How a leader changes its ISR (KIP-497): it proposes to the controller whom to take in and whom to leave out, one change at a
 * time, and takes the answer, unless newer metadata came first.
 */
import { ErrorCode } from '../protocol/errors.ts';
import { type BrokerEpoch, type BrokerId, NONE, type Offset, type PartitionEpoch } from '../protocol/numbers.ts';
import type { AlterPartitionAnswer } from './alter-partition-manager.ts';
import type { FollowerState } from './follower-state.ts';
import type { HighWatermark } from './high-watermark.ts';
import type { PendingIsr } from './isr-state.ts';
import type { PartitionContext, PartitionState } from './partition-state.ts';
import type { LeaderRole, PartitionRole } from './partition-role.ts';

export class IsrChanges {
  readonly #context: PartitionContext;
  readonly #state: PartitionState;
  readonly #highWatermark: HighWatermark;

  constructor(context: PartitionContext, state: PartitionState, highWatermark: HighWatermark) {
    this.#context = context;
    this.#state = state;
    this.#highWatermark = highWatermark;
  }

  /** Proposes an ISR with this follower too, if it has reached the high watermark and this leader epoch and may join. */
  maybeExpand(leader: LeaderRole, follower: FollowerState): void {
    const { isr } = leader;
    if (isr.kind !== 'committed' || isr.isr.includes(follower.brokerId)) return;
    const reachedHighWatermark = follower.logEndOffset >= this.#state.log.highWatermark;
    const reachedEpochStart = follower.logEndOffset >= leader.epochStartOffset;
    if (!reachedHighWatermark || !reachedEpochStart) return;
    if (!follower.mayJoinIsr(this.#context.cluster().brokers.get(follower.brokerId))) return;
    if (this.#context.env.random.sometimes('replication/late-isr-expansion')) return;
    this.#propose(leader, 'pending-expand', isr.isr, [...isr.isr, follower.brokerId], follower.logEndOffset);
  }

  /** Proposes an ISR without the followers that have not been caught up for replica.lag.time.max.ms. */
  maybeShrink(leader: LeaderRole): void {
    if (leader.isr.kind !== 'committed') return;
    const { isr } = leader.isr;
    const nowMs = this.#context.env.clock.monotonicMs();
    const leaderEndOffset = this.#state.log.visibleEndOffset;
    const remaining = isr.filter((id) => {
      if (id === this.#context.brokerId) return true;
      return leader.followers.get(id)?.isCaughtUp(leaderEndOffset, nowMs, this.#context.replicaLagMaxMs) ?? false;
    });
    if (remaining.length === isr.length || this.#context.env.random.sometimes('replication/late-isr-shrink')) return;
    this.#propose(leader, 'pending-shrink', isr, remaining, NONE);
  }

  /** A change that this role has pending is overtaken by newer metadata, whatever became of it. */
  supersede(role: PartitionRole, partitionEpoch: PartitionEpoch): void {
    if (role.kind !== 'leader' || role.isr.kind === 'committed') return;
    this.#traceResolved('superseded', role.isr.isr, partitionEpoch, ErrorCode.NONE);
  }

  #propose(
    leader: LeaderRole,
    kind: PendingIsr['kind'],
    isr: readonly BrokerId[],
    proposed: readonly BrokerId[],
    replicaEndOffset: Offset,
  ): void {
    const { key, log, partitionEpoch } = this.#state;
    const change: PendingIsr = {
      kind,
      isr,
      proposed,
      proposedEpochs: proposed.map((brokerId) => ({ brokerId, brokerEpoch: this.#brokerEpochOf(leader, brokerId) })),
      leaderEpoch: leader.leaderEpoch,
      partitionEpoch,
    };
    leader.isr = change;
    this.#context.env.tracer.emit({
      type: 'isr-change-proposed',
      partition: key,
      kind: kind === 'pending-expand' ? 'expand' : 'shrink',
      leaderEpoch: change.leaderEpoch,
      partitionEpoch: change.partitionEpoch,
      isr,
      proposed,
      proposedEpochs: change.proposedEpochs.map(({ brokerEpoch }) => brokerEpoch),
      replicaEndOffset,
      highWatermark: log.highWatermark,
      epochStartOffset: leader.epochStartOffset,
    });
    this.#submit(leader, change);
  }

  /** -1 for a member that has not fetched in this leader epoch: if it had restarted, the controller would have removed it from the ISR. */
  #brokerEpochOf(leader: LeaderRole, brokerId: BrokerId): BrokerEpoch {
    if (brokerId === this.#context.brokerId) return this.#context.brokerEpoch();
    return leader.followers.get(brokerId)?.brokerEpoch ?? NONE;
  }

  #submit(leader: LeaderRole, change: PendingIsr): void {
    const item = {
      key: this.#state.key,
      topicId: this.#state.topicId,
      partition: this.#state.index,
      change,
      isVoid: () => this.#isVoid(change),
      done: (answer: AlterPartitionAnswer) => this.#onAnswer(change, answer),
    };
    const attempted = this.#context.alterPartitions.submit(item);
    if (!attempted) this.#reject(leader, change, ErrorCode.OPERATION_NOT_ATTEMPTED);
  }

  /** A proposal names the incarnations of its members: it is void for good when one has registered anew, or is not registered any more. */
  #isVoid({ proposedEpochs }: PendingIsr): boolean {
    const { brokers } = this.#context.cluster();
    return proposedEpochs.some(({ brokerId, brokerEpoch }) => {
      if (brokerEpoch === NONE) return false;
      const registered = brokers.get(brokerId);
      return registered === undefined || registered.epoch > brokerEpoch;
    });
  }

  #onAnswer(change: PendingIsr, answer: AlterPartitionAnswer): void {
    const leader = this.#state.role;
    // Newer metadata or another role came first: the answer is about a state that is gone.
    if (leader.kind !== 'leader' || leader.isr !== change) return;
    if (answer.ok) this.#commit(leader, answer);
    else this.#fail(leader, change, answer.error);
  }

  #commit(leader: LeaderRole, answer: AlterPartitionAnswer & { ok: true }): void {
    const state = this.#state;
    if (answer.leaderEpoch !== leader.leaderEpoch || answer.partitionEpoch < state.partitionEpoch) return;
    leader.isr = { kind: 'committed', isr: answer.isr };
    state.partitionEpoch = answer.partitionEpoch;
    this.#traceResolved('committed', answer.isr, answer.partitionEpoch, ErrorCode.NONE);
    this.#highWatermark.maybeAdvance(leader);
    this.#context.wake(state.key);
  }

  #fail(leader: LeaderRole, change: PendingIsr, error: number): void {
    switch (error) {
      // Certainly not applied, by this controller or any other (AlterPartitionManager.isUndecided): back to what is committed.
      case ErrorCode.OPERATION_NOT_ATTEMPTED:
      case ErrorCode.INELIGIBLE_REPLICA:
        this.#reject(leader, change, error);
        return;
      // It may have been applied (an answer was lost, or the epochs moved on): stay pending until newer metadata tells.
      case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
      case ErrorCode.UNKNOWN_TOPIC_ID:
      case ErrorCode.FENCED_LEADER_EPOCH:
      case ErrorCode.INVALID_UPDATE_VERSION:
      case ErrorCode.INVALID_REQUEST:
      case ErrorCode.NEW_LEADER_ELECTED:
        return;
      default:
        this.#submit(leader, change);
    }
  }

  #reject(leader: LeaderRole, change: PendingIsr, error: number): void {
    leader.isr = { kind: 'committed', isr: change.isr };
    this.#traceResolved('rejected', change.isr, this.#state.partitionEpoch, error);
  }

  #traceResolved(
    outcome: 'committed' | 'rejected' | 'superseded',
    isr: readonly BrokerId[],
    partitionEpoch: PartitionEpoch,
    error: number,
  ): void {
    const { key, leaderEpoch } = this.#state;
    this.#context.env.tracer.emit({
      type: 'isr-change-resolved',
      partition: key,
      outcome,
      leaderEpoch,
      partitionEpoch,
      isr,
      error,
    });
  }
}
