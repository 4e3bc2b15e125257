/** Metadata: brokers, and topics by name, by id or all; topics that do not exist may be created on the way. */
import { ApiError } from '../../controller/api-error.ts';
import { invariant } from '../../../ports/invariant.ts';
import type { MetadataImage, PartitionRegistration, TopicImage } from '../../metadata/image.ts';
import { topicByName } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type {
  MetadataRequestMetadataRequestTopic,
  MetadataResponseMetadataResponsePartition,
  MetadataResponseMetadataResponseTopic,
} from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { AclOperation, AclResourceType, CLUSTER_NAME } from '../../security/acl.ts';
import { type Allowed, onCluster, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import type { BrokerContext } from '../broker-context.ts';
import { aliveNodes, endpointOf, offlineReplicas } from '../metadata-view.ts';
import { isInternalTopic, isValidTopicName } from '../topic-names.ts';

/** The first version that tells of authorized operations (KIP-430), and the last one that tells of those on the cluster. */
const AUTHORIZED_OPERATIONS_VERSION = 8;
const CLUSTER_OPERATIONS_VERSION = 10;
const TOPIC_ID_VERSION = 12;

type TopicAnswer = Draft<MetadataResponseMetadataResponseTopic>;

const PERMISSIONS = {
  describe: onTopic(AclOperation.DESCRIBE),
  create: onTopic(AclOperation.CREATE),
  createAny: onCluster(AclOperation.CREATE),
  describeCluster: onCluster(AclOperation.DESCRIBE),
};

type Rights = Allowed<typeof PERMISSIONS>;

export const metadataApi = defineApi({
  name: 'Metadata',
  versions: [0, 13],
  failed: ({ body, errorCode }) => ({
    errorCode,
    clusterId: null,
    // Up to version 11 there is no way to give a topic without a name.
    topics: (body.topics ?? []).map(({ name, topicId }) => ({ errorCode, name: name ?? '', topicId })),
  }),
  controller: null,
  broker: {
    authorization: { items: PERMISSIONS },
    handle(broker, request, may) {
      const { body, version, listener } = request;
      const image = broker.image();
      // Version 0 has no null: its empty list means all topics.
      const all = body.topics === null || (version === 0 && body.topics.length === 0);
      if (!all) checkIds(body.topics ?? [], version);
      const topics = all ? allTopics(broker, request, may) : askedTopics(broker, request, may, body.topics ?? []);
      const brokers = aliveNodes(image, listener);
      const response = {
        brokers,
        clusterId: broker.clusterId,
        // Any live broker will do: it forwards what only the controller can answer.
        controllerId:
          brokers.length === 0 ? -1 : broker.env.random.stream('broker/metadata').pick(brokers, 'controller-id').nodeId,
        topics,
      };
      const tellsOfCluster = version >= AUTHORIZED_OPERATIONS_VERSION && version <= CLUSTER_OPERATIONS_VERSION;
      if (!tellsOfCluster || !body.includeClusterAuthorizedOperations) request.respond(response);
      else {
        const isVisible = may.describeCluster();
        const operations = isVisible ? broker.auth.authorizedOperations(request, AclResourceType.CLUSTER, CLUSTER_NAME) : 0;
        request.respond({ ...response, clusterAuthorizedOperations: operations });
      }
    },
  },
});

/** Topics can be asked for by id since version 12; a topic that is given by nothing at all is a fault of the client. */
function checkIds(topics: readonly { readonly name: string | null; readonly topicId: string }[], version: number): void {
  for (const { name, topicId } of topics) {
    if (version < TOPIC_ID_VERSION && (name === null || topicId !== ZERO_UUID)) {
      throw new ApiError(ErrorCode.INVALID_REQUEST, `Version ${version} of Metadata knows no topic ids.`);
    }
    if (name === null && topicId === ZERO_UUID) {
      throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, 'A topic has neither a name nor an id.');
    }
  }
}

/** Those that the client may see; of the others it learns nothing. */
function allTopics(broker: BrokerContext, request: IncomingRequest<'Metadata'>, may: Rights): TopicAnswer[] {
  const topics: TopicAnswer[] = [];
  for (const topic of broker.image().topicsById.values()) {
    if (!may.describe(topic.name)) continue;
    topics.push(withOperations(broker, request, topic.name, describe(broker.image(), topic, request)));
  }
  return topics;
}

function askedTopics(
  broker: BrokerContext,
  request: IncomingRequest<'Metadata'>,
  may: Rights,
  asked: readonly MetadataRequestMetadataRequestTopic[],
): TopicAnswer[] {
  const image = broker.image();
  const topics: TopicAnswer[] = [];
  const missing: string[] = [];
  const described = new Set<string>();
  for (const { name, topicId } of asked) {
    if (name === null || (topicId !== ZERO_UUID && request.version >= 12)) {
      topics.push(byId(broker, request, may, topicId));
      continue;
    }
    if (described.has(name)) continue;
    described.add(name);
    if (!may.describe(name)) {
      // Does not tell whether there is such a topic.
      topics.push({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, name, topicId: ZERO_UUID });
      continue;
    }
    const topic = topicByName(image, name);
    if (topic !== undefined) topics.push(withOperations(broker, request, name, describe(image, topic, request)));
    else if (!missing.includes(name)) missing.push(name);
  }
  topics.push(...answerMissing(broker, request, may, missing));
  return topics;
}

/** Ids are no secret, the names of topics are. */
function byId(broker: BrokerContext, request: IncomingRequest<'Metadata'>, may: Rights, topicId: string): TopicAnswer {
  const topic = broker.image().topicsById.get(topicId);
  if (topic === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId };
  if (!may.describe(topic.name)) {
    return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, name: null, topicId };
  }
  return withOperations(broker, request, topic.name, describe(broker.image(), topic, request));
}

function answerMissing(
  broker: BrokerContext,
  request: IncomingRequest<'Metadata'>,
  may: Rights,
  names: readonly string[],
): TopicAnswer[] {
  if (names.length === 0) return [];
  const clientAllowsCreation = request.body.allowAutoTopicCreation || request.version < 4;
  const mayCreate = clientAllowsCreation && broker.config['auto.create.topics.enable'];
  const refused = mayCreate ? uncreatable(may, names) : new Set<string>();
  const wanted = names.filter((name) => !refused.has(name));
  const created = mayCreate && wanted.length > 0 ? broker.autoTopics.create(wanted, request) : null;
  return names.map((name) => {
    const answer = { name, topicId: ZERO_UUID, isInternal: isInternalTopic(name) };
    if (refused.has(name)) return { ...answer, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED };
    const invalid = isValidTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
    return withOperations(broker, request, name, { ...answer, errorCode: created?.get(name) ?? invalid });
  });
}

function uncreatable(may: Rights, names: readonly string[]): Set<string> {
  if (may.createAny()) return new Set();
  return new Set(names.filter((name) => !may.create(name)));
}

function withOperations(
  broker: BrokerContext,
  request: IncomingRequest<'Metadata'>,
  name: string,
  answer: TopicAnswer,
): TopicAnswer {
  if (request.version < AUTHORIZED_OPERATIONS_VERSION || !request.body.includeTopicAuthorizedOperations) return answer;
  return { ...answer, topicAuthorizedOperations: broker.auth.authorizedOperations(request, AclResourceType.TOPIC, name) };
}

function describe(image: MetadataImage, topic: TopicImage, { listener, version }: IncomingRequest<'Metadata'>): TopicAnswer {
  const partitions: Draft<MetadataResponseMetadataResponsePartition>[] = [];
  for (const [index, partition] of topic.partitions)
    partitions.push(describePartition(image, index, partition, listener, version));
  return { errorCode: ErrorCode.NONE, name: topic.name, topicId: topic.id, isInternal: isInternalTopic(topic.name), partitions };
}

function describePartition(
  image: MetadataImage,
  index: number,
  partition: PartitionRegistration,
  listener: string,
  version: number,
): Draft<MetadataResponseMetadataResponsePartition> {
  const leader = endpointOf(image, partition.leader, listener);
  let errorCode: number = ErrorCode.NONE;
  if (leader === null) {
    const isListenerMissing = image.brokers.has(partition.leader) && version >= 6;
    errorCode = isListenerMissing ? ErrorCode.LISTENER_NOT_FOUND : ErrorCode.LEADER_NOT_AVAILABLE;
  }
  invariant(partition.replicas.length > 0, () => `partition ${index} has no replicas`);
  return {
    errorCode,
    partitionIndex: index,
    leaderId: leader === null ? -1 : partition.leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    offlineReplicas: offlineReplicas(image, partition, listener),
  };
}
