/**
 * One number for all that assignments depend on of a group's topics: ids, numbers of partitions, racks (KIP-1101). Kafka's own, since it is written
 * into the group's records: a broker that reads another number there makes the group rebalance.
 */
import { uuidToBytes } from '../../protocol/uuid.ts';
import { xxh3 } from '../../protocol/xxh3.ts';
import type { GroupTopic, TopicsView } from './topics-view.ts';

/** The version of the form in which a topic is hashed. */
const MAGIC = 0;

/** Of the topics with these names that exist; 0: there is none. */
export function metadataHash(names: Iterable<string>, topics: TopicsView): bigint {
  const hashes = [...names].sort().flatMap((name) => topics.byName(name)?.hash() ?? []);
  if (hashes.length === 0) return 0n;
  const bytes = new DataView(new ArrayBuffer(8 * hashes.length));
  for (const [index, hash] of hashes.entries()) bytes.setBigInt64(8 * index, hash, true);
  return xxh3(new Uint8Array(bytes.buffer));
}

/** Of one topic. */
export function topicHash({ id, name, partitions, racks }: Omit<GroupTopic, 'hash'>): bigint {
  const bytes: number[] = [MAGIC];
  const uuid = uuidToBytes(id);
  bytes.push(...uuid.slice(0, 8).reverse(), ...uuid.slice(8).reverse());
  pushString(bytes, name);
  pushInt(bytes, partitions);
  for (let partition = 0; partition < partitions; partition++) {
    pushInt(bytes, partition);
    for (const rack of racks(partition)) {
      pushInt(bytes, rack.length);
      pushString(bytes, rack);
    }
  }
  return xxh3(Uint8Array.from(bytes));
}

function pushInt(bytes: number[], value: number): void {
  bytes.push(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
}

/** Its characters, of two bytes each, and their number. */
function pushString(bytes: number[], text: string): void {
  for (let index = 0; index < text.length; index++) bytes.push(text.charCodeAt(index) & 255, text.charCodeAt(index) >> 8);
  pushInt(bytes, text.length);
}
