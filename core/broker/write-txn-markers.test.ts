/** WriteTxnMarkers asked of a node, and what readers see of what it ends. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { transactionalNode } from './testing/transactional-node.ts';

/** What is written in a transaction is taken without asking for it. */
const unverified = () => transactionalNode({ isVerified: false });
const PRODUCER = { producerId: 7, producerEpoch: 0 };
const MARKER = { producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, transactionVersion: 0 };

test('WriteTxnMarkers ends a transaction; until then a reader of what is committed stops before it', (t) => {
  const { call, produce, offsetOf, fetch } = unverified();
  t.like(produce(PRODUCER), { errorCode: ErrorCode.NONE, baseOffset: 0 });
  t.deepEqual([offsetOf(0), offsetOf(1), offsetOf(1, 1)], [1, 0, -1]);
  t.like(fetch(0), { highWatermark: 1, lastStableOffset: 0, abortedTransactions: [] });
  const markers = [
    { ...MARKER, transactionResult: false, topics: [{ name: 't', partitionIndexes: [0, 5] }] },
    { ...MARKER, producerId: 8, transactionResult: true, topics: [{ name: 'u', partitionIndexes: [0] }] },
  ];
  t.deepEqual(call('WriteTxnMarkers', 1, { markers }).markers, [
    {
      producerId: 7,
      topics: [
        {
          name: 't',
          partitions: [
            { partitionIndex: 0, errorCode: ErrorCode.NONE },
            { partitionIndex: 5, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
          ],
        },
      ],
    },
    {
      producerId: 8,
      topics: [{ name: 'u', partitions: [{ partitionIndex: 0, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }] }],
    },
  ]);
  t.deepEqual([offsetOf(0), offsetOf(1), offsetOf(1, 1)], [2, 2, 0]);
  t.like(fetch(0), { lastStableOffset: 2, abortedTransactions: [{ producerId: 7, firstOffset: 0 }] });
  t.deepEqual(call('WriteTxnMarkers', 2, { markers: [] }).markers, []);
});

test('a marker of an older coordinator is refused; of transaction version 2 it has a newer epoch than the transaction', (t) => {
  const { call, produce } = unverified();
  const end = (marker: Partial<typeof MARKER>): number | undefined => {
    const topics = [{ name: 't', partitionIndexes: [0] }];
    const { markers } = call('WriteTxnMarkers', 2, { markers: [{ ...MARKER, transactionResult: true, topics, ...marker }] });
    return markers[0]?.topics[0]?.partitions[0]?.errorCode;
  };
  produce(PRODUCER);
  t.is(end({ transactionVersion: 2 }), ErrorCode.INVALID_PRODUCER_EPOCH);
  t.is(end({ transactionVersion: 2, producerEpoch: 1, coordinatorEpoch: 3 }), ErrorCode.NONE);
  t.is(end({ transactionVersion: 2, producerEpoch: 1, coordinatorEpoch: 3 }), ErrorCode.NONE, 'once more');
  t.is(end({ transactionVersion: 2, producerEpoch: 2, coordinatorEpoch: 2 }), ErrorCode.TRANSACTION_COORDINATOR_FENCED);
  t.like(produce({ ...PRODUCER, baseSequence: 1 }), { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH });
  t.like(produce({ ...PRODUCER, producerEpoch: 1 }), { errorCode: ErrorCode.NONE });
});

test('a marker in the topic of committed offsets goes through the group coordinator, and what the transaction committed counts', (t) => {
  const { world, call } = unverified();
  const coordinators = { keyType: 0, coordinatorKeys: ['g'] };
  world.runUntil(() => call('FindCoordinator', 4, coordinators).coordinators[0]?.errorCode === ErrorCode.NONE, 20_000);
  world.runUntil(() => call('DescribeGroups', 0, { groups: ['g'] }).groups[0]?.errorCode === ErrorCode.NONE, 20_000);
  const commit = (committedOffset: number, producerEpoch: number) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: '' }] }];
    const of = { transactionalId: 'x', groupId: 'g', producerId: 7, producerEpoch, topics };
    return call('TxnOffsetCommit', 4, of).topics[0]?.partitions[0]?.errorCode;
  };
  const fetched = () => {
    const topics = [{ name: 't', partitionIndexes: [0] }];
    const answer = call('OffsetFetch', 9, { groups: [{ groupId: 'g', topics }], requireStable: true });
    const [partition] = answer.groups[0]?.topics[0]?.partitions ?? [];
    return partition?.errorCode === ErrorCode.NONE ? partition.committedOffset : partition?.errorCode;
  };
  // Java's hash of `g`, of 50 partitions.
  const partitionIndexes = [3];
  const end = (marker: Partial<typeof MARKER>, transactionResult: boolean): number | undefined => {
    const topics = [{ name: '__consumer_offsets', partitionIndexes }];
    const { markers } = call('WriteTxnMarkers', 2, { markers: [{ ...MARKER, transactionResult, topics, ...marker }] });
    return markers[0]?.topics[0]?.partitions[0]?.errorCode;
  };
  t.is(commit(5, 0), ErrorCode.NONE);
  t.is(fetched(), ErrorCode.UNSTABLE_OFFSET_COMMIT);
  t.is(end({ transactionVersion: 2 }, true), ErrorCode.INVALID_PRODUCER_EPOCH);
  t.is(fetched(), ErrorCode.UNSTABLE_OFFSET_COMMIT);
  t.is(end({ transactionVersion: 2, producerEpoch: 1, coordinatorEpoch: 3 }, true), ErrorCode.NONE);
  t.is(fetched(), 5);
  t.is(commit(6, 0), ErrorCode.INVALID_PRODUCER_EPOCH);
  t.is(commit(6, 1), ErrorCode.NONE);
  t.is(end({ producerEpoch: 1, coordinatorEpoch: 2 }, true), ErrorCode.TRANSACTION_COORDINATOR_FENCED);
  t.is(end({ producerEpoch: 1, coordinatorEpoch: 3 }, false), ErrorCode.NONE);
  t.is(fetched(), 5);
});
