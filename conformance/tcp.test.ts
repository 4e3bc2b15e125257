/** TCP as it is: what clients, networks and their accidents do to connections. */
import test, { type ExecutionContext } from 'ava';
import { decodeResponse, encodeRequest } from '../core/protocol/codec.ts';
import { encodeBatch } from '../core/protocol/records.ts';
import { type Cluster, type ServeOptions, serve } from '../server/serve.ts';
import { metadata, portOf, Wire } from '../server/testing/wire.ts';
import { ServeProcess } from './testing/child.ts';
import { eventually, sleep } from './testing/served.ts';

const MIB = 1 << 20;

/** A cluster that must outlive the test: a node that ended by itself fails it. */
async function served(t: ExecutionContext, config: ServeOptions['config'] = {}): Promise<Cluster> {
  const failures: string[] = [];
  const cluster = await serve({
    port: 0,
    quiet: true,
    config,
    onNodeFailed: (node, reason) => failures.push(`${node.name}: ${reason}`),
  });
  t.teardown(async () => {
    await cluster.stop();
    if (failures.length > 0) throw new Error(failures.join('\n'));
  });
  return cluster;
}

const TOPIC = 'tcp';

function produce(correlationId: number, value: Uint8Array): Uint8Array {
  const records = encodeBatch([{ key: null, value, timestamp: 1 }], { compression: 'none' });
  const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }];
  return encodeRequest('Produce', 7, correlationId, 'test', { acks: -1, timeoutMs: 5000, topicData });
}

function fetch(correlationId: number, fetchOffset: number, maxWaitMs: number, maxBytes = MIB): Uint8Array {
  return encodeRequest('Fetch', 4, correlationId, 'test', {
    maxWaitMs,
    minBytes: 1,
    maxBytes,
    topics: [{ topic: TOPIC, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes }] }],
  });
}

/** Creates the topic, with this many records of 1 MiB less a little. */
async function fill(t: ExecutionContext, port: number, records = 0): Promise<void> {
  const wire = new Wire(t, port);
  await eventually('the topic', async () => {
    const asked = wire.answers.length;
    wire.socket.write(metadata(asked, [{ name: TOPIC }]));
    await wire.answered(asked + 1);
    const [topic] = decodeResponse('Metadata', 9, wire.answers[asked] as Uint8Array).body.topics;
    return topic?.errorCode === 0 && topic.partitions[0]?.leaderId === 1 ? true : null;
  });
  const value = new Uint8Array(MIB - 1000);
  const before = wire.answers.length;
  for (let index = 0; index < records; index++) {
    wire.socket.write(produce(index, value));
    await wire.answered(before + index + 1);
    const body = decodeResponse('Produce', 7, wire.answers.at(-1) as Uint8Array).body;
    t.is(body.responses[0]?.partitionResponses[0]?.errorCode, 0);
  }
  wire.socket.destroy();
}

async function answersOnce(t: ExecutionContext, port: number): Promise<void> {
  const wire = new Wire(t, port);
  wire.socket.write(metadata(77));
  await wire.answered(1);
  t.deepEqual(wire.correlationIds(), [77]);
  wire.socket.destroy();
}

test.serial('frames that come byte by byte, and cut anywhere', async (t) => {
  const port = portOf(await served(t));
  await fill(t, port);
  const slow = new Wire(t, port);
  const bytes = Buffer.concat([metadata(1), fetch(2, 0, 1), metadata(3)]);
  for (const byte of bytes) {
    slow.socket.write(Uint8Array.of(byte));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  await slow.answered(3);
  t.deepEqual(slow.correlationIds(), [1, 2, 3]);
  const cut = new Wire(t, port);
  const large = Buffer.concat(Array.from({ length: 5 }, (_, id) => produce(id, new Uint8Array(200_000).fill(id))));
  for (let at = 0, size = 1; at < large.length; at += size, size = 1 + ((size * 7919) % 50_000)) {
    cut.socket.write(large.subarray(at, at + size));
    await sleep(1);
  }
  await cut.answered(5);
  t.deepEqual(cut.correlationIds(), [0, 1, 2, 3, 4]);
});

test.serial('pipelined requests are answered in order, the slow before the quick', async (t) => {
  const port = portOf(await served(t));
  await fill(t, port);
  const wire = new Wire(t, port);
  const requests = Array.from({ length: 300 }, (_, id) => (id % 100 === 0 ? fetch(id, 0, 200) : metadata(id)));
  wire.socket.write(Buffer.concat(requests));
  await wire.answered(300);
  t.deepEqual(wire.correlationIds(), [...Array(300).keys()]);
});

test.serial('clients that never read take no memory of the server, and lose nothing when they read at last', async (t) => {
  t.timeout(120_000);
  const CLIENTS = 20;
  const REQUESTS = 200;
  const child = await ServeProcess.start();
  t.teardown(() => child.signal('SIGKILL'));
  await fill(t, child.port, 3);
  const before = child.memoryMiB();
  const clients = Array.from({ length: CLIENTS }, () => new Wire(t, child.port));
  for (const { socket } of clients) socket.pause();
  // Requests first, answers of 1 MiB each: 4 GiB if all were made.
  for (const { socket } of clients) socket.write(Buffer.concat(Array.from({ length: REQUESTS }, (_, id) => fetch(id, 0, 1))));
  // And requests without end, from a client that reads no answer.
  const flood = new Wire(t, child.port);
  flood.socket.pause();
  const unknown = metadata(
    1,
    Array.from({ length: 2000 }, (_, index) => ({ name: `no such topic ${index}` })),
  );
  let most = before;
  for (let round = 0; round < 30; round++) {
    if (flood.socket.writableLength < 64 * MIB) for (let count = 0; count < 50; count++) flood.socket.write(unknown);
    await sleep(100);
    most = Math.max(most, child.memoryMiB());
    await answersOnce(t, child.port);
  }
  t.true(flood.socket.writableLength > 0, 'the server took everything');
  flood.socket.destroy();
  // On each connection: the send buffer and one answer, both of about 1 MiB, and as much that the collector has not taken yet.
  t.log(`${CLIENTS} clients that do not read: from ${Math.round(before)} to at most ${Math.round(most)} MiB`);
  t.true(most - before < 250, `memory grew by ${Math.round(most - before)} MiB`);
  const [late] = clients;
  late?.socket.resume();
  await late?.answered(REQUESTS);
  t.deepEqual(late?.correlationIds(), [...Array(REQUESTS).keys()]);
});

test.serial('a length that is claimed takes no memory, only what is sent does', async (t) => {
  const child = await ServeProcess.start();
  t.teardown(() => child.signal('SIGKILL'));
  const before = child.memoryMiB();
  const clients = Array.from({ length: 100 }, () => new Wire(t, child.port));
  // 100 MB each.
  for (const { socket } of clients) socket.write(Uint8Array.of(0x05, 0xf5, 0xe1, 0, 1, 2, 3));
  await sleep(500);
  await answersOnce(t, child.port);
  t.true(child.memoryMiB() - before < 100);
  t.true(clients.every(({ isClosed }) => !isClosed));
});

test.serial('frames over socket.request.max.bytes, and lengths below zero, end their connection alone', async (t) => {
  const port = portOf(await served(t, { 'socket.request.max.bytes': 1000 }));
  const bystander = new Wire(t, port);
  const atLimit = new Wire(t, port);
  atLimit.socket.write(Uint8Array.of(0, 0, 0x03, 0xe8));
  for (const head of [
    Uint8Array.of(0, 0, 0x03, 0xe9),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
  ]) {
    const large = new Wire(t, port);
    large.socket.write(head);
    await large.closed;
    t.is(large.answers.length, 0);
  }
  t.false(atLimit.isClosed);
  bystander.socket.write(metadata(1));
  await bystander.answered(1);
  t.pass();
});

test.serial(
  'connections are closed when they are idle, whether they ever sent or not, but not while they wait for an answer',
  async (t) => {
    const port = portOf(await served(t, { 'connections.max.idle.ms': 400 }));
    await fill(t, port);
    const silent = new Wire(t, port);
    const spoke = new Wire(t, port);
    spoke.socket.write(metadata(1));
    const waiting = new Wire(t, port);
    waiting.socket.write(fetch(1, 0, 1500));
    const dribbling = new Wire(t, port);
    const dribble = setInterval(() => dribbling.socket.write(Uint8Array.of(0)), 100);
    t.teardown(() => clearInterval(dribble));
    const started = Date.now();
    await Promise.all([silent.closed, spoke.closed]);
    t.true(Date.now() - started >= 350);
    t.is(spoke.answers.length, 1);
    await waiting.answered(1);
    t.true(Date.now() - started >= 1400);
    await waiting.closed;
  },
);

test.serial('a client that has sent its last byte still reads its answers', async (t) => {
  const port = portOf(await served(t));
  await fill(t, port, 3);
  const wire = new Wire(t, port, { allowHalfOpen: true });
  // The last ones are slow; those before are more than the send buffer holds.
  const ids = [...Array(12).keys()];
  wire.socket.end(Buffer.concat(ids.map((id) => (id < 10 ? fetch(id, 0, 1, 3 * MIB) : fetch(id, 3, 200)))));
  await wire.answered(ids.length);
  t.deepEqual(wire.correlationIds(), ids);
  await wire.closed;
  const nothing = new Wire(t, port, { allowHalfOpen: true });
  nothing.socket.end();
  await nothing.closed;
  const half = new Wire(t, port, { allowHalfOpen: true });
  half.socket.end(metadata(1).subarray(0, 10));
  await half.closed;
  t.is(half.answers.length, 0);
});

test.serial('connections that are reset in the middle of a frame are forgotten', async (t) => {
  const port = portOf(await served(t, { 'max.connections.per.ip': 20 }));
  const bystander = new Wire(t, port);
  await bystander.connected;
  for (let round = 0; round < 20; round++) {
    const wires = Array.from({ length: 15 }, () => new Wire(t, port));
    await Promise.all(wires.map(({ connected }) => connected));
    for (const wire of wires) wire.socket.write(produce(1, new Uint8Array(5000)).subarray(0, 3000 + round));
    await sleep(5);
    for (const wire of wires) wire.socket.resetAndDestroy();
    await sleep(5);
  }
  await eventually('room for others', async () => {
    const wire = new Wire(t, port);
    wire.socket.write(metadata(1));
    await Promise.race([wire.answered(1).catch(() => {}), wire.closed]);
    return wire.answers.length === 1 ? true : null;
  });
  bystander.socket.write(metadata(2));
  await bystander.answered(1);
  t.deepEqual(bystander.correlationIds(), [2]);
});

test.serial('2,500 connections at once, most of which say nothing', async (t) => {
  t.timeout(60_000);
  const child = await ServeProcess.start();
  t.teardown(() => child.signal('SIGKILL'));
  const before = child.memoryMiB();
  const started = Date.now();
  const wires = Array.from({ length: 2500 }, () => new Wire(t, child.port));
  await Promise.all(wires.map(({ connected }) => connected));
  const speaking = wires.filter((_, index) => index % 5 === 0);
  for (const [id, wire] of speaking.entries()) wire.socket.write(metadata(id));
  await Promise.all(speaking.map((wire) => wire.answered(1)));
  t.deepEqual(
    speaking.flatMap((wire) => wire.correlationIds()),
    [...speaking.keys()],
  );
  t.true(wires.every(({ isClosed }) => !isClosed));
  t.log(`2,500 connections in ${Date.now() - started} ms, ${Math.round(child.memoryMiB() - before)} MiB more`);
  for (const { socket } of wires) socket.destroy();
  await answersOnce(t, child.port);
});

test.serial('beyond max.connections they wait; the limit may be raised meanwhile', async (t) => {
  // The limit is that of each listener: fewer would leave the broker without all its connections to the controller.
  const LIMIT = 8;
  const port = portOf(await served(t, { 'max.connections': LIMIT }));
  const inside = Array.from({ length: LIMIT }, () => new Wire(t, port));
  await Promise.all(inside.map(({ connected }) => connected));
  const [next, last] = [new Wire(t, port), new Wire(t, port)];
  for (const wire of [...inside, next, last]) wire.socket.write(metadata(1));
  await Promise.all(inside.map((wire) => wire.answered(1)));
  await sleep(100);
  t.deepEqual([next.answers.length, last.answers.length], [0, 0]);
  inside[0]?.socket.end();
  await next.answered(1);
  t.is(last.answers.length, 0);
  const configs = [{ name: 'max.connections', configOperation: 0, value: String(LIMIT + 1) }];
  const resources = [{ resourceType: 4, resourceName: '', configs }];
  inside[1]?.socket.write(encodeRequest('IncrementalAlterConfigs', 0, 2, 'test', { resources }));
  await last.answered(1);
  t.pass();
});

test.serial('beyond max.connections.per.ip they are closed; single addresses may have another limit', async (t) => {
  const port = portOf(
    await served(t, { 'max.connections.per.ip': 1, 'max.connections.per.ip.overrides': '127.0.0.1:3, 10.0.0.1:7' }),
  );
  const wires = Array.from({ length: 3 }, () => new Wire(t, port));
  for (const wire of wires) wire.socket.write(metadata(1));
  await Promise.all(wires.map((wire) => wire.answered(1)));
  const refused = new Wire(t, port);
  await refused.closed;
  wires[0]?.socket.destroy();
  await eventually('a place', async () => {
    const wire = new Wire(t, port);
    wire.socket.write(metadata(1));
    await Promise.race([wire.answered(1).catch(() => {}), wire.closed]);
    return wire.answers.length === 1 ? true : null;
  });
  await t.throwsAsync(serve({ port: 0, config: { 'max.connections.per.ip': 0 } }), {
    message: /overrides must name the addresses/,
  });
  await t.throwsAsync(serve({ port: 0, config: { 'max.connections.per.ip.overrides': 'localhost' } }), {
    message: /address:number/,
  });
});
