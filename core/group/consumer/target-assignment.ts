/** The target assignment: what each member of a group shall have in an epoch, made by one of the server-side assignors. */
import type { AssignedMember, Assignor } from './assignors/assignor.ts';
import { rangeAssignor } from './assignors/range.ts';
import { uniformAssignor } from './assignors/uniform.ts';
import { type ConsumerGroupState, subscribedTopicIds } from './consumer-group-state.ts';
import type { ConsumerMember } from './consumer-member.ts';
import type { ConsumerGroupRecord } from './consumer-records.ts';
import { equalPartitions, NO_PARTITIONS } from './partitions.ts';
import type { TopicsView } from './topics-view.ts';

/** Where as many members want one as want another, the first of these is taken. */
const ASSIGNORS: readonly Assignor[] = [uniformAssignor, rangeAssignor];

/** The assignor that most members ask for; the broker's first one if nobody asks. */
export function preferredAssignor(members: Iterable<ConsumerMember>, byDefault: string): string {
  const votes = new Map<string, number>();
  for (const { serverAssignor } of members)
    if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
  let best: string | null = null;
  for (const { name } of ASSIGNORS) {
    const count = votes.get(name) ?? 0;
    if (count > (best === null ? 0 : (votes.get(best) ?? 0))) best = name;
  }
  return best ?? byDefault;
}

/**
 * Computes it for the members of the state. `records` are what is to be written: the parts that changed, then the epoch that it is all of.
 */
export function targetRecords(
  state: ConsumerGroupState,
  { assignor: name, wallMs, topics }: { readonly assignor: string; readonly wallMs: number; readonly topics: TopicsView },
): readonly ConsumerGroupRecord[] {
  const members = [...state.members.values()].map(
    (member): AssignedMember => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      subscribedTopicIds: subscribedTopicIds(member, state.regexes, topics),
      target: state.target.get(member.memberId) ?? NO_PARTITIONS,
    }),
  );
  const assignor = ASSIGNORS.find((each) => each.name === name) ?? uniformAssignor;
  const target = assignor.assign(members, (topicId) => topics.byId(topicId)?.partitions ?? 0);
  const changed = members.flatMap(({ memberId }): ConsumerGroupRecord[] => {
    const value = target.get(memberId) ?? NO_PARTITIONS;
    const before = state.target.get(memberId);
    return before !== undefined && equalPartitions(before, value) ? [] : [{ kind: 'target', memberId, value }];
  });
  const value = { assignmentEpoch: state.epoch, assignmentTimestamp: wallMs };
  return [...changed, { kind: 'target-epoch', value }];
}
