/**
 * A newer librdkafka than kcat's, by way of node-rdkafka, against three served brokers. It is no dependency, since it is built
 * from source: `TRIAL_NODE_RDKAFKA` names the directory of an installed one, made with the Node that runs this. Skipped, and
 * said so, without.
 */
import { createRequire } from 'node:module';
import anyTest, { type TestFn } from 'ava';
import { Load, killAndRestart, missingForKafkajs } from './testing/acknowledged.ts';
import { eventually, type Served, servedCluster } from './testing/served.ts';

const test = anyTest as TestFn<Served>;

type Callback<T = unknown> = (error: Error | null, value: T) => void;
interface Partition {
  readonly topic: string;
  readonly partition: number;
  readonly offset?: number;
}
interface Message extends Partition {
  readonly value: Buffer;
  readonly key: Buffer | null;
  readonly offset: number;
  readonly headers?: readonly Record<string, Buffer>[];
}
interface Client {
  connect(options: object, done: Callback): void;
  disconnect(done: Callback): void;
  on(event: string, listener: (...args: never[]) => void): void;
}
interface Producer extends Client {
  setPollInterval(ms: number): void;
  produce(
    topic: string,
    partition: number | null,
    value: Buffer | null,
    key: string | null,
    timestamp: number | null,
    opaque: unknown,
    headers?: object[],
  ): void;
  flush(timeoutMs: number, done: Callback): void;
}
interface Consumer extends Client {
  subscribe(topics: string[]): void;
  assign(partitions: Partition[]): void;
  assignments(): Partition[];
  consume(count: number, done: Callback<Message[]>): void;
  commit(partition: Partition): void;
  committed(partitions: Partition[], timeoutMs: number, done: Callback<Partition[]>): void;
  queryWatermarkOffsets(
    topic: string,
    partition: number,
    timeoutMs: number,
    done: Callback<{ lowOffset: number; highOffset: number }>,
  ): void;
  offsetsForTimes(partitions: Partition[], timeoutMs: number, done: Callback<Partition[]>): void;
}
interface Admin {
  createTopic(topic: object, timeoutMs: number, done: (error?: Error) => void): void;
  createPartitions(topic: string, count: number, timeoutMs: number, done: (error?: Error) => void): void;
  deleteTopic(topic: string, timeoutMs: number, done: (error?: Error) => void): void;
  disconnect(): void;
}
interface Library {
  readonly librdkafkaVersion: string;
  readonly Producer: new (config: object, topicConfig?: object) => Producer;
  readonly KafkaConsumer: new (config: object, topicConfig?: object) => Consumer;
  readonly AdminClient: { create(config: object): Admin };
}

const directory = process.env['TRIAL_NODE_RDKAFKA'];
const library = directory === undefined ? null : (createRequire(import.meta.url)(directory) as Library);
if (library === null) console.log('TRIAL_NODE_RDKAFKA is not set: node-rdkafka is not tried');
else console.log(`librdkafka ${library.librdkafkaVersion}`);
if (library !== null) servedCluster(test, { brokers: 3 });
const withLibrary = library === null ? test.skip : test;
const killing = library === null ? test.serial.skip : test.serial;
const { Producer, KafkaConsumer, AdminClient } = library ?? ({} as Library);

function promised<T>(call: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
}

async function withAdmin<T>(brokers: string[], use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = AdminClient.create({ 'metadata.broker.list': brokers.join(',') });
  try {
    return await use(admin);
  } finally {
    admin.disconnect();
  }
}

function createTopic(brokers: string[], topic: string, partitions: number, config: object = {}): Promise<unknown> {
  const spec = { topic, num_partitions: partitions, replication_factor: 3, config };
  return withAdmin(brokers, (admin) => promised((done) => admin.createTopic(spec, 10_000, (error) => done(error ?? null, null))));
}

interface Writer {
  send(topic: string, value: Buffer, more?: { key?: string; timestamp?: number; headers?: object[] }): Promise<number>;
  close(): Promise<unknown>;
}

/** A producer whose sends resolve with the offset when the delivery report comes. */
async function writer(brokers: string[], config: object = {}): Promise<Writer> {
  const producer = new Producer({ 'metadata.broker.list': brokers.join(','), dr_cb: true, 'linger.ms': 0, ...config });
  producer.on('event.error', () => {});
  producer.on('delivery-report', (error: Error | null, report: { opaque: Callback<number>; offset: number }) =>
    report.opaque(error, report.offset),
  );
  await promised((done) => producer.connect({}, done));
  producer.setPollInterval(5);
  return {
    send: (topic, value, { key = 'k', timestamp, headers } = {}) =>
      promised((done) => producer.produce(topic, null, value, key, timestamp ?? null, done, headers)),
    close: async () => {
      await promised((done) => producer.flush(10_000, done));
      return promised((done) => producer.disconnect(done));
    },
  };
}

async function reader(brokers: string[], groupId: string, config: object = {}): Promise<Consumer> {
  const consumer = new KafkaConsumer(
    {
      'metadata.broker.list': brokers.join(','),
      'group.id': groupId,
      'enable.auto.commit': false,
      'heartbeat.interval.ms': 300,
      ...config,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  consumer.on('event.error', () => {});
  await promised((done) => consumer.connect({}, done));
  return consumer;
}

const close = (client: Client) => promised((done) => client.disconnect(done));

async function committedBy(consumer: Consumer, topic: string): Promise<number | undefined> {
  const [committed] = await promised<Partition[]>((done) => consumer.committed([{ topic, partition: 0 }], 10_000, done));
  return committed?.offset;
}

async function take(consumer: Consumer, count: number): Promise<Message[]> {
  const taken: Message[] = [];
  await eventually(`${count} messages`, async () => {
    taken.push(...(await promised<Message[]>((done) => consumer.consume(count - taken.length, done))));
    return taken.length >= count ? true : null;
  });
  return taken;
}

withLibrary('topics are created, extended and deleted', async (t) => {
  const { brokers } = t.context;
  await createTopic(brokers, 'rd-admin', 2);
  await t.throwsAsync(createTopic(brokers, 'rd-admin', 2), { any: true, message: /already exists/ });
  await withAdmin(brokers, async (admin) => {
    await promised((done) => admin.createPartitions('rd-admin', 3, 10_000, (error) => done(error ?? null, null)));
    await promised((done) => admin.deleteTopic('rd-admin', 10_000, (error) => done(error ?? null, null)));
  });
  t.pass();
});

withLibrary('every acks and compression, keys, headers, and 1 MiB come back as they were sent', async (t) => {
  const { brokers } = t.context;
  await createTopic(brokers, 'rd-produce', 1, { 'max.message.bytes': '2000000' });
  const sent: string[] = [];
  const headers = [{ a: Buffer.from('b') }];
  // This build has no zstd.
  for (const codec of ['none', 'gzip', 'snappy', 'lz4']) {
    for (const acks of [0, 1, -1]) {
      const producer = await writer(brokers, { 'compression.codec': codec, 'request.required.acks': acks });
      const value = `${codec}/${acks}/${'x'.repeat(3000)}`;
      await producer.send('rd-produce', Buffer.from(value), { headers });
      sent.push(value);
      await producer.close();
    }
  }
  const producer = await writer(brokers, { 'message.max.bytes': 2_000_000 });
  const large = 'y'.repeat(1 << 20);
  await producer.send('rd-produce', Buffer.from(large), { headers });
  await producer.close();
  const consumer = await reader(brokers, 'rd-produce');
  consumer.subscribe(['rd-produce']);
  const received = await take(consumer, sent.length + 1);
  await close(consumer);
  t.deepEqual(
    received.map(({ value }) => String(value)),
    [...sent, large],
  );
  t.true(received.every(({ key, headers: [header] = [] }) => String(key) === 'k' && String(header?.['a']) === 'b'));
});

withLibrary('an idempotent producer; a group that commits and resumes; its lag; offsets by timestamp', async (t) => {
  const { brokers } = t.context;
  const topic = 'rd-group';
  await createTopic(brokers, topic, 1);
  const producer = await writer(brokers, { 'enable.idempotence': true });
  const offsets = await Promise.all(
    [1000, 2000, 3000].map((timestamp) => producer.send(topic, Buffer.from(`${timestamp}`), { timestamp })),
  );
  t.deepEqual(offsets, [0, 1, 2]);
  await producer.close();
  const first = await reader(brokers, topic);
  first.subscribe([topic]);
  t.is(String((await take(first, 1))[0]?.value), '1000');
  first.commit({ topic, partition: 0, offset: 1 });
  // A synchronous commit would stop this process, and with it the brokers.
  await eventually('the commit', async () => ((await committedBy(first, topic)) === 1 ? true : null));
  await close(first);
  const second = await reader(brokers, topic);
  second.subscribe([topic]);
  t.deepEqual(
    (await take(second, 2)).map(({ value }) => String(value)),
    ['2000', '3000'],
  );
  const { lowOffset, highOffset } = await promised<{ lowOffset: number; highOffset: number }>((done) =>
    second.queryWatermarkOffsets(topic, 0, 10_000, done),
  );
  t.deepEqual([lowOffset, await committedBy(second, topic), highOffset], [0, 1, 3]);
  const [found] = await promised<Partition[]>((done) =>
    second.offsetsForTimes([{ topic, partition: 0, offset: 1500 }], 10_000, done),
  );
  t.is(found?.offset, 1);
  await close(second);
});

withLibrary('two consumers share the partitions, and one takes all when the other leaves', async (t) => {
  const { brokers } = t.context;
  const topic = 'rd-rebalance';
  await createTopic(brokers, topic, 4);
  const members: Consumer[] = [];
  const join = async () => {
    const consumer = await reader(brokers, topic);
    consumer.subscribe([topic]);
    members.push(consumer);
  };
  const shares = async (expected: string) =>
    eventually(expected, async () => {
      for (const member of members) await promised((done) => member.consume(1, done));
      return members.map((member) => member.assignments().length).join() === expected ? true : null;
    });
  await join();
  await shares('4');
  await join();
  await shares('2,2');
  await close(members.pop() as Consumer);
  await shares('4');
  await close(members.pop() as Consumer);
  t.pass();
});

killing('a broker is killed and restarted while producing with acks=-1: nothing acknowledged is lost', async (t) => {
  const { brokers } = t.context;
  await createTopic(brokers, 'rd-killed', 3, { 'min.insync.replicas': '2' });
  const producer = await writer(brokers, { 'enable.idempotence': true });
  const load = new Load(4, (value) => producer.send('rd-killed', Buffer.from(value), { key: value }));
  await killAndRestart(t.context, load);
  await producer.close();
  t.deepEqual(await missingForKafkajs(brokers, 'rd-killed', load.acknowledged), []);
});
