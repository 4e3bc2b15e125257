/** What the last reader of committed records read of a topic, for checks that need all of it. */
import type { CheckContext, ClusterView, FinalRead } from '../../sim/observe.ts';

/** Of each partition of `topic`; null, and the property is excused, if one was not read: then nothing can be said of the whole. */
export function wholeTopic(
  property: string,
  topic: string,
  context: CheckContext,
  { finalCommittedReads, excusedPartitions }: ClusterView,
): FinalRead[] | null {
  if (finalCommittedReads === null) {
    context.excuse(property, 'nobody read what was committed');
    return null;
  }
  const count = context.plan.topics.find(({ name }) => name === topic)?.partitions ?? 0;
  const reads: FinalRead[] = [];
  for (let index = 0; index < count; index++) {
    const partition = `${topic}-${index}`;
    const read = finalCommittedReads.get(partition);
    if (read === undefined) {
      context.excuse(property, `${partition} is left out: ${excusedPartitions.get(partition) ?? 'it was not read to its end'}`);
      return null;
    }
    reads.push(read);
  }
  return reads;
}
