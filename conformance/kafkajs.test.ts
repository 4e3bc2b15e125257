/** kafkajs, unmodified, against three served brokers. */
import { randomBytes } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import kafkajs, { type Admin, CompressionTypes, type Consumer, Kafka, logLevel } from 'kafkajs';
import { pureCompression } from '../core/protocol/compression.ts';
import { killAndRestart, Load, missingForPlatformatic } from './testing/acknowledged.ts';
import { eventually, type Served, servedCluster } from './testing/served.ts';
import { ABORTED_EVERY, type Application, BATCH, type Transform, transformed } from './testing/transform.ts';

const test = anyTest as TestFn<Served>;
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
servedCluster(test, { brokers: 3 });

// kafkajs brings gzip alone, and takes the others from its user.
for (const [type, name] of [
  [CompressionTypes.Snappy, 'snappy'],
  [CompressionTypes.LZ4, 'lz4'],
  [CompressionTypes.ZSTD, 'zstd'],
] as const) {
  const codec = pureCompression[name];
  kafkajs.CompressionCodecs[type] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => Buffer.from(codec.compress(buffer)),
    decompress: async (bytes: Buffer) => Buffer.from(codec.decompress(bytes, 1 << 24)),
  });
}
const MIB = 1 << 20;
const COMPRESSIONS = [0, 1, 2, 3, 4] as const;

function kafka(brokers: string[]): Kafka {
  return new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 8, initialRetryTime: 100 } });
}

async function withAdmin<T>(brokers: string[], use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka(brokers).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

interface Received {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Record<string, string>;
}

function consumer(brokers: string[], groupId: string): Consumer {
  return kafka(brokers).consumer({ groupId, maxWaitTimeInMs: 100, heartbeatInterval: 300, sessionTimeout: 10_000 });
}

/** Consumes in a group until `count` messages have come, commits, and leaves. */
async function consume(brokers: string[], groupId: string, topic: string, count: number): Promise<Received[]> {
  const member = consumer(brokers, groupId);
  const received: Received[] = [];
  await member.connect();
  await member.subscribe({ topic, fromBeginning: true });
  await member.run({
    eachMessage: async ({ partition, message }) => {
      const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
      const { key, value } = message;
      received.push({
        partition,
        offset: Number(message.offset),
        key: key?.toString() ?? null,
        value: value ?? Buffer.alloc(0),
        headers,
      });
    },
  });
  await eventually(`${count} messages of ${topic}`, () => (received.length >= count ? true : null));
  await member.disconnect();
  return received;
}

/** Records of a partition that the group has not committed. */
async function lag(admin: Admin, groupId: string, topic: string): Promise<number> {
  const [end] = await admin.fetchTopicOffsets(topic);
  const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return Number(end?.offset) - Number(committed?.partitions[0]?.offset);
}

test('topics are created, listed, described, extended and deleted', async (t) => {
  await withAdmin(t.context.brokers, async (admin) => {
    const topic = 'kjs-admin';
    t.true(await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 3 }], waitForLeaders: true }));
    t.false(await admin.createTopics({ topics: [{ topic }] }));
    t.true((await admin.listTopics()).includes(topic));
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    t.deepEqual(
      topics[0]?.partitions.map(({ partitionErrorCode, replicas }) => [partitionErrorCode, replicas.toSorted()]),
      [
        [0, [1, 2, 3]],
        [0, [1, 2, 3]],
      ],
    );
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await eventually('4 partitions', async () => {
      const found = await admin.fetchTopicMetadata({ topics: [topic] });
      return found.topics[0]?.partitions.length === 4 ? true : null;
    });
    const changed = await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: topic, configEntries: [{ name: 'retention.ms', value: '3600000' }] }],
    });
    t.is(changed.resources[0]?.errorCode, 0);
    await eventually('retention.ms', async () => {
      const described = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] });
      const entry = described.resources[0]?.configEntries.find(({ configName }) => configName === 'retention.ms');
      return entry?.configValue === '3600000' ? true : null;
    });
    const cluster = await admin.describeCluster();
    t.deepEqual(
      cluster.brokers.map(({ nodeId }) => nodeId).toSorted((one, other) => one - other),
      [1, 2, 3],
    );
    t.is(cluster.clusterId, t.context.cluster.clusterId);
    await admin.deleteTopics({ topics: [topic] });
    await eventually('topic gone', async () => ((await admin.listTopics()).includes(topic) ? null : true));
  });
});

test('every acks and compression, keys, headers, nulls and large messages come back as they were sent', async (t) => {
  const topic = 'kjs-produce';
  await withAdmin(t.context.brokers, (admin) =>
    admin.createTopics({
      topics: [
        {
          topic,
          numPartitions: 1,
          replicationFactor: 3,
          configEntries: [{ name: 'max.message.bytes', value: String(MIB + 1000) }],
        },
      ],
      waitForLeaders: true,
    }),
  );
  const producer = kafka(t.context.brokers).producer();
  await producer.connect();
  const large = randomBytes(MIB);
  for (const acks of [-1, 1, 0]) {
    for (const compression of COMPRESSIONS) {
      const messages = [
        { key: 'k', value: `${acks}/${compression}`, headers: { a: 'b' } },
        { key: null, value: null },
      ];
      await producer.send({ topic, acks, compression, messages });
    }
  }
  await producer.send({ topic, messages: [{ value: large }] });
  await t.throwsAsync(producer.send({ topic, messages: [{ value: randomBytes(MIB + 1000) }] }), {
    message: /larger than the max/,
  });
  await producer.disconnect();
  const received = await consume(t.context.brokers, 'kjs-produce', topic, 2 * 3 * COMPRESSIONS.length + 1);
  t.deepEqual(
    received.map(({ offset }) => offset),
    received.map((_, index) => index),
  );
  const expected = [-1, 1, 0].flatMap((acks) => COMPRESSIONS.map((compression) => `${acks}/${compression}`));
  t.deepEqual(
    received.filter(({ key }) => key === 'k').map(({ value, headers }) => [String(value), headers]),
    expected.map((value) => [value, { a: 'b' }]),
  );
  t.true(received.at(-1)?.value.equals(large));
});

test('an idempotent producer writes each message once', async (t) => {
  const topic = 'kjs-idempotent';
  const producer = kafka(t.context.brokers).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (let index = 0; index < 20; index++) await producer.send({ topic, acks: -1, messages: [{ value: String(index) }] });
  await producer.disconnect();
  const received = await consume(t.context.brokers, 'kjs-idempotent', topic, 20);
  t.deepEqual(
    received.map(({ value }) => Number(value)).toSorted((a, b) => a - b),
    [...Array(20).keys()],
  );
});

test('a group commits, resumes, and its offsets are shown, reset and deleted', async (t) => {
  const topic = 'kjs-group';
  const groupId = 'kjs-group';
  const { brokers } = t.context;
  const producer = kafka(brokers).producer();
  await producer.connect();
  await producer.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value })) });
  t.deepEqual(
    (await consume(brokers, groupId, topic, 3)).map(({ value }) => String(value)),
    ['a', 'b', 'c'],
  );
  await producer.send({ topic, messages: [{ value: 'd' }] });
  t.deepEqual(
    (await consume(brokers, groupId, topic, 1)).map(({ value }) => String(value)),
    ['d'],
  );
  await producer.disconnect();
  await withAdmin(brokers, async (admin) => {
    const committed = await admin.fetchOffsets({ groupId, topics: [topic] });
    t.deepEqual(committed[0]?.partitions, [{ partition: 0, offset: '4', metadata: null }]);
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] });
    t.is(await lag(admin, groupId, topic), 3);
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '2' }] });
    t.is((await admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset, '2');
    t.true((await admin.listGroups()).groups.some((group) => group.groupId === groupId));
    t.deepEqual(await admin.deleteGroups([groupId]), [{ groupId, errorCode: 0 }]);
  });
});

test('two consumers share the partitions, and one takes all when the other leaves', async (t) => {
  const topic = 'kjs-rebalance';
  const groupId = 'kjs-rebalance';
  const { brokers } = t.context;
  await withAdmin(brokers, (admin) => admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: true }));
  const assigned: Record<string, number[]> = {};
  const join = async (name: string): Promise<Consumer> => {
    const member = consumer(brokers, groupId);
    member.on(member.events.GROUP_JOIN, ({ payload }) => {
      assigned[name] = payload.memberAssignment[topic] ?? [];
    });
    await member.connect();
    await member.subscribe({ topic, fromBeginning: true });
    await member.run({ eachMessage: async () => {} });
    return member;
  };
  const first = await join('first');
  await eventually('all with the first', () => (assigned['first']?.length === 4 ? true : null));
  const second = await join('second');
  await eventually('two each', () => (assigned['first']?.length === 2 && assigned['second']?.length === 2 ? true : null));
  t.deepEqual([...(assigned['first'] ?? []), ...(assigned['second'] ?? [])].toSorted(), [0, 1, 2, 3]);
  const described = await withAdmin(brokers, (admin) => admin.describeGroups([groupId]));
  t.is(described.groups[0]?.state, 'Stable');
  t.is(described.groups[0]?.members.length, 2);
  await second.disconnect();
  await eventually('all with the first again', () => (assigned['first']?.length === 4 ? true : null));
  await first.disconnect();
});

test('offsets by timestamp, and deleted records', async (t) => {
  const topic = 'kjs-offsets';
  const { brokers } = t.context;
  const producer = kafka(brokers).producer();
  await producer.connect();
  for (const timestamp of [1000, 2000, 3000])
    await producer.send({ topic, messages: [{ value: 'x', timestamp: `${timestamp}` }] });
  await producer.disconnect();
  await withAdmin(brokers, async (admin) => {
    const at = async (timestamp: number) => (await admin.fetchTopicOffsetsByTimestamp(topic, timestamp))[0]?.offset;
    t.is(await at(1), '0');
    t.is(await at(1500), '1');
    t.is(await at(3000), '2');
    const from = consumer(brokers, 'kjs-offsets');
    const seen: string[] = [];
    await from.connect();
    await from.subscribe({ topic });
    await from.run({ eachMessage: async ({ message }) => void seen.push(message.timestamp) });
    from.seek({ topic, partition: 0, offset: (await at(1500)) ?? '' });
    await eventually('two messages', () => (seen.length >= 2 ? true : null));
    await from.disconnect();
    t.deepEqual(seen, ['2000', '3000']);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    t.like((await admin.fetchTopicOffsets(topic))[0], { low: '2', high: '3' });
  });
});

test.serial('a broker is killed and restarted while producing with acks=-1: nothing acknowledged is lost', async (t) => {
  const topic = 'kjs-killed';
  const { brokers } = t.context;
  await withAdmin(brokers, (admin) =>
    admin.createTopics({
      topics: [{ topic, numPartitions: 3, replicationFactor: 3, configEntries: [{ name: 'min.insync.replicas', value: '2' }] }],
      waitForLeaders: true,
    }),
  );
  const producer = kafka(brokers).producer({ retry: { retries: 30, initialRetryTime: 50, maxRetryTime: 500 } });
  await producer.connect();
  const load = new Load(4, (value) => producer.send({ topic, acks: -1, messages: [{ key: value, value }] }));
  await killAndRestart(t.context, load);
  await producer.disconnect();
  t.deepEqual(await missingForPlatformatic(brokers, topic, load.acknowledged), []);
});

/** Reads batches, and writes each to the output in a transaction of its own, with the offsets. */
async function transform(brokers: string[], { input, output, group, transactionalId }: Transform): Promise<Application> {
  const retry = { retries: 30, initialRetryTime: 50, maxRetryTime: 500 };
  const producer = kafka(brokers).producer({ transactionalId, maxInFlightRequests: 1, idempotent: true, retry });
  const member = kafka(brokers).consumer({ groupId: group, maxWaitTimeInMs: 100, sessionTimeout: 10_000, retry });
  const admin = kafka(brokers).admin();
  await Promise.all([producer.connect(), member.connect(), admin.connect()]);
  await member.subscribe({ topic: input, fromBeginning: true });
  let transactions = 0;
  await member.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch: { partition, messages }, resolveOffset, isRunning, isStale }) => {
      for (let from = 0; from < messages.length && isRunning() && !isStale(); from += BATCH) {
        const some = messages.slice(from, from + BATCH);
        const transaction = await producer.transaction();
        try {
          await transaction.send({ topic: output, messages: some.map(({ value }) => ({ partition, value })) });
          const offset = String(Number(some.at(-1)?.offset) + 1);
          const topics = [{ topic: input, partitions: [{ partition, offset }] }];
          await transaction.sendOffsets({ consumerGroupId: group, topics });
          if (++transactions % ABORTED_EVERY === 0) throw new Error('to be read again');
          await transaction.commit();
          resolveOffset(some.at(-1)?.offset ?? '');
        } catch {
          await transaction.abort().catch(() => undefined);
          // What is committed counts, also where a commit failed whose outcome is not known.
          const [committed] = await admin.fetchOffsets({ groupId: group, topics: [input] });
          const offset = Number(committed?.partitions.find((of) => of.partition === partition)?.offset);
          member.seek({ topic: input, partition, offset: String(Math.max(0, offset)) });
          return;
        }
      }
    },
  });
  return {
    async stop() {
      await member.disconnect();
      await Promise.all([producer.disconnect(), admin.disconnect()]);
    },
  };
}

test.serial('consume-transform-produce in transactions, while a broker is killed: each input comes out once', async (t) => {
  await transformed(t, 'kjs-transform', (of) => transform(t.context.brokers, of));
});
