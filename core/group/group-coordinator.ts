/**
 * The group coordinator of a broker: it answers for the groups whose partition of `__consumer_offsets` this broker leads. Over 500 lines, as it
 * has an entry for each API of both kinds of group.
 */
import type { ClientEnvironment } from '../environment.ts';
import type { Timer } from '../../ports/time.ts';
import type { CoordinatorLog } from '../coordinator/coordinator-log.ts';
import { CoordinatorRuntime } from '../coordinator/coordinator-runtime.ts';
import { coordinatorError } from '../coordinator/coordinator-shard.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { LeaderEpoch } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { Draft } from '../protocol/schema.ts';
import { offsetCommitTransactionSupport } from '../replication/transaction-support.ts';
import { joinError, syncError } from './answers.ts';
import type { ConsumerRequestContext, GroupRequestContext, GroupSummary } from './api.ts';
import type { GroupConfig } from './config.ts';
import { describedConsumerGroup, describedGroup, listedGroup, loadedOffsets, summaryOf } from './group-descriptions.ts';
import { GroupReplay } from './group-replay.ts';
import type { AnyGroup, Groups, GroupShard } from './groups.ts';
import type { JoinResult } from './member.ts';
import { Membership } from './membership.ts';
import { commitAnswer } from './commits.ts';
import { fetchError } from './consumer/commit-checks.ts';
import type { ConsumerGroupSettings } from './consumer/consumer-group-settings.ts';
import { ConsumerMembership } from './consumer/consumer-membership.ts';
import { requestRefusal } from './consumer/heartbeat-checks.ts';
import { type AskedTopic, Offsets } from './offsets.ts';
import { RefusedRequests } from './refused-requests.ts';
import { type TransactionEnd, TransactionalOffsets } from './transactional-offsets.ts';

type Answer<A extends keyof ResponseTypes> = (response: Draft<ResponseTypes[A]>) => void;

type AskedTopics = readonly AskedTopic[] | null;

interface AskedGroup {
  readonly groupId: string;
  readonly topics: AskedTopics;
  readonly memberId: string | null;
  readonly memberEpoch: number;
}

interface FetchedGroup {
  readonly groupId: string;
  readonly topics: ReturnType<Offsets['fetch']>;
  readonly errorCode: number;
}

export interface GroupCoordinatorOptions {
  readonly config: GroupConfig;
  readonly log: CoordinatorLog;
  readonly consumerGroups: ConsumerGroupSettings;
  /** The partition, of so many, that a group belongs to. */
  readonly partitionOf: (group: string, partitions: number) => number;
}

export class GroupCoordinator {
  readonly #env: ClientEnvironment;
  readonly #config: GroupConfig;
  readonly #log: CoordinatorLog;
  readonly #runtime: CoordinatorRuntime<Groups, GroupReplay>;
  readonly #membership: Membership;
  readonly #settings: ConsumerGroupSettings;
  readonly #consumers: ConsumerMembership;
  readonly #offsets: Offsets;
  readonly #transactionalOffsets: TransactionalOffsets;
  readonly #refused: RefusedRequests;
  #expiry: Timer | null = null;

  constructor(env: ClientEnvironment, options: GroupCoordinatorOptions) {
    this.#env = env;
    this.#config = options.config;
    this.#log = options.log;
    this.#membership = new Membership(env, options.config);
    this.#settings = options.consumerGroups;
    this.#consumers = new ConsumerMembership(env, options.consumerGroups);
    this.#offsets = new Offsets(env, options.config, this.#membership);
    this.#transactionalOffsets = new TransactionalOffsets(env, options.config);
    this.#refused = new RefusedRequests(env);
    const { tracer } = env;
    this.#runtime = new CoordinatorRuntime(env, {
      kind: {
        goesOnInNextEpoch: true,
        servesUncommitted: true,
        newReplay: () => new GroupReplay(),
        onLoading: ({ partition: offsetsPartition, leaderEpoch }, endOffset) =>
          tracer.emit({ type: 'coordinator-loading', offsetsPartition, leaderEpoch, endOffset }),
        onLoaded: (shard, replay) => this.#onLoaded(shard, replay),
        onLoadFailed: ({ partition: offsetsPartition, leaderEpoch }) =>
          tracer.emit({ type: 'coordinator-load-failed', offsetsPartition, leaderEpoch }),
        onUnloaded: (shard) => this.#onUnloaded(shard),
      },
      log: options.log,
      partitionOf: options.partitionOf,
      loadBufferBytes: options.config['offsets.load.buffer.size'],
      writes: {
        timeoutMs: options.config['offsets.commit.timeout.ms'],
        lingerMs: options.config['group.coordinator.append.linger.ms'],
        maxBatchBytes: options.config['message.max.bytes'],
      },
    });
  }

  /** Called once, when the broker's logs are loaded. `partitions`: how many `__consumer_offsets` has, or would get. */
  startup(partitions: () => number): void {
    this.#runtime.startup(partitions);
    this.#scheduleExpiry();
  }

  /** The `__consumer_offsets` partition that holds a group. */
  partitionFor(group: string): number {
    return this.#runtime.partitionFor(group);
  }

  // --- leadership of partitions ---

  /** This broker leads a partition from now on: load it, then answer for its groups. */
  onElection(partition: number, leaderEpoch: LeaderEpoch): void {
    this.#runtime.onElection(partition, leaderEpoch);
  }

  /** This broker no longer leads it; the epoch is null when the replica was removed. What waits is answered NOT_COORDINATOR. */
  onResignation(partition: number, leaderEpoch: LeaderEpoch | null): void {
    this.#runtime.onResignation(partition, leaderEpoch);
  }

  #onLoaded(shard: GroupShard, { deletedGroups }: GroupReplay): void {
    const groups = [...shard.state.values()];
    for (const group of groups) {
      if (group.kind === 'classic') this.#membership.resume(shard, group);
      else this.#consumers.resume(shard, group);
    }
    this.#env.tracer.emit({
      type: 'coordinator-loaded',
      offsetsPartition: shard.partition,
      leaderEpoch: shard.leaderEpoch,
      groups: groups.length,
      ...loadedOffsets(groups),
      deletedGroups,
    });
  }

  #onUnloaded({ partition: offsetsPartition, leaderEpoch, state }: GroupShard): void {
    this.#env.tracer.emit({ type: 'coordinator-unloaded', offsetsPartition, leaderEpoch });
    for (const group of state.values()) {
      if (group.kind === 'classic') this.#membership.abandon(group);
      else group.stopTimers();
    }
  }

  /** Topics were deleted: their offsets are forgotten, not those of others that had the name, or have it now. */
  onTopicsDeleted(deleted: readonly { readonly id: string; readonly name: string }[]): void {
    for (const shard of this.#runtime.active()) {
      for (const group of shard.state.values()) {
        const keys = deleted.flatMap((topic) => group.offsetsOf(topic));
        if (keys.length > 0) this.#offsets.remove(shard, group, keys, 'topic-deleted', () => undefined);
      }
    }
  }

  /** Topics with these names are new, changed, or gone: groups that subscribe to them may need another assignment. */
  onTopicsChanged(names: ReadonlySet<string>, areSomeNew: boolean): void {
    if (areSomeNew) this.#consumers.onNewTopics(this.#settings.topics().version);
    for (const shard of this.#runtime.active()) {
      for (const group of shard.state.values()) if (group.kind === 'consumer') group.onTopicsChanged(names);
    }
  }

  shutdown(): void {
    if (this.#runtime.isClosed) return;
    this.#runtime.shutdown();
    this.#expiry?.cancel();
  }

  groups(): readonly GroupSummary[] {
    return [...this.#runtime.active()].flatMap((shard) => [...shard.state.values()].map(summaryOf));
  }

  /** The loaded shard of a group, or the error to answer with. */
  #shardOf(group: string): GroupShard | number {
    const shard = this.#runtime.shardFor(group);
    if (shard === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) {
      this.#env.tracer.emit({ type: 'mark', name: 'group/request-met-a-loading-coordinator' });
    }
    return shard;
  }

  // --- APIs: the answer goes to `done`, at once or later, exactly once. Errors are in it, never thrown. ---

  JoinGroup(context: GroupRequestContext, request: RequestTypes['JoinGroup'], done: Answer<'JoinGroup'>): void {
    const shard = request.groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.#shardOf(request.groupId);
    // The name may be null since version 7 only.
    const answer = (result: JoinResult): void => {
      this.#refused.tell('JoinGroup', request, result.errorCode);
      done(context.version < 7 && result.protocolName === null ? { ...result, protocolName: '' } : result);
    };
    if (typeof shard === 'number') answer(joinError(shard, request.memberId));
    else this.#membership.join(shard, context, request, answer);
  }

  SyncGroup(context: GroupRequestContext, request: RequestTypes['SyncGroup'], done: Answer<'SyncGroup'>): void {
    const shard = request.groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.#shardOf(request.groupId);
    const answer: typeof done = (result) => {
      this.#refused.tell('SyncGroup', request, result.errorCode ?? ErrorCode.NONE);
      done(result);
    };
    // Mandatory since KIP-559; looked at by whoever is asked.
    if (context.version >= 5 && (request.protocolType === null || request.protocolName === null)) {
      answer(syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL));
      return;
    }
    if (typeof shard === 'number') answer(syncError(shard));
    else this.#membership.sync(shard, shard.state.classic(request.groupId), request, answer);
  }

  Heartbeat(_context: GroupRequestContext, request: RequestTypes['Heartbeat'], done: Answer<'Heartbeat'>): void {
    const shard = request.groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.#shardOf(request.groupId);
    const answer = (errorCode: number): void => {
      this.#refused.tell('Heartbeat', request, errorCode);
      done({ errorCode });
    };
    // While loading nobody can have been expelled: a heartbeat is taken as good.
    const errorCode =
      shard === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        ? ErrorCode.NONE
        : typeof shard === 'number'
          ? shard
          : this.#membership.heartbeat(shard, shard.state.classic(request.groupId), request);
    const { groupId: group, memberId: member, generationId: generation } = request;
    this.#env.tracer.emit({ type: 'group-heartbeat-received', group, member, generation, error: errorCode });
    const isTaken = errorCode === ErrorCode.NONE || errorCode === ErrorCode.REBALANCE_IN_PROGRESS;
    // Its session is longer from now on, whatever it hears: not before the writes that are under way count (4.3.1).
    if (isTaken && typeof shard !== 'number') shard.whenSettled((error) => answer(error === ErrorCode.NONE ? errorCode : error));
    else answer(errorCode);
  }

  LeaveGroup(context: GroupRequestContext, request: RequestTypes['LeaveGroup'], done: Answer<'LeaveGroup'>): void {
    const shard = request.groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.#shardOf(request.groupId);
    if (typeof shard === 'number') {
      this.#refused.tell('LeaveGroup', request, shard);
      done({ errorCode: shard });
      return;
    }
    const group = shard.state.get(request.groupId);
    const leaving = context.version >= 3 ? request.members : [{ memberId: request.memberId, groupInstanceId: null }];
    let errors: readonly number[] = leaving.map(() => ErrorCode.UNKNOWN_MEMBER_ID);
    const answer = (error: number): void => {
      const members = leaving.map(({ memberId, groupInstanceId }, at) => ({
        memberId,
        groupInstanceId,
        errorCode: errors[at] as number,
      }));
      for (const { memberId, errorCode } of members)
        this.#refused.tell('LeaveGroup', { ...request, memberId }, errorCode || error);
      if (error !== ErrorCode.NONE) done({ errorCode: error });
      else if (context.version >= 3) done({ errorCode: ErrorCode.NONE, members });
      else done({ errorCode: members[0]?.errorCode ?? ErrorCode.NONE });
    };
    if (group === undefined) answer(ErrorCode.NONE);
    else if (group.kind === 'consumer')
      this.#consumers.leaveAll(shard, group, leaving, (ofEach, error) => {
        errors = ofEach;
        answer(error);
      });
    else
      shard.perform(() => {
        errors = this.#membership.leave(shard, group, leaving);
      }, answer);
  }

  ConsumerGroupHeartbeat(
    context: ConsumerRequestContext,
    request: RequestTypes['ConsumerGroupHeartbeat'],
    done: Answer<'ConsumerGroupHeartbeat'>,
  ): void {
    const answer: typeof done = (response) => {
      const { groupId, memberEpoch: generationId } = request;
      const memberId = response.memberId ?? request.memberId;
      this.#refused.tell('ConsumerGroupHeartbeat', { groupId, memberId, generationId }, response.errorCode ?? 0);
      done(response);
    };
    const refused = requestRefusal(request, context.version, this.#settings.group(request.groupId).assignors);
    if (refused !== null) {
      answer(refused);
      return;
    }
    const shard = this.#shardOf(request.groupId);
    if (typeof shard === 'number') answer({ errorCode: shard });
    else this.#consumers.heartbeat(shard, context, request, answer);
  }

  ConsumerGroupDescribe(
    _context: GroupRequestContext,
    request: RequestTypes['ConsumerGroupDescribe'],
    done: Answer<'ConsumerGroupDescribe'>,
  ): void {
    done({
      groups: request.groupIds.map((groupId) => {
        const shard = groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.#shardOf(groupId);
        if (typeof shard === 'number') return { errorCode: shard, groupId };
        const { defaultAssignor } = this.#settings.group(groupId);
        return describedConsumerGroup(groupId, shard.state.consumer(groupId), this.#settings.topics(), defaultAssignor);
      }),
    });
  }

  OffsetCommit(context: GroupRequestContext, request: RequestTypes['OffsetCommit'], done: Answer<'OffsetCommit'>): void {
    const shard = this.#shardOf(request.groupId);
    const answer: typeof done = (response) => {
      this.#refused.tellCommit(request, response);
      done(response);
    };
    if (typeof shard === 'number') answer(commitAnswer(request, () => shard));
    else this.#offsets.commit(shard, context.version, request, answer);
  }

  /**
   * In the transaction of a producer: nobody sees it before the transaction is committed. Its coordinator is asked first whether the partition
   * of the offsets takes part.
   */
  TxnOffsetCommit(context: GroupRequestContext, request: RequestTypes['TxnOffsetCommit'], done: Answer<'TxnOffsetCommit'>): void {
    const answer: typeof done = (response) => {
      this.#refused.tellCommit(request, response);
      done(response);
    };
    const refuse = (error: number): void => answer(commitAnswer(request, () => error));
    const { groupId, transactionalId, producerId, producerEpoch } = request;
    if (this.#runtime.isClosed) refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    else if (groupId === '') refuse(ErrorCode.INVALID_GROUP_ID);
    else {
      const support = offsetCommitTransactionSupport(context.version);
      const transaction = { transactionalId, producerId, producerEpoch, support };
      this.#log.verifyTransaction(this.partitionFor(groupId), transaction, ({ error, guard }) => {
        const shard = error === ErrorCode.NONE ? this.#shardOf(groupId) : verificationError(error);
        if (typeof shard === 'number') refuse(shard);
        else this.#transactionalOffsets.commit(shard, context.version, request, guard, answer);
      });
    }
  }

  /**
   * Ends the transaction of a producer in a partition of `__consumer_offsets`, with a marker there. `done` is told NONE when what the
   * transaction committed counts, or what it aborted is forgotten; else an error for the transaction coordinator, which tries again.
   */
  completeTransaction(partition: number, end: TransactionEnd, done: (error: number) => void): void {
    const answer = (error: number): void => done(isOfCoordinator(error) ? ErrorCode.NOT_LEADER_OR_FOLLOWER : error);
    const shard = this.#runtime.shardOf(partition);
    if (typeof shard === 'number') answer(shard);
    else this.#transactionalOffsets.end(shard, end, answer);
  }

  OffsetFetch(context: GroupRequestContext, request: RequestTypes['OffsetFetch'], done: Answer<'OffsetFetch'>): void {
    const asked =
      context.version >= 8
        ? request.groups
        : [{ groupId: request.groupId, topics: request.topics, memberId: null, memberEpoch: -1 }];
    const answers: FetchedGroup[] = [];
    let waiting = asked.length;
    if (waiting === 0) done({ groups: [] });
    asked.forEach((each, index) => {
      const { groupId, topics } = each;
      this.#fetchGroup(each, request.requireStable, (answer) => {
        this.#refused.tell('OffsetFetch', { groupId }, answer.errorCode);
        answers[index] = answer;
        if (--waiting > 0) return;
        if (context.version >= 8) done({ groups: answers });
        else done(singleGroupAnswer(context.version, answers[0] as FetchedGroup, topics));
      });
    });
  }

  /**
   * With `requireStable` the answer holds what is being written now, by whichever group of the shard: it waits for that, and it does not
   * tell of what an open transaction may change. Whoever is not the leader any more and has writes under way learns so before it answers.
   */
  #fetchGroup(
    { groupId, topics, memberId, memberEpoch }: AskedGroup,
    requireStable: boolean,
    done: (answer: FetchedGroup) => void,
  ): void {
    const shard = this.#shardOf(groupId);
    if (typeof shard === 'number') {
      done({ groupId, topics: [], errorCode: shard });
      return;
    }
    const answer = (error: number): void => {
      // Clients that know requireStable don't all know COORDINATOR_NOT_AVAILABLE here.
      if (error !== ErrorCode.NONE) done({ groupId, topics: [], errorCode: ErrorCode.NOT_COORDINATOR });
      else {
        const group = shard.state.get(groupId);
        const refusal =
          group?.kind === 'consumer'
            ? fetchError(requireStable ? group.state : group.committed, memberId, memberEpoch)
            : ErrorCode.NONE;
        if (refusal !== ErrorCode.NONE) {
          done({ groupId, topics: [], errorCode: refusal });
          return;
        }
        const answered = this.#offsets.fetch(group, groupId, topics, requireStable);
        done({ groupId, topics: answered, errorCode: ErrorCode.NONE });
      }
    };
    if (requireStable) shard.whenSettled(answer);
    else answer(ErrorCode.NONE);
  }

  DescribeGroups(context: GroupRequestContext, request: RequestTypes['DescribeGroups'], done: Answer<'DescribeGroups'>): void {
    done({
      groups: request.groups.map((groupId) => {
        const shard = this.#shardOf(groupId);
        if (typeof shard === 'number') return { errorCode: shard, groupId };
        return describedGroup(groupId, shard.state.classic(groupId), context.version);
      }),
    });
  }

  ListGroups(_context: GroupRequestContext, request: RequestTypes['ListGroups'], done: Answer<'ListGroups'>): void {
    const loading = this.#runtime.isLoading;
    const states = new Set(request.statesFilter.map((state) => state.toLowerCase().trim()));
    const types = new Set(request.typesFilter.map((type) => type.toLowerCase()));
    const listed = [...this.#runtime.active()]
      .flatMap((shard) => [...shard.state.values()])
      .filter(({ isRecorded, kind }) => isRecorded && (types.size === 0 || types.has(kind)))
      .map(listedGroup)
      .filter(({ groupState = '' }) => states.size === 0 || states.has(groupState.toLowerCase()));
    done({
      errorCode: loading ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE,
      groups: loading ? [] : listed,
    });
  }

  DeleteGroups(_context: GroupRequestContext, request: RequestTypes['DeleteGroups'], done: Answer<'DeleteGroups'>): void {
    const results: { groupId: string; errorCode: number }[] = [];
    const asked = new Set(request.groupsNames);
    let waiting = asked.size;
    const answer = (groupId: string, errorCode: number): void => {
      results.push({ groupId, errorCode });
      if (--waiting === 0) done({ results });
    };
    if (waiting === 0) done({ results });
    for (const groupId of asked) {
      const shard = this.#shardOf(groupId);
      if (typeof shard === 'number') {
        answer(groupId, shard);
        continue;
      }
      const group = shard.state.get(groupId);
      if (group === undefined || isGone(group)) answer(groupId, ErrorCode.GROUP_ID_NOT_FOUND);
      else if (!group.isEmpty) answer(groupId, ErrorCode.NON_EMPTY_GROUP);
      else {
        const keys = [...group.offsetKeys()];
        this.#offsets.remove(shard, group, keys, 'group-deleted', (error) => answer(groupId, error), true);
      }
    }
  }

  OffsetDelete(_context: GroupRequestContext, request: RequestTypes['OffsetDelete'], done: Answer<'OffsetDelete'>): void {
    const shard = request.groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.#shardOf(request.groupId);
    if (typeof shard === 'number') {
      done({ errorCode: shard });
      return;
    }
    const group = shard.state.get(request.groupId);
    if (group === undefined || isGone(group)) {
      done({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND });
      return;
    }
    if (group.kind === 'classic' && !group.isEmpty && group.protocolType !== 'consumer') {
      done({ errorCode: ErrorCode.NON_EMPTY_GROUP });
      return;
    }
    const inUse = new Set(request.topics.map(({ name }) => name).filter((name) => group.isSubscribedTo(name)));
    const keys = request.topics.flatMap(({ name, partitions }) =>
      inUse.has(name) ? [] : partitions.map(({ partitionIndex }) => topicPartitionKey(name, partitionIndex)),
    );
    this.#offsets.remove(shard, group, keys, 'offset-delete', (error) => {
      if (error !== ErrorCode.NONE) {
        done({ errorCode: error });
        return;
      }
      done({
        errorCode: ErrorCode.NONE,
        topics: request.topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: inUse.has(name) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE,
          })),
        })),
      });
    });
  }

  // --- expiry ---

  #scheduleExpiry(): void {
    const checkMs = this.#config['offsets.retention.check.interval.ms'];
    const delayMs = this.#env.random.sometimes('group/early-expiry') ? Math.ceil(checkMs / 10) : checkMs;
    this.#expiry = this.#env.timers.after(delayMs, () => {
      for (const shard of this.#runtime.active()) {
        for (const group of [...shard.state.values()]) {
          const expired = this.#offsets.expired(group);
          const isAll = expired.length === group.offsets.size && group.pendingCommits.size === 0;
          if (isAll && !isGone(group) && group.isEmpty && !group.isInTransactions)
            this.#offsets.remove(shard, group, expired, 'expired', () => undefined, true);
          else if (expired.length > 0) this.#offsets.remove(shard, group, expired, 'expired', () => undefined);
        }
      }
      this.#scheduleExpiry();
    });
  }
}

/** It is being deleted, or its coordinator is no more. */
function isGone(group: AnyGroup): boolean {
  return group.kind === 'classic' ? group.is('Dead') : group.state === null;
}

/** Errors that tell clients to look for another coordinator, or to wait for this one: whoever writes markers does not expect them. */
function isOfCoordinator(error: number): boolean {
  return (
    error === ErrorCode.COORDINATOR_NOT_AVAILABLE ||
    error === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ||
    error === ErrorCode.NOT_COORDINATOR
  );
}

/** The form before version 8. Before version 2 there is no error for the whole: every partition has it. */
function singleGroupAnswer(
  version: number,
  { topics, errorCode }: FetchedGroup,
  asked: AskedTopics,
): Draft<ResponseTypes['OffsetFetch']> {
  if (version >= 2 || errorCode === ErrorCode.NONE) return { errorCode, topics };
  const refused = (partitionIndex: number) => ({ partitionIndex, committedOffset: -1, metadata: '', errorCode });
  return {
    topics: (asked ?? []).map(({ name, partitionIndexes }) => ({ name, partitions: partitionIndexes.map(refused) })),
  };
}

/** What a client hears of a verification that failed: nothing that would make it look for this coordinator anew (KIP-890). */
function verificationError(error: number): number {
  return error === ErrorCode.NETWORK_EXCEPTION ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : coordinatorError(error);
}
