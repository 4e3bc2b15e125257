/** The `metadata-applied` event of a delta. */
import type { BrokerRegistrationSummary, PartitionRegistrationSummary, TraceEventOf } from '../trace.ts';
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
  const removedPartitions: { partition: string; topicId: string }[] = [];
  for (const topic of delta.changedTopics.values()) {
    for (const [index, partition] of topic.changedPartitions) partitions.push(summary(topic.name, topic.id, index, partition));
    for (const index of topic.removedPartitions)
      removedPartitions.push({ partition: `${topic.name}-${index}`, topicId: topic.id });
  }
  for (const id of delta.deletedTopicIds) {
    const topic = delta.image.topicsById.get(id);
    if (topic === undefined) continue;
    for (const index of topic.partitions.keys()) removedPartitions.push({ partition: `${topic.name}-${index}`, topicId: id });
  }
  // A node that was away may learn of a topic's life and end at once, or of its last partitions'; whoever follows the metadata
  // has seen them live.
  for (const { name, id, before, changedPartitions } of delta.passingTopics) {
    for (const index of changedPartitions.keys())
      if (before?.partitions.has(index) !== true) removedPartitions.push({ partition: `${name}-${index}`, topicId: id });
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
  };
}

function summary(topic: string, topicId: string, index: number, partition: PartitionRegistration): PartitionRegistrationSummary {
  return {
    partition: `${topic}-${index}`,
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
