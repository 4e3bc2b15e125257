/** `groups --describe`: offsets and lag, members, or the state of groups. */
import type { Admin } from '../../core/client/admin/admin.ts';
import type { ConsumerGroupDescription, MemberDescription } from '../../core/client/admin/consumer-group-description.ts';
import { keyOf } from '../../core/client/metadata.ts';
import type { TopicPartition } from '../../core/protocol/partition.ts';
import { EXIT, type ExitStatus } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import { committedOffsets, describedGroup, existing, inOrder, logOffsets } from './offsets.ts';
import type { GroupsOptions } from './options.ts';
import { memberTable, type OffsetRow, offsetTable, stateTable } from './tables.ts';

export async function describeGroups(
  admin: Admin,
  groups: readonly string[],
  options: GroupsOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.done;
  const verbose = options.verbose === true;
  for (const group of groups) {
    const description = await describedGroup(admin, group);
    if (description === null) {
      terminal.note(`trial: there is no consumer group ${group} (GROUP_ID_NOT_FOUND).`);
      status = EXIT.refused;
      continue;
    }
    remark(description, terminal);
    if (options.members === true) {
      if (description.members.length > 0) terminal.out(memberTable(description, verbose));
    } else if (options.state !== undefined) terminal.out(stateTable(description, verbose));
    else {
      const rows = await offsetRows(admin, description);
      if (rows.length > 0) terminal.out(offsetTable(rows, verbose));
    }
  }
  return status;
}

/** A word on a group that is not at rest with members. */
function remark({ groupId, state }: ConsumerGroupDescription, terminal: Terminal): void {
  if (state === 'Empty') terminal.note(`\nConsumer group '${groupId}' has no active members.`);
  else if (state !== 'Stable') terminal.note(`\nWarning: Consumer group '${groupId}' is rebalancing.`);
}

/** What members are assigned, those with most partitions first; then what the group has only offsets of. */
async function offsetRows(admin: Admin, { groupId: group, members }: ConsumerGroupDescription): Promise<OffsetRow[]> {
  const committed = new Map((await committedOffsets(admin, group)).map((each) => [keyOf(each), each]));
  const assigned: { readonly partition: TopicPartition; readonly member: MemberDescription | null }[] = members
    .toSorted((a, b) => b.assignment.length - a.assignment.length)
    .flatMap((member) => inOrder(member.assignment).map((partition) => ({ partition, member })));
  const taken = new Set(assigned.map(({ partition }) => keyOf(partition)));
  const free = [...committed.values()].filter((each) => !taken.has(keyOf(each)));
  const rows = [...assigned, ...free.map((partition) => ({ partition, member: null }))];
  const there = await existing(
    admin,
    rows.map(({ partition }) => partition),
  );
  const ends = await logOffsets(admin, there, 'latest');
  return rows.map(({ partition: { topic, partition }, member }) => {
    const key = keyOf({ topic, partition });
    const offset = committed.get(key);
    return {
      group,
      topic,
      partition,
      leaderEpoch: offset?.leaderEpoch ?? null,
      offset: offset?.offset ?? null,
      logEndOffset: ends.get(key) ?? null,
      member,
    };
  });
}
