/** Records in transactions, in every version: what a leader takes and what it refuses, and what who reads is shown of it. */
import type { ResponseTypes } from '../../../../core/protocol/messages/index.ts';
import { type Conversation, versions } from '../../conversation.ts';
import { batchOf, inState, settled, spoken, TOPIC, TransactionalProducer, type TransactionVersion } from './producer.ts';

/** Topics have ids in place of names from here on. */
const TOPIC_IDS = 13;
/** A leader adds the partition to the transaction by itself from here on. */
const ADDS_PARTITIONS = 12;

const errorOf = ({ responses: [topic] }: ResponseTypes['Produce']): number => topic?.partitionResponses[0]?.errorCode ?? 0;

interface Reader {
  readonly talk: Conversation;
  readonly topicId: string;
}

async function fetched(
  { talk, topicId }: Reader,
  step: string,
  version: number,
  isolationLevel: number,
  partition: number,
): Promise<void> {
  const topic = version >= TOPIC_IDS ? { topicId } : { topic: TOPIC };
  await talk.ask(`${step}, isolation level ${isolationLevel}`, 'Fetch', version, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 20,
    isolationLevel,
    sessionEpoch: -1,
    topics: [{ ...topic, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
  });
}

/** Where the log of a partition ends, for both levels of isolation. */
async function ends({ talk }: Reader, step: string, partitionIndex: number): Promise<void> {
  for (const version of versions('ListOffsets', 2))
    for (const isolationLevel of [0, 1])
      for (const timestamp of [-1, -3, 0])
        await talk.ask(`${step}, isolation level ${isolationLevel}, ${timestamp}`, 'ListOffsets', version, {
          replicaId: -1,
          isolationLevel,
          topics: [{ name: TOPIC, partitions: [{ partitionIndex, timestamp }] }],
        });
}

async function producers({ talk }: Reader, step: string, ...partitionIndexes: number[]): Promise<void> {
  await talk.ask(step, 'DescribeProducers', 0, { topics: [{ name: TOPIC, partitionIndexes }] });
}

export async function produced(talk: Conversation, level: TransactionVersion): Promise<void> {
  const topicId = await talk.topicId(TOPIC);
  for (const version of spoken('Produce', level, 3)) {
    const producer = await TransactionalProducer.with(talk, level, `produce-v${version}`);
    const topic = version >= TOPIC_IDS ? { topicId } : { name: TOPIC };
    const send = (
      step: string,
      of: { readonly index?: number; readonly sequence?: number; readonly producerId?: number; readonly producerEpoch?: number },
      transactionalId: string | null = producer.transactionalId,
      isTransactional = true,
    ): Promise<unknown> => {
      const { index = 2, sequence = 0, ...identity } = of;
      const records = batchOf({ ...producer.identity, ...identity }, sequence, isTransactional);
      const topicData = [{ ...topic, partitionData: [{ index, records }] }];
      return settled(talk, step, 'Produce', version, { transactionalId, acks: -1, timeoutMs: 5_000, topicData }, errorOf);
    };
    const { producerEpoch } = producer;
    await send('without an id of a transaction', {}, null);
    await send('of an unknown transactional id', {}, 'no-such-id');
    await send('of an empty transactional id', {}, '');
    await send('of another producer id', { producerId: 999_999 });
    await send('of an older epoch', { producerEpoch: producerEpoch - 1 });
    await send('of an epoch to come', { producerEpoch: producerEpoch + 1 });
    if (version < ADDS_PARTITIONS) await send('to a partition that was not added', {});
    if (version < ADDS_PARTITIONS) await producer.addPartitions(2);
    await send('a first sequence that is not 0', { sequence: 5 });
    await producer.init();
    if (version < ADDS_PARTITIONS) await producer.addPartitions(2);
    await send('first', {});
    await send('next', { sequence: 1 });
    await send('next, once more', { sequence: 1 });
    await send('with a gap', { sequence: 3 });
    await send('without a transaction, in the midst of one', { sequence: 2 }, producer.transactionalId, false);
    await send('without a transaction, and without its id', { sequence: 2 }, null, false);
    await producers({ talk, topicId }, `in the midst of one by Produce ${version}`, 2);
    await producer.end(version % 2 === 0);
    await inState(talk, producer.transactionalId, 'CompleteCommit', 'CompleteAbort');
    await send('after the end', { sequence: 2 });
    await producers({ talk, topicId }, `after one by Produce ${version}`, 2);
  }
}

export async function read(talk: Conversation, level: TransactionVersion): Promise<void> {
  const reader = { talk, topicId: await talk.topicId(TOPIC) };
  const partition = 3;
  const first = await TransactionalProducer.with(talk, level, 'read-1');
  const second = await TransactionalProducer.with(talk, level, 'read-2');
  const all = async (step: string): Promise<void> => {
    await ends(reader, step, partition);
    for (const version of versions('Fetch', 4))
      for (const isolationLevel of [0, 1]) await fetched(reader, step, version, isolationLevel, partition);
    await producers(reader, step, partition);
  };
  await first.send(partition);
  await second.send(partition);
  await all('two that are open');
  await first.end(true);
  await inState(talk, 'read-1', 'CompleteCommit');
  await all('one committed, one open');
  await first.send(partition);
  await second.end(false);
  await inState(talk, 'read-2', 'CompleteAbort');
  await all('one aborted, one open');
  await first.end(false);
  await inState(talk, 'read-1', 'CompleteAbort');
  await all('two aborted');
}

/** What becomes of open transactions when what they wrote goes away. */
export async function gone(talk: Conversation, level: TransactionVersion): Promise<void> {
  const topicId = await talk.topicId(TOPIC);
  const reader = { talk, topicId };
  const partition = 4;
  const producer = await TransactionalProducer.with(talk, level, 'gone');
  await producer.send(partition);
  await producer.send(partition);
  await talk.ask('past the beginning of a transaction', 'DeleteRecords', 2, {
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: partition, offset: -1 }] }],
    timeoutMs: 2_000,
  });
  await producers(reader, 'of deleted records', partition);
  await ends(reader, 'of deleted records', partition);
  const after = await TransactionalProducer.with(talk, level, 'gone-after');
  await after.send(partition);
  await after.end(true);
  await inState(talk, 'gone-after', 'CompleteCommit');
  await ends(reader, 'of deleted records, and one more', partition);
  await fetched(reader, 'of deleted records', 12, 1, partition);
  await producer.end(true);
  await inState(talk, 'gone', 'CompleteCommit');
  await ends(reader, 'of deleted records, ended', partition);
  await producers(reader, 'of deleted records, ended', partition);

  await talk.quietly('CreateTopics', 5, {
    topics: [{ name: 'soon-deleted', numPartitions: 1, replicationFactor: 1 }],
    timeoutMs: 10_000,
  });
  const deletedId = await talk.topicId('soon-deleted');
  await producer.init();
  const topic = level === 2 ? { topicId: deletedId } : { name: 'soon-deleted' };
  if (level < 2) {
    const of = { v3AndBelowProducerId: producer.producerId, v3AndBelowProducerEpoch: producer.producerEpoch };
    const topics = { v3AndBelowTransactionalId: 'gone', v3AndBelowTopics: [{ name: 'soon-deleted', partitions: [0] }] };
    await talk.quietly('AddPartitionsToTxn', 3, { ...of, ...topics });
  }
  const request = producer.produceBody(0, topic);
  await talk.until('Produce', level === 2 ? 13 : 11, request, (answer) => errorOf(answer) === 0);
  await talk.quietly('DeleteTopics', 5, { topicNames: ['soon-deleted'], timeoutMs: 10_000 });
  await talk.until('Metadata', 12, { topics: [{ name: 'soon-deleted' }] }, ({ topics: [found] }) => found?.errorCode !== 0);
  await producer.end(true);
  await inState(talk, 'gone', 'CompleteCommit');
  await talk.ask('with a partition that is no more', 'DescribeTransactions', 0, { transactionalIds: ['gone'] });
}
