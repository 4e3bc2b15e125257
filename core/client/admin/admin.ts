/**
 * The admin client. Every call is rejected with KafkaError when any part of it was refused; `definite` tells whether it is
 * certain that nothing was done.
 *
 * This file is over 500 lines because it is the whole interface of the Java client: one method a call, most of them a request.
 */
import type { ApiRanges } from '../../rpc/api-versions.ts';
import { ADMIN_CONFIG, parseConfig } from '../../config/index.ts';
import type { AdminConfig, Properties } from '../../config/index.ts';
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { DescribeConfigsResponseDescribeConfigsResult } from '../../protocol/messages/describe-configs-response.ts';
import type { DescribeLogDirsResponseDescribeLogDirsResult } from '../../protocol/messages/describe-log-dirs-response.ts';
import type { DescribeTopicPartitionsResponse } from '../../protocol/messages/describe-topic-partitions-response.ts';
import type { Endpoint } from '../../rpc/rpc-client.ts';
import type { CommittedOffset, OffsetAndMetadata } from '../consumer/committed-offsets.ts';
import { KafkaError } from '../errors.ts';
import { mapByTopic } from '../metadata.ts';
import { OFFSETS_BY_NAME } from '../offset-versions.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import { closeSession, openSession } from '../session.ts';
import type { Session } from '../session.ts';
import { type AclBinding, type AclBindingFilter, toAcl, toBinding, toFilter } from './acls.ts';
import { AdminCalls, firstError } from './admin-calls.ts';
import type { Answered, Destination } from './admin-calls.ts';
import { fromClassic, fromConsumer } from './consumer-group-description.ts';
import type { ConsumerGroupDescription } from './consumer-group-description.ts';
import type { ProducerIdAndEpoch } from '../producer/partition-sequence.ts';
import { fromMetadata, fromTopicPartitions } from './topic-description.ts';
import type { TopicDescription } from './topic-description.ts';
import { abortTransaction, describeProducers, describeTransactions, fenceProducers, listTransactions } from './transactions.ts';
import type {
  OpenTransaction,
  ProducersOfPartition,
  TransactionDescription,
  TransactionFilter,
  TransactionListing,
} from './transactions.ts';

export interface NewTopic {
  readonly name: string;
  /** -1: the broker's default. */
  readonly numPartitions?: number;
  readonly replicationFactor?: number;
  /** Brokers of each partition, the preferred leader first; instead of the two numbers. */
  readonly assignments?: readonly (readonly number[])[];
  readonly configs?: Readonly<Record<string, string>>;
}

export interface ConfigResource {
  readonly type: 'topic' | 'broker' | 'broker-logger' | 'client-metrics' | 'group';
  /** Name of the topic, metrics subscription or group, or broker id; '' is the default of all brokers. */
  readonly name: string;
}

export interface ConfigChange {
  readonly name: string;
  readonly operation: 'set' | 'delete' | 'append' | 'subtract';
  readonly value?: string;
}

export interface ClusterDescription {
  readonly clusterId: string;
  readonly controllerId: number;
  readonly brokers: readonly {
    readonly brokerId: number;
    readonly host: string;
    readonly port: number;
    readonly rack: string | null;
  }[];
}

export interface GroupListing {
  readonly groupId: string;
  readonly protocolType: string;
  /** Kafka's name of the state; '' from brokers before 2.6. */
  readonly groupState: string;
  /** classic, consumer, share; '' from brokers before 3.8. */
  readonly groupType: string;
}

export interface PartitionReassignment extends TopicPartition {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

const RESOURCE_TYPE = { topic: 2, broker: 4, 'broker-logger': 8, 'client-metrics': 16, group: 32 } as const;
const RESOURCE_TYPES = new Map(
  (Object.keys(RESOURCE_TYPE) as ConfigResource['type'][]).map((type) => [RESOURCE_TYPE[type] as number, type]),
);
const CONFIG_OPERATION = { set: 0, delete: 1, append: 2, subtract: 3 } as const;
const ANY = { kind: 'any' } as const;
const NOWHERE = { nodeId: -1, host: '', port: -1 };

/** As Kafka's admin client asks for them. */
const PARTITIONS_PER_PAGE = 2000;

export interface AdminOptions {
  /** What the client speaks. Default: what this release speaks. */
  readonly apis?: ApiRanges | undefined;
}

export class Admin {
  readonly #session: Session;
  readonly #config: AdminConfig;
  readonly #calls: AdminCalls;

  /** Throws ConfigError for properties that Kafka's admin client would not take. */
  constructor(env: ClientEnvironment, properties: Properties, options: AdminOptions = {}) {
    this.#config = parseConfig(ADMIN_CONFIG, properties);
    this.#session = openSession(env, this.#config, { clientId: env.nodeName, allowAutoTopicCreation: false, apis: options.apis });
    this.#calls = new AdminCalls(this.#session, this.#config['default.api.timeout.ms']);
    this.#session.metadata.requestUpdate(true);
  }

  /** Calls under way are rejected with CLIENT_CLOSED. */
  close(): Promise<void> {
    this.#calls.close();
    closeSession(this.#session);
    return Promise.resolve();
  }

  async createTopics(
    topics: readonly NewTopic[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<Map<string, string>> {
    const request = {
      topics: topics.map((topic) => ({
        name: topic.name,
        numPartitions: topic.assignments === undefined ? (topic.numPartitions ?? -1) : -1,
        replicationFactor: topic.assignments === undefined ? (topic.replicationFactor ?? -1) : -1,
        assignments: (topic.assignments ?? []).map((brokerIds, partitionIndex) => ({
          partitionIndex,
          brokerIds: [...brokerIds],
        })),
        configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
      })),
      timeoutMs: this.#config['request.timeout.ms'],
      validateOnly: options.validateOnly ?? false,
    };
    const response = await this.#calls.call(ANY, 'CreateTopics', request, (answer) => firstError(answer.topics));
    return new Map(response.topics.map((topic) => [topic.name, topic.topicId]));
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    const timeoutMs = this.#config['request.timeout.ms'];
    const request = { topics: names.map((name) => ({ name })), topicNames: [...names], timeoutMs };
    await this.#calls.call(ANY, 'DeleteTopics', request, (answer) => firstError(answer.responses));
  }

  /** Raises topics to `count` partitions; `assignments` are the brokers of each new one, the preferred leader first. */
  async createPartitions(
    topics: readonly {
      readonly name: string;
      readonly count: number;
      readonly assignments?: readonly (readonly number[])[];
    }[],
  ): Promise<void> {
    const request = {
      topics: topics.map(({ name, count, assignments }) => ({
        name,
        count,
        assignments: assignments?.map((brokerIds) => ({ brokerIds: [...brokerIds] })) ?? null,
      })),
      timeoutMs: this.#config['request.timeout.ms'],
    };
    await this.#calls.call(ANY, 'CreatePartitions', request, (answer) => firstError(answer.results));
  }

  /** Topics in the order of their names. */
  async describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    if (names.length === 0) return [];
    const byPages = await this.#ifSupported(() => this.#describeTopicPartitions(names));
    if (byPages !== null) return byPages;
    const request = { topics: names.map((name) => ({ name })), allowAutoTopicCreation: false };
    const response = await this.#calls.call(ANY, 'Metadata', request, (answer) => firstError(answer.topics));
    return response.topics.map(fromMetadata).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #describeTopicPartitions(names: readonly string[]): Promise<TopicDescription[]> {
    const topics = new Map<string, TopicDescription>();
    let left = names.toSorted().map((name) => ({ name }));
    let cursor: { readonly topicName: string; readonly partitionIndex: number } | null = null;
    do {
      const request = { topics: left, responsePartitionLimit: PARTITIONS_PER_PAGE, cursor };
      const page: DescribeTopicPartitionsResponse = await this.#calls.call(ANY, 'DescribeTopicPartitions', request, (answer) =>
        firstError(answer.topics),
      );
      for (const topic of page.topics.map(fromTopicPartitions)) {
        const before = topics.get(topic.name)?.partitions ?? [];
        topics.set(topic.name, { ...topic, partitions: [...before, ...topic.partitions] });
      }
      cursor = page.nextCursor;
      const next = cursor?.topicName ?? '';
      left = left.filter(({ name }) => name >= next);
    } while (cursor !== null);
    return [...topics.values()];
  }

  async listTopics(
    options: { readonly listInternal?: boolean } = {},
  ): Promise<{ name: string; topicId: string; isInternal: boolean }[]> {
    const request = { topics: null, allowAutoTopicCreation: false };
    const response = await this.#calls.call(ANY, 'Metadata', request, () => firstError([]));
    return response.topics
      .filter((topic) => options.listInternal === true || !topic.isInternal)
      .map((topic) => ({ name: topic.name ?? '', topicId: topic.topicId, isInternal: topic.isInternal }));
  }

  async describeConfigs(resources: readonly ConfigResource[]): Promise<readonly DescribeConfigsResponseDescribeConfigsResult[]> {
    const results: DescribeConfigsResponseDescribeConfigsResult[] = [];
    for (const resource of resources) {
      const request = {
        resources: [{ resourceType: RESOURCE_TYPE[resource.type], resourceName: resource.name, configurationKeys: null }],
        includeSynonyms: true,
      };
      const response = await this.#calls.call(configDestination(resource), 'DescribeConfigs', request, (answer) =>
        firstError(answer.results),
      );
      results.push(...response.results);
    }
    return results;
  }

  /**
   * All brokers and topics, and the client metrics and groups that have configs: those of these types, or of all if none is given.
   * Rejected with UNSUPPORTED_VERSION by brokers before Kafka 4.1, but for client metrics alone by brokers before 3.7.
   */
  async listConfigResources(types: readonly ConfigResource['type'][] = []): Promise<ConfigResource[]> {
    const request = { resourceTypes: types.map((type) => RESOURCE_TYPE[type]) };
    const isForOldest = types.length > 0 && types.every((type) => type === 'client-metrics');
    const versions = { minVersion: isForOldest ? 0 : 1 };
    const itself = (answer: Answered): Answered => answer;
    const response = await this.#calls.call(ANY, 'ListConfigResources', request, itself, undefined, versions);
    return response.configResources.flatMap(({ resourceName, resourceType }) => {
      const type = RESOURCE_TYPES.get(resourceType);
      return type === undefined ? [] : [{ type, name: resourceName }];
    });
  }

  async incrementalAlterConfigs(
    changes: readonly { readonly resource: ConfigResource; readonly changes: readonly ConfigChange[] }[],
  ): Promise<void> {
    for (const [to, ofNode] of byDestination(changes)) {
      const resources = ofNode.map(({ resource, changes: ofResource }) => ({
        resourceType: RESOURCE_TYPE[resource.type],
        resourceName: resource.name,
        configs: ofResource.map(({ name, operation, value }) => ({
          name,
          configOperation: CONFIG_OPERATION[operation],
          value: value ?? null,
        })),
      }));
      await this.#calls.call(to, 'IncrementalAlterConfigs', { resources }, (answer) => firstError(answer.responses));
    }
  }

  /** Replaces all overrides of the resources. */
  async alterConfigs(
    changes: readonly { readonly resource: ConfigResource; readonly configs: Readonly<Record<string, string>> }[],
  ): Promise<void> {
    for (const [to, ofNode] of byDestination(changes)) {
      const resources = ofNode.map(({ resource, configs }) => ({
        resourceType: RESOURCE_TYPE[resource.type],
        resourceName: resource.name,
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      }));
      await this.#calls.call(to, 'AlterConfigs', { resources }, (answer) => firstError(answer.responses));
    }
  }

  /** Deletes the records before `offset` (-1: the high watermark). Resolves to the new low watermarks. */
  async deleteRecords(
    targets: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<(TopicPartition & { lowWatermark: number })[]> {
    const results: (TopicPartition & { lowWatermark: number })[] = [];
    for (const { topic, partition, offset } of targets) {
      const request = {
        topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
        timeoutMs: this.#config['request.timeout.ms'],
      };
      const response = await this.#calls.call({ kind: 'leader', topic, partition }, 'DeleteRecords', request, (answer) =>
        firstError(answer.topics.flatMap((each) => each.partitions)),
      );
      results.push({ topic, partition, lowWatermark: response.topics[0]?.partitions[0]?.lowWatermark ?? -1 });
    }
    return results;
  }

  /** Entries that exist already are no error. */
  async createAcls(bindings: readonly AclBinding[]): Promise<void> {
    const creations = bindings.map((binding) => {
      const { patternType, ...acl } = toAcl(binding);
      return { ...acl, resourcePatternType: patternType };
    });
    await this.#calls.call(ANY, 'CreateAcls', { creations }, (answer) => firstError(answer.results));
  }

  async describeAcls(filter: AclBindingFilter = {}): Promise<AclBinding[]> {
    const { resources } = await this.#calls.call(ANY, 'DescribeAcls', toFilter(filter), (answer) => answer);
    return resources.flatMap(({ acls, ...pattern }) => acls.map((acl) => toBinding({ ...pattern, ...acl })));
  }

  /** The entries that were deleted, for each filter. */
  async deleteAcls(filters: readonly AclBindingFilter[]): Promise<AclBinding[][]> {
    const request = { filters: filters.map(toFilter) };
    const { filterResults } = await this.#calls.call(ANY, 'DeleteAcls', request, (answer) =>
      firstError([...answer.filterResults, ...answer.filterResults.flatMap(({ matchingAcls }) => matchingAcls)]),
    );
    return filterResults.map(({ matchingAcls }) => matchingAcls.map(toBinding));
  }

  async describeCluster(): Promise<ClusterDescription> {
    const described = await this.#ifSupported(() =>
      this.#calls.call(ANY, 'DescribeCluster', { endpointType: 1 }, (answer) => answer),
    );
    if (described !== null) {
      const { clusterId, controllerId, brokers } = described;
      return { clusterId, controllerId, brokers };
    }
    // Brokers before 2.8.
    const request = { topics: [], allowAutoTopicCreation: false };
    const { clusterId, controllerId, brokers } = await this.#calls.call(ANY, 'Metadata', request, () => firstError([]));
    return {
      clusterId: clusterId ?? '',
      controllerId,
      brokers: brokers.map(({ nodeId: brokerId, host, port, rack }) => ({ brokerId, host, port, rack })),
    };
  }

  /**
   * Moves the cluster to other levels of its features, all of them or none (KIP-584). `downgrade`: they are lower ones; `unsafe` also takes
   * those at which metadata are lost.
   */
  async updateFeatures(
    levels: Readonly<Record<string, number>>,
    options: { readonly downgrade?: 'safe' | 'unsafe'; readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    const { downgrade, validateOnly = false } = options;
    const upgradeType = downgrade === undefined ? 1 : downgrade === 'safe' ? 2 : 3;
    const request = {
      timeoutMs: this.#config['request.timeout.ms'],
      featureUpdates: Object.entries(levels).map(([feature, maxVersionLevel]) => ({
        feature,
        maxVersionLevel,
        allowDowngrade: downgrade !== undefined,
        upgradeType,
      })),
      validateOnly,
    };
    // Before version 2 there is an answer for each feature.
    await this.#calls.call(ANY, 'UpdateFeatures', request, (answer) => firstError([answer, ...answer.results]));
  }

  /** Elects leaders of the partitions (null: of all). A partition that has its preferred leader is not an error. */
  async electLeaders(type: 'preferred' | 'unclean', partitions: readonly TopicPartition[] | null): Promise<void> {
    const topicPartitions =
      partitions === null
        ? null
        : mapByTopic(partitions, (topic, of) => ({ topic, partitions: of.map((each) => each.partition) }));
    const request = {
      electionType: type === 'preferred' ? 0 : 1,
      topicPartitions,
      timeoutMs: this.#config['request.timeout.ms'],
    };
    await this.#calls.call(ANY, 'ElectLeaders', request, (answer) => {
      if (answer.errorCode !== ErrorCode.NONE) return answer;
      const results = answer.replicaElectionResults.flatMap((topic) => topic.partitionResult);
      return firstError(results.filter((result) => result.errorCode !== ErrorCode.ELECTION_NOT_NEEDED));
    });
  }

  /** The reassignments of replicas that are under way. */
  async listPartitionReassignments(): Promise<PartitionReassignment[]> {
    const request = { timeoutMs: this.#config['request.timeout.ms'], topics: null };
    const response = await this.#calls.call(ANY, 'ListPartitionReassignments', request, (answer) => answer);
    return response.topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition, replicas, addingReplicas, removingReplicas }) => ({
        topic,
        partition,
        replicas,
        addingReplicas,
        removingReplicas,
      })),
    );
  }

  /** The groups of consumers of the whole cluster, without those of other protocols (connect, share, ...). */
  async listConsumerGroups(): Promise<GroupListing[]> {
    const { brokers } = await this.describeCluster();
    const groups = new Map<string, GroupListing>();
    for (const { brokerId } of brokers) {
      const response = await this.#calls.call({ kind: 'broker', nodeId: brokerId }, 'ListGroups', {}, (answer) => answer);
      for (const { groupId, protocolType, groupState, groupType } of response.groups)
        if (protocolType === 'consumer' || protocolType === '')
          groups.set(groupId, { groupId, protocolType, groupState, groupType });
    }
    return [...groups.values()];
  }

  /** A group that does not exist has the state Dead, or is rejected with GROUP_ID_NOT_FOUND by brokers since 4.0. */
  async describeConsumerGroups(groups: readonly string[]): Promise<ConsumerGroupDescription[]> {
    const described: ConsumerGroupDescription[] = [];
    for (const group of groups)
      described.push((await this.#describeConsumerGroup(group)) ?? (await this.#describeClassicGroup(group)));
    return described;
  }

  /** Null: it is not a group of the consumer protocol, or the broker does not have that protocol. */
  async #describeConsumerGroup(group: string): Promise<ConsumerGroupDescription | null> {
    let coordinator = NOWHERE;
    const request = { groupIds: [group], includeAuthorizedOperations: false };
    const response = await this.#ifSupported(
      () =>
        this.#calls.call(
          { kind: 'coordinator', group },
          'ConsumerGroupDescribe',
          request,
          (answer) => firstError(answer.groups),
          (node) => {
            coordinator = coordinatorOf(node);
          },
        ),
      ErrorCode.GROUP_ID_NOT_FOUND,
    );
    const found = response?.groups[0];
    return found === undefined ? null : fromConsumer(found, coordinator);
  }

  async #describeClassicGroup(group: string): Promise<ConsumerGroupDescription> {
    let coordinator = NOWHERE;
    const response = await this.#calls.call(
      { kind: 'coordinator', group },
      'DescribeGroups',
      { groups: [group] },
      (answer) => firstError(answer.groups),
      (node) => {
        coordinator = coordinatorOf(node);
      },
    );
    const [found] = response.groups;
    if (found === undefined) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `the answer lacks the group ${group}`);
    return fromClassic(found, coordinator);
  }

  async deleteConsumerGroups(groups: readonly string[]): Promise<void> {
    for (const group of groups)
      await this.#calls.call({ kind: 'coordinator', group }, 'DeleteGroups', { groupsNames: [group] }, (answer) =>
        firstError(answer.results),
      );
  }

  /** The group's committed offsets, of the given partitions or of all. */
  async listConsumerGroupOffsets(group: string, partitions: readonly TopicPartition[] | null = null): Promise<CommittedOffset[]> {
    const topics =
      partitions === null
        ? null
        : mapByTopic(partitions, (name, of) => ({ name, partitionIndexes: of.map((each) => each.partition) }));
    const groups = [{ groupId: group, memberId: null, memberEpoch: -1, topics }];
    const request = { groupId: group, topics, groups, requireStable: false };
    const response = await this.#calls.call(
      { kind: 'coordinator', group },
      'OffsetFetch',
      request,
      (answer) => {
        const of = answer.groups[0] ?? answer;
        return of.errorCode !== ErrorCode.NONE ? of : firstError(of.topics.flatMap((topic) => [...topic.partitions]));
      },
      undefined,
      OFFSETS_BY_NAME,
    );
    return (response.groups[0] ?? response).topics.flatMap((topic) =>
      topic.partitions
        .filter((each) => each.committedOffset >= 0)
        .map((each) => ({
          topic: topic.name,
          partition: each.partitionIndex,
          offset: each.committedOffset,
          leaderEpoch: each.committedLeaderEpoch >= 0 ? each.committedLeaderEpoch : null,
          metadata: each.metadata ?? '',
        })),
    );
  }

  /** Sets the offsets of a group without members. */
  async alterConsumerGroupOffsets(group: string, offsets: readonly OffsetAndMetadata[]): Promise<void> {
    const topics = mapByTopic(offsets, (name, of) => ({
      name,
      partitions: of.map((each) => ({
        partitionIndex: each.partition,
        committedOffset: each.offset,
        committedLeaderEpoch: each.leaderEpoch ?? -1,
        committedMetadata: each.metadata ?? '',
      })),
    }));
    const request = { groupId: group, generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null, topics };
    await this.#calls.call(
      { kind: 'coordinator', group },
      'OffsetCommit',
      request,
      (answer) => firstError(answer.topics.flatMap((topic) => topic.partitions)),
      undefined,
      OFFSETS_BY_NAME,
    );
  }

  async deleteConsumerGroupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    const topics = mapByTopic(partitions, (name, of) => ({
      name,
      partitions: of.map((each) => ({ partitionIndex: each.partition })),
    }));
    await this.#calls.call({ kind: 'coordinator', group }, 'OffsetDelete', { groupId: group, topics }, (answer) =>
      answer.errorCode !== ErrorCode.NONE ? answer : firstError(answer.topics.flatMap((topic) => topic.partitions)),
    );
  }

  /** `at`: earliest, latest, max-timestamp, or the first offset with at least this timestamp. */
  async listOffsets(
    lookups: readonly (TopicPartition & { readonly at: 'earliest' | 'latest' | 'max-timestamp' | number })[],
    options: { readonly readCommitted?: boolean } = {},
  ): Promise<(TopicPartition & { offset: number; timestamp: number; leaderEpoch: number })[]> {
    const results: (TopicPartition & { offset: number; timestamp: number; leaderEpoch: number })[] = [];
    for (const { topic, partition, at } of lookups) {
      const timestamp = typeof at === 'number' ? at : at === 'latest' ? -1 : at === 'earliest' ? -2 : -3;
      const request = {
        replicaId: -1,
        isolationLevel: options.readCommitted === true ? 1 : 0,
        topics: [{ name: topic, partitions: [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp }] }],
      };
      const response = await this.#calls.call({ kind: 'leader', topic, partition }, 'ListOffsets', request, (answer) =>
        firstError(answer.topics.flatMap((each) => each.partitions)),
      );
      const found = response.topics[0]?.partitions[0];
      results.push({
        topic,
        partition,
        offset: found?.offset ?? -1,
        timestamp: found?.timestamp ?? -1,
        leaderEpoch: found?.leaderEpoch ?? -1,
      });
    }
    return results;
  }

  async describeLogDirs(
    brokerIds: readonly number[],
  ): Promise<Map<number, readonly DescribeLogDirsResponseDescribeLogDirsResult[]>> {
    const results = new Map<number, readonly DescribeLogDirsResponseDescribeLogDirsResult[]>();
    for (const nodeId of brokerIds) {
      const response = await this.#calls.call(
        { kind: 'broker', nodeId },
        'DescribeLogDirs',
        { topics: null },
        (answer) => answer,
      );
      results.set(nodeId, response.results);
    }
    return results;
  }

  /** What the coordinators know of transactional ids. Rejected with TRANSACTIONAL_ID_NOT_FOUND if one does not exist. */
  describeTransactions(transactionalIds: readonly string[]): Promise<TransactionDescription[]> {
    return describeTransactions(this.#calls, transactionalIds);
  }

  /** The transactional ids of the whole cluster. Rejected with INVALID_REGULAR_EXPRESSION for a pattern that is none. */
  async listTransactions(filter: TransactionFilter = {}): Promise<TransactionListing[]> {
    const { brokers } = await this.describeCluster();
    const brokerIds = brokers.map(({ brokerId }) => brokerId);
    return listTransactions(this.#calls, brokerIds, filter);
  }

  /**
   * Ends a transaction in one partition with an abort marker, whatever its coordinator thinks of it: for one that hangs. `open` is
   * as `describeProducers` tells it.
   */
  abortTransaction(open: OpenTransaction): Promise<void> {
    return abortTransaction(this.#calls, open);
  }

  /** The producers that the leaders of partitions, or their replicas on `brokerId`, know. */
  describeProducers(
    partitions: readonly TopicPartition[],
    options: { readonly brokerId?: number } = {},
  ): Promise<ProducersOfPartition[]> {
    return describeProducers(this.#calls, partitions, options.brokerId ?? null);
  }

  /** Fences the producers of transactional ids and aborts their transactions. Resolves to the ids and epochs that fence them. */
  fenceProducers(transactionalIds: readonly string[]): Promise<Map<string, ProducerIdAndEpoch>> {
    // As Kafka's: it becomes the time-out of transactions of the id, until the next producer brings its own.
    return fenceProducers(this.#calls, transactionalIds, this.#config['request.timeout.ms']);
  }

  /** What `call` gives; null if the broker does not have the API, or answers with `orError`. */
  async #ifSupported<T>(call: () => Promise<T>, orError: number = ErrorCode.UNSUPPORTED_VERSION): Promise<T | null> {
    try {
      return await call();
    } catch (error) {
      const code = error instanceof KafkaError ? error.code : ErrorCode.NONE;
      if (code === ErrorCode.UNSUPPORTED_VERSION || code === orError) return null;
      throw error;
    }
  }
}

/** A broker's own configuration is asked of, and changed at, itself. */
function configDestination(resource: ConfigResource): Destination {
  const isOfOneBroker = (resource.type === 'broker' || resource.type === 'broker-logger') && resource.name !== '';
  return isOfOneBroker ? { kind: 'broker', nodeId: Number(resource.name) } : ANY;
}

/** What any node takes goes in one request, a broker's own in one to each of them. */
function byDestination<T extends { readonly resource: ConfigResource }>(changes: readonly T[]): [Destination, T[]][] {
  const groups = new Map<string, [Destination, T[]]>();
  for (const change of changes) {
    const to = configDestination(change.resource);
    const key = to.kind === 'broker' ? String(to.nodeId) : '';
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [to, [change]]);
    else group[1].push(change);
  }
  return [...groups.values()];
}

function coordinatorOf(node: Endpoint): ConsumerGroupDescription['coordinator'] {
  return { nodeId: Number(node.id), host: node.host, port: node.port };
}
