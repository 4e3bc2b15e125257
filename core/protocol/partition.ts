/** Topic-partitions as values and as keys, and the hash that assigns keyed records to partitions. */
import { internalized } from './strings.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The quorum's log, among the other logs of a node. */
export const METADATA_PARTITION = '__cluster_metadata-0';

declare const MADE_HERE: unique symbol;

/**
 * `topic-partition`, e.g. `orders-0`: only made here, and compared, looked up and shown, but never taken apart. Who needs the topic
 * or the partition has them beside the key.
 */
export type TopicPartitionKey = string & { readonly [MADE_HERE]: true };

const keys = new Map<string, TopicPartitionKey[]>();
/** Topics whose keys are kept: ids of topics, too, ask for keys, and a process may see new ones for ever. */
const KEPT_TOPICS = 512;

/** The key of a pair; one string object, so that it is cheap as a map key. */
export function topicPartitionKey(topic: string, partition: number): TopicPartitionKey {
  let ofTopic = keys.get(topic);
  if (ofTopic === undefined) {
    ofTopic = [];
    if (keys.size >= KEPT_TOPICS) keys.clear();
    keys.set(topic, ofTopic);
  }
  const key = ofTopic[partition];
  if (key !== undefined) return key;
  const made = internalized(`${topic}-${partition}`) as TopicPartitionKey;
  // Only indexes near the ones seen so far are kept: a wild number from a frame must not make a huge sparse array.
  if (partition >= 0 && partition <= ofTopic.length + 1024) ofTopic[partition] = made;
  return made;
}

/** The 32-bit Murmur2 hash of Kafka's default partitioner, as a signed int32. */
export function murmur2(bytes: Uint8Array): number {
  const M = 0x5bd1e995;
  const length = bytes.length;
  let h = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    k = Math.imul(k, M);
    h = Math.imul(h, M) ^ k;
  }
  const rest = length - whole;
  if (rest >= 3) h ^= (bytes[whole + 2] as number) << 16;
  if (rest >= 2) h ^= (bytes[whole + 1] as number) << 8;
  if (rest >= 1) h = Math.imul(h ^ (bytes[whole] as number), M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  h ^= h >>> 15;
  return h | 0;
}

/** Clears the sign bit (not the absolute value), as Kafka's Utils.toPositive. */
export function toPositive(hash: number): number {
  return hash & 0x7fffffff;
}
