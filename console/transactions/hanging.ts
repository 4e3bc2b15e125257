/** `transactions find-hanging`: transactions that are open in a partition, and that no coordinator will end there. */
import type { Admin } from '../../core/client/admin/admin.ts';
import type { OpenTransaction } from '../../core/client/admin/transactions.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { keyOf } from '../../core/client/metadata.ts';
import type { TopicPartition } from '../../core/protocol/partition.ts';
import type { FindHangingOptions } from './options.ts';

/** A transaction as a replica knows it. */
export interface FoundTransaction extends OpenTransaction {
  readonly startOffset: number;
  /** Of its last record. */
  readonly lastTimestamp: number;
}

const MINUTE_MS = 60_000;

/** Those whose last record is older than transactions last. `nowMs` is a wall clock's. */
export async function findHanging(admin: Admin, options: FindHangingOptions, nowMs: number): Promise<FoundTransaction[]> {
  const old = (await openTransactions(admin, options)).filter(
    ({ lastTimestamp }) => nowMs - lastTimestamp > options.maxTransactionTimeout * MINUTE_MS,
  );
  if (old.length === 0) return [];
  const expected = await partitionsOfCoordinators(admin, new Set(old.map(({ producerId }) => producerId)));
  return old.filter((found) => expected.get(found.producerId)?.has(keyOf(found)) !== true);
}

async function openTransactions(admin: Admin, options: FindHangingOptions): Promise<FoundTransaction[]> {
  const { brokerId } = options;
  const partitions = await partitionsToSearch(admin, options);
  const described = await admin.describeProducers(partitions, brokerId === undefined ? {} : { brokerId });
  return described.flatMap(({ topic, partition, producers }) =>
    producers
      .filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= 0)
      .map(({ producerId, producerEpoch, coordinatorEpoch, currentTxnStartOffset: startOffset, lastTimestamp }) => ({
        topic,
        partition,
        producerId,
        producerEpoch,
        coordinatorEpoch,
        startOffset,
        lastTimestamp,
      })),
  );
}

async function partitionsToSearch(admin: Admin, { topic, partition, brokerId }: FindHangingOptions): Promise<TopicPartition[]> {
  if (topic !== undefined && partition !== undefined) return [{ topic, partition }];
  const topics = topic === undefined ? (await admin.listTopics({ listInternal: true })).map(({ name }) => name) : [topic];
  return (await admin.describeTopics(topics)).flatMap(({ name, partitions }) =>
    partitions
      .filter(({ replicas }) => brokerId === undefined || replicas.includes(brokerId))
      .map((of) => ({ topic: name, partition: of.partition })),
  );
}

/** By producer, the partitions that its coordinator will still write a marker to, or has records expected in. */
async function partitionsOfCoordinators(admin: Admin, producerIds: ReadonlySet<number>): Promise<Map<number, Set<string>>> {
  const listed = await admin.listTransactions({ producerIds: [...producerIds] });
  const byProducer = new Map<number, Set<string>>();
  for (const { transactionalId, producerId } of listed) {
    const [found] = await admin.describeTransactions([transactionalId]).catch((error: unknown) => {
      // It has gone meanwhile, and with it whoever would end the transaction.
      if (error instanceof KafkaError && error.errorName === 'TRANSACTIONAL_ID_NOT_FOUND') return [];
      throw error;
    });
    byProducer.set(producerId, new Set(found?.partitions.map(keyOf)));
  }
  return byProducer;
}
