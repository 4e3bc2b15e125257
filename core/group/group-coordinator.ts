/**
 * The group coordinator of a broker: one shard for each partition of `__consumer_offsets` that this broker leads. A group is
 * answered for only when its shard is loaded (COORDINATOR_LOAD_IN_PROGRESS before, NOT_COORDINATOR without).
 */
import type { ClientEnvironment } from '../environment.ts';
import type { Timer } from '../../ports/time.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { DecodeError } from '../protocol/reader.ts';
import type { Draft } from '../protocol/schema.ts';
import { joinError, syncError } from './answers.ts';
import type { GroupHandlers, GroupRequestContext, GroupSummary } from './api.ts';
import type { JoinResult } from './member.ts';
import { Loading } from './loading.ts';
import { Membership } from './membership.ts';
import { Offsets, commitAnswer } from './offsets.ts';
import type { CoordinatorLog } from '../replication/coordinator-log.ts';
import type { GroupConfig } from './config.ts';
import { RefusedRequests } from './refused-requests.ts';
import { Shard } from './shard.ts';

type Answer<A extends keyof ResponseTypes> = (response: Draft<ResponseTypes[A]>) => void;

type AskedTopics = RequestTypes['OffsetFetch']['topics'];

interface FetchedGroup {
  readonly groupId: string;
  readonly topics: ReturnType<Offsets['fetch']>;
  readonly errorCode: number;
}

export interface GroupCoordinatorOptions {
  readonly config: GroupConfig;
  readonly log: CoordinatorLog;
  /** The partition, of so many, that a group belongs to. */
  readonly partitionOf: (group: string, partitions: number) => number;
}

/** As long as it takes to read one buffer from a slow disk. */
const SLOW_READ_MS = 100;

export class GroupCoordinator implements GroupHandlers {
  readonly #env: ClientEnvironment;
  readonly #config: GroupConfig;
  readonly #log: CoordinatorLog;
  readonly #partitionOf: (group: string, partitions: number) => number;
  #partitions: () => number = () => 1;
  readonly #membership: Membership;
  readonly #offsets: Offsets;
  readonly #refused: RefusedRequests;
  readonly #shards = new Map<number, Shard>();
  #expiry: Timer | null = null;
  #closed = false;

  constructor(env: ClientEnvironment, options: GroupCoordinatorOptions) {
    this.#env = env;
    this.#config = options.config;
    this.#log = options.log;
    this.#partitionOf = options.partitionOf;
    this.#membership = new Membership(env, options.config);
    this.#offsets = new Offsets(env, options.config, this.#membership);
    this.#refused = new RefusedRequests(env);
  }

  /** Called once, when the broker's logs are loaded. `partitions`: how many `__consumer_offsets` has, or would get. */
  startup(partitions: () => number): void {
    this.#partitions = partitions;
    this.#scheduleExpiry();
  }

  /** The `__consumer_offsets` partition that holds a group. */
  partitionFor(group: string): number {
    return this.#partitionOf(group, this.#partitions());
  }

  // --- leadership of partitions ---

  /** This broker leads a partition from now on: load it, then answer for its groups. */
  onElection(partition: number, leaderEpoch: number): void {
    const current = this.#shards.get(partition);
    if (current !== undefined) {
      if (leaderEpoch <= current.leaderEpoch) return;
      // Nobody led in between, unless an epoch was skipped: metadata may come as one step from A by B to A.
      const wasAlwaysLeader = leaderEpoch === current.leaderEpoch + 1;
      if (wasAlwaysLeader && !current.isUncertain) {
        // What is in memory is the log's state, it goes on with the new epoch.
        current.leaderEpoch = leaderEpoch;
        return;
      }
      // The log may hold what memory does not know: only reading it again shows what holds.
      this.#unload(current);
    }
    if (this.#log.isLeader(partition) !== leaderEpoch) return;
    const startOffset = this.#log.logStart(partition);
    const endOffset = this.#log.logEnd(partition);
    const shard = new Shard(this.#env, partition, leaderEpoch, this.#log, this.#config['offsets.commit.timeout.ms']);
    this.#shards.set(partition, shard);
    this.#env.tracer.emit({ type: 'coordinator-loading', offsetsPartition: partition, leaderEpoch, endOffset });
    const loading = new Loading(shard.groups, this.#env.compression);
    this.#env.timers.after(this.#readMs(), () => this.#loadOn(shard, loading, startOffset, endOffset));
  }

  /** Kafka reads on a thread of its own, from a disk that may be slow: now and then a buffer takes its time. */
  #readMs(): number {
    return this.#env.random.sometimes('group/slow-load') ? SLOW_READ_MS : 0;
  }

  /** One buffer a step, so that the broker goes on working while a long partition loads. */
  #loadOn(shard: Shard, loading: Loading, fromOffset: number, endOffset: number): void {
    if (shard.state !== 'loading' || this.#closed) return;
    let next = Math.max(fromOffset, this.#log.logStart(shard.partition));
    if (next < endOffset) {
      const read = this.#log.read(shard.partition, next, this.#config['offsets.load.buffer.size']);
      if (read === null || !isReplayed(loading, read.records)) {
        // Kafka's coordinator is FAILED then, until somebody is elected leader of the partition (CoordinatorRuntime, 4.3.1).
        const { partition: offsetsPartition, leaderEpoch } = shard;
        this.#env.tracer.emit({ type: 'coordinator-load-failed', offsetsPartition, leaderEpoch });
        this.onResignation(shard.partition, null);
        return;
      }
      next = read.endOffset > next ? read.endOffset : endOffset;
    }
    if (next < endOffset) {
      this.#env.timers.after(this.#readMs(), () => this.#loadOn(shard, loading, next, endOffset));
      return;
    }
    loading.finish();
    shard.state = 'active';
    for (const group of shard.groups.values()) this.#membership.resume(shard, group);
    this.#env.tracer.emit({
      type: 'coordinator-loaded',
      offsetsPartition: shard.partition,
      leaderEpoch: shard.leaderEpoch,
      groups: shard.groups.size,
      offsets: [...shard.groups.values()].flatMap((group) =>
        [...group.offsets].map(([partition, { offset, logOffset }]) => ({ group: group.id, partition, offset, logOffset })),
      ),
      deletedGroups: loading.deletedGroups,
    });
  }

  /** This broker no longer leads it; the epoch is null when the replica was removed. What waits is answered NOT_COORDINATOR. */
  onResignation(partition: number, leaderEpoch: number | null): void {
    const shard = this.#shards.get(partition);
    if (shard === undefined || (leaderEpoch !== null && leaderEpoch < shard.leaderEpoch)) return;
    this.#unload(shard);
  }

  #unload(shard: Shard): void {
    this.#shards.delete(shard.partition);
    const { partition: offsetsPartition, leaderEpoch } = shard;
    this.#env.tracer.emit({ type: 'coordinator-unloaded', offsetsPartition, leaderEpoch });
    shard.state = 'unloaded';
    for (const group of shard.groups.values()) this.#membership.abandon(group);
    shard.unload();
  }

  /** Topics were deleted: their offsets are forgotten. Keys are `topic-partition`. */
  onPartitionsDeleted(partitions: readonly string[]): void {
    for (const shard of this.#active()) {
      for (const group of shard.groups.values()) {
        const keys = partitions.filter((key) => group.offsets.has(key) || group.pendingCommits.has(key));
        if (keys.length > 0) this.#offsets.remove(shard, group, keys, 'topic-deleted', () => undefined);
      }
    }
  }

  shutdown(): void {
    if (this.#closed) return;
    for (const partition of [...this.#shards.keys()]) this.onResignation(partition, null);
    this.#closed = true;
    this.#expiry?.cancel();
  }

  groups(): readonly GroupSummary[] {
    return [...this.#active()].flatMap((shard) =>
      [...shard.groups.values()].map((group) => ({
        group: group.id,
        state: group.state.name,
        generation: group.generation,
        members: [...group.members.keys()],
        offsets: [...group.offsets].map(([partition, { offset }]) => ({ partition, offset })),
      })),
    );
  }

  *#active(): Iterable<Shard> {
    for (const shard of this.#shards.values()) if (shard.state === 'active') yield shard;
  }

  /** The loaded shard of a group, or the error to answer with. */
  #shardOf(group: string): Shard | number {
    if (this.#closed) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const shard = this.#shards.get(this.partitionFor(group));
    if (shard === undefined) return ErrorCode.NOT_COORDINATOR;
    if (shard.state === 'loading') {
      this.#env.tracer.emit({ type: 'mark', name: 'group/request-met-a-loading-coordinator' });
      return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    }
    return shard;
  }

  // --- APIs ---

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
    if (typeof shard === 'number') {
      // The new coordinator's members need no new assignment while it loads: they join again.
      answer(syncError(shard === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.REBALANCE_IN_PROGRESS : shard));
      return;
    }
    this.#membership.sync(shard, shard.groups.get(request.groupId), request, answer);
  }

  Heartbeat(_context: GroupRequestContext, request: RequestTypes['Heartbeat'], done: Answer<'Heartbeat'>): void {
    const shard = request.groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.#shardOf(request.groupId);
    // While loading nobody can have been expelled: a heartbeat is taken as good.
    const errorCode =
      shard === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
        ? ErrorCode.NONE
        : typeof shard === 'number'
          ? shard
          : this.#membership.heartbeat(shard, shard.groups.get(request.groupId), request);
    const { groupId: group, memberId: member, generationId: generation } = request;
    this.#env.tracer.emit({ type: 'group-heartbeat-answered', group, member, generation, error: errorCode });
    this.#refused.tell('Heartbeat', request, errorCode);
    done({ errorCode });
  }

  LeaveGroup(context: GroupRequestContext, request: RequestTypes['LeaveGroup'], done: Answer<'LeaveGroup'>): void {
    const shard = request.groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.#shardOf(request.groupId);
    if (typeof shard === 'number') {
      this.#refused.tell('LeaveGroup', request, shard);
      done({ errorCode: shard });
      return;
    }
    const group = shard.groups.get(request.groupId);
    const leaving = context.version >= 3 ? request.members : [{ memberId: request.memberId, groupInstanceId: null }];
    const members = leaving.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode:
        group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : this.#membership.leave(shard, group, memberId, groupInstanceId),
    }));
    for (const { memberId, errorCode } of members) this.#refused.tell('LeaveGroup', { ...request, memberId }, errorCode);
    if (context.version >= 3) done({ errorCode: ErrorCode.NONE, members });
    else done({ errorCode: members[0]?.errorCode ?? ErrorCode.NONE });
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

  OffsetFetch(context: GroupRequestContext, request: RequestTypes['OffsetFetch'], done: Answer<'OffsetFetch'>): void {
    const asked = context.version >= 8 ? request.groups : [{ groupId: request.groupId, topics: request.topics }];
    const answers: FetchedGroup[] = [];
    let waiting = asked.length;
    if (waiting === 0) done({ groups: [] });
    asked.forEach(({ groupId, topics }, index) => {
      this.#fetchGroup(groupId, topics, request.requireStable, (answer) => {
        this.#refused.tell('OffsetFetch', { groupId }, answer.errorCode);
        answers[index] = answer;
        if (--waiting > 0) return;
        if (context.version >= 8) done({ groups: answers });
        else done(singleGroupAnswer(context.version, answers[0] as FetchedGroup, topics));
      });
    });
  }

  /**
   * With `requireStable` the answer holds what is being written now, by whichever group of the shard: it waits for that. Whoever is not
   * the leader any more and has writes under way learns so before it answers.
   */
  #fetchGroup(groupId: string, topics: AskedTopics, requireStable: boolean, done: (answer: FetchedGroup) => void): void {
    const shard = this.#shardOf(groupId);
    if (typeof shard === 'number') {
      done({ groupId, topics: [], errorCode: shard });
      return;
    }
    const answer = (error: number): void => {
      // Clients that know requireStable don't all know COORDINATOR_NOT_AVAILABLE here.
      if (error !== ErrorCode.NONE) done({ groupId, topics: [], errorCode: ErrorCode.NOT_COORDINATOR });
      else done({ groupId, topics: this.#offsets.fetch(shard.groups.get(groupId), groupId, topics), errorCode: ErrorCode.NONE });
    };
    if (requireStable) shard.whenSettled(answer);
    else answer(ErrorCode.NONE);
  }

  DescribeGroups(_context: GroupRequestContext, request: RequestTypes['DescribeGroups'], done: Answer<'DescribeGroups'>): void {
    done({
      groups: request.groups.map((groupId) => {
        const shard = this.#shardOf(groupId);
        if (typeof shard === 'number') return { errorCode: shard, groupId };
        const group = shard.groups.get(groupId);
        if (group === undefined) return { errorCode: ErrorCode.NONE, groupId, groupState: 'Dead' };
        const stable = group.is('Stable');
        return {
          errorCode: ErrorCode.NONE,
          groupId,
          groupState: group.state.name,
          protocolType: group.protocolType ?? '',
          protocolData: stable ? (group.protocolName ?? '') : '',
          members: [...group.members.values()].map((member) => ({
            memberId: member.memberId,
            groupInstanceId: member.groupInstanceId,
            clientId: member.clientId,
            // As Java writes an address that it has no name for.
            clientHost: member.clientHost.startsWith('/') ? member.clientHost : `/${member.clientHost}`,
            ...(stable ? { memberMetadata: member.metadataFor(group.protocolName) } : {}),
            memberAssignment: member.assignment,
          })),
        };
      }),
    });
  }

  ListGroups(_context: GroupRequestContext, request: RequestTypes['ListGroups'], done: Answer<'ListGroups'>): void {
    const loading = [...this.#shards.values()].some((shard) => shard.state === 'loading');
    const states = new Set(request.statesFilter.map((state) => state.toLowerCase()));
    const types = new Set(request.typesFilter.map((type) => type.toLowerCase()));
    const listed =
      types.size > 0 && !types.has('classic') ? [] : [...this.#active()].flatMap((shard) => [...shard.groups.values()]);
    done({
      errorCode: loading ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE,
      groups: (loading ? [] : listed)
        .filter((group) => states.size === 0 || states.has(group.state.name.toLowerCase()))
        .map((group) => ({
          groupId: group.id,
          protocolType: group.protocolType ?? '',
          groupState: group.state.name,
          groupType: 'classic',
        })),
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
      const group = shard.groups.get(groupId);
      if (group === undefined || group.is('Dead')) answer(groupId, ErrorCode.GROUP_ID_NOT_FOUND);
      else if (!group.is('Empty')) answer(groupId, ErrorCode.NON_EMPTY_GROUP);
      else {
        const keys = [...group.offsets.keys(), ...group.pendingCommits.keys()];
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
    const group = shard.groups.get(request.groupId);
    if (group === undefined || group.is('Dead')) {
      done({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND });
      return;
    }
    if (!group.is('Empty') && group.protocolType !== 'consumer') {
      done({ errorCode: ErrorCode.NON_EMPTY_GROUP });
      return;
    }
    const inUse = new Set(request.topics.map(({ name }) => name).filter((name) => group.isSubscribedTo(name)));
    const keys = request.topics.flatMap(({ name, partitions }) =>
      inUse.has(name) ? [] : partitions.map(({ partitionIndex }) => topicPartitionKey(name, partitionIndex)),
    );
    this.#offsets.remove(shard, group, keys, 'offset-delete', (error) => {
      done({
        errorCode: error,
        topics: request.topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: inUse.has(name) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : error,
          })),
        })),
      });
    });
  }

  // --- expiry ---

  #scheduleExpiry(): void {
    this.#expiry = this.#env.timers.after(this.#config['offsets.retention.check.interval.ms'], () => {
      for (const shard of this.#active()) {
        for (const group of [...shard.groups.values()]) {
          const expired = this.#offsets.expired(group);
          const allGone = group.is('Empty') && expired.length === group.offsets.size && group.pendingCommits.size === 0;
          if (allGone) this.#offsets.remove(shard, group, expired, 'expired', () => undefined, true);
          else if (expired.length > 0) this.#offsets.remove(shard, group, expired, 'expired', () => undefined);
        }
      }
      this.#scheduleExpiry();
    });
  }
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

/** False: the log holds what is no record of a coordinator; nobody compares checksums on the way (CoordinatorLoaderImpl, 4.3.1). */
function isReplayed(loading: Loading, batches: Uint8Array): boolean {
  try {
    loading.replay(batches);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}
