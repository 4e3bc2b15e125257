/** What operators ask and do: lists, descriptions, markers by hand, and what time does by itself. */
import { type Conversation, versions } from '../../conversation.ts';
import { described } from './coordinator.ts';
import { batchOf, inState, settled, spoken, TOPIC, TransactionalProducer, type TransactionVersion } from './producer.ts';

export async function lists(talk: Conversation, level: TransactionVersion): Promise<void> {
  const open = await TransactionalProducer.with(talk, level, 'listed-open');
  const ended = await TransactionalProducer.with(talk, level, 'listed-ended');
  await TransactionalProducer.with(talk, level, 'listed-empty');
  await open.send(0, 1);
  await ended.send(0);
  await ended.end(true);
  await inState(talk, 'listed-ended', 'CompleteCommit');
  await described(talk, 'of several', 'listed-open', 'listed-ended', 'listed-empty', 'no-such-id', '');
  await described(talk, 'of none');
  await described(talk, 'of one twice', 'listed-open', 'listed-open');
  for (const version of versions('ListTransactions', 0)) {
    const list = (step: string, body: object): Promise<unknown> => talk.ask(step, 'ListTransactions', version, body);
    await list('all of them', {});
    await list('that are open', { stateFilters: ['Ongoing'] });
    await list('in two states', { stateFilters: ['Ongoing', 'CompleteCommit'] });
    await list('in states that there are not', { stateFilters: ['Ongoing', 'ongoing', 'Nonsense', ''] });
    await list('in states that there are not alone', { stateFilters: ['Nonsense'] });
    await list('in the state that is never told', { stateFilters: ['Dead'] });
    await list('of a producer', { producerIdFilters: [open.producerId] });
    await list('of a producer, in another state', { producerIdFilters: [open.producerId], stateFilters: ['Empty'] });
    await list('of no producer', { producerIdFilters: [999_999, -1] });
    if (version >= 1) {
      await list('longer than no time', { durationFilter: 0 });
      await list('longer than an hour', { durationFilter: 3_600_000 });
      await list('of any time', { durationFilter: -1 });
      await list('of less than any time', { durationFilter: -7 });
    }
    if (version >= 2) {
      await list('by a pattern', { transactionalIdPattern: 'listed-.*' });
      await list('by a part of a name', { transactionalIdPattern: 'listed' });
      await list('by an empty pattern', { transactionalIdPattern: '' });
      await list('by a pattern and a state', { transactionalIdPattern: 'listed-.*', stateFilters: ['Empty'] });
      await list('by what is no pattern', { transactionalIdPattern: '(' });
      await list('by a pattern of Java', { transactionalIdPattern: '\\p{Alpha}+-\\Qopen\\E' });
      await list('by a pattern of nothing', { transactionalIdPattern: 'nothing' });
    }
  }
  await open.end(true);
}

/** Markers that nobody's coordinator sent, as `abortTransaction` of an admin client sends them. */
export async function markers(talk: Conversation, level: TransactionVersion): Promise<void> {
  const partition = 5;
  for (const version of versions('WriteTxnMarkers', 1)) {
    const producer = await TransactionalProducer.with(talk, level, `markers-v${version}`);
    const write = (step: string, marker: object = {}, partitions: number[] = [partition], name = TOPIC): Promise<unknown> =>
      talk.ask(step, 'WriteTxnMarkers', version, {
        markers: [
          {
            producerId: producer.producerId,
            producerEpoch: producer.producerEpoch,
            transactionResult: false,
            coordinatorEpoch: 0,
            topics: [{ name, partitionIndexes: partitions }],
            ...(version >= 2 ? { transactionVersion: 0 } : {}),
            ...marker,
          },
        ],
      });
    const producers = (step: string): Promise<unknown> =>
      talk.ask(`${step} by v${version}`, 'DescribeProducers', 0, { topics: [{ name: TOPIC, partitionIndexes: [partition] }] });
    await talk.ask('none', 'WriteTxnMarkers', version, { markers: [] });
    await write('of an unknown topic', {}, [0], 'no-such-topic');
    await write('of an unknown partition', {}, [99]);
    await write('of a producer that nobody knows', { producerId: 999_999 });
    await producer.send(partition);
    await producers('in the midst');
    await write('without an epoch', { producerEpoch: -1 });
    await write('without a producer', { producerId: -1 });
    await write('without a producer, of an unknown topic', { producerId: -1 }, [0], 'no-such-topic');
    await write('with a negative coordinator epoch', { coordinatorEpoch: -1 });
    await producers('after a negative coordinator epoch');
    await producer.init();
    await inState(talk, producer.transactionalId, 'CompleteAbort', 'Empty');
    await producer.send(partition);
    await write('of an older epoch', { producerEpoch: 0 });
    if (version >= 2) {
      await write('of transaction.version 2 with the epoch of the transaction', { transactionVersion: 2, coordinatorEpoch: 5 });
      await write('of transaction.version 2 with the next epoch', {
        transactionVersion: 2,
        coordinatorEpoch: 5,
        producerEpoch: producer.producerEpoch + 1,
      });
      await write('of transaction.version 2 once more', {
        transactionVersion: 2,
        coordinatorEpoch: 5,
        producerEpoch: producer.producerEpoch + 1,
      });
    } else {
      await write('of a later coordinator', { coordinatorEpoch: 5 });
      await write('of a later coordinator once more', { coordinatorEpoch: 5 });
    }
    await write('of an earlier coordinator', { coordinatorEpoch: 4, producerEpoch: producer.producerEpoch + 2 });
    await producers('after the marker');
    await write('of offsets, of a producer without any', { coordinatorEpoch: 5 }, [0], '__consumer_offsets');
    await talk.ask('several', 'WriteTxnMarkers', version, {
      markers: [999_998, 999_999, 999_998].map((producerId, index) => ({
        producerId,
        producerEpoch: 0,
        transactionResult: index === 0,
        coordinatorEpoch: 1,
        topics: [
          { name: TOPIC, partitionIndexes: [index, 99] },
          { name: 'no-such-topic', partitionIndexes: [0] },
        ],
      })),
    });
  }
}

/** A transaction whose records are there and that no coordinator knows of: found by who compares, and aborted by hand. */
export async function hanging(talk: Conversation, level: TransactionVersion): Promise<void> {
  const partition = 6;
  const producer = await TransactionalProducer.with(talk, level, 'hanging');
  await producer.send(partition);
  const of = { topics: [{ name: TOPIC, partitionIndexes: [partition] }] };
  await talk.ask('with one that hangs', 'DescribeProducers', 0, of);
  await talk.ask('to end one that hangs', 'WriteTxnMarkers', 1, {
    markers: [
      {
        producerId: producer.producerId,
        producerEpoch: producer.producerEpoch,
        transactionResult: false,
        coordinatorEpoch: 0,
        ...of,
      },
    ],
  });
  await talk.ask('with one that no longer hangs', 'DescribeProducers', 0, of);
  // What comes after it without its coordinator's knowing is refused, or begins another one.
  const version = level < 2 ? 11 : 12;
  const topicData = [{ name: TOPIC, partitionData: [{ index: partition, records: batchOf(producer, 1) }] }];
  await settled(
    talk,
    'after a marker that was written by hand',
    'Produce',
    version,
    { transactionalId: 'hanging', acks: -1, timeoutMs: 5_000, topicData },
    ({ responses: [topic] }) => topic?.partitionResponses[0]?.errorCode ?? 0,
  );
  await producer.end(true);
  await inState(talk, 'hanging', 'CompleteCommit');
  await talk.ask('after all of it', 'DescribeProducers', 0, of);
}

/** A transaction that takes too long is ended by its coordinator, and its producer fenced. */
export async function timeouts(talk: Conversation, level: TransactionVersion): Promise<void> {
  const producer = await TransactionalProducer.with(talk, level, 'too-long');
  await producer.init(1_000);
  await producer.send(0);
  const { identity } = producer;
  await inState(talk, 'too-long', 'CompleteAbort');
  await described(talk, 'after its time', 'too-long');
  for (const version of versions('AddPartitionsToTxn', 0, 3))
    await talk.ask('after its time', 'AddPartitionsToTxn', version, {
      v3AndBelowTransactionalId: 'too-long',
      v3AndBelowProducerId: identity.producerId,
      v3AndBelowProducerEpoch: identity.producerEpoch,
      v3AndBelowTopics: [{ name: TOPIC, partitions: [0] }],
    });
  for (const version of versions('AddOffsetsToTxn', 0))
    await talk.ask('after its time', 'AddOffsetsToTxn', version, { ...identity, groupId: 'group' });
  for (const version of spoken('EndTxn', level))
    for (const committed of [true, false])
      await talk.ask(`after its time, ${committed ? 'committed' : 'aborted'}`, 'EndTxn', version, { ...identity, committed });
  for (const version of spoken('Produce', level, 3).filter((each) => each < 13)) {
    const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records: batchOf(identity, 1) }] }];
    await talk.ask('after its time', 'Produce', version, {
      transactionalId: 'too-long',
      acks: -1,
      timeoutMs: 5_000,
      topicData,
    });
  }
  for (const version of versions('InitProducerId', 3, 5)) {
    const { producerId, producerEpoch } = identity;
    await talk.ask('with the epoch that was fenced', 'InitProducerId', version, {
      transactionalId: 'too-long',
      transactionTimeoutMs: 60_000,
      producerId,
      producerEpoch,
    });
  }
  await producer.init();
  await described(talk, 'after it came back', 'too-long');
}
