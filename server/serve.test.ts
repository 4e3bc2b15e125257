import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { encodeMetadataRecord } from '../core/protocol/codec.ts';
import { encodeBatch, forEachBatch } from '../core/protocol/records.ts';
import { temporaryDirectory } from './data-directory.ts';
import { globalSetup, globalTeardown } from './global-setup.ts';
import { type Cluster, type ServeOptions, serve } from './serve.ts';
import { brokersOf, metadata, portOf, Wire } from './testing/wire.ts';

async function served(t: ExecutionContext, options: ServeOptions = {}): Promise<Cluster> {
  const cluster = await serve({ port: 0, ...options });
  t.teardown(() => cluster.stop());
  return cluster;
}

function directory(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'trial-serve-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const sleep = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

test.serial('one node serves on loopback, and stops once', async (t) => {
  const cluster = await serve({ port: 0 });
  t.regex(cluster.bootstrapServers, /^127\.0\.0\.1:\d+$/);
  await Promise.all([cluster.stop(), cluster.stop()]);
  t.true(cluster.nodes.every(({ isUp }) => !isUp));
});

test.serial('a temporary directory goes when it is released', async (t) => {
  const data = temporaryDirectory();
  const path = data.nodeDirectory('broker-1');
  mkdirSync(path);
  await data.release();
  t.false(existsSync(path));
});

test.serial('controllers apart from brokers', async (t) => {
  const cluster = await served(t, { brokers: 2, controllers: 1 });
  t.deepEqual(
    cluster.nodes.map(({ name, isBroker, isController }) => [name, isBroker, isController]),
    [
      ['broker-1', true, false],
      ['broker-2', true, false],
      ['controller-1001', false, true],
    ],
  );
  const wire = new Wire(t, portOf(cluster, 1));
  wire.socket.write(metadata(1));
  await wire.answered(1);
  t.deepEqual(brokersOf(wire.answers[0] as Uint8Array), [1, 2]);
});

test.serial('frames split anywhere, and pipelined requests answered in order', async (t) => {
  const wire = new Wire(t, portOf(await served(t)));
  const bytes = Buffer.concat(Array.from({ length: 20 }, (_, index) => metadata(index)));
  for (let at = 0; at < bytes.length; at += 7) {
    wire.socket.write(bytes.subarray(at, at + 7));
    if (at % 70 === 0) await sleep(1);
  }
  await wire.answered(20);
  t.deepEqual(wire.correlationIds(), [...Array(20).keys()]);
});

test.serial('a peer that ends its half is closed; so is one that sends too much, or is idle', async (t) => {
  const cluster = await served(t, { config: { 'socket.request.max.bytes': 1000, 'connections.max.idle.ms': 300 } });
  const half = new Wire(t, portOf(cluster), { allowHalfOpen: true });
  half.socket.end();
  await half.closed;
  const large = new Wire(t, portOf(cluster));
  large.socket.write(Uint8Array.of(0, 0, 4, 0));
  await large.closed;
  const idle = new Wire(t, portOf(cluster));
  idle.socket.write(metadata(1));
  await idle.closed;
  t.is(idle.answers.length, 1);
});

test.serial('a node is killed and started again on its data', async (t) => {
  const cluster = await served(t, { data: directory(t) });
  const [node] = cluster.nodes;
  node?.kill();
  t.false(node?.isUp);
  await node?.start();
  await cluster.ready();
  const wire = new Wire(t, portOf(cluster));
  wire.socket.write(metadata(1));
  await wire.answered(1);
  t.pass();
});

test.serial('a data directory comes back as the same cluster, and is refused to others', async (t) => {
  const data = directory(t);
  const first = await serve({ port: 0, data });
  await t.throwsAsync(serve({ port: 0, data }), { message: /is in use by another server/ });
  await first.stop();
  await t.throwsAsync(serve({ port: 0, data, brokers: 3 }), { message: /controllers are the nodes 1, but 1,2,3 were asked for/ });
  const second = await serve({ port: 0, data });
  t.is(second.clusterId, first.clusterId);
  await second.stop();
  const meta = join(data, 'broker-1', 'meta.properties');
  writeFileSync(meta, 'version=1\n');
  await t.throwsAsync(serve({ port: 0, data }), { message: /broker-1 is broken/ });
  writeFileSync(meta, 'version=0\nbroker.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAQ\n');
  await t.throwsAsync(serve({ port: 0, data }), {
    message: /broker-1 cannot be used: its meta.properties is of version 0, of a broker with ZooKeeper; only version 1 is read/,
  });
  writeFileSync(meta, 'version=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAQ\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\nnode.id=1\n');
  await t.throwsAsync(serve({ port: 0, data }), { message: /belongs to the cluster AAAAAAAAAAAAAAAAAAAAAQ/ });
  writeFileSync(join(data, 'cluster.properties'), '');
  await t.throwsAsync(serve({ port: 0, data }), { message: /cluster.properties is broken/ });
});

test.serial(
  'the directories of nodes that Kafka formatted are taken over, under the names that they would have here',
  async (t) => {
    const data = directory(t);
    const first = await serve({ port: 0, data, topics: [{ name: 'kept' }] });
    const topicId = first.nodes[0]?.running?.inspect().metadata.topicIds.get('kept');
    await first.stop();
    // Now it is what Kafka would have left.
    rmSync(join(data, 'cluster.properties'));
    const checkpoint = readdirSync(join(data, 'broker-1', '__cluster_metadata-0')).find((name) => name.endsWith('.checkpoint'));
    t.is(checkpoint, '00000000000000000000-0000000000.checkpoint');
    await t.throwsAsync(serve({ port: 0, data: join(data, 'broker-1') }), {
      message: /broker-1 is the directory of node 1: it can be used as broker-1 in the data directory of a cluster/,
    });
    mkdirSync(join(data, 'something'));
    await t.throwsAsync(serve({ port: 0, data }), { message: /is not the data directory of a served cluster/ });
    rmSync(join(data, 'something'), { recursive: true });
    await t.throwsAsync(serve({ port: 0, data, firstBrokerId: 5 }), { message: /is not the data directory of a served cluster/ });
    const second = await serve({ port: 0, data });
    t.is(second.clusterId, first.clusterId);
    t.is(second.nodes[0]?.running?.inspect().metadata.topicIds.get('kept'), topicId);
    await second.stop();
  },
);

test.serial('what the metadata log has and is not here is named in one line, whatever the number of nodes', async (t) => {
  const data = directory(t);
  await (await serve({ port: 0, data, brokers: 2 })).stop();
  appendTo(join(data, 'broker-1', '__cluster_metadata-0', '00000000000000000000.log'), [
    encodeMetadataRecord('FeatureLevelRecord', 0, { name: 'streams.version', featureLevel: 1 }),
    encodeMetadataRecord('ClientQuotaRecord', 0, { entity: [], key: 'producer_byte_rate', value: 1, remove: false }),
  ]);
  const told: string[] = [];
  const { error } = console;
  console.error = (line: string) => told.push(line);
  t.teardown(() => {
    console.error = error;
  });
  const found = await findings({ data });
  t.deepEqual(told, ['The metadata log has what there is not here, and is passed over: streams.version 1, client quotas.']);
  t.is(found, 2);
  t.is(await findings({ data, quiet: true }), 2);
  t.is(told.length, 1);
});

/** How many nodes find that they lack something. */
async function findings(options: ServeOptions): Promise<number> {
  let found = 0;
  const onTrace: ServeOptions['onTrace'] = (_, { type }) => {
    if (type === 'features-lacking') found++;
  };
  await (await serve({ port: 0, brokers: 2, ...options, onTrace })).stop();
  return found;
}

/** Appends a batch to the file of a log, in its last epoch. */
function appendTo(file: string, values: readonly Uint8Array[]): void {
  let [baseOffset, leaderEpoch] = [0, 0];
  forEachBatch(readFileSync(file), (header) => {
    baseOffset = header.lastOffset + 1;
    leaderEpoch = header.leaderEpoch;
  });
  appendFileSync(
    file,
    encodeBatch(
      values.map((value) => ({ key: null, value, timestamp: Date.now() })),
      { baseOffset, leaderEpoch },
    ),
  );
}

test.serial('what cannot be is refused with a sentence', async (t) => {
  const other = directory(t);
  writeFileSync(join(other, 'thesis.txt'), 'mine');
  await t.throwsAsync(serve({ port: 0, data: other }), { message: /is not empty and holds no cluster.properties/ });
  const cluster = await served(t);
  await t.throwsAsync(serve({ port: portOf(cluster) }), { message: /Port \d+ of 127.0.0.1 is taken/ });
  await t.throwsAsync(serve({ port: 0, brokers: 0 }), { message: 'brokers is 0, but it must be a whole number from 1 to 100.' });
  await t.throwsAsync(serve({ port: 0, config: { 'node.id': 7 } }), { message: /node.id cannot be given/ });
  await t.throwsAsync(serve({ port: 0, config: { 'num.partition': 7 } }), { message: /Did you mean num.partitions/ });
});

test.serial('ids from 0, a port for each broker, a property and a rack for one broker, topics to begin with', async (t) => {
  const free = await served(t, { brokers: 2 });
  const ports = [portOf(free, 0), portOf(free, 1)];
  await free.stop();
  const cluster = await served(t, {
    brokers: 2,
    firstBrokerId: 0,
    port: [ports[1] as number, ports[0] as number],
    brokerConfig: { 1: { 'broker.rack': 'b', 'log.segment.bytes': 1_048_576 } },
    topics: [{ name: 'orders', partitions: 3, replicationFactor: 2, configs: { 'retention.ms': 1_000 } }, { name: 'plain' }],
  });
  t.is(cluster.bootstrapServers, `127.0.0.1:${ports[1]},127.0.0.1:${ports[0]}`);
  const inspection = cluster.broker(1).running?.inspect();
  t.deepEqual([...(inspection?.metadata.brokers.values() ?? [])].map(({ rack }) => rack).sort(), ['b', null]);
  t.deepEqual([...(inspection?.metadata.topicIds.keys() ?? [])].sort(), ['orders', 'plain']);
  t.throws(() => cluster.broker(2), { message: 'There is no broker 2: there are 0, 1.' });
  await cluster.broker(0).restart();
  await cluster.ready();
  t.true(cluster.broker(0).isUp);
});

test.serial('a cluster ends with the block that uses it', async (t) => {
  const cluster = await serve({ port: 0 });
  t.true(cluster.broker(1).isUp);
  // What `await using` does; the reader of imports does not know these words yet.
  await cluster[Symbol.asyncDispose]();
  t.false(cluster.broker(1).isUp);
});

for (const [options, message] of [
  [{ nope: 1 }, /^"nope" is no key of it: there are brokers,/],
  [{ broker: 3 }, /^"broker" is no key of it; did you mean "brokers"\?$/],
  [{ brokers: 'three' }, /^brokers is "three", but it must be a whole number from 1 to 100\.$/],
  [{ brokers: -1 }, /^brokers is -1, but/],
  [{ port: 70_000 }, /^port is 70000, but it must be a whole number from 0 to 65535/],
  [{ port: 65_535, brokers: 2 }, /^port is 65535, but the ports of all 2 brokers/],
  [{ port: [1, 2] }, /^port has 2 ports, but there must be one for each of the 1 brokers\.$/],
  [{ securityProtocol: 'SASL' }, /^securityProtocol is "SASL", but it must be one of PLAINTEXT, SSL/],
  [
    { topics: [{ name: 'a', replicationfactor: 1 }] },
    /^topics\.0: "replicationfactor" is no key of it; did you mean "replicationFactor"/,
  ],
  [
    { topics: [{ name: 'a', replicationFactor: 2 }] },
    /^the topic "a" has the replicationFactor 2, but there are only 1 brokers\.$/,
  ],
  [{ brokerConfig: { 7: {} } }, /^brokerConfig names broker 7, but the brokers are 1\.$/],
  [{ controllers: 1, combined: true }, /^controllers and combined exclude each other/],
] as const) {
  test(`options that cannot be used are refused in one sentence: ${JSON.stringify(options)}`, async (t) => {
    await t.throwsAsync(serve(options as ServeOptions), { name: 'UnusableError', message });
  });
}

const trial = fileURLToPath(new URL('../cli/trial.mjs', import.meta.url));
const SERVE = `require('child_process').spawn(process.execPath, ['${trial}', 'serve', '--port', '0'], { stdio: 'inherit' })`;

for (const [between, script] of [
  ['nothing', SERVE],
  ['a shell', `require('child_process').spawn('sh', ['-c', '"$NODE" "$TRIAL" serve --port 0; true'], { stdio: 'inherit' })`],
  [
    "the command's own starter",
    `require('child_process').spawn(process.execPath, ['-e', 'process.env.TRIAL_STARTER_PID = process.pid;' + process.env.SERVE], { stdio: 'inherit' })`,
  ],
] as const) {
  test.serial(`a server that npm started ends when npm does, for npm hands on no signal; between them: ${between}`, async (t) => {
    const env = { ...process.env, NODE: process.execPath, TRIAL: trial, SERVE, npm_config_user_agent: 'npm/11' };
    const npm = spawn(process.execPath, ['-e', script], { env });
    let told = '';
    npm.stdout.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    const ended = once(npm.stdout, 'close');
    t.teardown(() => npm.kill('SIGKILL'));
    while (!told.includes('bootstrap.servers=')) await once(npm.stdout, 'data');
    npm.kill('SIGKILL');
    await ended;
    t.true(told.includes('Stopping.'));
  });
}

test.serial('a global setup names its servers to the tests, and its teardown ends them', async (t) => {
  const teardown = await globalSetup({ topics: [{ name: 'orders' }] })();
  const servers = process.env['KAFKA_BOOTSTRAP_SERVERS'] ?? '';
  t.regex(servers, /^127\.0\.0\.1:\d+$/);
  const wire = new Wire(t, Number(servers.split(':')[1]));
  wire.socket.write(metadata(1));
  await wire.answered(1);
  await teardown();
  t.is(process.env['KAFKA_BOOTSTRAP_SERVERS'], undefined);
  await t.notThrowsAsync(globalTeardown());
  const again = await globalSetup({
    config: { listeners: 'A://:0,B://:0', 'listener.security.protocol.map': 'A:PLAINTEXT,B:PLAINTEXT' },
  })();
  t.regex(process.env['KAFKA_BOOTSTRAP_SERVERS'] ?? '', /^127\.0\.0\.1:\d+$/);
  await again();
});
