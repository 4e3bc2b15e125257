/**
 * Uniform, where all members subscribe to the same topics: each has its quota of all partitions, some one more. Who has more gives the rest
 * up, who has less gets of what is free. As Kafka's UniformHomogeneousAssignmentBuilder.
 */
import { invariant } from '../../../../ports/invariant.ts';
import type { Partitions } from '../partitions.ts';
import { addTo, type AssignedMember, copyOf, type MutablePartitions, removeFrom } from './assignor.ts';

interface Unassigned {
  readonly topicId: string;
  readonly partition: number;
}

export function assignHomogeneous(
  members: readonly AssignedMember[],
  partitionCount: (topicId: string) => number,
): ReadonlyMap<string, Partitions> {
  const topicIds = members[0]?.subscribedTopicIds ?? new Set<string>();
  const { unassigned, total } = unassignedOf(members, topicIds, partitionCount);
  const quota = Math.floor(total / members.length);
  let withExtra = total % members.length;
  const assigned = new Map<string, MutablePartitions>();
  const room: { readonly partitions: MutablePartitions; readonly size: number }[] = [];
  for (const [index, member] of members.entries()) {
    const partitions = copyOf(member.target);
    let hasExtra = withExtra > 0;
    let left = quota + (hasExtra ? 1 : 0);
    for (const [topicId, of] of member.target) {
      if (!topicIds.has(topicId)) {
        partitions.delete(topicId);
        continue;
      }
      for (const partition of of) {
        if (left > 0) {
          left--;
          continue;
        }
        removeFrom(partitions, topicId, partition);
        unassigned.push({ topicId, partition });
      }
    }
    // The one more is left to a later member, as long as there are enough of them to take all that are to be had.
    if (left > 0 && hasExtra && members.length - index > withExtra) {
      left--;
      hasExtra = false;
    }
    if (hasExtra) withExtra--;
    if (left > 0) room.push({ partitions, size: left });
    assigned.set(member.memberId, partitions);
  }
  let next = 0;
  for (const { partitions, size } of room) {
    for (const { topicId, partition } of unassigned.slice(next, next + size)) addTo(partitions, topicId, partition);
    next += size;
  }
  invariant(next >= unassigned.length, () => `${unassigned.length - next} partitions are left over`);
  return assigned;
}

function unassignedOf(
  members: readonly AssignedMember[],
  topicIds: ReadonlySet<string>,
  partitionCount: (topicId: string) => number,
): { readonly unassigned: Unassigned[]; readonly total: number } {
  const isAssigned = (topicId: string, partition: number): boolean =>
    members.some(({ target }) => target.get(topicId)?.has(partition) ?? false);
  const unassigned: Unassigned[] = [];
  let total = 0;
  for (const topicId of topicIds) {
    const count = partitionCount(topicId);
    total += count;
    for (let partition = 0; partition < count; partition++)
      if (!isAssigned(topicId, partition)) unassigned.push({ topicId, partition });
  }
  return { unassigned, total };
}
