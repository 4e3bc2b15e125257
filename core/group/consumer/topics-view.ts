/** What the coordinator of consumer groups sees of the cluster's topics. */

export interface GroupTopic {
  readonly id: string;
  readonly name: string;
  readonly partitions: number;
  /** Racks of the replicas of a partition, sorted, one as often as there are replicas in it; none where brokers have none. */
  readonly racks: (partition: number) => readonly string[];
  /** See metadata-hash.ts. */
  readonly hash: () => bigint;
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
