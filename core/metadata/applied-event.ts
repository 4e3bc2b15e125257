/** The `metadata-applied` event of a delta. */
import { topicPartitionKey } from '../protocol/partition.ts';
import type { TraceEventOf } from '../trace.ts';
import type {
  BrokerRegistrationSummary,
  PartitionRegistrationSummary,
  RemovedPartitionSummary,
} from '../trace/metadata-events.ts';
import type { MetadataDelta } from './delta.ts';
import type { BrokerRegistration, MetadataImage, PartitionRegistration } from './image.ts';
import { RECOVERING } from './partition-registration.ts';

export function metadataAppliedEvent(
  role: 'broker' | 'controller',
  delta: MetadataDelta,
  image: MetadataImage,
  fromSnapshot: boolean,
): TraceEventOf<'metadata-applied'> {
  const partitions: PartitionRegistrationSummary[] = [];
  const removedPartitions: RemovedPartitionSummary[] = [];
  for (const topic of delta.changedTopics.values()) {
    for (const [index, partition] of topic.changedPartitions) partitions.push(summary(topic.name, topic.id, index, partition));
    for (const index of topic.removedPartitions) removedPartitions.push(removed(topic.name, topic.id, index));
  }
  for (const id of delta.deletedTopicIds) {
    const topic = delta.image.topicsById.get(id);
    if (topic === undefined) continue;
    for (const index of topic.partitions.keys()) removedPartitions.push(removed(topic.name, id, index));
  }
  // A node that was away may learn of a topic's life and end at once, or of its last partitions'; whoever follows the metadata
  // has seen them live.
  for (const { name, id, before, changedPartitions } of delta.passingTopics) {
    for (const index of changedPartitions.keys())
      if (before?.partitions.has(index) !== true) removedPartitions.push(removed(name, id, index));
  }
  const brokers: BrokerRegistrationSummary[] = [];
  const removedBrokers: number[] = [];
  for (const [id, broker] of delta.changedBrokers) {
    if (broker === null) removedBrokers.push(id);
    else brokers.push(brokerSummary(broker));
  }
  const configs: { resource: string; name: string; value: string | null }[] = [];
  for (const [resource, changes] of delta.changedConfigs) {
    for (const [name, value] of changes) configs.push({ resource, name, value });
  }
  const features: { name: string; level: number }[] = [];
  for (const [name, level] of delta.changedFeatures) features.push({ name, level: level ?? 0 });
  const others: { name: string; value: string | null }[] = [];
  for (const [id, acl] of delta.changedAcls) others.push({ name: `acl ${id}`, value: acl === null ? null : JSON.stringify(acl) });
  for (const [id, controller] of delta.changedControllers)
    others.push({ name: `controller ${id}`, value: controller?.incarnationId ?? null });
  const nextProducerId = delta.changedNextProducerId ?? delta.image.nextProducerId;
  if (nextProducerId !== delta.image.nextProducerId)
    others.push({ name: 'next producer id', value: nextProducerId === 0 ? null : String(nextProducerId) });
  const { offset, epoch } = image.provenance;
  return {
    type: 'metadata-applied',
    role,
    offset,
    epoch,
    fromSnapshot,
    partitions,
    removedPartitions,
    brokers,
    removedBrokers,
    configs,
    features,
    others,
  };
}

function removed(topic: string, topicId: string, index: number): RemovedPartitionSummary {
  return { partition: topicPartitionKey(topic, index), topic, topicId };
}

function summary(topic: string, topicId: string, index: number, partition: PartitionRegistration): PartitionRegistrationSummary {
  return {
    partition: topicPartitionKey(topic, index),
    topic,
    topicId,
    replicas: partition.replicas,
    isr: partition.isr,
    elr: partition.elr,
    lastKnownElr: partition.lastKnownElr,
    leader: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    partitionEpoch: partition.partitionEpoch,
    recovering: partition.leaderRecoveryState === RECOVERING,
  };
}

function brokerSummary(broker: BrokerRegistration): BrokerRegistrationSummary {
  return {
    brokerId: broker.id,
    brokerEpoch: broker.epoch,
    incarnationId: broker.incarnationId,
    fenced: broker.fenced,
    inControlledShutdown: broker.inControlledShutdown,
  };
}
