/** What the coordinator of consumer groups sees of the cluster's topics. */

export interface GroupTopic {
  readonly id: string;
  readonly name: string;
  readonly partitions: number;
  /** Racks of the replicas of a partition, each once and sorted; none where brokers have none. */
  readonly racks: (partition: number) => readonly string[];
}

/** One state of the metadata. */
export interface TopicsView {
  /** The offset of the metadata log that it is of. */
  readonly version: number;
  readonly byName: (name: string) => GroupTopic | undefined;
  readonly byId: (id: string) => GroupTopic | undefined;
  readonly names: () => Iterable<string>;
}

/** Before any metadata came. */
export const NO_TOPICS: TopicsView = { version: -1, byName: () => undefined, byId: () => undefined, names: () => [] };

const MODULUS = 2 ** 26;

/**
 * One number for all that assignments depend on of the topics with these names: ids, numbers of partitions, racks (KIP-1101). Kafka's is an
 * XXH3 hash of 64 bits; this one has 52, which a number holds. 0: there is none of these topics.
 */
export function metadataHash(names: Iterable<string>, topics: TopicsView): number {
  const present = [...names].sort().flatMap((name) => topics.byName(name) ?? []);
  if (present.length === 0) return 0;
  let [high, low] = [17, 31];
  const add = (text: string): void => {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i) + 1;
      high = (Math.imul(high ^ code, 0x01000193) + low) >>> 0;
      low = (Math.imul(low ^ (high >>> 13), 0x85ebca6b) + code) >>> 0;
    }
  };
  for (const { id, name, partitions, racks } of present) {
    add(`${id} ${name} ${partitions}`);
    for (let index = 0; index < partitions; index++) add(JSON.stringify(racks(index)));
  }
  return (high % MODULUS) * MODULUS + (low % MODULUS);
}
