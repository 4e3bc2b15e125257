/** @platformatic/kafka, unmodified, against three served brokers. It speaks the newest versions of the protocol. */
import {
  Admin,
  Consumer,
  type Message as ReadMessage,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import anyTest, { type TestFn } from 'ava';
import { killAndRestart, Load, missingForKafkajs } from './testing/acknowledged.ts';
import { eventually, type Served, servedCluster, sleep } from './testing/served.ts';
import { ABORTED_EVERY, type Application, BATCH, type Transform, transformed } from './testing/transform.ts';

const test = anyTest as TestFn<Served>;
servedCluster(test, { brokers: 3 });

function options(bootstrapBrokers: string[]) {
  return { clientId: 'conformance', bootstrapBrokers, retries: 8, retryDelay: 100, timeout: 10_000 };
}

/** Consumes in a group until `count` messages have come, commits, and leaves. */
async function consume(brokers: string[], groupId: string, topic: string, count: number, mode: 'earliest' | 'committed') {
  const member = new Consumer({ ...options(brokers), groupId, deserializers: stringDeserializers, maxWaitTime: 100 });
  const stream = await member.consume({
    topics: [topic],
    mode,
    fallbackMode: 'earliest',
    autocommit: true,
    sessionTimeout: 10_000,
    heartbeatInterval: 300,
  });
  const received: { key: string; value: string; headers: Record<string, string>; partition: number; offset: number }[] = [];
  stream.on('data', ({ key, value, headers, partition, offset }) => {
    received.push({ key, value, headers: Object.fromEntries(headers), partition, offset: Number(offset) });
  });
  await eventually(`${count} messages of ${topic}`, () => (received.length >= count ? true : null));
  await stream.close();
  await member.close(true);
  return received;
}

test('topics are created, described, extended, configured and deleted', async (t) => {
  const admin = new Admin(options(t.context.brokers));
  t.teardown(() => admin.close());
  const topic = 'pk-admin';
  await admin.createTopics({ topics: [topic], partitions: 2, replicas: 3 });
  await t.throwsAsync(admin.createTopics({ topics: [topic] }));
  t.true((await admin.listTopics()).includes(topic));
  const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
  t.deepEqual(
    metadata.topics.get(topic)?.partitions.map(({ replicas }) => replicas.toSorted()),
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  );
  await admin.createPartitions({ topics: [{ name: topic, count: 3, assignments: [{ brokerIds: [1, 2, 3] }] }] });
  await admin.incrementalAlterConfigs({
    resources: [
      { resourceType: 2, resourceName: topic, configs: [{ name: 'retention.ms', configOperation: 0, value: '100000' }] },
    ],
  });
  await eventually('retention.ms', async () => {
    const [described] = await admin.describeConfigs({ resources: [{ resourceType: 2, resourceName: topic }] });
    return described?.configs.find(({ name }) => name === 'retention.ms')?.value === '100000' ? true : null;
  });
  const directories = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0, 1] }] });
  t.deepEqual(directories.map(({ broker }) => Number(broker)).toSorted(), [1, 2, 3]);
  await admin.deleteTopics({ topics: [topic] });
  await eventually('topic gone', async () => ((await admin.listTopics()).includes(topic) ? null : true));
});

test('every acks and compression comes back as it was sent', async (t) => {
  const topic = 'pk-produce';
  const { brokers } = t.context;
  const admin = new Admin(options(brokers));
  await admin.createTopics({ topics: [topic], partitions: 1, replicas: 3 });
  await admin.close();
  const producer = new Producer({ ...options(brokers), serializers: stringSerializers });
  const sent: string[] = [];
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    for (const acks of [-1, 1, 0]) {
      const value = `${compression}/${acks}/${'x'.repeat(3000)}`;
      await producer.send({ messages: [{ topic, key: 'k', value, headers: { a: 'b' } }], compression, acks });
      sent.push(value);
    }
  }
  await producer.close();
  const received = await consume(brokers, 'pk-produce', topic, sent.length, 'earliest');
  t.deepEqual(
    received.map(({ value }) => value),
    sent,
  );
  t.true(received.every(({ key, headers }) => key === 'k' && headers['a'] === 'b'));
});

test('messages of 1 MiB', async (t) => {
  const topic = 'pk-large';
  const { brokers } = t.context;
  const admin = new Admin(options(brokers));
  const configs = [{ name: 'max.message.bytes', value: String((1 << 20) + 1000) }];
  await admin.createTopics({ topics: [topic], partitions: 1, replicas: 3, configs });
  await admin.close();
  const producer = new Producer({ ...options(brokers), serializers: stringSerializers });
  t.teardown(() => producer.close());
  const send = (value: string) => producer.send({ messages: [{ topic, key: 'k', value }], acks: -1 });
  const values = ['a', 'b', 'c'].map((letter) => letter.repeat(1 << 20));
  for (const value of values) await send(value);
  await t.throwsAsync(send('d'.repeat((1 << 20) + 1000)));
  const received = await consume(brokers, 'pk-large', topic, values.length, 'earliest');
  t.true(received.every(({ value }, index) => value === values[index]));
});

test('an idempotent producer; a group that commits and resumes; its offsets, altered and deleted', async (t) => {
  const topic = 'pk-group';
  const groupId = 'pk-group';
  const { brokers } = t.context;
  const producer = new Producer({
    ...options(brokers),
    serializers: stringSerializers,
    idempotent: true,
    autocreateTopics: true,
  });
  for (const value of ['a', 'b', 'c']) await producer.send({ messages: [{ topic, key: 'k', value }], acks: -1 });
  t.deepEqual(
    (await consume(brokers, groupId, topic, 3, 'earliest')).map(({ value }) => value),
    ['a', 'b', 'c'],
  );
  await producer.send({ messages: [{ topic, key: 'k', value: 'd' }], acks: -1 });
  t.deepEqual(
    (await consume(brokers, groupId, topic, 1, 'committed')).map(({ value }) => value),
    ['d'],
  );
  await producer.close();
  const admin = new Admin(options(brokers));
  t.teardown(() => admin.close());
  const committed = async () => {
    const [group] = await admin.listConsumerGroupOffsets({ groups: [groupId] });
    return Number(group?.topics[0]?.partitions[0]?.committedOffset ?? -1);
  };
  t.is(await committed(), 4);
  await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: 1n }] }] });
  t.is(await committed(), 1);
  const [end] = await admin.listOffsets({ topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1n }] }] });
  t.is(Number(end?.partitions[0]?.offset) - (await committed()), 3);
  const described = await admin.describeGroups({ groups: [groupId] });
  t.is(String(described.get(groupId)?.state).toUpperCase(), 'EMPTY');
  await admin.deleteConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionIndexes: [0] }] });
  await admin.deleteGroups({ groups: [groupId] });
  t.false((await admin.listGroups()).has(groupId));
});

test('offsets: earliest, latest, by timestamp, of the largest timestamp; deleted records', async (t) => {
  const topic = 'pk-offsets';
  const { brokers } = t.context;
  const producer = new Producer({ ...options(brokers), serializers: stringSerializers, autocreateTopics: true });
  for (const timestamp of [1000n, 3000n, 2000n]) {
    await producer.send({ messages: [{ topic, key: 'k', value: 'x', timestamp }], acks: -1 });
  }
  await producer.close();
  const admin = new Admin(options(brokers));
  t.teardown(() => admin.close());
  const at = async (timestamp: bigint) => {
    const [found] = await admin.listOffsets({ topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }] });
    return Number(found?.partitions[0]?.offset);
  };
  t.deepEqual([await at(-2n), await at(-1n), await at(1500n), await at(-3n)], [0, 3, 1, 1]);
  const reader = new Consumer({
    ...options(brokers),
    groupId: 'pk-offsets',
    deserializers: stringDeserializers,
    maxWaitTime: 100,
  });
  const offsets = [{ topic, partition: 0, offset: BigInt(await at(1500n)) }];
  const stream = await reader.consume({ topics: [topic], mode: 'manual', offsets });
  const seen: bigint[] = [];
  stream.on('data', ({ timestamp }) => seen.push(timestamp));
  await eventually('two messages', () => (seen.length >= 2 ? true : null));
  await stream.close();
  await reader.close(true);
  t.deepEqual(seen, [3000n, 2000n]);
  await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 2n }] }] });
  t.is(await at(-2n), 2);
});

test('two consumers share the partitions, and one takes all when the other leaves', async (t) => {
  const topic = 'pk-rebalance';
  const { brokers } = t.context;
  const admin = new Admin(options(brokers));
  t.teardown(() => admin.close());
  await admin.createTopics({ topics: [topic], partitions: 4, replicas: 3 });
  const join = async () => {
    const member = new Consumer({ ...options(brokers), groupId: 'pk-rebalance', maxWaitTime: 100 });
    const stream = await member.consume({ topics: [topic], mode: 'earliest', sessionTimeout: 10_000, heartbeatInterval: 300 });
    stream.on('data', () => {});
    const partitions = () => member.assignments?.flatMap((assigned) => assigned.partitions) ?? [];
    const leave = async () => {
      await stream.close();
      await member.close(true);
    };
    return { partitions, leave };
  };
  const first = await join();
  await eventually('all with the first', () => (first.partitions().length === 4 ? true : null));
  const second = await join();
  await eventually('two each', () => (first.partitions().length === 2 && second.partitions().length === 2 ? true : null));
  t.deepEqual([...first.partitions(), ...second.partitions()].toSorted(), [0, 1, 2, 3]);
  await second.leave();
  await eventually('all with the first again', () => (first.partitions().length === 4 ? true : null));
  await first.leave();
});

test.serial('a broker is killed and restarted while producing with acks=-1: nothing acknowledged is lost', async (t) => {
  const topic = 'pk-killed';
  const { brokers } = t.context;
  const admin = new Admin(options(brokers));
  const configs = [{ name: 'min.insync.replicas', value: '2' }];
  await admin.createTopics({ topics: [topic], partitions: 3, replicas: 3, configs });
  await admin.close();
  const producer = new Producer({ ...options(brokers), retries: 30, serializers: stringSerializers });
  const load = new Load(4, (value) => producer.send({ messages: [{ topic, key: value, value }], acks: -1 }));
  await killAndRestart(t.context, load);
  await producer.close();
  t.deepEqual(await missingForKafkajs(brokers, topic, load.acknowledged), []);
});

type Message = ReadMessage<string, string, string, string>;

/** Reads with a member that begins anew after each abort, and writes some messages at a time to the output, with their offsets. */
async function transform(brokers: string[], { input, output, group, transactionalId }: Transform): Promise<Application> {
  // It says by itself that it goes on with producer id 0 at epoch 0, and whoever has not had these is fenced (KIP-360).
  const anew = { producerId: -1n, producerEpoch: -1 };
  const connect = () =>
    new Producer({ ...options(brokers), ...anew, transactionalId, idempotent: true, serializers: stringSerializers });
  let producer = connect();
  let transactions = 0;
  let isRunning = true;
  /** Until something is to be read again. */
  const once = async (): Promise<void> => {
    const member = new Consumer({ ...options(brokers), groupId: group, deserializers: stringDeserializers, maxWaitTime: 100 });
    const stream = await member.consume({
      topics: [input],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      sessionTimeout: 10_000,
      heartbeatInterval: 300,
    });
    const read: Message[] = [];
    let isWhole = true;
    stream.on('data', (message) => read.push(message));
    stream.on('error', () => {
      isWhole = false;
    });
    try {
      while (isRunning && isWhole) {
        const some = read.splice(0, BATCH);
        if (some.length === 0) {
          await sleep(20);
          continue;
        }
        const transaction = await producer.beginTransaction();
        try {
          await transaction.addConsumer(member);
          await transaction.send({ messages: some.map(({ value }) => ({ topic: output, value })) });
          for (const message of some) await transaction.addOffset(message);
          if (++transactions % ABORTED_EVERY === 0) throw new Error('to be read again');
          await transaction.commit();
        } catch {
          await transaction.abort();
          return;
        }
      }
    } finally {
      await stream.close();
      await member.close(true);
    }
  };
  const running = (async () => {
    while (isRunning)
      try {
        await once();
      } catch {
        // A producer whose abort has failed keeps that transaction active and begins no other: a new one takes its place, and fences it.
        await producer.close(true).catch(() => undefined);
        producer = connect();
        await sleep(200);
      }
  })();
  return {
    async stop() {
      isRunning = false;
      await running;
      await producer.close();
    },
  };
}

test.serial('consume-transform-produce in transactions, while a broker is killed: each input comes out once', async (t) => {
  await transformed(t, 'pk-transform', (of) => transform(t.context.brokers, of));
});
