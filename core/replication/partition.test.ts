import test from 'ava';
import { BrokerEpoch, LeaderEpoch, NONE, Offset, PartitionEpoch } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { openLog, TOPIC_ID } from '../log/testing/logs.ts';
import { TestEnvironment } from '../log/testing/test-environment.ts';
import type { LogConfig } from '../log/types.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { encodeBatch } from '../protocol/records.ts';
import { type AlterPartitionItem, AlterPartitionManager } from './alter-partition-manager.ts';
import { Partition } from './partition.ts';
import type { BrokerView, ClusterView, PartitionView } from './ports.ts';
import type { FetchParams } from './types.ts';

/** A leader (broker 0) of replicas 0, 1, 2, whose controller is the test. */
function setUp(isr: number[], minIsr = 2, config: Partial<LogConfig> = {}) {
  const submitted: AlterPartitionItem[] = [];
  const brokers = new Map<number, BrokerView>();
  for (const id of [0, 1, 2])
    brokers.set(id, {
      id,
      epoch: BrokerEpoch(10 + id),
      endpoints: new Map(),
      rack: null,
      fenced: false,
      inControlledShutdown: false,
    });
  const cluster: ClusterView = { brokers, topicsById: new Map(), topicIds: new Map(), features: new Map() };
  const env = new TestEnvironment();
  const alterPartitions = { submit: (item: AlterPartitionItem) => submitted.push(item) > 0 } as unknown as AlterPartitionManager;
  const log = openLog(env, config);
  const context = {
    env,
    brokerId: 0,
    brokerEpoch: () => BrokerEpoch(10),
    cluster: () => cluster,
    alterPartitions,
    replicaLagMaxMs: 100,
    settings: () => ({ 'min.insync.replicas': minIsr }),
    wake: () => {},
  };
  const partition = new Partition(context, 'orders', 0, TOPIC_ID, log);
  const view = (changes: Partial<PartitionView> = {}): PartitionView => ({
    replicas: [0, 1, 2],
    directories: ['d', 'd', 'd'],
    isr,
    addingReplicas: [],
    removingReplicas: [],
    leader: 0,
    leaderEpoch: LeaderEpoch(1),
    partitionEpoch: PartitionEpoch(1),
    ...changes,
  });
  partition.makeLeader(view());
  const append = () => partition.appendAsLeader(encodeBatch([{ key: null, value: new Uint8Array(1), timestamp: 0 }]), 1, {});
  const fetch = (replicaId: number, fetchOffset: number, replicaEpoch = 10 + replicaId, lastFetchedEpoch = -1) => {
    const params: FetchParams = {
      replicaId,
      replicaEpoch: BrokerEpoch(replicaEpoch),
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1000,
      isolation: 'log-end',
      client: null,
    };
    const request = {
      topic: 'orders',
      topicId: TOPIC_ID,
      partition: 0,
      key: topicPartitionKey('orders', 0),
      currentLeaderEpoch: LeaderEpoch(1),
      fetchOffset: Offset(fetchOffset),
      lastFetchedEpoch: LeaderEpoch(lastFetchedEpoch),
      logStartOffset: Offset(0),
      maxBytes: 1000,
    };
    return partition.fetch(params, request, 1000, true, true);
  };
  const isrState = () => (partition.role.kind === 'leader' ? partition.role.isr : null);
  const follower = (id: number) => (partition.role.kind === 'leader' ? partition.role.followers.get(id) : undefined);
  return { partition, log, brokers, submitted, view, append, fetch, isrState, follower, pass: (ms: number) => env.advance(ms) };
}

test('a leader knows its epoch start at once, and commits what all of the ISR has', (t) => {
  const { partition, log, append, fetch } = setUp([0, 1]);
  t.is(log.latestEpoch, LeaderEpoch(1));
  append();
  t.is(log.highWatermark, Offset(0));
  fetch(1, 1);
  t.is(log.highWatermark, Offset(1));
  t.is(partition.acknowledgement(Offset(1)), ErrorCode.NONE);
  t.is(partition.acknowledgement(Offset(2)), 'waiting');
});

test('nothing is committed while the ISR is under its minimum (KIP-966)', (t) => {
  const { log, append } = setUp([0]);
  append();
  t.is(log.highWatermark, Offset(0));
});

test('only eligible replicas join the ISR', (t) => {
  const cases: [string, (brokers: Map<number, BrokerView>) => void, number][] = [
    ['fenced', (brokers) => brokers.set(2, { ...(brokers.get(2) as BrokerView), fenced: true }), 12],
    ['shutting down', (brokers) => brokers.set(2, { ...(brokers.get(2) as BrokerView), inControlledShutdown: true }), 12],
    ['not registered', (brokers) => brokers.delete(2), 12],
    ['not the registered incarnation', () => {}, 13],
  ];
  for (const [name, change, epoch] of cases) {
    const { brokers, fetch, isrState } = setUp([0, 1]);
    change(brokers);
    fetch(2, 0, epoch);
    t.is(isrState()?.kind, 'committed', name);
  }
});

test('a fetch of an earlier incarnation, a failed one and a diverging one do not count', (t) => {
  const { append, fetch, follower } = setUp([0, 1, 2]);
  append();
  t.is(fetch(1, 1, 5).error, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  t.is(fetch(1, 9).error, ErrorCode.OFFSET_OUT_OF_RANGE);
  t.deepEqual(fetch(1, 3, 11, 1).divergingEpoch, { epoch: 1, endOffset: 1 });
  t.is(follower(1)?.logEndOffset, NONE);
});

test('what becomes of a pending ISR change at each error', (t) => {
  const outcomes: [number, 'committed' | 'pending-shrink', boolean][] = [
    [ErrorCode.OPERATION_NOT_ATTEMPTED, 'committed', false],
    [ErrorCode.INELIGIBLE_REPLICA, 'committed', false],
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'pending-shrink', false],
    [ErrorCode.UNKNOWN_TOPIC_ID, 'pending-shrink', false],
    [ErrorCode.FENCED_LEADER_EPOCH, 'pending-shrink', false],
    [ErrorCode.INVALID_UPDATE_VERSION, 'pending-shrink', false],
    [ErrorCode.INVALID_REQUEST, 'pending-shrink', false],
    [ErrorCode.NEW_LEADER_ELECTED, 'pending-shrink', false],
    [ErrorCode.UNKNOWN_SERVER_ERROR, 'pending-shrink', true],
    [ErrorCode.REQUEST_TIMED_OUT, 'pending-shrink', true],
  ];
  for (const [error, kind, isRetried] of outcomes) {
    const { partition, append, isrState, submitted, pass } = setUp([0, 1, 2]);
    append();
    pass(101);
    partition.maybeShrinkIsr();
    submitted[0]?.done({ ok: false, error });
    t.is(isrState()?.kind, kind, String(error));
    t.is(submitted.length, isRetried ? 2 : 1, String(error));
  }
});

test('only newer metadata overtake a pending change', (t) => {
  const { partition, append, view, isrState, pass } = setUp([0, 1, 2]);
  append();
  pass(101);
  partition.maybeShrinkIsr();
  partition.makeLeader(view());
  t.is(isrState()?.kind, 'pending-shrink');
  partition.makeLeader(view({ partitionEpoch: PartitionEpoch(2), isr: [0, 1] }));
  t.deepEqual(isrState(), { kind: 'committed', isr: [0, 1] });
});

test('an append is refused, or not acknowledged, without enough replicas', (t) => {
  const { partition, view, fetch, append } = setUp([0, 1]);
  append();
  fetch(1, 1);
  partition.makeLeader(view({ partitionEpoch: PartitionEpoch(2), isr: [0] }));
  t.is(partition.acknowledgement(Offset(1)), ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
  t.like(partition.appendAsLeader(new Uint8Array(0), -1, {}), { error: ErrorCode.NOT_ENOUGH_REPLICAS });
});

test('with a sync due, data count and are served only after it', (t) => {
  const { partition, log, append, fetch, pass } = setUp([0], 1, { 'flush.messages': 1 });
  append();
  t.is(log.highWatermark, Offset(0));
  pass(0);
  partition.onVisibleEndAdvanced();
  t.is(log.highWatermark, Offset(1));
  append();
  t.is(fetch(1, 1).records.length, 0);
  pass(0);
  t.true(fetch(1, 1).records.length > 0);
});
