/** Transactions asked of a node, by their APIs. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { combinedNode } from './testing/combined-node.ts';

/** A combined node with a topic `t` of two partitions, and the coordinator of `tx`. */
function node(transactionVersion = 2) {
  const properties = {
    'transaction.state.log.num.partitions': 3,
    'transaction.max.timeout.ms': 60_000,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
  };
  const { world, call } = combinedNode(properties, { transactionVersion });
  call('CreateTopics', 5, { topics: [{ name: 't', numPartitions: 2, replicationFactor: 1 }], timeoutMs: 1_000 });
  const coordinators = { keyType: 1, coordinatorKeys: ['tx'] };
  world.runUntil(() => call('FindCoordinator', 4, coordinators).coordinators[0]?.errorCode === ErrorCode.NONE, 20_000);
  const describe = () => call('DescribeTransactions', 0, { transactionalIds: ['tx'] }).transactionStates[0];
  world.runUntil(() => describe()?.errorCode === ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, 20_000);
  const init = (version = 5, expected = { producerId: -1, producerEpoch: -1 }) => {
    let answer = call('InitProducerId', version, { transactionalId: 'tx', transactionTimeoutMs: 10_000, ...expected });
    world.runUntil(() => {
      const isBusy =
        answer.errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS || answer.errorCode === ErrorCode.CONCURRENT_TRANSACTIONS;
      if (isBusy) answer = call('InitProducerId', version, { transactionalId: 'tx', transactionTimeoutMs: 10_000, ...expected });
      return !isBusy;
    }, 20_000);
    return answer;
  };
  return { world, call, describe, init };
}

test('a transaction of transaction.version 1: begun by its partitions, committed, its markers written', (t) => {
  const { world, call, describe, init } = node(1);
  const { producerId, producerEpoch } = init();
  t.is(producerEpoch, 0);
  const added = call('AddPartitionsToTxn', 3, {
    v3AndBelowTransactionalId: 'tx',
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name: 't', partitions: [0, 1] }],
  });
  t.deepEqual(
    added.resultsByTopicV3AndBelow[0]?.resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
    [0, 0],
  );
  t.like(describe(), { transactionState: 'Ongoing', topics: [{ topic: 't', partitions: [0, 1] }] });
  t.is(call('EndTxn', 4, { transactionalId: 'tx', producerId, producerEpoch, committed: true }).errorCode, ErrorCode.NONE);
  world.runUntil(() => describe()?.transactionState === 'CompleteCommit', 5_000);
  t.like(describe(), { producerId, producerEpoch, topics: [] });
  const markers = world.events('transaction-markers-answered');
  t.deepEqual(
    markers.flatMap(({ errors }) => errors ?? [-1]),
    [0, 0],
  );
});

test('a transaction of transaction.version 2: begun by a broker that adds partitions, and each end tells the next epoch', (t) => {
  const { world, call, describe, init } = node(2);
  const { producerId } = init();
  const add = (producerEpoch: number, partition: number, verifyOnly: boolean): number | undefined => {
    const topics = [{ name: 't', partitions: [partition] }];
    const transactions = [{ transactionalId: 'tx', producerId, producerEpoch, verifyOnly, topics }];
    const { resultsByTransaction } = call('AddPartitionsToTxn', 5, { transactions });
    return resultsByTransaction[0]?.topicResults[0]?.resultsByPartition[0]?.partitionErrorCode;
  };
  t.is(add(0, 0, true), ErrorCode.TRANSACTION_ABORTABLE);
  t.is(add(0, 0, false), ErrorCode.NONE);
  t.is(add(0, 0, true), ErrorCode.NONE);
  t.is(add(1, 0, true), ErrorCode.PRODUCER_FENCED);
  t.is(add(0, 2, false), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const end = (producerEpoch: number) => call('EndTxn', 5, { transactionalId: 'tx', producerId, producerEpoch, committed: true });
  t.like(end(0), { errorCode: ErrorCode.NONE, producerId, producerEpoch: 1 });
  world.runUntil(() => describe()?.transactionState === 'CompleteCommit', 5_000);
  t.like(end(0), { errorCode: ErrorCode.NONE, producerId, producerEpoch: 1 });
  t.like(end(1), { errorCode: ErrorCode.INVALID_TXN_STATE, producerId: -1, producerEpoch: -1 });
  t.deepEqual(call('AddPartitionsToTxn', 4, { transactions: [] }).resultsByTransaction, []);
});

test('older versions call a fenced producer one of an invalid epoch', (t) => {
  const { call, init } = node(1);
  const { producerId } = init();
  const fenced = { transactionalId: 'tx', producerId, producerEpoch: 7 };
  const { INVALID_PRODUCER_EPOCH, PRODUCER_FENCED } = ErrorCode;
  const end = (version: number): number => call('EndTxn', version, { ...fenced, committed: true }).errorCode;
  t.deepEqual([0, 1, 2, 4].map(end), [INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_EPOCH, PRODUCER_FENCED, PRODUCER_FENCED]);
  const addOffsets = (version: number): number => call('AddOffsetsToTxn', version, { ...fenced, groupId: 'g' }).errorCode;
  t.deepEqual([0, 1, 2, 4].map(addOffsets), [INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_EPOCH, PRODUCER_FENCED, PRODUCER_FENCED]);
  const add = (version: number): number | undefined =>
    call('AddPartitionsToTxn', version, {
      v3AndBelowTransactionalId: 'tx',
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: 7,
      v3AndBelowTopics: [{ name: 't', partitions: [0] }],
    }).resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode;
  t.deepEqual([0, 1, 2, 3].map(add), [INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_EPOCH, PRODUCER_FENCED, PRODUCER_FENCED]);
  t.is(init(3, { producerId, producerEpoch: 7 }).errorCode, INVALID_PRODUCER_EPOCH);
  t.is(init(4, { producerId, producerEpoch: 7 }).errorCode, PRODUCER_FENCED);
});

test('one partition that cannot be added, and none is; offsets come by their partition', (t) => {
  const { call, describe, init } = node(1);
  const { producerId, producerEpoch } = init();
  const add = (topics: { name: string; partitions: number[] }[]) =>
    call('AddPartitionsToTxn', 3, {
      v3AndBelowTransactionalId: 'tx',
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: topics,
    }).resultsByTopicV3AndBelow.map(({ resultsByPartition }) => resultsByPartition.map((each) => each.partitionErrorCode));
  const { OPERATION_NOT_ATTEMPTED, TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode;
  t.deepEqual(
    add([
      { name: 't', partitions: [0, 9] },
      { name: 'absent', partitions: [0] },
    ]),
    [[OPERATION_NOT_ATTEMPTED, UNKNOWN_TOPIC_OR_PARTITION], [UNKNOWN_TOPIC_OR_PARTITION]],
  );
  t.deepEqual(add([{ name: '__transaction_state', partitions: [0] }]), [[TOPIC_AUTHORIZATION_FAILED]], 'nobody writes there');
  t.like(describe(), { transactionState: 'Empty', topics: [] });
  t.is(call('AddOffsetsToTxn', 3, { transactionalId: 'tx', groupId: 'g', producerId, producerEpoch }).errorCode, ErrorCode.NONE);
  t.like(describe(), { transactionState: 'Ongoing' });
  t.is(describe()?.topics[0]?.topic, '__consumer_offsets');
});

test('a producer that is silent for too long has its transaction aborted', (t) => {
  const { world, call, describe, init } = node(2);
  const { producerId } = init();
  const topics = [{ name: 't', partitions: [0, 1] }];
  call('AddPartitionsToTxn', 5, {
    transactions: [{ transactionalId: 'tx', producerId, producerEpoch: 0, verifyOnly: false, topics }],
  });
  world.runUntil(() => describe()?.transactionState === 'CompleteAbort', 20_000);
  t.like(describe(), { producerId, producerEpoch: 1, topics: [] });
  t.is(world.events('transaction-timed-out').length, 1);
});

test('transactional ids are listed by pattern, state and producer; what is no pattern is told so', (t) => {
  const { call, init } = node(2);
  const { producerId } = init();
  const list = (filters: Draft<RequestTypes['ListTransactions']>, version = 2) => call('ListTransactions', version, filters);
  const ids = (filters: Draft<RequestTypes['ListTransactions']>, version = 2): string[] =>
    list(filters, version).transactionStates.map(({ transactionalId }) => transactionalId);
  t.deepEqual(ids({}, 0), ['tx']);
  t.deepEqual(ids({ transactionalIdPattern: '' }), ['tx']);
  t.deepEqual(ids({ transactionalIdPattern: 't.*' }), ['tx']);
  t.deepEqual(ids({ transactionalIdPattern: 't' }), [], 'the whole id');
  t.deepEqual(ids({ producerIdFilters: [producerId + 1] }), []);
  t.deepEqual(ids({ stateFilters: ['Empty'], producerIdFilters: [producerId] }, 1), ['tx']);
  t.deepEqual(list({ stateFilters: ['Emty'] }).unknownStateFilters, ['Emty']);
  t.like(list({ transactionalIdPattern: '(' }), { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION, transactionStates: [] });
});
