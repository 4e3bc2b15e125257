/** What operators ask of groups and do to them, and what time does to committed offsets (KIP-211, KIP-496). */
import type { Timer } from '../../ports/time.ts';
import type { CoordinatorRuntime } from '../coordinator/coordinator-runtime.ts';
import type { ClientEnvironment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { Draft } from '../protocol/schema.ts';
import type { GroupRequestContext } from './api.ts';
import type { GroupConfig } from './config.ts';
import type { ConsumerGroupSettings } from './consumer/consumer-group-settings.ts';
import { describedConsumerGroup, describedGroup, listedGroup } from './group-descriptions.ts';
import type { GroupReplay } from './group-replay.ts';
import type { AnyGroup, Groups, GroupShard } from './groups.ts';
import type { Offsets } from './offsets.ts';

type Drafted<A extends keyof ResponseTypes> = Draft<ResponseTypes[A]>;

export interface GroupAdministrationOptions {
  readonly config: GroupConfig;
  readonly settings: ConsumerGroupSettings;
  readonly runtime: CoordinatorRuntime<Groups, GroupReplay>;
  /** The loaded shard of a group, or the error to answer with. */
  readonly shardOf: (group: string) => GroupShard | number;
  readonly offsets: Offsets;
}

export class GroupAdministration {
  readonly #env: ClientEnvironment;
  readonly #config: GroupConfig;
  readonly #settings: ConsumerGroupSettings;
  readonly #runtime: CoordinatorRuntime<Groups, GroupReplay>;
  readonly #shardOf: (group: string) => GroupShard | number;
  readonly #offsets: Offsets;
  #expiry: Timer | null = null;

  constructor(env: ClientEnvironment, { config, settings, runtime, shardOf, offsets }: GroupAdministrationOptions) {
    this.#env = env;
    this.#config = config;
    this.#settings = settings;
    this.#runtime = runtime;
    this.#shardOf = shardOf;
    this.#offsets = offsets;
  }

  describeGroups({ version }: GroupRequestContext, request: RequestTypes['DescribeGroups']): Drafted<'DescribeGroups'> {
    return {
      groups: request.groups.map((groupId) => {
        const shard = this.#shardOf(groupId);
        if (typeof shard === 'number') return { errorCode: shard, groupId };
        return describedGroup(groupId, shard.state.classic(groupId), version);
      }),
    };
  }

  list(request: RequestTypes['ListGroups']): Drafted<'ListGroups'> {
    const loading = this.#runtime.isLoading;
    const states = new Set(request.statesFilter.map((state) => state.toLowerCase().trim()));
    const types = new Set(request.typesFilter.map((type) => type.toLowerCase()));
    const listed = [...this.#runtime.active()]
      .flatMap((shard) => [...shard.state.values()])
      .filter(({ isRecorded, kind }) => isRecorded && (types.size === 0 || types.has(kind)))
      .map(listedGroup)
      .filter(({ groupState = '' }) => states.size === 0 || states.has(groupState.toLowerCase()));
    return {
      errorCode: loading ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE,
      groups: loading ? [] : listed,
    };
  }

  delete(request: RequestTypes['DeleteGroups'], done: (response: Drafted<'DeleteGroups'>) => void): void {
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

  deleteOffsets(request: RequestTypes['OffsetDelete'], done: (response: Drafted<'OffsetDelete'>) => void): void {
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

  describeConsumerGroups(request: RequestTypes['ConsumerGroupDescribe']): Drafted<'ConsumerGroupDescribe'> {
    return {
      groups: request.groupIds.map((groupId) => {
        const shard = groupId === '' ? ErrorCode.INVALID_GROUP_ID : this.#shardOf(groupId);
        if (typeof shard === 'number') return { errorCode: shard, groupId };
        const { defaultAssignor } = this.#settings.group(groupId);
        return describedConsumerGroup(groupId, shard.state.consumer(groupId), this.#settings.topics(), defaultAssignor);
      }),
    };
  }

  /** From now on: offsets whose time has passed go, and with the last of them a group that nobody is in. */
  scheduleExpiry(): void {
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
      this.scheduleExpiry();
    });
  }

  close(): void {
    this.#expiry?.cancel();
  }
}

/** It is being deleted, or its coordinator is no more. */
function isGone(group: AnyGroup): boolean {
  return group.kind === 'classic' ? group.is('Dead') : group.state === null;
}
