/**
 * Uniform, where members subscribe to different topics: what is free goes to the subscriber with least, then partitions move from the
 * subscriber with most to the one with least as long as that makes them more alike, topic by topic. Kafka's
 * UniformHeterogeneousAssignmentBuilder does the same with ranges of members that are equally loaded, for speed; which of several equally
 * loaded members gives or gets may differ.
 */
import type { Partitions } from '../partitions.ts';
import { addTo, type AssignedMember, copyOf, type MutablePartitions, removeFrom } from './assignor.ts';

/** Topics influence each other: so often all are gone through at most. */
const MAX_ROUNDS = 16;

interface Load {
  readonly partitions: MutablePartitions;
  size: number;
}

export function assignHeterogeneous(
  members: readonly AssignedMember[],
  partitionCount: (topicId: string) => number,
): ReadonlyMap<string, Partitions> {
  const loads = new Map<string, Load>();
  const subscribers = new Map<string, Load[]>();
  for (const { memberId, subscribedTopicIds, target } of members) {
    const partitions = copyOf(target);
    for (const topicId of target.keys()) if (!subscribedTopicIds.has(topicId)) partitions.delete(topicId);
    const load = { partitions, size: [...partitions.values()].reduce((sum, { size }) => sum + size, 0) };
    loads.set(memberId, load);
    for (const topicId of subscribedTopicIds) subscribers.set(topicId, [...(subscribers.get(topicId) ?? []), load]);
  }
  const topicIds = sortedTopics(subscribers, partitionCount);
  for (const topicId of topicIds) assignFree(topicId, subscribers.get(topicId) as Load[], partitionCount(topicId));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const moved = topicIds.map((topicId) => balance(topicId, subscribers.get(topicId) as Load[]));
    if (!moved.includes(true)) break;
  }
  return new Map([...loads].map(([memberId, { partitions }]) => [memberId, partitions]));
}

/** Those with most partitions for each subscriber first, and of these those with the fewest subscribers. */
function sortedTopics(
  subscribers: ReadonlyMap<string, readonly Load[]>,
  partitionCount: (topicId: string) => number,
): readonly string[] {
  return [...subscribers]
    .map(([topicId, { length }]) => ({ topicId, length, each: partitionCount(topicId) / length }))
    .sort((a, b) => b.each - a.each || a.length - b.length || (a.topicId < b.topicId ? -1 : 1))
    .map(({ topicId }) => topicId);
}

function assignFree(topicId: string, subscribers: readonly Load[], count: number): void {
  for (let partition = 0; partition < count; partition++) {
    if (subscribers.some(({ partitions }) => partitions.get(topicId)?.has(partition) ?? false)) continue;
    give(leastOf(subscribers), topicId, partition);
  }
}

/** True: something moved. */
function balance(topicId: string, subscribers: readonly Load[]): boolean {
  let hasMoved = false;
  for (;;) {
    const least = leastOf(subscribers);
    const givers = subscribers.filter(({ partitions, size }) => partitions.has(topicId) && size - least.size > 1);
    if (givers.length === 0) return hasMoved;
    const most = givers.reduce((best, load) => (load.size > best.size ? load : best));
    const partition = Math.max(...(most.partitions.get(topicId) ?? []));
    removeFrom(most.partitions, topicId, partition);
    most.size--;
    give(least, topicId, partition);
    hasMoved = true;
  }
}

function leastOf(subscribers: readonly Load[]): Load {
  return subscribers.reduce((best, load) => (load.size < best.size ? load : best));
}

function give(load: Load, topicId: string, partition: number): void {
  addTo(load.partitions, topicId, partition);
  load.size++;
}
