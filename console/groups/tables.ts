/** The tables of `groups --describe`, in the form of kafka-consumer-groups.sh. */
import type { ConsumerGroupDescription, MemberDescription } from '../../core/client/admin/consumer-group-description.ts';
import { groupByTopic } from '../../core/client/metadata.ts';
import type { TopicPartition } from '../../core/protocol/partition.ts';
import { column } from '../terminal.ts';
import { inOrder } from './offsets.ts';

const MISSING = '-';

type Cell = string | number | null;

/** One line of the table of offsets. */
export interface OffsetRow extends TopicPartition {
  readonly group: string;
  /** Of the committed offset. */
  readonly leaderEpoch: number | null;
  readonly offset: number | null;
  readonly logEndOffset: number | null;
  /** Null: nobody is assigned the partition. */
  readonly member: MemberDescription | null;
}

interface Column {
  readonly title: string;
  readonly least: number;
  /** Does it grow with what is in it? */
  readonly grows?: boolean;
  readonly cells: readonly Cell[];
}

/** Titles and rows, each cell as wide as its column; cells are joined by blanks. */
function table(columns: readonly Column[]): string[] {
  const widths = columns.map(({ least, grows, cells }) =>
    grows === true ? Math.max(least, ...cells.map((cell) => String(cell ?? MISSING).length)) : least,
  );
  const line = (cells: readonly Cell[]) => cells.map((cell, index) => column(cell ?? MISSING, widths[index] ?? 0)).join(' ');
  const count = columns[0]?.cells.length ?? 0;
  return [
    line(columns.map(({ title }) => title)),
    ...Array.from({ length: count }, (_, row) => line(columns.map(({ cells }) => cells[row] ?? null))),
  ];
}

export function offsetTable(rows: readonly OffsetRow[], verbose: boolean): string {
  const lag = ({ offset, logEndOffset }: OffsetRow) => (offset === null || logEndOffset === null ? null : logEndOffset - offset);
  const lines = table([
    { title: 'GROUP', least: 15, grows: true, cells: rows.map(({ group }) => group) },
    { title: 'TOPIC', least: 15, grows: true, cells: rows.map(({ topic }) => topic) },
    { title: 'PARTITION', least: 10, cells: rows.map(({ partition }) => partition) },
    ...(verbose ? [{ title: 'LEADER-EPOCH', least: 15, cells: rows.map(({ leaderEpoch }) => leaderEpoch) }] : []),
    { title: 'CURRENT-OFFSET', least: 15, cells: rows.map(({ offset }) => offset) },
    { title: 'LOG-END-OFFSET', least: 15, cells: rows.map(({ logEndOffset }) => logEndOffset) },
    { title: 'LAG', least: 15, cells: rows.map(lag) },
    { title: 'CONSUMER-ID', least: 15, grows: true, cells: rows.map(({ member }) => member?.memberId ?? null) },
    { title: 'HOST', least: 15, grows: true, cells: rows.map(({ member }) => member?.host ?? null) },
    { title: 'CLIENT-ID', least: 0, cells: rows.map(({ member }) => member?.clientId ?? null) },
  ]);
  return `\n${lines.join('\n')}\n`;
}

export function memberTable({ groupId, members, targetAssignmentEpoch }: ConsumerGroupDescription, verbose: boolean): string {
  const withInstances = members.some(({ groupInstanceId }) => groupInstanceId !== null);
  const instances = members.map(({ groupInstanceId }) => groupInstanceId ?? '');
  const targets = members.map(({ targetAssignment }) => (targetAssignment === null ? null : assignmentText(targetAssignment)));
  const lines = table([
    { title: 'GROUP', least: 15, grows: true, cells: members.map(() => groupId) },
    { title: 'CONSUMER-ID', least: 15, grows: true, cells: members.map(({ memberId }) => memberId) },
    ...(withInstances ? [{ title: 'GROUP-INSTANCE-ID', least: 17, grows: true, cells: instances }] : []),
    { title: 'HOST', least: 15, grows: true, cells: members.map(({ host }) => host) },
    { title: 'CLIENT-ID', least: 15, grows: true, cells: members.map(({ clientId }) => clientId) },
    { title: '#PARTITIONS', least: 15, cells: members.map(({ assignment }) => assignment.length) },
    ...(verbose
      ? [
          { title: 'CURRENT-EPOCH', least: 15, cells: members.map(({ memberEpoch }) => memberEpoch) },
          {
            title: 'CURRENT-ASSIGNMENT',
            least: 20,
            grows: true,
            cells: members.map(({ assignment }) => assignmentText(assignment)),
          },
          { title: 'TARGET-EPOCH', least: 15, cells: members.map(() => targetAssignmentEpoch) },
          { title: 'TARGET-ASSIGNMENT', least: 20, grows: true, cells: targets },
        ]
      : []),
  ]);
  // The last column of the short table is followed by a blank, as in Kafka's.
  return `\n${lines.map((line) => `${line}${verbose ? '' : ' '}\n`).join('')}`;
}

/** bills:0;orders:0,1 */
export function assignmentText(assignment: readonly TopicPartition[]): string {
  if (assignment.length === 0) return MISSING;
  const byTopic = groupByTopic(inOrder(assignment));
  return Array.from(byTopic, ([topic, of]) => `${topic}:${of.map(({ partition }) => partition).join(',')}`).join(';');
}

export function stateTable(description: ConsumerGroupDescription, verbose: boolean): string {
  const { groupId, coordinator, partitionAssignor, state, members, groupEpoch, targetAssignmentEpoch } = description;
  const where = `${coordinator.host}:${coordinator.port}  (${coordinator.nodeId})`;
  const lines = table([
    { title: 'GROUP', least: 15, grows: true, cells: [groupId] },
    { title: 'COORDINATOR (ID)', least: 25, grows: true, cells: [where] },
    { title: 'ASSIGNMENT-STRATEGY', least: 20, cells: [partitionAssignor] },
    { title: 'STATE', least: 20, cells: [state] },
    ...(verbose
      ? [
          { title: 'GROUP-EPOCH', least: 15, cells: [groupEpoch] },
          { title: 'TARGET-ASSIGNMENT-EPOCH', least: 25, cells: [targetAssignmentEpoch] },
        ]
      : []),
    { title: '#MEMBERS', least: 0, cells: [members.length] },
  ]);
  return `\n${lines.join('\n')}\n`;
}
