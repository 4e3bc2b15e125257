import test from 'ava';
import { LeaderEpoch, NONE, Offset, PartitionEpoch } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { encodeBatch } from '../protocol/records.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from './list-offsets.ts';
import type { PartitionView } from './ports.ts';
import type { ReplicaManager } from './replica-manager.ts';
import type { BrokerLogs } from './testing/broker-logs.ts';
import { TestCluster, TOPIC, TOPIC_ID } from './testing/test-cluster.ts';
import type { AppendResult, FetchPartitionResult } from './types.ts';

function setUp() {
  const cluster = new TestCluster(1, { isFaulty: false });
  const [leader, follower] = cluster.brokers.map((broker) => broker.replicas as ReplicaManager) as [
    ReplicaManager,
    ReplicaManager,
  ];
  cluster.run(200);
  return { cluster, leader, follower };
}

const records = () => encodeBatch([{ key: null, value: new Uint8Array(3), timestamp: 0 }]);

function append(replicas: ReplicaManager, requiredAcks: number, topic = TOPIC): { results: readonly AppendResult[] } {
  const answer: { results: readonly AppendResult[] } = { results: [] };
  const done = (results: readonly AppendResult[]) => {
    answer.results = results;
  };
  replicas.append({
    timeoutMs: 100,
    requiredAcks,
    origin: 'client',
    entries: [{ topic, partition: 0, records: records() }],
    done,
  });
  return answer;
}

function consume(replicas: ReplicaManager, fetchOffset: number, maxWaitMs: number): { results: readonly FetchPartitionResult[] } {
  const answer: { results: readonly FetchPartitionResult[] } = { results: [] };
  const params = {
    replicaId: -1,
    replicaEpoch: NONE,
    maxWaitMs,
    minBytes: 1,
    maxBytes: 1000,
    isolation: 'high-watermark',
    client: { rackId: '', listener: 'PLAINTEXT' },
  } as const;
  const epochs = { currentLeaderEpoch: NONE, lastFetchedEpoch: NONE, logStartOffset: NONE };
  replicas.fetch(
    params,
    [
      {
        topic: TOPIC,
        topicId: TOPIC_ID,
        partition: 0,
        key: topicPartitionKey('orders', 0),
        fetchOffset: Offset(fetchOffset),
        maxBytes: 1000,
        ...epochs,
      },
    ],
    (results) => {
      answer.results = results;
    },
  );
  return answer;
}

test('acks=1 is answered at once, acks=-1 when the ISR has it', (t) => {
  const { cluster, leader } = setUp();
  t.like(append(leader, 1).results[0], { error: 0, baseOffset: 0 });
  const waiting = append(leader, -1);
  t.deepEqual(waiting.results, []);
  cluster.run(90);
  t.like(waiting.results[0], { error: 0, baseOffset: 1 });
});

test('an append that cannot be acknowledged in time times out', (t) => {
  const { cluster, leader } = setUp();
  cluster.crash(1);
  const waiting = append(leader, -1);
  cluster.run(101);
  t.like(waiting.results[0], { error: ErrorCode.REQUEST_TIMED_OUT });
  t.is(leader.delayedOperations.produce, 0);
});

test('appends that are refused', (t) => {
  const { leader, follower } = setUp();
  t.like(append(leader, 2).results[0], { error: ErrorCode.INVALID_REQUIRED_ACKS });
  t.like(append(leader, 1, '__consumer_offsets').results[0], { error: ErrorCode.INVALID_TOPIC_EXCEPTION });
  t.like(append(leader, 1, 'nowhere').results[0], { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
  t.like(append(follower, 1).results[0], { error: ErrorCode.NOT_LEADER_OR_FOLLOWER });
});

test('a consumer waits for the high watermark, on a follower too', (t) => {
  for (const at of ['leader', 'follower'] as const) {
    const { cluster, ...replicas } = setUp();
    const waiting = consume(replicas[at], 0, 500);
    append(replicas.leader, 1);
    t.deepEqual(waiting.results, [], at);
    cluster.run(150);
    t.like(waiting.results[0], { error: 0, endOffset: 1, highWatermark: 1 }, at);
  }
});

test('a fetch with nothing to read is answered after its time', (t) => {
  const { cluster, leader } = setUp();
  const waiting = consume(leader, 0, 100);
  cluster.run(99);
  t.deepEqual(waiting.results, []);
  cluster.run(1);
  t.is(waiting.results[0]?.records.length, 0);
});

test('records are deleted up to the high watermark, and on every replica before the answer', (t) => {
  const { cluster, leader } = setUp();
  append(leader, 1);
  cluster.run(150);
  const lowWatermarks: number[] = [];
  leader.deleteRecords([{ topic: TOPIC, partition: 0, offset: Offset(2) }], 100, ([result]) =>
    t.is(result?.error, ErrorCode.OFFSET_OUT_OF_RANGE),
  );
  leader.deleteRecords([{ topic: TOPIC, partition: 0, offset: NONE }], 1000, ([result]) =>
    lowWatermarks.push(result?.lowWatermark ?? -1),
  );
  t.deepEqual(lowWatermarks, []);
  cluster.run(300);
  t.deepEqual(lowWatermarks, [1]);
  t.is(leader.listOffsets(TOPIC, 0, EARLIEST_TIMESTAMP, NONE, 'read-uncommitted').offset, Offset(1));
  t.is(leader.listOffsets(TOPIC, 0, LATEST_TIMESTAMP, NONE, 'read-uncommitted').offset, Offset(1));
});

test('a replica whose name is still taken comes when it is free, as the newest metadata say; of a deleted topic it does not', (t) => {
  const { cluster, leader } = setUp();
  const logs = cluster.brokers[0]?.logs as BrokerLogs;
  const view = (leaderEpoch: number): PartitionView => ({
    replicas: [0],
    directories: ['d'],
    isr: [0],
    removingReplicas: [],
    addingReplicas: [],
    leader: 0,
    leaderEpoch: LeaderEpoch(leaderEpoch),
    partitionEpoch: PartitionEpoch(leaderEpoch),
  });
  const tell = (name: string, id: string, leaderEpoch: number): void => {
    const changed = { name, changedPartitions: new Map([[0, view(leaderEpoch)]]), removedPartitions: new Set<number>() };
    leader.applyDelta({ changedTopics: new Map([[id, changed]]), deletedTopicIds: new Set() }, leader.cluster);
  };
  for (const name of ['again-0', 'gone-0']) logs.leaving.set(name, []);
  tell('again', 'AAAAAAAAAAAAAAAAAAAACg', 0);
  tell('again', 'AAAAAAAAAAAAAAAAAAAACg', 1);
  tell('gone', 'AAAAAAAAAAAAAAAAAAAACw', 0);
  t.is(leader.partition(topicPartitionKey('again', 0)), undefined);
  leader.applyDelta({ changedTopics: new Map(), deletedTopicIds: new Set(['AAAAAAAAAAAAAAAAAAAACw']) }, leader.cluster);
  logs.gone('again-0');
  logs.gone('gone-0');
  t.is(leader.partition(topicPartitionKey('gone', 0)), undefined);
  t.like(leader.partition(topicPartitionKey('again', 0)), { isLeader: true, leaderEpoch: 1 });
  t.deepEqual(cluster.lateLeaders, ['again-0 in epoch 1']);
});
