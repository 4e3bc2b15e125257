import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import { decodeRecords, readBatchHeader } from '../../protocol/records.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { TestWorld } from '../../testing/test-world.ts';
import type { KafkaError } from '../errors.ts';
import { utf8 } from '../serializers.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { Producer } from './producer.ts';
import { StickyPartitioner, partitionForKey, roundRobinPartitioner } from './partitioners.ts';
import { incrementSequence, sequenceDistance } from './sequence.ts';

function setUp(properties: Record<string, string | number | boolean> = {}) {
  const world = new TestWorld();
  const broker = new FakeBroker(world);
  const all = { 'bootstrap.servers': 'b1:9092', ...properties };
  return { world, broker, producer: new Producer(world.environment('p'), all, { valueSerializer: utf8.serialize }) };
}

function valuesOf(broker: FakeBroker): string[] {
  return broker.batches.flatMap((batch) => decodeRecords(batch).map(({ value }) => new TextDecoder().decode(value ?? undefined)));
}

function isProduce(request: IncomingRequest): request is IncomingRequest<'Produce'> {
  return request.api === 'Produce';
}

test('who finds the buffer full waits for memory, in order', async (t) => {
  const { world, broker, producer } = setUp({ 'buffer.memory': 2_000, 'batch.size': 1_000, 'max.block.ms': 5_000 });
  let open = false;
  const held: IncomingRequest<'Produce'>[] = [];
  broker.script = (request) => {
    if (open || !isProduce(request)) return false;
    held.push(request);
    return true;
  };
  const sends = [1, 2, 3, 4].map((n) => producer.send({ topic: 'orders', value: `${n}`.repeat(900) }));
  world.runTo(1_000);
  t.is(producer.metrics().bufferFreeBytes, 0);
  open = true;
  for (const request of held) broker.produce(request, ErrorCode.NONE);
  world.runTo(4_000);
  t.deepEqual(
    (await Promise.all(sends)).map(({ offset }) => offset),
    [0, 1, 2, 3],
  );
  t.is(producer.metrics().bufferFreeBytes, 2_000);
});

test('who waits for memory longer than max.block.ms is refused, and it is certain that nothing was sent', async (t) => {
  const { world, broker, producer } = setUp({ 'buffer.memory': 1_000, 'batch.size': 1_000, 'max.block.ms': 2_000 });
  broker.script = (request) => request.api === 'Produce';
  void producer.send({ topic: 'orders', value: 'a' }).catch(() => undefined);
  world.runTo(500);
  const refused = producer.send({ topic: 'orders', value: 'b'.repeat(990) });
  world.runTo(4_000);
  const error = await t.throwsAsync<KafkaError>(refused);
  t.true(error?.definite);
});

test('a batch that is too large for the broker is split; nothing is lost, doubled or reordered', async (t) => {
  const { world, broker, producer } = setUp({ 'linger.ms': 50, 'batch.size': 4_000 });
  broker.script = (request) => {
    if (!isProduce(request)) return false;
    const records = request.body.topicData[0]?.partitionData[0]?.records as Uint8Array;
    if (readBatchHeader(records).recordCount <= 2) return false;
    broker.produce(request, ErrorCode.MESSAGE_TOO_LARGE);
    return true;
  };
  const values = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((letter) => letter.repeat(400));
  const sends = values.map((value) => producer.send({ topic: 'orders', value }));
  world.runTo(20_000);
  t.deepEqual(
    (await Promise.all(sends)).map(({ offset }) => offset),
    [0, 1, 2, 3, 4, 5, 6],
  );
  t.deepEqual(valuesOf(broker), values);
  let next = 0;
  for (const batch of broker.batches) {
    const { baseSequence, recordCount } = readBatchHeader(batch);
    t.is(baseSequence, next);
    next += recordCount;
  }
});

test('one record that is too large cannot be split: it is refused for certain', async (t) => {
  const { world, broker, producer } = setUp();
  broker.script = (request) => {
    if (!isProduce(request)) return false;
    broker.produce(request, ErrorCode.MESSAGE_TOO_LARGE);
    return true;
  };
  const sent = producer.send({ topic: 'orders', value: 'a' });
  world.runTo(5_000);
  const error = await t.throwsAsync<KafkaError>(sent);
  t.is(error?.errorName, 'MESSAGE_TOO_LARGE');
  t.true(error?.definite);
});

test('a batch of unknown fate gets another sequence when a later one is refused for good, and the producer tells of it', async (t) => {
  const { world, broker, producer } = setUp({ 'batch.size': 10 });
  const answers: number[] = [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.RECORD_LIST_TOO_LARGE];
  broker.script = (request) => {
    const answer = isProduce(request) ? answers.shift() : undefined;
    if (answer === undefined || !isProduce(request)) return false;
    broker.produce(request, answer);
    return true;
  };
  const sends = ['a', 'b'].map((value) =>
    producer.send({ topic: 'orders', value }).catch((error: KafkaError) => error.errorName),
  );
  world.runTo(5_000);
  t.is((await Promise.all(sends))[1], 'RECORD_LIST_TOO_LARGE');
  t.deepEqual(
    world.trace.flatMap(({ event }) => (event.type === 'producer-batch-renumbered' ? [event] : [])),
    [
      {
        type: 'producer-batch-renumbered',
        partition: 'orders-0',
        producerId: 1000,
        fromEpoch: 0,
        fromSequence: 0,
        producerEpoch: 1,
        baseSequence: 0,
        because: 'batch-failed',
      },
    ],
  );
});

test('with one request in flight order survives retries also without idempotence', async (t) => {
  const properties = { 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1, 'batch.size': 10 };
  const { world, broker, producer } = setUp(properties);
  let produces = 0;
  let most = 0;
  let open = 0;
  broker.script = (request) => {
    if (!isProduce(request)) return false;
    most = Math.max(most, ++open);
    world.after(20, () => {
      open--;
      broker.produce(request, produces++ % 3 === 0 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.NONE);
    });
    return true;
  };
  const values = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(20));
  const sends = values.map((value) => producer.send({ topic: 'orders', value }));
  world.runTo(60_000);
  await Promise.all(sends);
  t.deepEqual(valuesOf(broker), values);
  t.is(most, 1);
});

test('sequences wrap after 2^31 - 1', (t) => {
  const last = 2 ** 31 - 1;
  t.is(incrementSequence(last, 1), 0);
  t.is(incrementSequence(last - 1, 5), 3);
  t.is(sequenceDistance(last, 0), 1);
  t.is(sequenceDistance(0, last), -1);
  t.is(sequenceDistance(5, 5), 0);
});

test('keys go where Kafka sends them', (t) => {
  const key = (text: string) => new TextEncoder().encode(text);
  // murmur2 of '21' is -973932308 and of 'foobar' -790332482 (Kafka's UtilsTest).
  t.is(partitionForKey(key('21'), 100), (-973932308 & 0x7fffffff) % 100);
  t.is(partitionForKey(key('foobar'), 7), (-790332482 & 0x7fffffff) % 7);
});

test('round robin takes the partitions with a leader in turn, the sticky one stays for batch.size bytes', (t) => {
  const cluster = { partitionCount: 4, available: [0, 2, 3] };
  const roundRobin = roundRobinPartitioner();
  const record = { topic: 't', key: null, value: null };
  t.deepEqual(
    [1, 2, 3, 4].map(() => roundRobin(record, cluster)),
    [0, 2, 3, 0],
  );
  t.is(roundRobin(record, { partitionCount: 4, available: [] }), 0);
  const sticky = new StickyPartitioner(new TestWorld().environment('producer').random, 100);
  const chosen = sticky.partition('t', cluster);
  t.true(cluster.available.includes(chosen));
  sticky.produced('t', 99, cluster);
  t.is(sticky.partition('t', cluster), chosen);
  const later = new Set<number>();
  for (let i = 0; i < 50; i++) {
    sticky.produced('t', 100, cluster);
    later.add(sticky.partition('t', cluster));
  }
  t.deepEqual([...later].toSorted(), [0, 2, 3]);
});

test('a producer names topics by id: one that was made again is unknown by its old id, and is sent to by its new one', async (t) => {
  const { world, broker, producer } = setUp();
  const asked: string[] = [];
  const ids = { old: broker.topicId, made: 'CAAAAAAAAAAAAAAAAAAAAA' };
  let exists = ids.old;
  broker.script = (request) => {
    if (!isProduce(request)) return false;
    const topicId = request.body.topicData[0]?.topicId ?? '';
    asked.push(topicId);
    if (topicId === exists) return false;
    broker.topicId = exists;
    broker.produce(request, ErrorCode.UNKNOWN_TOPIC_ID);
    return true;
  };
  const first = producer.send({ topic: 'orders', value: 'a' });
  world.runTo(1_000);
  t.is((await first).offset, 0);
  exists = ids.made;
  const second = producer.send({ topic: 'orders', value: 'b' });
  world.runTo(3_000);
  t.is((await second).offset, 1);
  t.deepEqual(asked, [ids.old, ids.old, ids.made]);
});

test('a producer that does not know the id of a topic names it, in a version that has names', async (t) => {
  const { world, broker, producer } = setUp();
  broker.topicId = ZERO_UUID;
  const sent = producer.send({ topic: 'orders', value: 'a' });
  world.runTo(1_000);
  t.is((await sent).offset, 0);
  t.deepEqual(
    broker.of('Produce').map(({ version, body }) => [version, body.topicData[0]?.name]),
    [[12, 'orders']],
  );
});

test('of topics that are named in one request each gets its own answer', async (t) => {
  const { world, broker, producer } = setUp();
  broker.topicId = ZERO_UUID;
  const topics = ['orders', 'bills'];
  broker.script = (request) => {
    if (!isProduce(request)) return false;
    const responses = request.body.topicData.map(({ name }) => {
      const partition = { index: 0, errorCode: ErrorCode.NONE, baseOffset: 10 * topics.indexOf(name), logAppendTimeMs: -1 };
      return { name, partitionResponses: [partition] };
    });
    request.respond({ responses });
    return true;
  };
  const sent = topics.map((topic) => producer.send({ topic, value: 'a' }));
  world.runTo(1_000);
  t.deepEqual(
    (await Promise.all(sent)).map(({ topic, offset }) => [topic, offset]),
    [
      ['orders', 0],
      ['bills', 10],
    ],
  );
  t.deepEqual(
    broker.of('Produce').map(({ body }) => body.topicData.length),
    [2],
  );
});
