/** Metadata: brokers, and topics by name, by id or all; topics that do not exist may be created on the way. */
import { invariant } from '../../environment.ts';
import type { MetadataImage, PartitionRegistration, TopicImage } from '../../metadata/image.ts';
import { topicByName } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type {
  MetadataResponseMetadataResponsePartition,
  MetadataResponseMetadataResponseTopic,
} from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import type { BrokerContext, Handler } from '../BrokerContext.ts';
import { aliveNodes, endpointOf, offlineReplicas } from '../metadataView.ts';
import { isInternalTopic, isValidTopicName } from '../topicNames.ts';

type TopicAnswer = Draft<MetadataResponseMetadataResponseTopic>;

export const handleMetadata: Handler<'Metadata'> = (broker, request) => {
  const { body, version, listener } = request;
  const image = broker.image();
  // Version 0 has no null: its empty list means all topics.
  const all = body.topics === null || (version === 0 && body.topics.length === 0);
  const topics: TopicAnswer[] = [];
  const missing: string[] = [];
  if (all) {
    for (const topic of image.topicsById.values()) topics.push(describe(image, topic, listener, version));
  } else {
    for (const asked of body.topics ?? []) {
      if (asked.name === null || (asked.topicId !== ZERO_UUID && version >= 12))
        topics.push(byId(image, asked.topicId, listener, version));
      else {
        const topic = topicByName(image, asked.name);
        if (topic !== undefined) topics.push(describe(image, topic, listener, version));
        else if (!missing.includes(asked.name)) missing.push(asked.name);
      }
    }
  }
  topics.push(...answerMissing(broker, missing, body.allowAutoTopicCreation || version < 4));

  const brokers = aliveNodes(image, listener);
  request.respond({
    brokers,
    clusterId: broker.clusterId,
    // Any live broker will do: it forwards what only the controller can answer.
    controllerId: brokers.length === 0 ? -1 : broker.env.random.stream('broker/metadata').pick(brokers, 'controller-id').nodeId,
    topics,
  });
};

function byId(image: MetadataImage, topicId: string, listener: string, version: number): TopicAnswer {
  const topic = image.topicsById.get(topicId);
  if (topic !== undefined) return describe(image, topic, listener, version);
  return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId };
}

function answerMissing(broker: BrokerContext, names: readonly string[], clientAllowsCreation: boolean): TopicAnswer[] {
  if (names.length === 0) return [];
  const mayCreate = clientAllowsCreation && broker.config['auto.create.topics.enable'];
  const created = mayCreate ? broker.autoTopics.create(names) : null;
  return names.map((name) => {
    const invalid = isValidTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
    return { errorCode: created?.get(name) ?? invalid, name, topicId: ZERO_UUID, isInternal: isInternalTopic(name) };
  });
}

function describe(image: MetadataImage, topic: TopicImage, listener: string, version: number): TopicAnswer {
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
