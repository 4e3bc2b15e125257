import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import type { IncomingRequest } from '../../rpc/RpcServer.ts';
import { FakeWorld } from '../../rpc/testing/FakeWorld.ts';
import type { KafkaError } from '../errors.ts';
import { Producer } from '../producer/Producer.ts';
import { utf8 } from '../serializers.ts';
import { FakeBroker } from '../testing/FakeBroker.ts';
import { Consumer } from './Consumer.ts';

const PARTITION = { topic: 'orders', partition: 0 };

function setUp(properties: Record<string, string | number | boolean> = {}, records = 0) {
  const world = new FakeWorld({ latencyMs: 1 });
  const broker = new FakeBroker(world);
  const bootstrap = { 'bootstrap.servers': 'b1:9092' };
  const producer = new Producer(world.environment('p'), bootstrap, { valueSerializer: utf8.serialize });
  for (let i = 0; i < records; i++) {
    void producer.send({ topic: 'orders', value: `${i}` });
    world.run(world.nowMs + 100);
  }
  const all = { ...bootstrap, 'metadata.max.age.ms': 2_000, ...properties };
  const consumer = new Consumer(world.environment('c'), all, { valueDeserializer: utf8.deserialize });
  const pass = (ms: number) => world.run(world.nowMs + ms);
  /** Polls, with the time it takes. */
  const poll = (ms = 3_000) => {
    const polled = consumer.poll(ms);
    pass(ms + 10);
    return polled;
  };
  return { world, broker, consumer, pass, poll };
}

function refuseFetches(broker: FakeBroker, errorCode: number, refuses: (request: IncomingRequest<'Fetch'>) => boolean): void {
  broker.script = (request) => {
    if (request.api !== 'Fetch' || !refuses(request as IncomingRequest<'Fetch'>)) return false;
    const partition = { partitionIndex: 0, errorCode, highWatermark: -1, records: null };
    (request as IncomingRequest<'Fetch'>).respond({ responses: [{ topicId: broker.topicId, partitions: [partition] }] });
    return true;
  };
}

function offsetAsked(request: IncomingRequest<'Fetch'>): number {
  return request.body.topics[0]?.partitions[0]?.fetchOffset ?? -1;
}

test('an offset that is out of range is reset by the policy', async (t) => {
  const { broker, consumer, poll } = setUp({ 'auto.offset.reset': 'earliest' }, 2);
  refuseFetches(broker, ErrorCode.OFFSET_OUT_OF_RANGE, (request) => offsetAsked(request) === 99);
  consumer.assign([PARTITION]);
  consumer.seek(PARTITION, 99);
  const records = await poll();
  t.is(records[0]?.offset, 0);
});

test('without a policy an offset that is out of range is told to the application', async (t) => {
  const { broker, consumer, poll } = setUp({ 'auto.offset.reset': 'none' }, 2);
  refuseFetches(broker, ErrorCode.OFFSET_OUT_OF_RANGE, () => true);
  consumer.assign([PARTITION]);
  consumer.seek(PARTITION, 99);
  const error = await t.throwsAsync<KafkaError>(poll());
  t.is(error?.errorName, 'OFFSET_OUT_OF_RANGE');
});

function answerEpochEnd(broker: FakeBroker, leaderEpoch: number, endOffset: number): void {
  broker.script = (request) => {
    if (request.api !== 'OffsetForLeaderEpoch') return false;
    const topics = [{ topic: 'orders', partitions: [{ partition: 0, leaderEpoch, endOffset, errorCode: 0 }] }];
    (request as IncomingRequest<'OffsetForLeaderEpoch'>).respond({ topics });
    return true;
  };
}

test('after a change of leader the position is validated before anything is fetched', async (t) => {
  const { broker, consumer, poll } = setUp({ 'auto.offset.reset': 'earliest' }, 3);
  consumer.assign([PARTITION]);
  t.is((await poll()).length + (await poll()).length + (await poll()).length, 3);
  answerEpochEnd(broker, 1, 3);
  broker.leaderEpoch = 2;
  await poll(5_000);
  const [asked] = broker.of('OffsetForLeaderEpoch') as IncomingRequest<'OffsetForLeaderEpoch'>[];
  t.is(asked?.body.topics[0]?.partitions[0]?.leaderEpoch, 1);
  t.is(asked?.body.topics[0]?.partitions[0]?.currentLeaderEpoch, 2);
  t.deepEqual(consumer.positions(), [{ ...PARTITION, offset: 3 }]);
});

test('a truncated log is noticed: with a policy the position goes back to where the logs part', async (t) => {
  const { broker, consumer, poll } = setUp({ 'auto.offset.reset': 'earliest' }, 3);
  consumer.assign([PARTITION]);
  t.is((await poll()).length + (await poll()).length + (await poll()).length, 3);
  answerEpochEnd(broker, 1, 2);
  broker.leaderEpoch = 2;
  const again = await poll(5_000);
  t.is(again[0]?.offset, 2);
});

test('a consumer reads from the replica it is told to, and asks the leader when that is out of range', async (t) => {
  const { world, broker, consumer, poll } = setUp({ 'auto.offset.reset': 'earliest', 'client.rack': 'r' }, 2);
  let leaderConnection = '';
  const followerFetches: number[] = [];
  broker.script = (request) => {
    if (request.api === 'Metadata') {
      const partition = { partitionIndex: 0, leaderId: 1, leaderEpoch: 1, replicaNodes: [1, 2], isrNodes: [1, 2] };
      (request as IncomingRequest<'Metadata'>).respond({
        brokers: [
          { nodeId: 1, host: 'b1', port: 9092, rack: null },
          { nodeId: 2, host: 'b1', port: 9092, rack: 'r' },
        ],
        topics: [{ name: 'orders', topicId: broker.topicId, partitions: [partition] }],
      });
      return true;
    }
    if (request.api !== 'Fetch') return false;
    const fetch = request as IncomingRequest<'Fetch'>;
    if (leaderConnection === '') {
      leaderConnection = fetch.connectionId;
      const partition = { partitionIndex: 0, highWatermark: 2, records: null, preferredReadReplica: 2 };
      fetch.respond({ responses: [{ topicId: broker.topicId, partitions: [partition] }] });
      return true;
    }
    if (fetch.connectionId === leaderConnection) return false;
    followerFetches.push(offsetAsked(fetch));
    const partition = { partitionIndex: 0, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, highWatermark: -1, records: null };
    fetch.respond({ responses: [{ topicId: broker.topicId, partitions: [partition] }] });
    return true;
  };
  consumer.assign([PARTITION]);
  const records = await poll(5_000);
  t.deepEqual(followerFetches, [0]);
  t.is(records[0]?.offset, 0);
  t.true(world.trace.some(({ event }) => event.type === 'mark' && event.name.includes('out-of-range follower fetch')));
  t.false(world.trace.some(({ event }) => event.type === 'consumer-position-reset' && event.reason === 'out-of-range'));
});

const GROUP = { 'group.id': 'g', 'auto.offset.reset': 'earliest', 'heartbeat.interval.ms': 1_000 };

test('a static member names its instance everywhere and does not leave when it is closed', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ ...GROUP, 'group.instance.id': 'i' });
  consumer.subscribe(['orders']);
  await poll();
  pass(3_000);
  for (const api of ['JoinGroup', 'SyncGroup', 'Heartbeat'] as const) {
    t.true(broker.of(api).length > 0, api);
    for (const request of broker.of(api)) t.is((request as IncomingRequest<'Heartbeat'>).body.groupInstanceId, 'i');
  }
  const closed = consumer.close();
  pass(5_000);
  await closed;
  t.is(broker.of('LeaveGroup').length, 0);
});

test('a static member whose instance id another took is told so', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ ...GROUP, 'group.instance.id': 'i' });
  consumer.subscribe(['orders']);
  await poll();
  broker.heartbeatError = ErrorCode.FENCED_INSTANCE_ID;
  pass(2_000);
  const error = await t.throwsAsync<KafkaError>(poll());
  t.is(error?.errorName, 'FENCED_INSTANCE_ID');
});

test('while a JoinGroup waits at the coordinator no heartbeat is sent behind it', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ ...GROUP, 'request.timeout.ms': 5_000, 'session.timeout.ms': 10_000 });
  consumer.subscribe(['orders']);
  await poll();
  const parked: IncomingRequest<'JoinGroup'>[] = [];
  broker.script = (request) => {
    if (request.api !== 'JoinGroup') return false;
    parked.push(request as IncomingRequest<'JoinGroup'>);
    return true;
  };
  broker.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS;
  pass(1_500);
  await poll(1_000);
  t.is(parked.length, 1);
  const heartbeats = broker.of('Heartbeat').length;
  pass(30_000);
  t.is(broker.of('Heartbeat').length, heartbeats);
  t.is(parked.length, 1);
  broker.script = () => false;
  for (const request of parked) broker.answer(request);
  await poll();
  t.is(consumer.groupMetadata().generationId, 2);
});

test('a pattern is matched against the topics there are, and again when they change', async (t) => {
  const { broker, consumer, poll } = setUp(GROUP);
  let names = ['orders', 'others', '__consumer_offsets'];
  broker.script = (request) => {
    if (request.api !== 'Metadata') return false;
    const partition = { partitionIndex: 0, leaderId: 1, leaderEpoch: 1, replicaNodes: [1], isrNodes: [1] };
    const topicId = (name: string) => (name === 'orders' ? broker.topicId : `${name.padEnd(21, 'x').slice(0, 21)}A`);
    (request as IncomingRequest<'Metadata'>).respond({
      brokers: [{ nodeId: 1, host: 'b1', port: 9092, rack: null }],
      topics: names.map((name) => ({ name, topicId: topicId(name), isInternal: name.startsWith('__'), partitions: [partition] })),
    });
    return true;
  };
  consumer.subscribe(/^o.*s$|_/);
  await poll();
  t.deepEqual(consumer.assignment.map(({ topic }) => topic).toSorted(), ['orders', 'others']);
  names = [...names, 'outputs'];
  await poll(5_000);
  await poll(2_000);
  t.deepEqual(consumer.assignment.map(({ topic }) => topic).toSorted(), ['orders', 'others', 'outputs']);
});

test('a committed offset of a newer leader epoch: the leader of the older one is not asked any more (KIP-320)', async (t) => {
  const { broker, consumer, poll } = setUp({ 'group.id': 'g', 'auto.offset.reset': 'earliest' }, 2);
  broker.script = (request) => {
    if (request.api === 'OffsetForLeaderEpoch') {
      const validated = [{ partition: 0, leaderEpoch: 5, endOffset: 2, errorCode: 0 }];
      (request as IncomingRequest<'OffsetForLeaderEpoch'>).respond({ topics: [{ topic: 'orders', partitions: validated }] });
      return true;
    }
    if (request.api !== 'OffsetFetch') return false;
    const partition = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: 5, metadata: '' };
    const topics = [{ name: 'orders', partitions: [partition] }];
    (request as IncomingRequest<'OffsetFetch'>).respond({ groups: [{ groupId: 'g', topics }], topics });
    return true;
  };
  consumer.subscribe(['orders']);
  t.deepEqual(await poll(), []);
  t.is(broker.of('Fetch').length, 0);
  broker.leaderEpoch = 5;
  const records = await poll();
  t.is(records[0]?.offset, 1);
});
