/** `groups --describe`: offsets and lag, members, or the state of groups, in the tables of kafka-consumer-groups.sh. */
import type { Admin } from '../../core/client/admin/Admin.ts';
import type { ConsumerGroupDescription, MemberDescription } from '../../core/client/admin/ConsumerGroupDescription.ts';
import { keyOf, type TopicPartition } from '../../core/client/metadata.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { EXIT, type ExitStatus } from '../errors.ts';
import { column, type Terminal } from '../terminal.ts';
import { committedOffsets, existing, inOrder, logOffsets } from './offsets.ts';
import type { GroupsOptions } from './options.ts';

const MISSING = '-';

/** One line of the table of offsets. */
export interface OffsetRow {
  readonly group: string;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: number | null;
  readonly logEndOffset: number | null;
  readonly consumerId: string;
  readonly host: string;
  readonly clientId: string;
}

export async function describeGroups(
  admin: Admin,
  groups: readonly string[],
  options: GroupsOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.done;
  for (const group of groups) {
    const description = await describeOne(admin, group);
    if (description === null || description.state === 'Dead') {
      terminal.note(`trial: there is no consumer group ${group} (GROUP_ID_NOT_FOUND).`);
      status = EXIT.refused;
      continue;
    }
    if (options.members === true) members(description, options.verbose === true, terminal);
    else if (options.state !== undefined) state(description, terminal);
    else await offsets(admin, description, terminal);
  }
  return status;
}

async function describeOne(admin: Admin, group: string): Promise<ConsumerGroupDescription | null> {
  try {
    const [description] = await admin.describeConsumerGroups([group]);
    return description ?? null;
  } catch (error) {
    if (error instanceof KafkaError && error.errorName === 'GROUP_ID_NOT_FOUND') return null;
    throw error;
  }
}

/** A word on a group that is not at rest with members. */
function remark({ groupId, state: of }: ConsumerGroupDescription, terminal: Terminal): void {
  if (of === 'Empty') terminal.note(`\nConsumer group '${groupId}' has no active members.`);
  else if (of !== 'Stable') terminal.note(`\nWarning: Consumer group '${groupId}' is rebalancing.`);
}

async function offsets(admin: Admin, description: ConsumerGroupDescription, terminal: Terminal): Promise<void> {
  remark(description, terminal);
  const rows = await offsetRows(admin, description);
  if (rows.length > 0) terminal.out(offsetTable(rows));
}

async function offsetRows(admin: Admin, { groupId: group, members: all }: ConsumerGroupDescription): Promise<OffsetRow[]> {
  const committed = new Map((await committedOffsets(admin, group)).map((each) => [keyOf(each), each]));
  const assigned: { readonly partition: TopicPartition; readonly member: MemberDescription | null }[] = all
    .toSorted((a, b) => b.assignment.length - a.assignment.length)
    .flatMap((member) => inOrder(member.assignment).map((partition) => ({ partition, member })));
  const taken = new Set(assigned.map(({ partition }) => keyOf(partition)));
  const free = [...committed.values()].filter((each) => !taken.has(keyOf(each)));
  const rows = [...assigned, ...free.map((partition) => ({ partition, member: null }))];
  const ends = await logOffsets(
    admin,
    await existing(
      admin,
      rows.map(({ partition }) => partition),
    ),
    'latest',
  );
  return rows.map(({ partition: { topic, partition }, member }) => {
    const key = keyOf({ topic, partition });
    return {
      group,
      topic,
      partition,
      offset: committed.get(key)?.offset ?? null,
      logEndOffset: ends.get(key) ?? null,
      consumerId: member?.memberId ?? MISSING,
      host: member?.host ?? MISSING,
      clientId: member?.clientId ?? MISSING,
    };
  });
}

export function offsetTable(rows: readonly OffsetRow[]): string {
  const widest = (pick: (row: OffsetRow) => string | null) => Math.max(15, ...rows.map((row) => (pick(row) ?? MISSING).length));
  const widths = [
    widest((row) => row.group),
    widest((row) => row.topic),
    10,
    15,
    15,
    15,
    widest((row) => row.consumerId),
    widest((row) => row.host),
    0,
  ];
  const line = (cells: readonly (string | number | null)[]) =>
    `\n${cells.map((cell, index) => column(cell ?? MISSING, widths[index] ?? 0)).join(' ')}`;
  const header = line([
    'GROUP',
    'TOPIC',
    'PARTITION',
    'CURRENT-OFFSET',
    'LOG-END-OFFSET',
    'LAG',
    'CONSUMER-ID',
    'HOST',
    'CLIENT-ID',
  ]);
  const lines = rows.map(({ group, topic, partition, offset, logEndOffset, consumerId, host, clientId }) => {
    const lag = offset === null || logEndOffset === null ? null : logEndOffset - offset;
    return line([group, topic, partition, offset, logEndOffset, lag, consumerId, host, clientId]);
  });
  return `${header}${lines.join('')}\n`;
}

function members(description: ConsumerGroupDescription, verbose: boolean, terminal: Terminal): void {
  remark(description, terminal);
  if (description.members.length > 0) terminal.out(memberTable(description, verbose));
}

export function memberTable({ groupId, members: all }: ConsumerGroupDescription, verbose: boolean): string {
  const widest = (least: number, pick: (member: MemberDescription) => string) =>
    Math.max(least, ...all.map((member) => pick(member).length));
  const withInstances = all.some(({ groupInstanceId }) => groupInstanceId !== null);
  const widths = [
    Math.max(15, groupId.length),
    widest(15, ({ memberId }) => memberId),
    ...(withInstances ? [widest(17, ({ groupInstanceId }) => groupInstanceId ?? '')] : []),
    widest(15, ({ host }) => host),
    widest(15, ({ clientId }) => clientId),
    15,
  ];
  const line = (cells: readonly (string | number)[], assignment: string) =>
    `${cells.map((cell, index) => `${column(cell, widths[index] ?? 0)} `).join('')}${verbose ? assignment : ''}\n`;
  const instance = withInstances ? ['GROUP-INSTANCE-ID'] : [];
  const header = line(['GROUP', 'CONSUMER-ID', ...instance, 'HOST', 'CLIENT-ID', '#PARTITIONS'], 'ASSIGNMENT');
  const lines = all.map((member) =>
    line(
      [
        groupId,
        member.memberId,
        ...(withInstances ? [member.groupInstanceId ?? ''] : []),
        member.host,
        member.clientId,
        member.assignment.length,
      ],
      assignmentText(member.assignment),
    ),
  );
  return `\n${header}${lines.join('')}`;
}

/** topic(0,1), other(2) */
export function assignmentText(assignment: readonly TopicPartition[]): string {
  if (assignment.length === 0) return MISSING;
  const byTopic = Map.groupBy(inOrder(assignment), ({ topic }) => topic);
  return Array.from(byTopic, ([topic, of]) => `${topic}(${of.map(({ partition }) => partition).join(',')})`).join(', ');
}

function state(description: ConsumerGroupDescription, terminal: Terminal): void {
  remark(description, terminal);
  const { groupId, coordinator, partitionAssignor, state: of, members: all } = description;
  const where = `${coordinator.host}:${coordinator.port}  (${coordinator.nodeId})`;
  const line = (cells: readonly (string | number)[]) =>
    `\n${[column(cells[0] ?? '', Math.max(15, groupId.length)), column(cells[1] ?? '', Math.max(25, where.length)), column(cells[2] ?? '', 20), column(cells[3] ?? '', 20), String(cells[4])].join(' ')}`;
  terminal.out(
    `${line(['GROUP', 'COORDINATOR (ID)', 'ASSIGNMENT-STRATEGY', 'STATE', '#MEMBERS'])}${line([groupId, where, partitionAssignor, of, all.length])}\n`,
  );
}
