/** All of a node at a moment, as tables for people: what it shows an operator, what waits in it, and its disk. */
import { topicPartitionKey } from '../../../core/protocol/partition.ts';
import type { BrokerInspection, NodeInspection } from '../../../core/broker/inspection.ts';
import type { MetadataImage } from '../../../core/metadata/image.ts';
import type { World } from '../../../world/world.ts';
import type { NodeState, StateTable } from '../protocol.ts';
import type { Still } from './standing-run.ts';

/** Rows of a table that has many. */
const ROWS_MAX = 400;

export function nodeState({ world, view }: Still, node: string): NodeState {
  const inspection = view.nodes.get(node);
  const tables = [
    ...(inspection === undefined ? [] : nodeTables(inspection)),
    waitingTable(world, node),
    ...(inspection === undefined ? [] : metadataTables(inspection.metadata)),
    diskTable(world, node),
  ];
  return {
    node,
    us: world.now,
    summary: summaryOf(world, node, inspection),
    tables: tables.filter(({ rows }) => rows.length > 0).map(bounded),
  };
}

function bounded(table: StateTable): StateTable {
  if (table.rows.length <= ROWS_MAX) return table;
  return { ...table, rows: table.rows.slice(0, ROWS_MAX), note: `the first ${ROWS_MAX} of ${table.rows.length}` };
}

function summaryOf(world: World, node: string, inspection: NodeInspection | undefined): NodeState['summary'] {
  const { incarnation, machine } = world.process(node);
  const alive =
    incarnation === null
      ? `down${machine.powered ? '' : ', without power'}`
      : `up, life ${incarnation.number + 1}${incarnation.paused ? ', paused' : ''}${incarnation.busyUntil > world.now ? `, busy for ${duration(incarnation.busyUntil - world.now)} more` : ''}`;
  const summary: [string, string][] = [['process', alive]];
  if (incarnation !== null && incarnation.inbox.size > 0)
    summary.push(['waits for the process', `${incarnation.inbox.size} events`]);
  if (inspection === undefined) return summary;
  const { quorum, metadata, broker } = inspection;
  summary.push(
    ['quorum', `${quorum.role}, epoch ${quorum.epoch}, leader ${quorum.leaderId === -1 ? 'unknown' : quorum.leaderId}`],
    ['metadata log', `${quorum.logStartOffset}..${quorum.logEndOffset}, high watermark ${quorum.highWatermark}`],
    ['metadata applied', `up to ${metadata.provenance.offset}, epoch ${metadata.provenance.epoch}`],
  );
  if (broker === null) return summary;
  const { waiting, controllerRequests } = broker;
  summary.push(
    ['broker', `${text(broker.state)}, epoch ${broker.brokerEpoch}, metadata published up to ${broker.publishedOffset}`],
    ['requests that wait', `${waiting.produce} produce, ${waiting.fetch} fetch, ${waiting.deleteRecords} delete records`],
    ['to the controller', `${controllerRequests.alterPartition} AlterPartition, ${controllerRequests.forwarded} forwarded`],
  );
  if (broker.offlineDirectories.length > 0) summary.push(['offline directories', broker.offlineDirectories.join(' ')]);
  return summary;
}

function nodeTables({ broker }: NodeInspection): StateTable[] {
  return broker === null ? [] : [replicasTable(broker), producersTable(broker), groupsTable(broker), transactionsTable(broker)];
}

function replicasTable({ replicas }: BrokerInspection): StateTable {
  const rows = replicas.map((replica) => [
    replica.partition,
    `${replica.role}${replica.isrChangePending ? ', ISR change pending' : ''}`,
    String(replica.leaderEpoch),
    `${replica.logStartOffset}..${replica.logEndOffset}`,
    String(replica.highWatermark),
    String(replica.lastStableOffset),
    replica.isr.join(' '),
    replica.epochs.map(({ epoch, startOffset }) => `${epoch}@${startOffset}`).join(' '),
    replica.openTransactions.map(({ producerId, firstOffset }) => `${producerId} from ${firstOffset}`).join(', '),
  ]);
  return {
    title: 'Replicas',
    headings: ['partition', 'role', 'epoch', 'log', 'HW', 'LSO', 'ISR', 'leader epochs', 'open transactions'],
    rows,
    logs: replicas.map(({ partition }) => partition),
  };
}

function producersTable({ replicas }: BrokerInspection): StateTable {
  const rows = replicas.flatMap((replica) =>
    replica
      .producers()
      .map((producer) => [
        replica.partition,
        String(producer.producerId),
        String(producer.producerEpoch),
        producer.lastSequence === -1 ? 'none' : String(producer.lastSequence),
        producer.currentTxnStartOffset === -1 ? 'none' : `from ${producer.currentTxnStartOffset}`,
        producer.coordinatorEpoch === -1 ? '' : String(producer.coordinatorEpoch),
      ]),
  );
  return {
    title: 'Producer state',
    headings: ['partition', 'producer id', 'epoch', 'last sequence', 'open transaction', 'coordinator epoch'],
    rows,
  };
}

function groupsTable({ groups }: BrokerInspection): StateTable {
  return {
    title: 'Groups that it coordinates',
    headings: ['group', 'state', 'generation', 'members', 'committed offsets'],
    rows: groups.map(({ group, state, generation, members, offsets }) => [
      group,
      state,
      String(generation),
      members.join(' '),
      offsets.map(({ partition, offset }) => `${partition}@${offset}`).join(' '),
    ]),
  };
}

function transactionsTable({ transactions }: BrokerInspection): StateTable {
  return {
    title: 'Transactional ids that it coordinates',
    headings: ['transactional id', 'state', 'producer id', 'epoch', 'partitions'],
    rows: transactions.map(({ transactionalId, state, producerId, producerEpoch, partitions }) => [
      transactionalId,
      state,
      String(producerId),
      String(producerEpoch),
      partitions.join(' '),
    ]),
  };
}

/** Timers, and what else is on its way to the process. */
function waitingTable(world: World, node: string): StateTable {
  const { incarnation } = world.process(node);
  const waiting = incarnation === null ? [] : world.kernel.waitingFor(incarnation).toSorted((a, b) => a.atUs - b.atUs);
  return {
    title: 'Timers and other events that wait for it',
    headings: ['due in', 'kind'],
    rows: waiting.map(({ atUs, kind }) => [duration(atUs - world.now), kind]),
  };
}

function diskTable(world: World, node: string): StateTable {
  const files = world.process(node).machine.disk.tree.files('/');
  let atRisk = 0;
  const rows = files.map(({ path, file }) => {
    const { size } = file.content;
    atRisk += file.dirtyBytes;
    const risk = [
      file.dirtyBytes > 0 ? `the last ${file.dirtyBytes} bytes` : '',
      file.hasLostRanges ? 'sectors that a sync lied about' : '',
    ];
    return [path, String(size), String(file.syncedSize), risk.filter((each) => each !== '').join(', ')];
  });
  return {
    title: 'Disk',
    headings: ['file', 'bytes', 'synced', 'a power loss may take'],
    rows: rows.toSorted((a, b) => Number(b[3] !== '') - Number(a[3] !== '')),
    note: `${files.length} files; ${atRisk} bytes are not synced`,
  };
}

function metadataTables(image: MetadataImage): StateTable[] {
  const topics = [...image.topicsById.values()];
  return [
    {
      title: 'Metadata image: partitions',
      headings: ['partition', 'leader', 'epoch', 'partition epoch', 'ISR', 'replicas'],
      rows: topics.flatMap(({ name, partitions }) =>
        [...partitions].map(([index, { leader, leaderEpoch, partitionEpoch, isr, replicas }]) => [
          topicPartitionKey(name, index),
          String(leader),
          String(leaderEpoch),
          String(partitionEpoch),
          isr.join(' '),
          replicas.join(' '),
        ]),
      ),
    },
    {
      title: 'Metadata image: brokers',
      headings: ['broker', 'epoch', 'state', 'rack'],
      rows: [...image.brokers.values()].map(({ id, epoch, fenced, inControlledShutdown, rack }) => [
        String(id),
        String(epoch),
        `${fenced ? 'fenced' : 'unfenced'}${inControlledShutdown ? ', in controlled shutdown' : ''}`,
        rack ?? '',
      ]),
    },
    {
      title: 'Metadata image: features and configs',
      headings: ['of', 'name', 'value'],
      rows: [
        ...[...image.features].map(([name, level]) => ['feature', name, String(level)]),
        ...[...image.configs].flatMap(([resource, configs]) => configRows(resource, configs)),
      ],
    },
  ];
}

function configRows(resource: string, configs: unknown): string[][] {
  const entries = configs instanceof Map ? [...configs] : Object.entries(configs as object);
  return entries.map(([name, value]) => [resource, String(name), String(value)]);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function duration(us: number): string {
  return us < 1_000 ? `${us} µs` : us < 1_000_000 ? `${(us / 1_000).toFixed(3)} ms` : `${(us / 1_000_000).toFixed(3)} s`;
}
