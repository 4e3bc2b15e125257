/** `trial transactions`: what producers have open, and how to end what hangs, as kafka-transactions.sh does. */
import type { Admin } from '../../core/client/admin/admin.ts';
import type { OpenTransaction } from '../../core/client/admin/transactions.ts';
import type { TopicPartition } from '../../core/protocol/partition.ts';
import { connected } from '../connection.ts';
import { type ExitStatus, RefusedError } from '../errors.ts';
import { partitionCounts } from '../groups/offsets.ts';
import { runTool } from '../run.ts';
import { standardStreams, type Terminal } from '../terminal.ts';
import { findHanging } from './hanging.ts';
import {
  type AbortOptions,
  checkAction,
  type DescribeProducersOptions,
  type ListOptions,
  type TransactionsOptions,
} from './options.ts';
import { table } from './table.ts';

const NONE = 'None';

/** Runs the tool; resolves with the exit status. */
export function runTransactions(options: TransactionsOptions, terminal: Terminal = standardStreams): Promise<ExitStatus> {
  return runTool(terminal, async () => {
    const { action } = options;
    checkAction(action);
    await connected(options, terminal, async ({ admin, environment: { clock } }) => {
      switch (action.name) {
        case 'list':
          terminal.out(await list(admin, action.options));
          break;
        case 'describe':
          terminal.out(await describe(admin, action.options.transactionalId, clock.wallMs()));
          break;
        case 'describe-producers':
          await mustExist(admin, action.options);
          await mustBeUp(admin, action.options.brokerId);
          terminal.out(await describeProducers(admin, action.options));
          break;
        case 'abort':
          await mustExist(admin, action.options);
          await admin.abortTransaction(await toAbort(admin, action.options));
          break;
        case 'find-hanging': {
          const { topic, partition = 0 } = action.options;
          if (topic !== undefined) await mustExist(admin, { topic, partition });
          await mustBeUp(admin, action.options.brokerId);
          const nowMs = clock.wallMs();
          const rows = (await findHanging(admin, action.options, nowMs)).map((found) => [
            found.topic,
            found.partition,
            found.producerId,
            found.producerEpoch,
            found.coordinatorEpoch,
            found.startOffset,
            found.lastTimestamp,
            Math.floor((nowMs - found.lastTimestamp) / 60_000),
          ]);
          terminal.out(table(HANGING, rows));
          break;
        }
        case 'forceTerminateTransaction':
          await admin.fenceProducers([action.options.transactionalId]);
      }
    });
    return undefined;
  });
}

/** Clients wait in silence for a partition that does not come. */
async function mustExist(admin: Admin, { topic, partition }: TopicPartition): Promise<void> {
  const count = (await partitionCounts(admin, new Set([topic]))).get(topic);
  if (count === undefined) throw new RefusedError(`there is no topic ${topic} (UNKNOWN_TOPIC_OR_PARTITION)`);
  if (partition >= count)
    throw new RefusedError(`there is no partition ${partition} of topic ${topic} (UNKNOWN_TOPIC_OR_PARTITION)`);
}

/** Clients wait a minute for a broker that may be on its way. */
async function mustBeUp(admin: Admin, brokerId: number | undefined): Promise<void> {
  if (brokerId === undefined) return;
  const up = (await admin.describeCluster()).brokers.map((broker) => broker.brokerId);
  if (!up.includes(brokerId)) throw new RefusedError(`there is no broker ${brokerId}; brokers that are up: ${up.join(', ')}`);
}

const HANGING = [
  'Topic',
  'Partition',
  'ProducerId',
  'ProducerEpoch',
  'CoordinatorEpoch',
  'StartOffset',
  'LastTimestamp',
  'Duration(min)',
];

async function list(admin: Admin, { durationFilter = -1, transactionalIdPattern = '' }: ListOptions): Promise<string> {
  const listed = await admin.listTransactions({ openForMs: durationFilter, transactionalIdPattern });
  return table(
    ['TransactionalId', 'Coordinator', 'ProducerId', 'TransactionState'],
    listed.map(({ transactionalId, coordinatorId, producerId, state }) => [transactionalId, coordinatorId, producerId, state]),
  );
}

async function describe(admin: Admin, transactionalId: string, nowMs: number): Promise<string> {
  const described = await admin.describeTransactions([transactionalId]);
  const titles = [
    'CoordinatorId',
    'TransactionalId',
    'ProducerId',
    'ProducerEpoch',
    'TransactionState',
    'TransactionTimeoutMs',
    'CurrentTransactionStartTimeMs',
    'TransactionDurationMs',
    'TopicPartitions',
  ];
  return table(
    titles,
    described.map((of) => [
      of.coordinatorId,
      of.transactionalId,
      of.producerId,
      of.producerEpoch,
      of.state,
      of.timeoutMs,
      of.startedMs ?? NONE,
      of.startedMs === null ? NONE : nowMs - of.startedMs,
      of.partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(','),
    ]),
  );
}

async function describeProducers(admin: Admin, { topic, partition, brokerId }: DescribeProducersOptions): Promise<string> {
  const described = await admin.describeProducers([{ topic, partition }], brokerId === undefined ? {} : { brokerId });
  const titles = [
    'ProducerId',
    'ProducerEpoch',
    'LatestCoordinatorEpoch',
    'LastSequence',
    'LastTimestamp',
    'CurrentTransactionStartOffset',
  ];
  const rows = described.flatMap(({ producers }) =>
    producers.map((of) => [
      of.producerId,
      of.producerEpoch,
      of.coordinatorEpoch,
      of.lastSequence,
      of.lastTimestamp,
      of.currentTxnStartOffset < 0 ? NONE : of.currentTxnStartOffset,
    ]),
  );
  return table(titles, rows);
}

/** The transaction that is meant. A partition that has heard of no coordinator yet takes the marker of any. */
async function toAbort(admin: Admin, options: AbortOptions): Promise<OpenTransaction> {
  const { topic, partition, startOffset, producerId = -1, producerEpoch = -1, coordinatorEpoch = -1 } = options;
  if (startOffset === undefined)
    return { topic, partition, producerId, producerEpoch, coordinatorEpoch: Math.max(0, coordinatorEpoch) };
  const [described] = await admin.describeProducers([{ topic, partition }]);
  const found = described?.producers.find(({ currentTxnStartOffset }) => currentTxnStartOffset === startOffset);
  if (found === undefined)
    throw new RefusedError(`no transaction is open that begins at offset ${startOffset} of partition ${partition} of ${topic}`);
  return {
    topic,
    partition,
    producerId: found.producerId,
    producerEpoch: found.producerEpoch,
    coordinatorEpoch: Math.max(0, found.coordinatorEpoch),
  };
}
