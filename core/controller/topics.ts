/** CreateTopics, DeleteTopics and CreatePartitions. */
import { type BrokerConfig, describeNewTopicConfig, validateTopicConfig } from '../config/index.ts';
import type { RandomStream } from '../../ports/random.ts';
import { hasUncordonedDirectory } from '../metadata/cluster-registration.ts';
import {
  type BrokerRegistration,
  isBrokerActive,
  type MetadataImage,
  ResourceType,
  resourceKey,
  topicByName,
} from '../metadata/image.ts';
import { type PartitionRegistration, partitionToRecord, RECOVERED } from '../metadata/partition-registration.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type {
  CreatePartitionsRequest,
  CreatePartitionsRequestCreatePartitionsTopic,
} from '../protocol/messages/create-partitions-request.ts';
import type { CreatePartitionsResponse } from '../protocol/messages/create-partitions-response.ts';
import type { CreateTopicsRequest, CreateTopicsRequestCreatableTopic } from '../protocol/messages/create-topics-request.ts';
import type {
  CreateTopicsResponse,
  CreateTopicsResponseCreatableTopicResult,
} from '../protocol/messages/create-topics-response.ts';
import type { DeleteTopicsRequest } from '../protocol/messages/delete-topics-request.ts';
import type {
  DeleteTopicsResponse,
  DeleteTopicsResponseDeletableTopicResult,
} from '../protocol/messages/delete-topics-response.ts';
import { type BrokerId, LeaderEpoch, PartitionEpoch } from '../protocol/numbers.ts';
import { randomUuid, ZERO_UUID } from '../protocol/uuid.ts';
import { ApiError, attempt } from './api-error.ts';
import type { Changes } from './changes.ts';
import { defaultDirectory } from './partition-updates.ts';
import { placeReplicas } from './placement.ts';

/** What deciding about topics takes besides the image. */
export interface TopicContext {
  readonly config: BrokerConfig;
  /** For topic ids and placements. The stream goes on over fail-overs of one process, and differs between processes. */
  readonly chance: RandomStream;
}

/** What the sender of CreateTopics may do. */
interface CreateRights {
  createAny(): boolean;
  create(topic: string): boolean;
  describeConfigs(topic: string): boolean;
}

/** What the sender of DeleteTopics may do. */
interface DeleteRights {
  deleteAny(): boolean;
  delete(topic: string): boolean;
  describe(topic: string): boolean;
}

interface CreatedTopic {
  readonly topicId: string;
  readonly partitions: readonly PartitionRegistration[];
  readonly overrides: Readonly<Record<string, string>>;
}

/** What one request may write to the metadata log at most. */
const MAX_RECORDS_PER_REQUEST = 10_000;
const MAX_NAME_LENGTH = 249;
/** The metadata log is no topic. */
const METADATA_TOPIC = '__cluster_metadata';

function topicAuthorizationFailed(): ApiError {
  return new ApiError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'Topic authorization failed.');
}

export function createTopics(
  changes: Changes,
  context: TopicContext,
  request: CreateTopicsRequest,
  may: CreateRights,
): CreateTopicsResponse {
  const mayCreateAny = may.createAny();
  const counts = new Map<string, number>();
  for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  const topics: CreateTopicsResponseCreatableTopicResult[] = [];
  for (const [name, count] of counts) {
    const topic = request.topics.find((candidate) => candidate.name === name) as CreateTopicsRequestCreatableTopic;
    let created: CreatedTopic | null = null;
    const result = attempt(() => {
      if (count > 1) throw new ApiError(ErrorCode.INVALID_REQUEST, `The topic '${name}' is given more than once.`);
      if (name === METADATA_TOPIC)
        throw new ApiError(ErrorCode.INVALID_REQUEST, `Nobody may create the topic ${METADATA_TOPIC}.`);
      if (!mayCreateAny && !may.create(name)) throw topicAuthorizationFailed();
      created = createTopic(changes, context, topic);
    });
    topics.push({
      name,
      ...result,
      ...describeCreated(changes, context, created, may.describeConfigs(name)),
    });
  }
  return { throttleTimeMs: 0, topics };
}

function describeCreated(
  changes: Changes,
  context: TopicContext,
  created: CreatedTopic | null,
  mayDescribe: boolean,
): Omit<CreateTopicsResponseCreatableTopicResult, 'name' | 'errorCode' | 'errorMessage'> {
  if (created === null) {
    return { topicId: ZERO_UUID, topicConfigErrorCode: 0, numPartitions: -1, replicationFactor: -1, configs: [] };
  }
  if (!mayDescribe) {
    const topicConfigErrorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    return { topicId: created.topicId, topicConfigErrorCode, numPartitions: -1, replicationFactor: -1, configs: [] };
  }
  const clusterDefaults = changes.image.configs.get(resourceKey(ResourceType.BROKER, '')) ?? {};
  return {
    topicId: created.topicId,
    topicConfigErrorCode: 0,
    numPartitions: created.partitions.length,
    replicationFactor: created.partitions[0]?.replicas.length ?? -1,
    configs: describeNewTopicConfig(created.overrides, context.config, Object.keys(clusterDefaults)).map((config) => ({
      name: config.name,
      value: config.value,
      readOnly: config.readOnly,
      configSource: config.source,
      isSensitive: config.sensitive,
    })),
  };
}

function createTopic(changes: Changes, context: TopicContext, topic: CreateTopicsRequestCreatableTopic): CreatedTopic {
  const { image } = changes;
  checkName(image, topic.name);
  if (image.topicIds.has(topic.name)) {
    throw new ApiError(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${topic.name}' already exists.`);
  }
  const configs = checkConfigs(context.config, topic);
  const count = Math.max(
    topic.assignments.length,
    topic.numPartitions === -1 ? context.config['num.partitions'] : topic.numPartitions,
  );
  if (changes.records.length + count > MAX_RECORDS_PER_REQUEST) {
    throw new ApiError(
      ErrorCode.POLICY_VIOLATION,
      `A request may add at most ${MAX_RECORDS_PER_REQUEST} partitions and the like.`,
    );
  }
  const placements = topic.assignments.length > 0 ? manualPlacements(image, topic) : chosenPlacements(image, context, topic);
  const partitions = placements.map(({ replicas, refusal }) => newPartition(image, replicas, refusal));
  const topicId = unusedTopicId(image, context.chance);
  changes.add('TopicRecord', { name: topic.name, topicId });
  for (const [name, value] of configs) {
    changes.add('ConfigRecord', { resourceType: ResourceType.TOPIC, resourceName: topic.name, name, value });
  }
  partitions.forEach((partition, index) => changes.add('PartitionRecord', partitionToRecord(topicId, index, partition)));
  return { topicId, partitions, overrides: Object.fromEntries(configs) };
}

interface Placement {
  readonly replicas: readonly BrokerId[];
  /** The error when none of the replicas is active. */
  readonly refusal: number;
}

/** Why a topic cannot have this name: one sentence, or null when it can. */
export function topicNameProblem(name: string): string | null {
  if (name === '') return 'The topic name is empty.';
  if (name === '.' || name === '..') return `A topic cannot be called '${name}'.`;
  if (name.length > MAX_NAME_LENGTH) return `The topic name is longer than ${MAX_NAME_LENGTH} characters.`;
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return null;
  return `The topic name '${name}' holds other characters than letters, digits, '.', '_' and '-'.`;
}

function checkName(image: MetadataImage, name: string): void {
  const refuse = (message: string): never => {
    throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, message);
  };
  const problem = topicNameProblem(name);
  if (problem !== null) refuse(problem);
  if (!/[._]/.test(name)) return;
  // Metric names make no difference between '.' and '_'.
  const unified = name.replaceAll('.', '_');
  for (const other of image.topicIds.keys()) {
    if (other !== name && other.replaceAll('.', '_') === unified) refuse(`Topic '${name}' collides with topic '${other}'.`);
  }
}

function checkConfigs(config: BrokerConfig, topic: CreateTopicsRequestCreatableTopic): [string, string][] {
  const configs: [string, string][] = [];
  for (const { name, value } of topic.configs) {
    if (value === null) throw new ApiError(ErrorCode.INVALID_CONFIG, `${name} has no value.`);
    configs.push([name, value]);
  }
  const problem = validateTopicConfig(Object.fromEntries(configs), config);
  if (problem !== null) throw new ApiError(ErrorCode.INVALID_CONFIG, problem);
  return configs;
}

function manualPlacements(image: MetadataImage, topic: CreateTopicsRequestCreatableTopic): Placement[] {
  if (topic.replicationFactor !== -1 || topic.numPartitions !== -1) {
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      'With a manual assignment the replication factor and the number of partitions must be -1.',
    );
  }
  const byPartition = new Map<number, readonly number[]>();
  let replicationFactor: number | null = null;
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byPartition.has(partitionIndex)) {
      throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, `Partition ${partitionIndex} is assigned more than once.`);
    }
    checkAssignment(image, brokerIds, replicationFactor);
    replicationFactor = brokerIds.length;
    byPartition.set(partitionIndex, brokerIds);
  }
  const placements: Placement[] = [];
  for (let index = 0; index < byPartition.size; index++) {
    const replicas = byPartition.get(index);
    if (replicas === undefined) {
      throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'Partitions must be numbered 0, 1, 2 and so on.');
    }
    placements.push({ replicas, refusal: ErrorCode.INVALID_REPLICA_ASSIGNMENT });
  }
  return placements;
}

function chosenPlacements(image: MetadataImage, context: TopicContext, topic: CreateTopicsRequestCreatableTopic): Placement[] {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    throw new ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, 'The replication factor must be positive, or -1 for the default.');
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    throw new ApiError(ErrorCode.INVALID_PARTITIONS, 'The number of partitions must be positive, or -1 for the default.');
  }
  const { config } = context;
  const partitions = topic.numPartitions === -1 ? config['num.partitions'] : topic.numPartitions;
  const replicas = topic.replicationFactor === -1 ? config['default.replication.factor'] : topic.replicationFactor;
  return placeReplicas(image, partitions, replicas, context.chance).map((placed) => ({
    replicas: placed,
    refusal: ErrorCode.INVALID_REPLICATION_FACTOR,
  }));
}

function checkAssignment(image: MetadataImage, brokerIds: readonly number[], replicationFactor: number | null): void {
  const refuse = (message: string): never => {
    throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
  };
  if (brokerIds.length === 0) refuse('An assignment holds no replica.');
  if (new Set(brokerIds).size !== brokerIds.length) refuse(`The assignment ${brokerIds.join(', ')} names a broker twice.`);
  const unknown = brokerIds.find((id) => !image.brokers.has(id));
  if (unknown !== undefined) refuse(`The assignment names broker ${unknown}, which is not registered.`);
  const cordoned = brokerIds.find((id) => !hasUncordonedDirectory(image.brokers.get(id) as BrokerRegistration));
  if (cordoned !== undefined) refuse(`The assignment names broker ${cordoned}, whose log directories are all cordoned.`);
  if (replicationFactor !== null && brokerIds.length !== replicationFactor) {
    refuse(`An assignment has ${brokerIds.length} replica(s), others have ${replicationFactor}.`);
  }
}

/** Begins with every active replica in the ISR, and the first of them as leader. */
function newPartition(image: MetadataImage, replicas: readonly BrokerId[], refusal: number): PartitionRegistration {
  const isr = replicas.filter((id) => isBrokerActive(image, id));
  const leader = isr[0];
  if (leader === undefined) {
    throw new ApiError(refusal, `All of the brokers ${replicas.join(', ')} are fenced or shutting down.`);
  }
  return {
    replicas,
    directories: replicas.map((id) => defaultDirectory(image, id)),
    isr,
    removingReplicas: [],
    addingReplicas: [],
    elr: [],
    lastKnownElr: [],
    leader,
    leaderRecoveryState: RECOVERED,
    leaderEpoch: LeaderEpoch(0),
    partitionEpoch: PartitionEpoch(0),
  };
}

function unusedTopicId(image: MetadataImage, chance: RandomStream): string {
  for (;;) {
    const id = randomUuid(chance);
    // An id that begins with a dash is hard to give on a command line; Kafka draws again too.
    if (!id.startsWith('-') && !image.topicsById.has(id)) return id;
  }
}

export function deleteTopics(
  changes: Changes,
  config: BrokerConfig,
  request: DeleteTopicsRequest,
  may: DeleteRights,
): DeleteTopicsResponse {
  const mayDeleteAny = may.deleteAny();
  const asked = [...request.topics, ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))];
  const responses: DeleteTopicsResponseDeletableTopicResult[] = [];
  const { answers, rest } = givenTwice(changes.image, asked, (name) => mayDeleteAny || may.delete(name));
  for (const { name, topicId } of rest) {
    let topic: { id: string; name: string } | undefined;
    const result = attempt(() => {
      if (!config['delete.topic.enable']) throw new ApiError(ErrorCode.TOPIC_DELETION_DISABLED, 'Topic deletion is disabled.');
      // Whether a topic exists is not told to those who may not see it.
      const isHidden = name !== null && !mayDeleteAny && !may.describe(name);
      if (isHidden) throw topicAuthorizationFailed();
      const found = topicToDelete(changes.image, name, topicId);
      if (!mayDeleteAny && !may.delete(found.name)) {
        // By id: the name is told to those who may see it.
        if (name === null && may.describe(found.name)) topic = found;
        throw topicAuthorizationFailed();
      }
      topic = found;
      changes.add('RemoveTopicRecord', { topicId: topic.id });
    });
    responses.push({ name: topic?.name ?? name, topicId: topic?.id ?? topicId, ...result });
  }
  return { throttleTimeMs: 0, responses: [...answers, ...responses] };
}

interface TopicToDelete {
  readonly name: string | null;
  readonly topicId: string;
}

/** Items by key, in the order of their first. */
function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Topics that are given more than once, be it by name and by id, are refused with one answer each. */
function givenTwice(
  image: MetadataImage,
  asked: readonly TopicToDelete[],
  mayDelete: (topic: string) => boolean,
): { answers: DeleteTopicsResponseDeletableTopicResult[]; rest: readonly TopicToDelete[] } {
  const answers: DeleteTopicsResponseDeletableTopicResult[] = [];
  const rest: TopicToDelete[] = [];
  const groups = grouped(asked, ({ name, topicId }) => {
    // What is given wrongly is told so one by one.
    if ((name === null) === (topicId === ZERO_UUID)) return Symbol('alone');
    if (name === null) return topicId;
    const id = mayDelete(name) ? image.topicIds.get(name) : undefined;
    return id ?? `name ${name}`;
  });
  for (const group of groups.values()) {
    if (group.length === 1) rest.push(...group);
    else {
      const isSameWay = group.every(({ name, topicId }) => name === group[0]?.name && topicId === group[0].topicId);
      const name = group.find((topic) => topic.name !== null)?.name ?? null;
      const topicId = isSameWay
        ? (group[0] as TopicToDelete).topicId
        : (group.find((topic) => topic.topicId !== ZERO_UUID)?.topicId ?? ZERO_UUID);
      answers.push({ name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'The topic is given more than once.' });
    }
  }
  return { answers, rest };
}

function topicToDelete(image: MetadataImage, name: string | null, topicId: string): { id: string; name: string } {
  if (name !== null && topicId !== ZERO_UUID) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, 'Give a topic by name or by id, not by both.');
  }
  if (name !== null) {
    const topic = topicByName(image, name);
    if (topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`);
    return topic;
  }
  if (topicId === ZERO_UUID) throw new ApiError(ErrorCode.INVALID_REQUEST, 'Neither a topic name nor an id is given.');
  const topic = image.topicsById.get(topicId);
  if (topic === undefined) throw new ApiError(ErrorCode.UNKNOWN_TOPIC_ID, `No topic has the id ${topicId}.`);
  return topic;
}

export function createPartitions(
  changes: Changes,
  context: TopicContext,
  request: CreatePartitionsRequest,
  mayAlter: (topic: string) => boolean,
): CreatePartitionsResponse {
  const byName = grouped(request.topics, ({ name }) => name);
  const results = Array.from(byName, ([name, topics]) => {
    const result = attempt(() => {
      if (topics.length > 1) throw new ApiError(ErrorCode.INVALID_REQUEST, `The topic '${name}' is given more than once.`);
      if (!mayAlter(name)) throw topicAuthorizationFailed();
      growTopic(changes, context, topics[0] as CreatePartitionsRequestCreatePartitionsTopic);
    });
    return { name, ...result };
  });
  return { throttleTimeMs: 0, results };
}

function growTopic(changes: Changes, context: TopicContext, request: CreatePartitionsRequestCreatePartitionsTopic): void {
  const { image } = changes;
  const topic = topicByName(image, request.name);
  if (topic === undefined) {
    throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${request.name}' does not exist.`);
  }
  const present = topic.partitions.size;
  const additional = request.count - present;
  if (changes.records.length + additional > MAX_RECORDS_PER_REQUEST) {
    throw new ApiError(
      ErrorCode.POLICY_VIOLATION,
      `A request may add at most ${MAX_RECORDS_PER_REQUEST} partitions and the like.`,
    );
  }
  if (additional <= 0) {
    throw new ApiError(
      ErrorCode.INVALID_PARTITIONS,
      `Topic '${topic.name}' has ${present} partition(s); ${request.count} would not be an increase.`,
    );
  }
  const replicationFactor = topic.partitions.get(0)?.replicas.length ?? 1;
  const { assignments } = request;
  let placements: Placement[];
  if (assignments === null) {
    placements = placeReplicas(image, additional, replicationFactor, context.chance).map((replicas) => ({
      replicas,
      refusal: ErrorCode.INVALID_REPLICATION_FACTOR,
    }));
  } else {
    if (assignments.length !== additional) {
      throw new ApiError(
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        `${additional} partition(s) are to be added, but ${assignments.length} assignment(s) are given.`,
      );
    }
    placements = assignments.map(({ brokerIds }) => {
      checkAssignment(image, brokerIds, replicationFactor);
      return { replicas: brokerIds, refusal: ErrorCode.INVALID_REPLICA_ASSIGNMENT };
    });
  }
  const partitions = placements.map(({ replicas, refusal }) => newPartition(image, replicas, refusal));
  partitions.forEach((partition, index) =>
    changes.add('PartitionRecord', partitionToRecord(topic.id, present + index, partition)),
  );
}
