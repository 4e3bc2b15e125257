/** What a broker answers to whoever ends transactions, and reads what they left. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { encodeBatch } from '../protocol/records.ts';
import type { Draft } from '../protocol/schema.ts';
import { RpcClient } from '../rpc/rpc-client.ts';
import { TestWorld } from '../testing/test-world.ts';
import { formatStorage, startNode } from './index.ts';

/** A combined node with a topic `t` of two partitions, which takes transactional batches unverified. */
function node() {
  const world = new TestWorld();
  const env = world.environment('n1');
  formatStorage(env.disk, env.random.stream('format'), {
    clusterId: 'c1usterAAAAAAAAAAAAAAA',
    nodeId: 1,
    directories: ['data'],
    controller: { metadataDirectory: 'data' },
    wallMs: 0,
  });
  const running = startNode(env, {
    'node.id': 1,
    'process.roles': 'broker,controller',
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'controller.quorum.voters': '1@n1:9093',
    'log.dirs': 'data',
    'offsets.topic.replication.factor': 1,
    'transaction.partition.verification.enable': false,
  });
  const client = new RpcClient(world.environment('client'), {
    clientId: 'test',
    versions: 'negotiate',
    requestTimeoutMs: 30_000,
  });
  function call<A extends ApiName>(api: A, version: number, body: Draft<RequestTypes[A]>): ResponseTypes[A] {
    let response: ResponseTypes[A] | null = null;
    client.send({ id: 'n1', host: 'n1', port: 9092 }, api, body, { version }, (result) => {
      if (!result.ok) throw new Error(`${api}: ${result.reason}`);
      response = result.response;
    });
    world.runUntil(() => response !== null, 30_000);
    return response as unknown as ResponseTypes[A];
  }
  world.runUntil(() => running.inspect().broker?.state === 'RUNNING', 20_000);
  call('CreateTopics', 5, { topics: [{ name: 't', numPartitions: 2, replicationFactor: 1 }], timeoutMs: 1_000 });
  world.runUntil(() => running.inspect().broker?.replicas.length === 2, 10_000);
  const produce = (baseSequence: number, { producerId = 7, producerEpoch = 0 } = {}) => {
    const records = encodeBatch([{ key: null, value: Uint8Array.of(1), timestamp: 1 }], {
      isTransactional: true,
      producerId,
      producerEpoch,
      baseSequence,
    });
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
    return call('Produce', 11, { transactionalId: 'x', acks: -1, timeoutMs: 1_000, topicData }).responses[0]
      ?.partitionResponses[0];
  };
  const offsetOf = (isolationLevel: number, timestamp = -1) =>
    call('ListOffsets', 6, {
      replicaId: -1,
      isolationLevel,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }],
    }).topics[0]?.partitions[0]?.offset;
  const fetch = (fetchOffset: number) =>
    call('Fetch', 12, {
      replicaId: -1,
      isolationLevel: 1,
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }] }],
    }).responses[0]?.partitions[0];
  return { world, call, produce, offsetOf, fetch };
}

const MARKER = { producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, transactionVersion: 0 };

test('WriteTxnMarkers ends a transaction; until then a reader of what is committed stops before it', (t) => {
  const { call, produce, offsetOf, fetch } = node();
  t.like(produce(0), { errorCode: ErrorCode.NONE, baseOffset: 0 });
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
  const { call, produce } = node();
  const end = (marker: Partial<typeof MARKER>): number | undefined => {
    const topics = [{ name: 't', partitionIndexes: [0] }];
    const { markers } = call('WriteTxnMarkers', 2, { markers: [{ ...MARKER, transactionResult: true, topics, ...marker }] });
    return markers[0]?.topics[0]?.partitions[0]?.errorCode;
  };
  produce(0);
  t.is(end({ transactionVersion: 2 }), ErrorCode.INVALID_PRODUCER_EPOCH);
  t.is(end({ transactionVersion: 2, producerEpoch: 1, coordinatorEpoch: 3 }), ErrorCode.NONE);
  t.is(end({ transactionVersion: 2, producerEpoch: 1, coordinatorEpoch: 3 }), ErrorCode.NONE, 'once more');
  t.is(end({ transactionVersion: 2, producerEpoch: 2, coordinatorEpoch: 2 }), ErrorCode.TRANSACTION_COORDINATOR_FENCED);
  t.like(produce(1), { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH });
  t.like(produce(0, { producerEpoch: 1 }), { errorCode: ErrorCode.NONE });
});

test('a marker in the topic of committed offsets goes through the group coordinator, and what the transaction committed counts', (t) => {
  const { world, call } = node();
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
