/** The group coordinator of a broker: it answers for the groups whose partition of `__consumer_offsets` this broker leads. */
import type { CoordinatorLog } from '../coordinator/coordinator-log.ts';
import { CoordinatorRuntime } from '../coordinator/coordinator-runtime.ts';
import { coordinatorError } from '../coordinator/coordinator-shard.ts';
import type { ClientEnvironment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { LeaderEpoch } from '../protocol/numbers.ts';
import type { Draft } from '../protocol/schema.ts';
import { offsetCommitTransactionSupport } from '../replication/transaction-support.ts';
import { joinError, syncError } from './answers.ts';
import type { ConsumerRequestContext, GroupRequestContext, GroupSummary } from './api.ts';
import { commitAnswer } from './commits.ts';
import type { GroupConfig } from './config.ts';
import type { ConsumerGroupSettings } from './consumer/consumer-group-settings.ts';
import { ConsumerMembership } from './consumer/consumer-membership.ts';
import { requestRefusal } from './consumer/heartbeat-checks.ts';
import { GroupAdministration } from './group-administration.ts';
import { loadedOffsets, summaryOf } from './group-descriptions.ts';
import { GroupReplay } from './group-replay.ts';
import type { Groups, GroupShard } from './groups.ts';
import type { JoinResult } from './member.ts';
import { Membership } from './membership.ts';
import { OffsetFetching } from './offset-fetching.ts';
import { Offsets } from './offsets.ts';
import { RefusedRequests } from './refused-requests.ts';
import { type TransactionEnd, TransactionalOffsets } from './transactional-offsets.ts';

type Answer<A extends keyof ResponseTypes> = (response: Draft<ResponseTypes[A]>) => void;

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
  readonly #fetching: OffsetFetching;
  readonly #administration: GroupAdministration;

  constructor(env: ClientEnvironment, options: GroupCoordinatorOptions) {
    this.#env = env;
    this.#config = options.config;
    this.#log = options.log;
    this.#membership = new Membership(env, options.config);
    this.#settings = options.consumerGroups;
    this.#consumers = new ConsumerMembership(env, options.consumerGroups, this.#membership);
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
    const shardOf = (group: string): GroupShard | number => this.#shardOf(group);
    const offsets = this.#offsets;
    this.#fetching = new OffsetFetching(shardOf, offsets, this.#refused);
    const administered = { config: options.config, settings: options.consumerGroups, runtime: this.#runtime, shardOf, offsets };
    this.#administration = new GroupAdministration(env, administered);
  }

  /** Called once, when the broker's logs are loaded. `partitions`: how many `__consumer_offsets` has, or would get. */
  startup(partitions: () => number): void {
    this.#runtime.startup(partitions);
    this.#administration.scheduleExpiry();
  }

  /** The `__consumer_offsets` partition that holds a group. */
  partitionFor(group: string): number {
    return this.#runtime.partitionFor(group);
  }

  /** Has this broker loaded the partition that the group belongs to? */
  coordinates(name: string): boolean {
    return typeof this.#runtime.shardFor(name) !== 'number';
  }

  /** Has the members of a classic group join again, as when one comes or goes. Null, or one sentence: why that can't be. */
  rebalance(name: string): string | null {
    const shard = this.#runtime.shardFor(name);
    if (typeof shard === 'number') return `This is not the coordinator of group ${name}.`;
    const group = shard.state.get(name);
    if (group === undefined) return `There is no group ${name}.`;
    if (group.kind !== 'classic') {
      return `Group ${name} goes by the consumer protocol: its members keep what they have until one comes or goes.`;
    }
    if (group.members.size === 0) return `Group ${name} has no members.`;
    this.#membership.rebalance(shard, group);
    return null;
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
    this.#administration.close();
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
    if (typeof shard === 'number') {
      answer(joinError(shard, request.memberId));
      return;
    }
    const shortest = this.#config['group.min.session.timeout.ms'];
    const longest = this.#config['group.max.session.timeout.ms'];
    const consumers = shard.state.consumer(request.groupId);
    if (request.sessionTimeoutMs < shortest || request.sessionTimeoutMs > longest)
      answer(joinError(ErrorCode.INVALID_SESSION_TIMEOUT, request.memberId));
    else if (consumers === undefined || consumers.isEmpty) this.#membership.join(shard, context, request, answer);
    else this.#consumers.classic.join(shard, consumers, context, request, answer);
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
    const consumers = typeof shard === 'number' ? undefined : shard.state.consumer(request.groupId);
    if (typeof shard === 'number') answer(syncError(shard));
    else if (consumers === undefined) this.#membership.sync(shard, shard.state.classic(request.groupId), request, answer);
    else this.#consumers.classic.sync(shard, consumers, request, answer);
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
          : this.#heartbeat(shard, request);
    const { groupId: group, memberId: member, generationId: generation } = request;
    this.#env.tracer.emit({ type: 'group-heartbeat-received', group, member, generation, error: errorCode });
    const isTaken = errorCode === ErrorCode.NONE || errorCode === ErrorCode.REBALANCE_IN_PROGRESS;
    // Its session is longer from now on, whatever it hears: not before the writes that are under way count (4.3.1).
    if (isTaken && typeof shard !== 'number') shard.whenSettled((error) => answer(error === ErrorCode.NONE ? errorCode : error));
    else answer(errorCode);
  }

  #heartbeat(shard: GroupShard, request: RequestTypes['Heartbeat']): number {
    const consumers = shard.state.consumer(request.groupId);
    if (consumers !== undefined) return this.#consumers.classic.heartbeat(shard, consumers, request);
    return this.#membership.heartbeat(shard, shard.state.classic(request.groupId), request);
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
    done(this.#administration.describeConsumerGroups(request));
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
    this.#fetching.fetch(context, request, done);
  }

  DescribeGroups(context: GroupRequestContext, request: RequestTypes['DescribeGroups'], done: Answer<'DescribeGroups'>): void {
    done(this.#administration.describeGroups(context, request));
  }

  ListGroups(_context: GroupRequestContext, request: RequestTypes['ListGroups'], done: Answer<'ListGroups'>): void {
    done(this.#administration.list(request));
  }

  DeleteGroups(_context: GroupRequestContext, request: RequestTypes['DeleteGroups'], done: Answer<'DeleteGroups'>): void {
    this.#administration.delete(request, done);
  }

  OffsetDelete(_context: GroupRequestContext, request: RequestTypes['OffsetDelete'], done: Answer<'OffsetDelete'>): void {
    this.#administration.deleteOffsets(request, done);
  }
}

/** Errors that tell clients to look for another coordinator, or to wait for this one: whoever writes markers does not expect them. */
function isOfCoordinator(error: number): boolean {
  return (
    error === ErrorCode.COORDINATOR_NOT_AVAILABLE ||
    error === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ||
    error === ErrorCode.NOT_COORDINATOR
  );
}

/** What a client hears of a verification that failed: nothing that would make it look for this coordinator anew (KIP-890). */
function verificationError(error: number): number {
  return error === ErrorCode.NETWORK_EXCEPTION ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : coordinatorError(error);
}
