/**
 * The range assignor: of each topic every subscriber gets a range of partitions, the first ones one more if they don't come out even, so that
 * topics of one size are shared out alike. Static members come first, by their instance ids. As Kafka's RangeAssignor.
 */
import type { AssignedMember, Assignor } from './assignor.ts';

interface Range {
  readonly quota: number;
  extra: number;
  next: number;
}

export const rangeAssignor: Assignor = {
  name: 'range',
  assign(members, partitionCount) {
    const subscribers = new Map<string, number>();
    for (const { subscribedTopicIds } of members)
      for (const topicId of subscribedTopicIds) subscribers.set(topicId, (subscribers.get(topicId) ?? 0) + 1);
    const ranges = new Map<string, Range>();
    for (const [topicId, count] of subscribers) {
      const partitions = partitionCount(topicId);
      ranges.set(topicId, { quota: Math.floor(partitions / count), extra: partitions % count, next: 0 });
    }
    return new Map(
      [...members].sort(byInstanceThenId).map(({ memberId, subscribedTopicIds }) => {
        const assigned = new Map<string, ReadonlySet<number>>();
        for (const topicId of subscribedTopicIds) {
          const part = take(ranges.get(topicId) as Range);
          if (part.size > 0) assigned.set(topicId, part);
        }
        return [memberId, assigned];
      }),
    );
  },
};

function take(range: Range): ReadonlySet<number> {
  const size = range.quota + (range.extra > 0 ? 1 : 0);
  if (range.extra > 0) range.extra--;
  const part = new Set(Array.from({ length: size }, (_, index) => range.next + index));
  range.next += size;
  return part;
}

function byInstanceThenId(a: AssignedMember, b: AssignedMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId);
  if (a.instanceId !== null || b.instanceId !== null) return a.instanceId !== null ? -1 : 1;
  return compare(a.memberId, b.memberId);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
