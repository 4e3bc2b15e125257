/** A record as the application gets it. */
import type { TimestampType } from '../../protocol/records.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import type { Deserializer } from '../serializers.ts';
import type { ReturnedRecord } from './fetcher.ts';

export interface ConsumerRecord<K = Uint8Array | null, V = Uint8Array | null> extends TopicPartition {
  readonly offset: number;
  /** Of which topic of that name the broker read it (not in Java's); null where it was asked by name: by Fetch up to version 12. */
  readonly topicId: string | null;
  readonly leaderEpoch: number;
  readonly timestamp: number;
  /** Who set the timestamp: the producer at creation, or the broker at the append. */
  readonly timestampType: TimestampType;
  readonly key: K;
  readonly value: V;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** Makes the record that the application gets of one that was fetched. Throws what a deserializer throws. */
export function deserialize<K, V>(
  { partition, record, leaderEpoch, timestampType, topicId }: ReturnedRecord,
  keyDeserializer: Deserializer<K>,
  valueDeserializer: Deserializer<V>,
): ConsumerRecord<K, V> {
  return {
    topic: partition.topic,
    partition: partition.partition,
    offset: record.offset,
    topicId,
    leaderEpoch,
    timestamp: record.timestamp,
    timestampType,
    key: keyDeserializer(record.key, partition.topic),
    value: valueDeserializer(record.value, partition.topic),
    headers: record.headers,
  };
}
