/** What server-side assignors of consumer groups have in common (KIP-848): members with what they are to have now, and what they shall have. */
import type { Partitions } from '../partitions.ts';

export interface AssignedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Of topics that exist. */
  readonly subscribedTopicIds: ReadonlySet<string>;
  /** Its part of the target assignment there is. */
  readonly target: Partitions;
}

export interface Assignor {
  readonly name: string;
  /** What each member shall have. `partitionCount`: of a topic that somebody subscribes to. */
  readonly assign: (
    members: readonly AssignedMember[],
    partitionCount: (topicId: string) => number,
  ) => ReadonlyMap<string, Partitions>;
}

/** All members subscribe to the same topics. */
export function isHomogeneous(members: readonly AssignedMember[]): boolean {
  const [first, ...others] = members.map(({ subscribedTopicIds }) => subscribedTopicIds);
  if (first === undefined) return true;
  return others.every((topics) => topics.size === first.size && [...topics].every((topic) => first.has(topic)));
}

/** Partitions as they are being changed. */
export type MutablePartitions = Map<string, Set<number>>;

export function copyOf(partitions: Partitions): MutablePartitions {
  return new Map([...partitions].map(([topicId, of]) => [topicId, new Set(of)]));
}

export function addTo(partitions: MutablePartitions, topicId: string, partition: number): void {
  const of = partitions.get(topicId);
  if (of === undefined) partitions.set(topicId, new Set([partition]));
  else of.add(partition);
}

export function removeFrom(partitions: MutablePartitions, topicId: string, partition: number): void {
  const of = partitions.get(topicId);
  of?.delete(partition);
  if (of?.size === 0) partitions.delete(topicId);
}
