/**
 * One replica of a partition on this broker: as leader it decides what is committed and who is in sync, as follower it takes
 * what the leader sends (Kafka's Partition). Longer than most files because leader and follower are one state machine over
 * one log.
 */
import { type Environment, invariant } from '../environment.ts';
import type { Log } from '../log/Log.ts';
import { type AppendError, isAppendError, type LogAppendInfo, type LogReadInfo, type ReadBound } from '../log/types.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { readBatchHeader } from '../protocol/records.ts';
import type { AlterPartitionAnswer, AlterPartitionManager } from './AlterPartitionManager.ts';
import { FollowerState } from './FollowerState.ts';
import { type IsrState, maximalIsr, type PendingIsr } from './isrState.ts';
import type { ClusterView, PartitionView } from './ports.ts';
import {
  type FetchParams,
  type FetchPartition,
  type FetchPartitionResult,
  failedFetch,
  NO_LEADER,
  NONE,
  type TopicSettings,
} from './types.ts';

/** What all partitions of a broker share. */
export interface PartitionContext {
  readonly env: Environment;
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly cluster: () => ClusterView;
  readonly alterPartitions: AlterPartitionManager;
  readonly replicaLagMaxMs: number;
  readonly settings: (topic: string) => TopicSettings;
  /** Operations that wait for this partition may be able to go on. */
  readonly wake: (key: string) => void;
}

export interface LeaderRole {
  readonly kind: 'leader';
  readonly leaderEpoch: number;
  /** The log end when this epoch began. A follower joins the ISR only from there on (KAFKA-7128). */
  readonly epochStartOffset: number;
  isr: IsrState;
  readonly followers: Map<number, FollowerState>;
}

export interface FollowerRole {
  readonly kind: 'follower';
  readonly leaderEpoch: number;
  /** NO_LEADER while there is none. */
  readonly leader: number;
}

/** 'new': not told its role yet. 'offline': its log directory failed. 'stopped': no replica of this broker any more. */
export type PartitionRole = LeaderRole | FollowerRole | { readonly kind: 'new' | 'offline' | 'stopped' };

export class Partition {
  readonly key: string;
  readonly topic: string;
  readonly index: number;
  readonly topicId: string;
  readonly log: Log;
  private readonly context: PartitionContext;
  private currentRole: PartitionRole = { kind: 'new' };
  private currentLeaderEpoch = NONE;
  private currentPartitionEpoch = NONE;
  private assignment: readonly number[] = [];
  private minInsyncReplicas: number;
  /** The last answer to a read that found nothing new. */
  private idleResult: FetchPartitionResult | null = null;

  constructor(context: PartitionContext, topic: string, index: number, topicId: string, log: Log) {
    this.context = context;
    this.topic = topic;
    this.index = index;
    this.key = topicPartitionKey(topic, index);
    this.topicId = topicId;
    this.log = log;
    this.minInsyncReplicas = context.settings(topic)['min.insync.replicas'];
  }

  get role(): PartitionRole {
    return this.currentRole;
  }
  get leaderEpoch(): number {
    return this.currentLeaderEpoch;
  }
  get partitionEpoch(): number {
    return this.currentPartitionEpoch;
  }
  get replicas(): readonly number[] {
    return this.assignment;
  }
  get isLeader(): boolean {
    return this.currentRole.kind === 'leader';
  }
  /** min.insync.replicas, but never more than there are replicas. */
  get effectiveMinIsr(): number {
    return Math.min(this.minInsyncReplicas, Math.max(1, this.assignment.length));
  }

  /** The topic's configs changed. */
  refreshSettings(): void {
    this.minInsyncReplicas = this.context.settings(this.topic)['min.insync.replicas'];
    if (this.currentRole.kind === 'leader' && this.maybeAdvanceHighWatermark(this.currentRole)) this.context.wake(this.key);
  }

  // ---- roles ------------------------------------------------------------------------------------------------------

  /** Committed metadata says that this broker leads. Returns whether a new leader epoch begins. */
  makeLeader(view: PartitionView): boolean {
    if (view.partitionEpoch < this.currentPartitionEpoch) return false;
    const isNewEpoch = view.leaderEpoch > this.currentLeaderEpoch;
    const previous = this.currentRole;
    const isr: IsrState = { kind: 'committed', isr: view.isr };
    const nowMs = this.context.env.clock.monotonicMs();
    this.assignment = view.replicas;
    if (isNewEpoch || previous.kind !== 'leader') {
      this.supersede(previous, view.partitionEpoch);
      const epochStartOffset = this.log.logEndOffset;
      // At once, not with the first append: followers may ask about this epoch before anything is written in it.
      this.log.assignEpochStart(view.leaderEpoch, epochStartOffset);
      const leader: LeaderRole = { kind: 'leader', leaderEpoch: view.leaderEpoch, epochStartOffset, isr, followers: new Map() };
      this.currentRole = leader;
      this.currentLeaderEpoch = view.leaderEpoch;
      this.assignFollowers(leader, view.replicas);
      for (const follower of leader.followers.values()) follower.reset(nowMs, view.isr.includes(follower.brokerId));
      this.traceBecameLeader(view);
    } else {
      // The answer to AlterPartition may have brought this partition epoch already; then only the assignment is news.
      const isNewer = view.partitionEpoch > this.currentPartitionEpoch;
      if (isNewer) {
        this.supersede(previous, view.partitionEpoch);
        previous.isr = isr;
      }
      this.assignFollowers(previous, view.replicas);
    }
    this.currentPartitionEpoch = view.partitionEpoch;
    const leader = this.currentRole as LeaderRole;
    // The ISR may be down to this broker alone.
    this.maybeAdvanceHighWatermark(leader);
    this.context.wake(this.key);
    return isNewEpoch;
  }

  /** Committed metadata says that another broker leads, or none. Returns whether a new leader epoch begins, so that fetching must begin anew. */
  makeFollower(view: PartitionView): boolean {
    if (view.partitionEpoch < this.currentPartitionEpoch) return false;
    const isNewEpoch = view.leaderEpoch > this.currentLeaderEpoch;
    this.supersede(this.currentRole, view.partitionEpoch);
    this.currentRole = { kind: 'follower', leaderEpoch: view.leaderEpoch, leader: view.leader };
    this.currentLeaderEpoch = view.leaderEpoch;
    this.currentPartitionEpoch = view.partitionEpoch;
    this.assignment = view.replicas;
    if (isNewEpoch) {
      this.context.env.tracer.emit({
        type: 'became-follower',
        partition: this.key,
        topicId: this.topicId,
        leaderEpoch: view.leaderEpoch,
        leader: view.leader,
        logEndOffset: this.log.logEndOffset,
        highWatermark: this.log.highWatermark,
      });
    }
    this.context.wake(this.key);
    return isNewEpoch;
  }

  /** The replica leaves this broker. */
  stop(deleted: boolean): void {
    this.currentRole = { kind: 'stopped' };
    this.context.env.tracer.emit({ type: 'replica-stopped', partition: this.key, topicId: this.topicId, deleted });
    this.context.wake(this.key);
  }

  /** The log directory failed. */
  markOffline(): void {
    this.currentRole = { kind: 'offline' };
    this.context.wake(this.key);
  }

  private assignFollowers(leader: LeaderRole, replicas: readonly number[]): void {
    for (const id of replicas) {
      if (id !== this.context.brokerId && !leader.followers.has(id)) leader.followers.set(id, new FollowerState(id));
    }
    for (const id of leader.followers.keys()) if (!replicas.includes(id)) leader.followers.delete(id);
  }

  /** A pending ISR change is overtaken by newer metadata, whatever became of it. */
  private supersede(role: PartitionRole, partitionEpoch: number): void {
    if (role.kind !== 'leader' || role.isr.kind === 'committed') return;
    this.traceIsrResolved('superseded', role.isr.isr, partitionEpoch, ErrorCode.NONE);
  }

  // ---- leader: the high watermark -----------------------------------------------------------------------------------

  private maybeAdvanceHighWatermark(leader: LeaderRole): boolean {
    // KIP-966: nothing is committed while the ISR is under its minimum.
    if (leader.isr.isr.length < this.effectiveMinIsr) return false;
    const nowMs = this.context.env.clock.monotonicMs();
    // The leader's own copy counts as far as it is visible: with flush.messages due, only what has been synced.
    const leaderEndOffset = this.log.visibleEndOffset;
    const members = maximalIsr(leader.isr);
    let candidate = leaderEndOffset;
    for (const follower of leader.followers.values()) {
      if (follower.logEndOffset >= candidate) continue;
      const counts = members.includes(follower.brokerId) || this.isAboutToJoin(follower, leaderEndOffset, nowMs);
      if (counts) candidate = follower.logEndOffset;
    }
    const from = this.log.highWatermark;
    if (candidate <= from) return false;
    const to = this.log.updateHighWatermark(candidate);
    if (to === from) return false;
    this.context.env.tracer.emit({
      type: 'high-watermark-advanced',
      partition: this.key,
      role: 'leader',
      leaderEpoch: leader.leaderEpoch,
      from,
      to,
      isr: leader.isr.isr,
      maximalIsr: members,
    });
    return true;
  }

  /** A follower that keeps up but is not in the ISR is waited for; else, with a leader alone in the ISR, it could never reach the high watermark. */
  private isAboutToJoin(follower: FollowerState, leaderEndOffset: number, nowMs: number): boolean {
    return follower.isCaughtUp(leaderEndOffset, nowMs, this.context.replicaLagMaxMs) && this.isIsrEligible(follower);
  }

  /** More of the leader's own log became visible (a sync ended). */
  onVisibleEndAdvanced(): void {
    if (this.currentRole.kind === 'leader') this.maybeAdvanceHighWatermark(this.currentRole);
    this.context.wake(this.key);
  }

  // ---- leader: the ISR ------------------------------------------------------------------------------------------------

  /** Unfenced, staying, and the incarnation that fetched is the one that is registered (KIP-841, KIP-903). */
  private isIsrEligible(follower: FollowerState): boolean {
    const broker = this.context.cluster().brokers.get(follower.brokerId);
    if (broker === undefined || broker.fenced || broker.inControlledShutdown) return false;
    const fetchedEpoch = follower.brokerEpoch;
    return fetchedEpoch !== null && (fetchedEpoch === NONE || fetchedEpoch === broker.epoch);
  }

  private maybeExpandIsr(leader: LeaderRole, follower: FollowerState): void {
    const { isr } = leader;
    if (isr.kind !== 'committed' || isr.isr.includes(follower.brokerId)) return;
    const reachedHighWatermark = follower.logEndOffset >= this.log.highWatermark;
    const reachedEpochStart = follower.logEndOffset >= leader.epochStartOffset;
    if (!reachedHighWatermark || !reachedEpochStart || !this.isIsrEligible(follower)) return;
    if (this.context.env.random.sometimes('replication/late-isr-expansion')) return;
    this.propose(leader, 'pending-expand', isr.isr, [...isr.isr, follower.brokerId], follower.logEndOffset);
  }

  /** Proposes an ISR without the followers that have not been caught up for replica.lag.time.max.ms. */
  maybeShrinkIsr(): void {
    const leader = this.currentRole;
    if (leader.kind !== 'leader' || leader.isr.kind !== 'committed') return;
    const { isr } = leader.isr;
    const nowMs = this.context.env.clock.monotonicMs();
    const leaderEndOffset = this.log.visibleEndOffset;
    const remaining = isr.filter((id) => {
      if (id === this.context.brokerId) return true;
      return leader.followers.get(id)?.isCaughtUp(leaderEndOffset, nowMs, this.context.replicaLagMaxMs) ?? false;
    });
    if (remaining.length < isr.length) this.propose(leader, 'pending-shrink', isr, remaining, NONE);
  }

  private propose(
    leader: LeaderRole,
    kind: PendingIsr['kind'],
    isr: readonly number[],
    proposed: readonly number[],
    replicaEndOffset: number,
  ): void {
    const change: PendingIsr = {
      kind,
      isr,
      proposed,
      proposedEpochs: proposed.map((brokerId) => ({ brokerId, brokerEpoch: this.brokerEpochOf(leader, brokerId) })),
      leaderEpoch: leader.leaderEpoch,
      partitionEpoch: this.currentPartitionEpoch,
    };
    leader.isr = change;
    this.context.env.tracer.emit({
      type: 'isr-change-proposed',
      partition: this.key,
      kind: kind === 'pending-expand' ? 'expand' : 'shrink',
      leaderEpoch: change.leaderEpoch,
      partitionEpoch: change.partitionEpoch,
      isr,
      proposed,
      replicaEndOffset,
      highWatermark: this.log.highWatermark,
      epochStartOffset: leader.epochStartOffset,
    });
    this.submit(leader, change);
  }

  /** -1 for a member that has not fetched in this leader epoch: if it had restarted, the controller would have removed it from the ISR. */
  private brokerEpochOf(leader: LeaderRole, brokerId: number): number {
    if (brokerId === this.context.brokerId) return this.context.brokerEpoch();
    return leader.followers.get(brokerId)?.brokerEpoch ?? NONE;
  }

  private submit(leader: LeaderRole, change: PendingIsr): void {
    const item = {
      key: this.key,
      topicId: this.topicId,
      partition: this.index,
      change,
      done: (answer: AlterPartitionAnswer) => this.onIsrAnswer(change, answer),
    };
    const attempted = this.context.alterPartitions.submit(item);
    if (!attempted) this.rejectIsrChange(leader, change, ErrorCode.OPERATION_NOT_ATTEMPTED);
  }

  private onIsrAnswer(change: PendingIsr, answer: AlterPartitionAnswer): void {
    const leader = this.currentRole;
    // Newer metadata or another role came first: the answer is about a state that is gone.
    if (leader.kind !== 'leader' || leader.isr !== change) return;
    if (answer.ok) this.commitIsrChange(leader, answer);
    else this.failIsrChange(leader, change, answer.error);
  }

  private commitIsrChange(leader: LeaderRole, answer: AlterPartitionAnswer & { ok: true }): void {
    if (answer.leaderEpoch !== leader.leaderEpoch || answer.partitionEpoch < this.currentPartitionEpoch) return;
    leader.isr = { kind: 'committed', isr: answer.isr };
    this.currentPartitionEpoch = answer.partitionEpoch;
    this.traceIsrResolved('committed', answer.isr, answer.partitionEpoch, ErrorCode.NONE);
    this.maybeAdvanceHighWatermark(leader);
    this.context.wake(this.key);
  }

  private failIsrChange(leader: LeaderRole, change: PendingIsr, error: number): void {
    switch (error) {
      // Certainly not applied, by this controller or any other: back to what is committed.
      case ErrorCode.OPERATION_NOT_ATTEMPTED:
      case ErrorCode.INELIGIBLE_REPLICA:
        this.rejectIsrChange(leader, change, error);
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
        this.submit(leader, change);
    }
  }

  private rejectIsrChange(leader: LeaderRole, change: PendingIsr, error: number): void {
    leader.isr = { kind: 'committed', isr: change.isr };
    this.traceIsrResolved('rejected', change.isr, this.currentPartitionEpoch, error);
  }

  // ---- leader: append and acknowledge -----------------------------------------------------------------------------------

  /** Appends a client's or coordinator's batches. Throws StorageError if the log directory is offline. */
  appendAsLeader(records: Uint8Array, origin: 'client' | 'coordinator', requiredAcks: number): LogAppendInfo | AppendError {
    const leader = this.currentRole;
    if (leader.kind !== 'leader') return { error: this.notLeaderError(), message: `not the leader of ${this.key}` };
    const isrSize = leader.isr.isr.length;
    const tooFewReplicas = requiredAcks === -1 && isrSize < this.effectiveMinIsr;
    if (tooFewReplicas) {
      const message = `the ISR of ${this.key} has ${isrSize} members, min.insync.replicas is ${this.effectiveMinIsr}`;
      return { error: ErrorCode.NOT_ENOUGH_REPLICAS, message };
    }
    const info = this.log.appendAsLeader(records, leader.leaderEpoch, { origin });
    if (isAppendError(info) || info.duplicateOf !== undefined) return info;
    this.context.env.tracer.emit({
      type: 'produce-appended',
      partition: this.key,
      acks: requiredAcks,
      leaderEpoch: leader.leaderEpoch,
      baseOffset: info.firstOffset,
      lastOffset: info.lastOffset,
      isrSize,
      minIsr: this.effectiveMinIsr,
    });
    this.maybeAdvanceHighWatermark(leader);
    this.context.wake(this.key);
    return info;
  }

  /** May an acks=-1 append up to `requiredOffset` (exclusive) be acknowledged: 'waiting', or the error code to answer, 0 for success. */
  acknowledgement(requiredOffset: number): 'waiting' | number {
    const leader = this.currentRole;
    if (leader.kind !== 'leader') return this.notLeaderError();
    if (this.log.highWatermark < requiredOffset) return 'waiting';
    // The ISR may have shrunk since the append.
    const enoughReplicas = maximalIsr(leader.isr).length >= this.effectiveMinIsr;
    return enoughReplicas ? ErrorCode.NONE : ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
  }

  get maximalIsrSize(): number {
    return this.currentRole.kind === 'leader' ? maximalIsr(this.currentRole.isr).length : 0;
  }

  // ---- reads ---------------------------------------------------------------------------------------------------------------

  private notLeaderError(): number {
    return this.currentRole.kind === 'offline' ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** May a request of this leader epoch (-1: not given) be served here? An error code, 0 for yes. */
  checkAccess(currentLeaderEpoch: number, onlyLeader: boolean): number {
    const { kind } = this.currentRole;
    if (kind === 'offline') return ErrorCode.KAFKA_STORAGE_ERROR;
    if (kind === 'new' || kind === 'stopped') return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    if (currentLeaderEpoch !== NONE) {
      if (currentLeaderEpoch < this.currentLeaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
      if (currentLeaderEpoch > this.currentLeaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH;
    }
    return onlyLeader && kind !== 'leader' ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.NONE;
  }

  /**
   * Reads for a fetch request. `updateFollower`: this is the follower's request itself and not its completion later, so its
   * offset counts, if the read succeeds.
   */
  fetch(
    params: FetchParams,
    request: FetchPartition,
    maxBytes: number,
    minOneMessage: boolean,
    updateFollower: boolean,
  ): FetchPartitionResult {
    const isFollower = params.replicaId >= 0;
    const error = this.checkAccess(request.currentLeaderEpoch, isFollower || params.client === null);
    if (error !== ErrorCode.NONE) return this.rejectFetch(error, params.replicaId);
    if (!isFollower) return this.readForFetch(params, request, maxBytes, minOneMessage);
    const leader = this.currentRole as LeaderRole;
    const follower = leader.followers.get(params.replicaId);
    // With an epoch in the request, its sender knows of an assignment that this broker has not heard of yet.
    const unknownReplica =
      request.currentLeaderEpoch === NONE ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_LEADER_EPOCH;
    if (follower === undefined) return this.rejectFetch(unknownReplica, params.replicaId);
    const leaderEndOffset = this.log.visibleEndOffset;
    const result = this.readForFetch(params, request, maxBytes, minOneMessage);
    const succeeded = result.error === ErrorCode.NONE;
    const isDiverging = result.divergingEpoch !== null;
    if (!updateFollower || !succeeded || isDiverging) return result;
    const registeredEpoch = this.context.cluster().brokers.get(params.replicaId)?.epoch ?? NONE;
    // A request that an earlier incarnation of the follower sent (KIP-903).
    const isStale = params.replicaEpoch !== NONE && params.replicaEpoch < registeredEpoch;
    if (isStale) return this.rejectFetch(ErrorCode.NOT_LEADER_OR_FOLLOWER, params.replicaId);
    this.updateFollower(leader, follower, request, leaderEndOffset, params.replicaEpoch);
    return result;
  }

  private rejectFetch(error: number, replica: number): FetchPartitionResult {
    if (error !== ErrorCode.NONE) this.context.env.tracer.emit({ type: 'fetch-rejected', partition: this.key, error, replica });
    return failedFetch(error);
  }

  private readForFetch(
    params: FetchParams,
    request: FetchPartition,
    maxBytes: number,
    minOneMessage: boolean,
  ): FetchPartitionResult {
    const { log } = this;
    const { fetchOffset, lastFetchedEpoch } = request;
    const isOfThisLog = lastFetchedEpoch === NONE || lastFetchedEpoch === log.latestEpoch;
    const isAtEnd = fetchOffset === log.readableEnd(params.isolation) && fetchOffset >= log.logStartOffset;
    // Most partitions of most fetches have nothing new.
    if (isAtEnd && isOfThisLog && log.isReadable) return this.nothingNew(fetchOffset);
    if (request.lastFetchedEpoch !== NONE) {
      const end = log.endOffsetForEpoch(request.lastFetchedEpoch);
      if (end === null || request.fetchOffset < log.logStartOffset)
        return this.rejectFetch(ErrorCode.OFFSET_OUT_OF_RANGE, params.replicaId);
      const isDiverging = end.epoch < request.lastFetchedEpoch || end.endOffset < request.fetchOffset;
      if (isDiverging) return { ...this.offsets(), divergingEpoch: end };
    }
    const read = log.read(request.fetchOffset, { maxBytes, minOneMessage, upperBound: params.isolation });
    if (read === 'out-of-range') return this.rejectFetch(ErrorCode.OFFSET_OUT_OF_RANGE, params.replicaId);
    return this.toResult(read, params.isolation);
  }

  /** As a read of nothing at this replica's end; the same object as long as nothing moves. */
  private nothingNew(endOffset: number): FetchPartitionResult {
    const { log, idleResult } = this;
    const { highWatermark, lastStableOffset, logStartOffset } = log;
    const isCurrent =
      idleResult !== null &&
      idleResult.endOffset === endOffset &&
      idleResult.highWatermark === highWatermark &&
      idleResult.lastStableOffset === lastStableOffset &&
      idleResult.logStartOffset === logStartOffset;
    if (isCurrent) return idleResult;
    this.idleResult = {
      ...failedFetch(ErrorCode.NONE),
      endOffset,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      isNothingNew: true,
    };
    return this.idleResult;
  }

  private toResult(read: LogReadInfo, isolation: ReadBound): FetchPartitionResult {
    const isCommittedRead = isolation === 'last-stable' && read.records.length > 0;
    return {
      error: ErrorCode.NONE,
      records: read.records,
      endOffset: read.endOffset,
      highWatermark: read.highWatermark,
      lastStableOffset: read.lastStableOffset,
      logStartOffset: read.logStartOffset,
      divergingEpoch: null,
      preferredReadReplica: NONE,
      abortedTransactions: isCommittedRead ? this.log.abortedTransactions(read.startOffset, read.endOffset) : null,
      isNothingNew: false,
    };
  }

  /** A result without records: where this replica stands. */
  offsets(): FetchPartitionResult {
    const { log } = this;
    return {
      ...failedFetch(ErrorCode.NONE),
      highWatermark: log.highWatermark,
      lastStableOffset: log.lastStableOffset,
      logStartOffset: log.logStartOffset,
    };
  }

  private updateFollower(
    leader: LeaderRole,
    follower: FollowerState,
    request: FetchPartition,
    leaderEndOffset: number,
    brokerEpoch: number,
  ): void {
    const previousEndOffset = follower.logEndOffset;
    const previousLogStart = follower.logStartOffset;
    // A follower has what lies below the offset it asks for; what it is being sent now does not count yet.
    const endOffset = request.fetchOffset;
    follower.update(endOffset, request.logStartOffset, this.context.env.clock.monotonicMs(), leaderEndOffset, brokerEpoch);
    const progressed = endOffset !== previousEndOffset;
    if (progressed) {
      this.context.env.tracer.emit({
        type: 'follower-progressed',
        partition: this.key,
        leaderEpoch: leader.leaderEpoch,
        replica: follower.brokerId,
        brokerEpoch,
        endOffset,
      });
    }
    this.maybeExpandIsr(leader, follower);
    const highWatermarkAdvanced = progressed && this.maybeAdvanceHighWatermark(leader);
    const lowWatermarkMayMove = follower.logStartOffset !== previousLogStart;
    if (highWatermarkAdvanced || lowWatermarkMayMove) this.context.wake(this.key);
  }

  /** The lowest log start of the live replicas, on the leader (KIP-107). */
  lowWatermark(): number {
    const leader = this.currentRole;
    invariant(leader.kind === 'leader', () => `low watermark of ${this.key}, which this broker does not lead`);
    let low = this.log.logStartOffset;
    const { brokers } = this.context.cluster();
    for (const follower of leader.followers.values()) {
      const broker = brokers.get(follower.brokerId);
      const isAlive = broker !== undefined && !broker.fenced;
      if (isAlive && follower.logStartOffset < low) low = follower.logStartOffset;
    }
    return low;
  }

  // ---- follower ----------------------------------------------------------------------------------------------------------

  /**
   * Applies what the leader of this epoch sent for the end of this log. The caller has checked epoch and offset (R19).
   * Throws StorageError.
   */
  appendAsFollower(records: Uint8Array, leaderHighWatermark: number, leaderLogStartOffset: number): AppendError | null {
    const role = this.currentRole;
    invariant(role.kind === 'follower', () => `${this.key} is not a follower and can't append as one`);
    const fromOffset = this.log.logEndOffset;
    if (records.length > 0) {
      this.maybeStartInsideBatch(records);
      const info = this.log.appendAsFollower(records);
      if (isAppendError(info)) return info;
    }
    this.advanceFollowerHighWatermark(role, leaderHighWatermark);
    const logStart = Math.min(leaderLogStartOffset, this.log.highWatermark);
    if (logStart > this.log.logStartOffset) this.log.maybeIncrementLogStartOffset(logStart, 'leader');
    this.context.env.tracer.emit({
      type: 'fetch-applied',
      partition: this.key,
      leaderEpoch: role.leaderEpoch,
      fromOffset,
      endOffset: this.log.logEndOffset,
      leader: role.leader,
    });
    return null;
  }

  /** The leader's log may start inside a batch (DeleteRecords): a follower that begins there must start at the batch. */
  private maybeStartInsideBatch(records: Uint8Array): void {
    const { logEndOffset, logStartOffset } = this.log;
    if (logEndOffset !== logStartOffset) return;
    const first = readBatchHeader(records);
    if (first.baseOffset < logEndOffset && first.lastOffset >= logEndOffset) this.restartAt(first.baseOffset);
  }

  private advanceFollowerHighWatermark(role: FollowerRole, leaderHighWatermark: number): void {
    const from = this.log.highWatermark;
    const bounded = Math.min(leaderHighWatermark, this.log.logEndOffset);
    // A new leader's high watermark may still lag behind what an earlier one has shown; what is committed stays so.
    if (bounded <= from) return;
    const to = this.log.updateHighWatermark(bounded);
    if (to === from) return;
    this.context.env.tracer.emit({
      type: 'high-watermark-advanced',
      partition: this.key,
      role: 'follower',
      leaderEpoch: role.leaderEpoch,
      from,
      to,
      isr: [],
      maximalIsr: [],
    });
    this.context.wake(this.key);
  }

  /** Cuts the log at `offset`, also when that is its end: epochs that begin there are forgotten. */
  truncateTo(offset: number, reason: string): void {
    const from = this.log.highWatermark;
    this.log.truncateTo(offset, reason);
    this.traceLoweredHighWatermark(from);
    this.context.wake(this.key);
  }

  /** Throws the whole log away and starts anew at `offset`. */
  restartAt(offset: number): void {
    const from = this.log.highWatermark;
    this.log.truncateFullyAndStartAt(offset, 'out-of-range');
    this.traceLoweredHighWatermark(from);
    this.context.wake(this.key);
  }

  // ---- trace ---------------------------------------------------------------------------------------------------------------

  private traceLoweredHighWatermark(from: number): void {
    const to = this.log.highWatermark;
    if (to !== from)
      this.context.env.tracer.emit({ type: 'high-watermark-set', partition: this.key, from, to, reason: 'truncation' });
  }

  private traceBecameLeader(view: PartitionView): void {
    this.context.env.tracer.emit({
      type: 'became-leader',
      partition: this.key,
      topicId: this.topicId,
      leaderEpoch: view.leaderEpoch,
      partitionEpoch: view.partitionEpoch,
      isr: view.isr,
      replicas: view.replicas,
      logStartOffset: this.log.logStartOffset,
      logEndOffset: this.log.logEndOffset,
      highWatermark: this.log.highWatermark,
    });
  }

  private traceIsrResolved(
    outcome: 'committed' | 'rejected' | 'superseded',
    isr: readonly number[],
    partitionEpoch: number,
    error: number,
  ): void {
    const leaderEpoch = this.currentLeaderEpoch;
    this.context.env.tracer.emit({
      type: 'isr-change-resolved',
      partition: this.key,
      outcome,
      leaderEpoch,
      partitionEpoch,
      isr,
      error,
    });
  }
}

export function hasLeader(role: FollowerRole): boolean {
  return role.leader !== NO_LEADER;
}
