/**
 * One replica of a partition on this broker: as leader it decides what is committed and who is in sync, as follower it takes
 * what the leader sends (Kafka's Partition). Here are the roles, and what a leader appends; the high watermark, ISR changes,
 * fetches and the follower's side have their own files, over one state.
 */
import { invariant } from '../../ports/invariant.ts';
import type { Log } from '../log/log.ts';
import { type AppendError, isAppendError, type LeaderAppendOptions, type LogAppendInfo } from '../log/types.ts';
import type { VerificationGuard } from '../log/verification.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { BrokerId, LeaderEpoch, Offset, PartitionEpoch } from '../protocol/numbers.ts';
import type { TopicPartitionKey } from '../protocol/partition.ts';
import { type AskedFetch, FollowerLog } from './follower-log.ts';
import { FollowerState } from './follower-state.ts';
import { HighWatermark } from './high-watermark.ts';
import { IsrChanges } from './isr-changes.ts';
import { type IsrState, maximalIsr } from './isr-state.ts';
import { PartitionFetches } from './partition-fetches.ts';
import { type PartitionContext, PartitionState } from './partition-state.ts';
import type { LeaderRole, PartitionRole } from './partition-role.ts';
import type { PartitionView } from './ports.ts';
import type { FetchParams, FetchPartition, FetchPartitionResult, WritingTransaction } from './types.ts';

export class Partition {
  readonly key: TopicPartitionKey;
  readonly topic: string;
  readonly index: number;
  readonly topicId: string;
  readonly log: Log;
  readonly #context: PartitionContext;
  readonly #state: PartitionState;
  readonly #highWatermark: HighWatermark;
  readonly #isrChanges: IsrChanges;
  readonly #fetches: PartitionFetches;
  readonly #followerLog: FollowerLog;

  constructor(context: PartitionContext, topic: string, index: number, topicId: string, log: Log) {
    const state = new PartitionState(topic, index, topicId, log, context.settings(topic)['min.insync.replicas']);
    this.#context = context;
    this.#state = state;
    this.topic = topic;
    this.index = index;
    this.key = state.key;
    this.topicId = topicId;
    this.log = log;
    this.#highWatermark = new HighWatermark(context, state);
    this.#isrChanges = new IsrChanges(context, state, this.#highWatermark);
    this.#fetches = new PartitionFetches(context, state, this.#highWatermark, this.#isrChanges);
    this.#followerLog = new FollowerLog(context, state, this.#highWatermark);
  }

  get role(): PartitionRole {
    return this.#state.role;
  }
  get leaderEpoch(): LeaderEpoch {
    return this.#state.leaderEpoch;
  }
  get partitionEpoch(): PartitionEpoch {
    return this.#state.partitionEpoch;
  }
  get replicas(): readonly number[] {
    return this.#state.replicas;
  }
  get isLeader(): boolean {
    return this.#state.role.kind === 'leader';
  }
  /** min.insync.replicas, but never more than there are replicas. */
  get effectiveMinIsr(): number {
    return this.#state.effectiveMinIsr;
  }

  /** The topic's configs changed. */
  refreshSettings(): void {
    const { role } = this.#state;
    this.#state.minInsyncReplicas = this.#context.settings(this.topic)['min.insync.replicas'];
    if (role.kind === 'leader' && this.#highWatermark.maybeAdvance(role)) this.#context.wake(this.key);
  }

  // --- roles ---

  /** Committed metadata says that this broker leads. Returns whether a new leader epoch begins. */
  makeLeader(view: PartitionView): boolean {
    const state = this.#state;
    if (view.partitionEpoch < state.partitionEpoch) return false;
    const isNewEpoch = view.leaderEpoch > state.leaderEpoch;
    const previous = state.role;
    state.replicas = view.replicas;
    let leader: LeaderRole;
    if (isNewEpoch || previous.kind !== 'leader') {
      this.#isrChanges.supersede(previous, view.partitionEpoch);
      leader = this.#beginLeading(view);
    } else {
      leader = previous;
      // The answer to AlterPartition may have brought this partition epoch already; then only the assignment is news.
      const isNewer = view.partitionEpoch > state.partitionEpoch;
      if (isNewer) {
        this.#isrChanges.supersede(leader, view.partitionEpoch);
        leader.isr = { kind: 'committed', isr: view.isr };
      }
      this.#assignFollowers(leader, view.replicas);
    }
    state.partitionEpoch = view.partitionEpoch;
    // The ISR may be down to this broker alone.
    this.#highWatermark.maybeAdvance(leader);
    this.#context.wake(this.key);
    return isNewEpoch;
  }

  #beginLeading(view: PartitionView): LeaderRole {
    const { leaderEpoch } = view;
    const nowMs = this.#context.env.clock.monotonicMs();
    const isr: IsrState = { kind: 'committed', isr: view.isr };
    const epochStartOffset = this.log.logEndOffset;
    // At once, not with the first append: followers may ask about this epoch before anything is written in it.
    this.log.assignEpochStart(leaderEpoch, epochStartOffset);
    const leader: LeaderRole = { kind: 'leader', leaderEpoch, epochStartOffset, isr, followers: new Map() };
    this.#state.role = leader;
    this.#state.leaderEpoch = leaderEpoch;
    this.#assignFollowers(leader, view.replicas);
    for (const follower of leader.followers.values()) follower.reset(nowMs, view.isr.includes(follower.brokerId));
    this.#context.env.tracer.emit({
      type: 'became-leader',
      partition: this.key,
      topicId: this.topicId,
      leaderEpoch,
      partitionEpoch: view.partitionEpoch,
      isr: view.isr,
      replicas: view.replicas,
      logStartOffset: this.log.logStartOffset,
      logEndOffset: this.log.logEndOffset,
      highWatermark: this.log.highWatermark,
    });
    return leader;
  }

  #assignFollowers(leader: LeaderRole, replicas: readonly BrokerId[]): void {
    for (const id of replicas) {
      if (id !== this.#context.brokerId && !leader.followers.has(id)) leader.followers.set(id, new FollowerState(id));
    }
    for (const id of leader.followers.keys()) if (!replicas.includes(id)) leader.followers.delete(id);
  }

  /** Committed metadata says that another broker leads, or none. Returns whether a new leader epoch begins, so that fetching must begin anew. */
  makeFollower(view: PartitionView): boolean {
    const state = this.#state;
    if (view.partitionEpoch < state.partitionEpoch) return false;
    const isNewEpoch = view.leaderEpoch > state.leaderEpoch;
    this.#isrChanges.supersede(state.role, view.partitionEpoch);
    state.role = { kind: 'follower', leaderEpoch: view.leaderEpoch, leader: view.leader };
    state.leaderEpoch = view.leaderEpoch;
    state.partitionEpoch = view.partitionEpoch;
    state.replicas = view.replicas;
    if (isNewEpoch) {
      this.#context.env.tracer.emit({
        type: 'became-follower',
        partition: this.key,
        topicId: this.topicId,
        leaderEpoch: view.leaderEpoch,
        leader: view.leader,
        logEndOffset: this.log.logEndOffset,
        highWatermark: this.log.highWatermark,
      });
    }
    this.#context.wake(this.key);
    return isNewEpoch;
  }

  /** The replica leaves this broker. */
  stop(deleted: boolean): void {
    this.#state.role = { kind: 'stopped' };
    this.#context.env.tracer.emit({ type: 'replica-stopped', partition: this.key, topicId: this.topicId, deleted });
    this.#context.wake(this.key);
  }

  /** The log directory failed. */
  markOffline(): void {
    this.#state.role = { kind: 'offline' };
    this.#context.wake(this.key);
  }

  // --- leader ---

  /** More of the leader's own log became visible (a sync ended). */
  onVisibleEndAdvanced(): void {
    const { role } = this.#state;
    if (role.kind === 'leader') this.#highWatermark.maybeAdvance(role);
    this.#context.wake(this.key);
  }

  /** Proposes an ISR without the followers that have not been caught up for replica.lag.time.max.ms. */
  maybeShrinkIsr(): void {
    const { role } = this.#state;
    if (role.kind === 'leader') this.#isrChanges.maybeShrink(role);
  }

  /** See Log.startVerification; an error code where it does not begin. */
  startVerification(
    { producerId, producerEpoch, support }: WritingTransaction,
    baseSequence: number,
  ): VerificationGuard | number | null {
    if (!this.isLeader) return this.#state.notLeaderError;
    const started = this.log.startVerification(producerId, producerEpoch, baseSequence, support === 'add');
    return started !== null && 'error' in started ? started.error : started;
  }

  /** Appends a client's or coordinator's batches. Throws StorageError if the log directory is offline. */
  appendAsLeader(records: Uint8Array, requiredAcks: number, options: LeaderAppendOptions): LogAppendInfo | AppendError {
    const { role: leader, effectiveMinIsr } = this.#state;
    if (leader.kind !== 'leader') return { error: this.#state.notLeaderError, message: `not the leader of ${this.key}` };
    const isrSize = leader.isr.isr.length;
    const tooFewReplicas = requiredAcks === -1 && isrSize < effectiveMinIsr;
    if (tooFewReplicas) {
      const message = `the ISR of ${this.key} has ${isrSize} members, min.insync.replicas is ${effectiveMinIsr}`;
      return { error: ErrorCode.NOT_ENOUGH_REPLICAS, message };
    }
    const info = this.log.appendAsLeader(records, leader.leaderEpoch, options);
    if (isAppendError(info) || info.duplicateOf !== undefined) return info;
    invariant(
      info.lastOffset === this.log.logEndOffset - 1 && info.leaderEpoch === leader.leaderEpoch,
      () => `${this.key}: an append up to ${info.lastOffset} in epoch ${info.leaderEpoch} does not end the leader's log`,
    );
    this.#context.env.tracer.emit({
      type: 'produce-appended',
      partition: this.key,
      acks: requiredAcks,
      leaderEpoch: leader.leaderEpoch,
      baseOffset: info.firstOffset,
      lastOffset: info.lastOffset,
      isrSize,
      minIsr: effectiveMinIsr,
    });
    this.#highWatermark.maybeAdvance(leader);
    this.#context.wake(this.key);
    return info;
  }

  /** May an acks=-1 append up to `requiredOffset` (exclusive) be acknowledged: 'waiting', or the error code to answer, 0 for success. */
  acknowledgement(requiredOffset: Offset): 'waiting' | number {
    const leader = this.#state.role;
    if (leader.kind !== 'leader') return this.#state.notLeaderError;
    if (this.log.highWatermark < requiredOffset) return 'waiting';
    // The ISR may have shrunk since the append.
    const enoughReplicas = maximalIsr(leader.isr).length >= this.#state.effectiveMinIsr;
    return enoughReplicas ? ErrorCode.NONE : ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
  }

  get maximalIsrSize(): number {
    const { role } = this.#state;
    return role.kind === 'leader' ? maximalIsr(role.isr).length : 0;
  }

  /** The lowest log start of the live replicas, on the leader (KIP-107). */
  lowWatermark(): Offset {
    const leader = this.#state.role;
    invariant(leader.kind === 'leader', () => `low watermark of ${this.key}, which this broker does not lead`);
    let low = this.log.logStartOffset;
    const { brokers } = this.#context.cluster();
    for (const follower of leader.followers.values()) {
      const broker = brokers.get(follower.brokerId);
      const isAlive = broker !== undefined && !broker.fenced;
      if (isAlive && follower.logStartOffset < low) low = follower.logStartOffset;
    }
    return low;
  }

  // --- reads ---

  /** May a request of this leader epoch (-1: not given) be served here? An error code, 0 for yes. */
  checkAccess(currentLeaderEpoch: LeaderEpoch, onlyLeader: boolean): number {
    return this.#state.checkAccess(currentLeaderEpoch, onlyLeader);
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
    return this.#fetches.fetch(params, request, maxBytes, minOneMessage, updateFollower);
  }

  /** A result without records: where this replica stands. */
  offsets(): FetchPartitionResult {
    return this.#fetches.offsets();
  }

  // --- follower ---

  /**
   * Applies what the leader of this epoch sent for the end of this log. The caller has checked epoch and offset (R19).
   * Throws StorageError.
   */
  appendAsFollower(
    asked: AskedFetch,
    records: Uint8Array,
    leaderHighWatermark: Offset,
    leaderLogStartOffset: Offset,
  ): AppendError | null {
    return this.#followerLog.append(asked, records, leaderHighWatermark, leaderLogStartOffset);
  }

  /** The leader of this epoch says that the logs part: cuts this one at `offset`. */
  cutDiverging(asked: AskedFetch, offset: Offset): void {
    this.#followerLog.cutDiverging(asked, offset);
  }

  /** Cuts the log at `offset`, also when that is its end: epochs that begin there are forgotten. */
  truncateTo(offset: Offset, reason: string): void {
    this.#followerLog.truncateTo(offset, reason);
  }

  /** Throws the whole log away and starts anew at `offset`. */
  restartAt(offset: Offset): void {
    this.#followerLog.restartAt(offset);
  }
}
