/** TLS and SASL with kafkajs, @platformatic/kafka and librdkafka (kcat), against clusters of each security protocol. */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { type Cluster, serve } from '../server/serve.ts';
import { createCertificate } from '../server/tls/certificate.ts';
import { eventually } from './testing/served.ts';

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
const PROTOCOLS = ['SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
type Protocol = (typeof PROTOCOLS)[number];
type Mechanism = (typeof MECHANISMS)[number];
const USER = 'alice';
const PASSWORD = 'wonder=land,\\"7';

interface Context {
  clusters: Record<Protocol, Cluster>;
  /** A certificate that no broker has. */
  strangerFile: string;
}

const test = anyTest as TestFn<Context>;
const isKcatInstalled = spawnSync('kcat', ['-V']).error === undefined;
if (!isKcatInstalled) console.log('kcat is not installed: librdkafka is not tried');
const directory = fs.mkdtempSync(join(tmpdir(), 'trial-conformance-'));

test.before(async (t) => {
  const start = (securityProtocol: Protocol): Promise<Cluster> =>
    serve({
      port: 0,
      brokers: 2,
      quiet: true,
      securityProtocol,
      ...(securityProtocol === 'SSL' ? {} : { users: { [USER]: PASSWORD } }),
      config: { 'connections.max.reauth.ms': 3_000 },
    });
  const [ssl, plaintext, both] = await Promise.all(PROTOCOLS.map(start));
  t.context.clusters = { SSL: ssl as Cluster, SASL_PLAINTEXT: plaintext as Cluster, SASL_SSL: both as Cluster };
  const strangerFile = join(directory, 'stranger.pem');
  fs.writeFileSync(strangerFile, createCertificate({ subject: [['CN', 'stranger']], hosts: ['127.0.0.1'] }).certificate);
  t.context.strangerFile = strangerFile;
});

test.after.always(async (t) => {
  for (const cluster of Object.values(t.context.clusters)) await cluster.stop();
  fs.rmSync(directory, { recursive: true });
});

/** How a client is to come in; `ca` null: it trusts what the machine trusts. */
interface Way {
  readonly protocol: Protocol;
  readonly mechanism: Mechanism | null;
  readonly password: string;
  readonly caFile: string | null;
}

function ways(t: ExecutionContext<Context>): Way[] {
  return PROTOCOLS.flatMap((protocol) =>
    (protocol === 'SSL' ? [null] : MECHANISMS).map((mechanism) => ({
      protocol,
      mechanism,
      password: PASSWORD,
      caFile: t.context.clusters[protocol].certificateFile,
    })),
  );
}

function brokersOf(t: ExecutionContext<Context>, { protocol }: Way): string[] {
  return t.context.clusters[protocol].bootstrapServers.split(',');
}

const ca = ({ caFile }: Way): string => fs.readFileSync(caFile as string, 'utf8');
const nameOf = ({ protocol, mechanism }: Way): string => `${protocol}-${mechanism ?? 'none'}`;

// --- kafkajs ---

function kafkajs(t: ExecutionContext<Context>, way: Way, retries: number): Kafka {
  const { mechanism, password } = way;
  const config: KafkaConfig = {
    brokers: brokersOf(t, way),
    logLevel: logLevel.NOTHING,
    retry: { retries, initialRetryTime: 100 },
    reauthenticationThreshold: 1_500,
    ...(way.caFile === null ? {} : { ssl: { ca: ca(way) } }),
  };
  if (mechanism === null) return new Kafka(config);
  const sasl = { mechanism: mechanism.toLowerCase(), username: USER, password } as SASLOptions;
  return new Kafka({ ...config, sasl });
}

test('kafkajs produces and consumes every way', async (t) => {
  for (const way of ways(t)) {
    const topic = `kafkajs-${nameOf(way)}`;
    const kafka = kafkajs(t, way, 8);
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'one' }] });
    const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const received: string[] = [];
    await consumer.run({ eachMessage: async ({ message }) => void received.push(String(message.value)) });
    await eventually(`${topic}`, () => (received.length > 0 ? true : null));
    await consumer.disconnect();
    await producer.disconnect();
    t.deepEqual(received, ['one'], topic);
  }
});

test('kafkajs goes on when sessions end (KIP-368)', async (t) => {
  const way = ways(t).find(({ protocol, mechanism }) => protocol === 'SASL_SSL' && mechanism === 'SCRAM-SHA-512') as Way;
  const first = kafkajs(t, way, 8).producer();
  await first.connect();
  await first.send({ topic: 'kafkajs-reauth', messages: [{ value: 'the topic is there' }] });
  await first.disconnect();
  // Without another try: a session that ended would be seen.
  const producer = kafkajs(t, way, 0).producer();
  await producer.connect();
  const until = Date.now() + 7_000;
  let sent = 0;
  for (; Date.now() < until; sent++) await producer.send({ topic: 'kafkajs-reauth', messages: [{ value: `${sent}` }] });
  await producer.disconnect();
  t.true(sent > 100);
});

test('kafkajs with a wrong password or an untrusted broker is refused', async (t) => {
  for (const way of ways(t)) {
    if (way.mechanism === null) continue;
    const admin = kafkajs(t, { ...way, password: 'wrong' }, 0).admin();
    await t.throwsAsync(admin.connect(), { name: 'KafkaJSSASLAuthenticationError' }, nameOf(way));
    await admin.disconnect();
  }
  for (const way of ways(t)) {
    if (way.caFile === null) continue;
    const admin = kafkajs(t, { ...way, caFile: t.context.strangerFile }, 0).admin();
    await t.throwsAsync(admin.connect(), { message: /self-signed certificate/ }, nameOf(way));
    await admin.disconnect();
  }
});

// --- @platformatic/kafka ---

function platformatic(t: ExecutionContext<Context>, way: Way) {
  const { mechanism, password } = way;
  return {
    clientId: 'conformance',
    bootstrapBrokers: brokersOf(t, way),
    retries: 3,
    retryDelay: 100,
    timeout: 10_000,
    ...(way.caFile === null ? {} : { tls: { ca: ca(way) } }),
    ...(mechanism === null ? {} : { sasl: { mechanism, username: USER, password } }),
  };
}

test('@platformatic/kafka produces and consumes every way', async (t) => {
  for (const way of ways(t)) {
    const topic = `platformatic-${nameOf(way)}`;
    const admin = new Admin(platformatic(t, way));
    await admin.createTopics({ topics: [topic], partitions: 1, replicas: 2 });
    await admin.close();
    const producer = new Producer({ ...platformatic(t, way), serializers: stringSerializers });
    await producer.send({ messages: [{ topic, key: 'k', value: 'one' }] });
    await producer.close();
    const consumer = new Consumer({
      ...platformatic(t, way),
      groupId: topic,
      deserializers: stringDeserializers,
      maxWaitTime: 100,
    });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' });
    const received: string[] = [];
    stream.on('data', ({ value }) => received.push(value));
    await eventually(topic, () => (received.length > 0 ? true : null));
    await stream.close();
    await consumer.close(true);
    t.deepEqual(received, ['one'], topic);
  }
});

test('@platformatic/kafka with a wrong password or an untrusted broker is refused', async (t) => {
  const wrong = ways(t).flatMap((way) => [
    ...(way.mechanism === null ? [] : [{ ...way, password: 'wrong' }]),
    ...(way.caFile === null ? [] : [{ ...way, caFile: t.context.strangerFile }]),
  ]);
  for (const way of wrong) {
    const admin = new Admin({ ...platformatic(t, way), retries: 0 });
    await t.throwsAsync(admin.metadata({ topics: [] }), undefined, nameOf(way));
    await admin.close();
  }
});

// --- librdkafka ---

const withKcat = isKcatInstalled ? test : test.skip;

/** Runs kcat with this input: its exit status, output and errors. */
interface KcatRun {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function kcat(t: ExecutionContext<Context>, way: Way, args: readonly string[], input = ''): Promise<KcatRun> {
  const { protocol, mechanism, password, caFile } = way;
  const settings = [
    `security.protocol=${protocol}`,
    ...(caFile === null ? [] : [`ssl.ca.location=${caFile}`]),
    ...(mechanism === null ? [] : [`sasl.mechanism=${mechanism}`, `sasl.username=${USER}`, `sasl.password=${password}`]),
  ].flatMap((setting) => ['-X', setting]);
  return new Promise<KcatRun>((resolve, reject) => {
    const child = spawn('kcat', ['-b', brokersOf(t, way).join(','), ...settings, ...args], { timeout: 30_000 });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, errors }));
    child.stdin.end(input);
  });
}

withKcat('kcat produces and consumes every way', async (t) => {
  for (const way of ways(t)) {
    const topic = `kcat-${nameOf(way)}`;
    const produced = await kcat(t, way, ['-P', '-t', topic, '-p', '0'], 'one\n');
    t.is(produced.code, 0, `${topic}: ${produced.errors}`);
    const { output } = await kcat(t, way, ['-C', '-q', '-t', topic, '-p', '0', '-o', 'beginning', '-e']);
    t.is(output, 'one\n', topic);
  }
});

withKcat('kcat without ApiVersions authenticates with bare tokens (handshake version 0)', async (t) => {
  const old = ['-X', 'api.version.request=false', '-X', 'broker.version.fallback=0.10.0'];
  for (const way of ways(t)) {
    if (way.mechanism === null) continue;
    const { code, errors } = await kcat(t, way, ['-L', '-m', '5', ...old]);
    // It gets as far as Metadata, whose version 0 is answered only to who is known.
    t.is(code, 0, `${nameOf(way)}: ${errors}`);
  }
});

// An untrusted broker is tried with the other clients: not every librdkafka takes a failed TLS handshake well.
withKcat('kcat with a wrong password is refused', async (t) => {
  const wrong = ways(t).filter(({ mechanism }) => mechanism !== null);
  for (const way of wrong) {
    const { code, errors } = await kcat(t, { ...way, password: 'wrong' }, ['-L', '-m', '2']);
    t.is(code, 1, nameOf(way));
    t.regex(errors, /SASL authentication error: Authentication failed/, nameOf(way));
  }
});

test('a client that does not authenticate gets nothing', async (t) => {
  const [way] = ways(t).filter(({ protocol }) => protocol === 'SASL_PLAINTEXT');
  const admin = kafkajs(t, { ...(way as Way), mechanism: null }, 0).admin();
  await t.throwsAsync(admin.connect().then(() => admin.listTopics()));
  await admin.disconnect();
});
