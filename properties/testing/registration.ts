/** What a controller tells of a partition, and of its metadata, for hand-made stories. */
import type { TraceEventOf } from '../../core/trace.ts';
import type { PartitionRegistrationSummary } from '../../core/trace/metadata-events.ts';

/** A partition of three replicas on brokers 1 to 3, all of them in sync, led by broker 1 in epoch 0; `differs` says what is otherwise. */
export function registered(
  topic: string,
  index: number,
  differs: Partial<PartitionRegistrationSummary> = {},
): PartitionRegistrationSummary {
  return {
    partition: `${topic}-${index}`,
    topic,
    topicId: `${topic}-${index}`,
    replicas: [1, 2, 3],
    isr: [1, 2, 3],
    elr: [],
    lastKnownElr: [],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    recovering: false,
    ...differs,
  };
}

/** That records of the metadata log up to `offset` are applied, with these changes and no others. */
export function metadataApplied(
  offset: number,
  changes: Partial<TraceEventOf<'metadata-applied'>> = {},
): TraceEventOf<'metadata-applied'> {
  return {
    type: 'metadata-applied',
    role: 'controller',
    offset,
    epoch: 1,
    fromSnapshot: false,
    partitions: [],
    removedPartitions: [],
    brokers: [],
    removedBrokers: [],
    configs: [],
    features: [],
    others: [],
    ...changes,
  };
}
