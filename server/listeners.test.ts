import fs from 'node:fs';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { decodeResponse, encodeRequest } from '../core/protocol/codec.ts';
import { type Cluster, type ServeOptions, serve } from './serve.ts';
import { Wire } from './testing/wire.ts';

async function served(t: ExecutionContext, options: ServeOptions): Promise<Cluster> {
  const cluster = await serve(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

function client(brokers: string, config: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({ clientId: 'test', brokers: brokers.split(','), logLevel: logLevel.NOTHING, ...config });
}

/** Sends by the client, then reads back with a group. */
async function roundTrip(kafka: Kafka, topic: string): Promise<string | undefined> {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: topic }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: `readers-of-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const value = await new Promise<string | undefined>((resolve, reject) => {
    consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) }).catch(reject);
  });
  await consumer.disconnect();
  return value;
}

/** A proxy on a free port in front of a port that is told later. It counts who came by. */
async function proxy(t: ExecutionContext) {
  const state = { port: 0, target: 0, connections: 0 };
  const server = net.createServer((socket) => {
    state.connections++;
    const onward = net.connect(state.target, '127.0.0.1');
    for (const side of [socket, onward]) side.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => server.close());
  state.port = (server.address() as net.AddressInfo).port;
  return state;
}

const THREE = 'PLAINTEXT://:0,SSL://:0,USERS://:0';
const MAP = 'PLAINTEXT:PLAINTEXT,SSL:SSL,USERS:SASL_SSL';

test.serial('PLAINTEXT, SSL and SASL_SSL at once: clients by each of them, told of their own listener', async (t) => {
  const topics = ['one', 'two', 'three'].map((name) => ({ name, partitions: 2, replicationFactor: 2 }));
  const cluster = await served(t, {
    brokers: 2,
    users: { alice: 's3cret' },
    topics,
    config: { listeners: THREE, 'listener.security.protocol.map': MAP },
  });
  t.is(cluster.bootstrapServers, cluster.bootstrapServersOf('plaintext'));
  t.deepEqual(
    cluster.broker(2).listeners.map(({ name, securityProtocol }) => [name, securityProtocol]),
    [
      ['PLAINTEXT', 'PLAINTEXT'],
      ['SSL', 'SSL'],
      ['USERS', 'SASL_SSL'],
    ],
  );
  const ssl = { ca: fs.readFileSync(cluster.certificateFile ?? '', 'utf8') };
  // New each time: kafkajs keeps in it how it authenticates.
  const sasl = (password: string) => ({ mechanism: 'scram-sha-256', username: 'alice', password }) as const;
  const all = [
    ['one', 'PLAINTEXT', client(cluster.bootstrapServersOf('PLAINTEXT'))],
    ['two', 'SSL', client(cluster.bootstrapServersOf('SSL'), { ssl })],
    ['three', 'USERS', client(cluster.bootstrapServersOf('USERS'), { ssl, sasl: sasl('s3cret') })],
  ] as const;
  for (const [topic, listener, kafka] of all) {
    t.is(await roundTrip(kafka, topic), topic);
    const admin = kafka.admin();
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    const told = brokers.map(({ host, port }) => `${host}:${port}`).sort();
    t.deepEqual(told, cluster.bootstrapServersOf(listener).split(',').sort(), listener);
    await admin.disconnect();
  }
  const stranger = client(cluster.bootstrapServersOf('USERS'), {
    ssl,
    sasl: sasl('wrong'),
    retry: { retries: 0 },
  });
  await t.throwsAsync(stranger.producer().connect(), { message: /[Aa]uthentication failed/ });
  t.throws(() => cluster.bootstrapServersOf('OTHER'), {
    message: 'There is no listener OTHER: there are PLAINTEXT, SSL, USERS.',
  });
});

test.serial('Metadata, DescribeCluster and FindCoordinator tell the address of the listener that was asked', async (t) => {
  const config = {
    listeners: 'A://:0,B://:0',
    'advertised.listeners': 'B://outside:19092',
    'listener.security.protocol.map': 'A:PLAINTEXT,B:PLAINTEXT',
  };
  const cluster = await served(t, { config, topics: [{ name: 'one' }] });
  const [a, b] = cluster.broker(1).listeners;
  for (const [port, told] of [
    [a?.port ?? 0, `127.0.0.1:${a?.port}`],
    [b?.port ?? 0, 'outside:19092'],
  ] as const) {
    const wire = new Wire(t, port);
    wire.socket.write(encodeRequest('Metadata', 9, 1, 'test', { topics: [] }));
    wire.socket.write(encodeRequest('DescribeCluster', 0, 2, 'test', {}));
    wire.socket.write(encodeRequest('FindCoordinator', 4, 3, 'test', { keyType: 0, coordinatorKeys: ['group'] }));
    await wire.answered(3);
    const [metadata, described, found] = wire.answers as [Uint8Array, Uint8Array, Uint8Array];
    const where = ({ host, port: at }: { host: string; port: number }) => `${host}:${at}`;
    t.deepEqual(decodeResponse('Metadata', 9, metadata).body.brokers.map(where), [told]);
    t.deepEqual(decodeResponse('DescribeCluster', 0, described).body.brokers.map(where), [told]);
    // Until the internal topic has a leader there is no coordinator to tell of.
    const [coordinator] = decodeResponse('FindCoordinator', 4, found).body.coordinators;
    if (coordinator?.errorCode === 0) t.is(where(coordinator), told);
    else t.is(coordinator?.errorCode, 15);
  }
  t.is(cluster.bootstrapServersOf('B'), 'outside:19092');
});

test.serial('clients come by a proxy whose address and port they are told; brokers among themselves do not', async (t) => {
  const proxies = [await proxy(t), await proxy(t)];
  const cluster = await served(t, {
    brokers: 2,
    port: 0,
    advertisedHost: 'localhost',
    advertisedPort: proxies.map(({ port }) => port),
    topics: [{ name: 'one', partitions: 2, replicationFactor: 2 }],
  });
  t.deepEqual(
    proxies.map(({ connections }) => connections),
    [0, 0],
  );
  t.is(cluster.bootstrapServers, proxies.map(({ port }) => `localhost:${port}`).join(','));
  for (const [index, { listeners }] of cluster.nodes.entries())
    (proxies[index] as { target: number }).target = listeners[0]?.port ?? 0;
  t.is(await roundTrip(client(cluster.bootstrapServers), 'one'), 'one');
  t.true(proxies.every(({ connections }) => connections > 0));
});

for (const [options, message] of [
  [{ config: { listeners: 'PLAINTEXT://:0,plaintext://:0' } }, /^listeners names PLAINTEXT twice\.$/],
  [{ config: { listeners: 'INTERNAL://:0' } }, /^listeners names INTERNAL, but that is the name of a listener/],
  [{ config: { listeners: 'OUT://:0' } }, /^The listener OUT has no security protocol: /],
  [
    { config: { listeners: 'PLAINTEXT://:0', 'listener.security.protocol.map': 'OUT:SSL' } },
    /^The listener PLAINTEXT has no sec/,
  ],
  [{ config: { listeners: '9092' } }, /^listeners holds 9092, but each must be NAME:\/\/host:port\.$/],
  [{ config: { listeners: 'PLAINTEXT://:99999' } }, /^listeners holds PLAINTEXT:\/\/:99999, but/],
  [{ config: { listeners: '' } }, /^listeners is empty/],
  [
    { brokers: 2, config: { listeners: 'PLAINTEXT://:9092' } },
    /^PLAINTEXT of broker-1 and PLAINTEXT of broker-2 have both the port 9092/,
  ],
  [
    { config: { listeners: 'PLAINTEXT://:9092,SSL://:9092' } },
    /^PLAINTEXT of broker-1 and SSL of broker-1 have both the port 9092/,
  ],
  [{ config: { listeners: 'PLAINTEXT://:0' }, port: 9092 }, /^port and the property listeners exclude each other/],
  [{ config: { 'advertised.listeners': 'SSL://a:1' } }, /^advertised\.listeners names SSL, but the listeners are PLAINTEXT\.$/],
  [{ config: { 'advertised.listeners': 'PLAINTEXT://0.0.0.0:1' } }, /^advertised\.listeners has 0\.0\.0\.0, which is no address/],
  [{ config: { 'listener.security.protocol.map': 'A:SSL' } }, /^listener\.security\.protocol\.map is given, but no listeners/],
  [{ advertisedPort: [1, 2] }, /^advertisedPort has 2 ports, but there must be one for each of the 1 brokers\.$/],
] as const) {
  test(`listeners that do not fit are refused in one sentence: ${JSON.stringify(options)}`, async (t) => {
    await t.throwsAsync(serve(options as ServeOptions), { name: 'UnusableError', message });
  });
}
