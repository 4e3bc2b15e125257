/** What is written in a transaction, from the first batch in a partition to the end, asked of a node. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { transactionalNode } from './testing/transactional-node.ts';

const { NONE, INVALID_TXN_STATE, TRANSACTION_ABORTABLE, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH } = ErrorCode;

test('a write of Produce 12 adds its partition to the transaction; an older one is refused unless its client has', (t) => {
  const { init, produce, call, stateOf, world } = transactionalNode();
  const producer = init();
  t.is(produce({ ...producer, version: 11 })?.errorCode, TRANSACTION_ABORTABLE);
  t.is(produce({ ...producer, version: 10 })?.errorCode, INVALID_TXN_STATE);
  t.is(stateOf(), 'Empty');
  t.is(produce({ ...producer, version: 12 })?.errorCode, NONE);
  t.is(stateOf(), 'Ongoing');
  t.is(produce({ ...producer, partition: 1, version: 11 })?.errorCode, TRANSACTION_ABORTABLE);
  call('AddPartitionsToTxn', 3, {
    v3AndBelowTransactionalId: 'x',
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: [{ name: 't', partitions: [1] }],
  });
  t.is(produce({ ...producer, partition: 1, version: 11 })?.errorCode, NONE);
  t.is(produce({ ...producer, baseSequence: 1, partition: 1, version: 11 })?.errorCode, NONE, 'which is not asked about');
  t.deepEqual(
    world.events('transaction-verified').map(({ isAdded, error }) => [isAdded, error]),
    [
      [false, TRANSACTION_ABORTABLE],
      [false, INVALID_TXN_STATE],
      [true, NONE],
      [false, TRANSACTION_ABORTABLE],
      [false, NONE],
    ],
  );
});

test('with an epoch for each transaction the next write has the next epoch, and begins with sequence 0', (t) => {
  const { init, produce, end, stateOf, world, offsetOf } = transactionalNode();
  const producer = init();
  t.is(produce({ ...producer, baseSequence: 3, version: 12 })?.errorCode, OUT_OF_ORDER_SEQUENCE_NUMBER);
  t.is(produce({ ...producer, version: 12 })?.errorCode, NONE);
  const next = end(producer, true);
  t.is(next.producerEpoch, producer.producerEpoch + 1);
  world.runUntil(() => stateOf() === 'CompleteCommit', 5_000);
  t.is(offsetOf(1), 2);
  t.is(produce({ ...producer, baseSequence: 1, version: 12 })?.errorCode, INVALID_PRODUCER_EPOCH);
  const { producerId, producerEpoch } = next;
  t.is(produce({ producerId, producerEpoch, baseSequence: 1, version: 12 })?.errorCode, OUT_OF_ORDER_SEQUENCE_NUMBER);
  t.is(produce({ producerId, producerEpoch, version: 12 })?.errorCode, NONE);
});

test('without one a producer nobody has heard of begins with any sequence', (t) => {
  const { init, produce, call } = transactionalNode({ transactionVersion: 1 });
  const producer = init();
  call('AddPartitionsToTxn', 3, {
    v3AndBelowTransactionalId: 'x',
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: [{ name: 't', partitions: [0] }],
  });
  t.is(produce({ ...producer, baseSequence: 3, version: 11 })?.errorCode, NONE);
});

test('records of an open transaction that are deleted leave it open, and the last stable offset at the beginning of the log', (t) => {
  const { init, produce, end, call, open, stateOf, world, offsetOf, fetch } = transactionalNode();
  const producer = init();
  t.is(produce({ ...producer, version: 12 })?.errorCode, NONE);
  t.is(produce({ ...producer, baseSequence: 1, version: 12 })?.errorCode, NONE);
  const remove = (offset: number) =>
    call('DeleteRecords', 2, { topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset }] }], timeoutMs: 1_000 });
  t.like(remove(1).topics[0]?.partitions[0], { errorCode: NONE, lowWatermark: 1 });
  t.like(open(), [{ firstOffset: 0 }]);
  t.deepEqual([offsetOf(0), offsetOf(1)], [2, 1]);
  t.like(remove(2).topics[0]?.partitions[0], { errorCode: NONE, lowWatermark: 2 });
  t.deepEqual([offsetOf(0), offsetOf(1)], [2, 2]);
  t.is(produce({ ...producer, baseSequence: 2, version: 12 })?.errorCode, NONE);
  t.deepEqual([offsetOf(0), offsetOf(1)], [3, 2]);
  end(producer, false);
  world.runUntil(() => stateOf() === 'CompleteAbort', 5_000);
  t.deepEqual([offsetOf(0), offsetOf(1)], [4, 4]);
  t.deepEqual(open(), []);
  t.deepEqual(fetch(2)?.abortedTransactions, [{ producerId: producer.producerId, firstOffset: 0 }]);
});

test('a transaction whose topic is deleted ends without it; a topic of the same name knows nothing of it', (t) => {
  const { init, produce, end, call, create, open, stateOf, world } = transactionalNode();
  create('other');
  const producer = init();
  t.is(produce({ ...producer, version: 12 })?.errorCode, NONE);
  t.is(produce({ ...producer, topic: 'other', version: 12 })?.errorCode, NONE);
  call('DeleteTopics', 5, { topicNames: ['t'], timeoutMs: 1_000 });
  world.run(1_000);
  create('t');
  t.is(end(producer, true).errorCode, NONE);
  world.runUntil(() => stateOf() === 'CompleteCommit', 60_000);
  t.deepEqual(open('other-0'), []);
  t.deepEqual(open(), []);
});
