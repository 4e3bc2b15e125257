import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { BATCH_OVERHEAD, readBatchHeader } from '../protocol/records.ts';
import { MARK, markedCompression } from '../protocol/testing/marked-compression.ts';
import { endingAt, RELEASE_APIS } from '../rpc/api-versions.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import { TestWorld } from '../testing/test-world.ts';
import { Admin } from './admin/admin.ts';
import { Consumer } from './consumer/consumer.ts';
import type { KafkaError } from './errors.ts';
import { Producer } from './producer/producer.ts';
import { utf8 } from './serializers.ts';
import { FakeBroker } from './testing/fake-broker.ts';

const PROPERTIES = { 'bootstrap.servers': 'b1:9092' };

function setUp(properties: Record<string, string | number | boolean> = {}) {
  const world = new TestWorld();
  const broker = new FakeBroker(world);
  const producer = new Producer(world.environment('p'), { ...PROPERTIES, ...properties }, { valueSerializer: utf8.serialize });
  return { world, broker, producer };
}

test('records are acknowledged with consecutive offsets', async (t) => {
  const { world, producer } = setUp();
  const sends = ['a', 'b', 'c'].map((value) => producer.send({ topic: 'orders', value }));
  world.runTo(1_000);
  t.deepEqual(
    (await Promise.all(sends)).map((each) => each.offset),
    [0, 1, 2],
  );
});

test('a client speaks what it is given: that of an older release, whatever brokers offer beyond', async (t) => {
  const world = new TestWorld();
  const broker = new FakeBroker(world);
  const versions = new Map<string, number>();
  broker.script = ({ api, version }) => {
    versions.set(api, version);
    return false;
  };
  const apis = endingAt(RELEASE_APIS, { Produce: 5, Metadata: 4, ListOffsets: 3, Fetch: 6 });
  const producer = new Producer(world.environment('p'), PROPERTIES, { valueSerializer: utf8.serialize, apis });
  const consumer = new Consumer(world.environment('c'), { ...PROPERTIES, 'auto.offset.reset': 'earliest' }, { apis });
  const admin = new Admin(world.environment('a'), PROPERTIES, { apis });
  const sent = producer.send({ topic: 'orders', value: 'a' });
  consumer.assign([{ topic: 'orders', partition: 0 }]);
  const polled = consumer.poll(5_000);
  world.runTo(10_000);
  await Promise.all([sent, polled]);
  await admin.close();
  t.like(Object.fromEntries(versions), { Produce: 5, Metadata: 4, ListOffsets: 3, Fetch: 6 });
});

test('a lost answer is retried with the same sequence', async (t) => {
  const { world, broker, producer } = setUp({ 'request.timeout.ms': 1_000 });
  let lost = false;
  broker.script = (request) => {
    if (request.api !== 'Produce' || lost) return false;
    lost = true;
    broker.produce(request as IncomingRequest<'Produce'>, ErrorCode.NONE, true);
    return true;
  };
  const sent = producer.send({ topic: 'orders', value: 'a' });
  world.runTo(10_000);
  await sent;
  t.deepEqual(
    broker.batches.map((batch) => readBatchHeader(batch).baseSequence),
    [0, 0],
  );
});

test('a definite rejection is definite; after it the epoch is raised and sequences start at 0', async (t) => {
  const { world, broker, producer } = setUp();
  broker.script = (request) => {
    if (request.api !== 'Produce') return false;
    broker.script = () => false;
    broker.produce(request as IncomingRequest<'Produce'>, ErrorCode.INVALID_RECORD);
    return true;
  };
  const refused = producer.send({ topic: 'orders', value: 'a' });
  world.runTo(1_000);
  const error = await t.throwsAsync<KafkaError>(refused);
  t.true(error?.definite);
  const accepted = producer.send({ topic: 'orders', value: 'b' });
  world.runTo(2_000);
  await accepted;
  const header = readBatchHeader(broker.batches[0] as Uint8Array);
  t.deepEqual([header.producerEpoch, header.baseSequence], [1, 0]);
});

test('a delivery time-out after a transmission is not definite', async (t) => {
  const { world, broker, producer } = setUp({ 'request.timeout.ms': 1_000, 'delivery.timeout.ms': 3_000 });
  broker.script = (request) => request.api === 'Produce';
  const sent = producer.send({ topic: 'orders', value: 'a' });
  world.runTo(20_000);
  const error = await t.throwsAsync<KafkaError>(sent);
  t.is(error?.errorName, 'REQUEST_TIMED_OUT');
  t.false(error?.definite);
});

test('an assigned consumer reads what was produced, from the earliest offset', async (t) => {
  const { world, producer } = setUp();
  for (const value of ['a', 'b']) void producer.send({ topic: 'orders', value });
  world.runTo(1_000);
  const consumer = new Consumer(
    world.environment('c'),
    { ...PROPERTIES, 'auto.offset.reset': 'earliest' },
    { valueDeserializer: utf8.deserialize },
  );
  consumer.assign([{ topic: 'orders', partition: 0 }]);
  const polled = consumer.poll(5_000);
  world.runTo(7_000);
  t.deepEqual(
    (await polled).map(({ offset, value }) => [offset, value]),
    [
      [0, 'a'],
      [1, 'b'],
    ],
  );
  t.deepEqual(consumer.positions(), [{ topic: 'orders', partition: 0, offset: 2 }]);
});

test('clients compress and read with the codecs of their world', async (t) => {
  const world = new TestWorld();
  const broker = new FakeBroker(world);
  const environment = (name: string) => ({ ...world.environment(name), compression: markedCompression });
  const producer = new Producer(environment('p'), { ...PROPERTIES, 'compression.type': 'zstd' });
  void producer.send({ topic: 'orders', value: Uint8Array.of(7) });
  world.runTo(1_000);
  t.deepEqual(
    broker.batches.map((batch) => batch[BATCH_OVERHEAD]),
    [MARK],
  );
  const consumer = new Consumer(environment('c'), { ...PROPERTIES, 'auto.offset.reset': 'earliest' });
  consumer.assign([{ topic: 'orders', partition: 0 }]);
  const polled = consumer.poll(5_000);
  world.runTo(7_000);
  t.deepEqual(
    (await polled).map(({ value }) => value),
    [Uint8Array.of(7)],
  );
});

test('a group member joins, commits only what earlier polls returned, rebalances, and leaves', async (t) => {
  const { world, broker, producer } = setUp();
  for (const value of ['a', 'b']) void producer.send({ topic: 'orders', value });
  world.runTo(1_000);
  const properties = { ...PROPERTIES, 'group.id': 'g', 'auto.offset.reset': 'earliest', 'auto.commit.interval.ms': 0 };
  const consumer = new Consumer(world.environment('c'), properties);
  const calls: string[] = [];
  consumer.subscribe(['orders'], {
    onPartitionsAssigned: (partitions) => void calls.push(`assigned ${partitions.length}`),
    onPartitionsRevoked: (partitions) => void calls.push(`revoked ${partitions.length}`),
  });
  const first = consumer.poll(5_000);
  world.runTo(7_000);
  t.is((await first).length, 2);
  t.is(broker.committed, -1);
  broker.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS;
  world.runTo(11_000);
  const second = consumer.poll(2_000);
  world.runTo(15_000);
  t.is((await second).length, 0);
  t.is(broker.committed, 2);
  t.is(consumer.groupMetadata().generationId, 2);
  const closed = consumer.close();
  world.runTo(20_000);
  await closed;
  t.deepEqual(calls, ['assigned 1', 'revoked 1', 'assigned 1', 'revoked 1']);
  t.is(broker.of('LeaveGroup').length, 1);
});

/** Whom the client meant, of each connection's ApiVersions. */
function meant(broker: FakeBroker): string[] {
  return broker.of('ApiVersions').map(({ body }) => `${body.clusterId}/${body.nodeId}`);
}

test('a client that a broker sends away begins anew at its bootstrap servers (KIP-1242)', async (t) => {
  const { world, broker, producer } = setUp();
  let isSentAway = false;
  broker.script = (request) => {
    if (isSentAway || request.api !== 'ApiVersions') return false;
    const asked = request as IncomingRequest<'ApiVersions'>;
    if (asked.body.nodeId !== 1) return false;
    isSentAway = true;
    asked.respond({ errorCode: ErrorCode.REBOOTSTRAP_REQUIRED });
    return true;
  };
  const sent = producer.send({ topic: 'orders', value: 'a' });
  world.runTo(2_000);
  t.is((await sent).offset, 0);
  t.true(isSentAway);
  // The connection to the bootstrap server is there still.
  t.deepEqual(meant(broker), ['null/-1', 'c/1', 'c/1']);
  t.is(broker.of('Metadata').length, 2);
});

test('a consumer says of its coordinator, too, which node it means', (t) => {
  const { world, broker } = setUp();
  const properties = { ...PROPERTIES, 'group.id': 'g' };
  const consumer = new Consumer(world.environment('c'), properties, { valueDeserializer: utf8.deserialize });
  consumer.subscribe(['orders']);
  void consumer.poll(5_000);
  world.runTo(5_000);
  const { connectionId } = broker.of('JoinGroup')[0] ?? {};
  const asked = broker.of('ApiVersions').find((request) => request.connectionId === connectionId);
  t.like(asked?.body, { clusterId: 'c', nodeId: 1 });
});

test('clients do not say whom they mean without metadata.cluster.check.enable, or if they would not begin anew', async (t) => {
  for (const properties of [{ 'metadata.cluster.check.enable': false }, { 'metadata.recovery.strategy': 'none' }]) {
    const { world, broker, producer } = setUp(properties);
    const sent = producer.send({ topic: 'orders', value: 'a' });
    world.runTo(2_000);
    await sent;
    t.deepEqual(meant(broker), ['null/-1', 'null/-1']);
  }
});

test('a client begins anew when metadata say so (KIP-1102)', async (t) => {
  const { world, broker, producer } = setUp({ 'metadata.max.age.ms': 1_000 });
  const sent = producer.send({ topic: 'orders', value: 'a' });
  world.runTo(500);
  await sent;
  const before = new Set(broker.of('Metadata').map(({ connectionId }) => connectionId));
  const later: string[] = [];
  broker.script = (request) => {
    if (request.api !== 'Metadata') return false;
    later.push(request.connectionId);
    if (later.length > 1) return false;
    (request as IncomingRequest<'Metadata'>).respond({ errorCode: ErrorCode.REBOOTSTRAP_REQUIRED });
    return true;
  };
  world.runTo(1_900);
  t.is(before.size, 1);
  t.is(later.length, 2);
  t.false(before.has(later[0] ?? ''));
  t.true(before.has(later[1] ?? ''));
});
