import test from 'ava';
import { createNodeHost } from '../campaign/host-node.ts';
import type { Connection } from '../ports/network.ts';
import { World, type WorldOptions } from './world.ts';

/** A server `b` that notes what it hears, and a client `a` with one connection to it. */
function lab(options: Partial<WorldOptions> = {}) {
  const world = new World({ seed: 1, ...options });
  const [a, b] = ['a', 'b'].map((name) => world.createProcess({ name, machine: world.createMachine({ name: `m-${name}` }) }));
  if (a === undefined || b === undefined) throw new Error();
  const log: string[] = [];
  let accepted: Connection | null = null;
  const bytes: { a: number[]; b: number[] } = { a: [], b: [] };
  b.start((env) => {
    env.network.listen(9092, (connection) => {
      accepted = connection;
      log.push(`b accept ${connection.remoteHost}`);
      return {
        onData: (chunk) => void bytes.b.push(...chunk),
        onClose: (reason) => void log.push(`b ${reason}`),
        onDrain: () => void log.push('b drain'),
      };
    });
    return undefined;
  });
  a.start();
  const connect = (port = 9092, host = 'b') => {
    const env = a.environment as NonNullable<typeof a.environment>;
    return env.network.connect(host, port, {
      onOpen: () => void log.push('a open'),
      onData: (chunk) => void bytes.a.push(...chunk),
      onClose: (reason) => void log.push(`a ${reason}`),
      onDrain: () => void log.push('a drain'),
    });
  };
  const run = (us: number) => world.run({ until: world.now + us, host: createNodeHost() });
  const server = () => accepted as unknown as Connection;
  return { world, a, b, log, bytes, connect, run, server };
}

const of = (...values: number[]) => Uint8Array.from(values);
const SECOND = 1_000_000;

test('a connect is accepted, and what was sent before it opened is delivered', async (t) => {
  const { connect, run, log, bytes, server } = lab();
  await run(SECOND);
  const connection = connect();
  t.true(connection.send(of(1, 2)));
  await run(SECOND);
  server().send(of(9));
  await run(SECOND);
  t.deepEqual(log.toSorted(), ['a open', 'b accept a']);
  t.deepEqual(bytes, { a: [9], b: [1, 2] });
});

test('a connect is refused without a listener, by a dead process, by an unknown host, and by the fault', async (t) => {
  const { world, b, connect, run, log } = lab();
  await run(SECOND);
  connect(1);
  connect(9092, 'nowhere');
  const undo = world.network.refuse('b');
  connect();
  await run(SECOND);
  undo();
  b.kill();
  connect();
  await run(SECOND);
  t.deepEqual(log, Array(4).fill('a refused'));
});

test('a connect to a machine without power times out, and succeeds if the power is back in time', async (t) => {
  const { b, connect, run, log } = lab();
  await run(SECOND);
  const entry = b.environment;
  t.truthy(entry);
  b.machine.powerOff();
  connect();
  await run(200 * SECOND);
  t.deepEqual(log, ['a timed-out']);
  connect();
  await run(5 * SECOND);
  b.machine.powerOn();
  b.start();
  await run(30 * SECOND);
  t.deepEqual(log.slice(1).toSorted(), ['a open', 'b accept a']);
});

test('a paused process is connected to by its machine', async (t) => {
  const { b, connect, run, log } = lab();
  await run(SECOND);
  b.pause();
  connect();
  await run(SECOND);
  t.deepEqual(log, ['a open']);
});

test('delivery is in order, however jitter and splitting fall', async (t) => {
  const { world, connect, run, bytes } = lab();
  world.network.split(['a'], ['b'], 500);
  await run(SECOND);
  const connection = connect();
  const sent: number[] = [];
  for (let i = 0; i < 300; i++) {
    sent.push(i % 256, (i * 7) % 256, 3);
    connection.send(of(i % 256, (i * 7) % 256, 3));
    if (i % 10 === 0) await run(100);
  }
  await run(SECOND);
  t.deepEqual(bytes.b, sent);
  t.true(world.network.counters.chunksDelivered > 400);
});

test('close delivers what was sent, then the peer sees it; no handler of the closer is called', async (t) => {
  const { connect, run, log, bytes } = lab();
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  connection.send(of(5));
  connection.close();
  t.false(connection.send(of(6)));
  await run(SECOND);
  t.deepEqual(bytes.b, [5]);
  t.deepEqual(log.toSorted(), ['a open', 'b accept a', 'b closed']);
});

test('the send buffer is bounded: send says false, and onDrain follows', async (t) => {
  const { world, connect, run, log, bytes } = lab({ network: { sendBufferBytes: 1000, windowBytes: 2000 } });
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  const answers = Array.from({ length: 8 }, () => connection.send(new Uint8Array(500)));
  t.deepEqual(answers, [true, true, true, true, true, true, false, false]);
  t.is(connection.bufferedBytes, 2000);
  await run(SECOND);
  t.is(connection.bufferedBytes, 0);
  t.is(bytes.b.length, 4000);
  t.is(log.filter((line) => line === 'a drain').length, 1);
  t.is(world.network.counters.chunksDelivered, 8);
});

test('a process that dies resets its connections; the peer learns after a latency', async (t) => {
  const { b, connect, run, log } = lab();
  await run(SECOND);
  connect();
  await run(SECOND);
  b.kill();
  t.is(log.length, 2);
  await run(SECOND);
  t.is(log[2], 'a reset');
});

test('power loss leaves connections half-open; when the machine is back, the next bytes are answered with a reset', async (t) => {
  const { b, connect, run, log } = lab();
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  b.machine.powerOff();
  await run(30 * SECOND);
  connection.send(of(1));
  await run(10 * SECOND);
  t.is(log.length, 2);
  b.machine.powerOn();
  await run(30 * SECOND);
  t.is(log[2], 'a reset');
});

test('a process that dies behind a cut leaves its peer half-open until the cut heals and something is sent', async (t) => {
  const { world, b, connect, run, log } = lab();
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  const heal = world.network.cut(['a'], ['b']);
  b.restart();
  await run(10 * SECOND);
  heal();
  await run(10 * SECOND);
  t.is(log.length, 2);
  connection.send(of(1));
  await run(10 * SECOND);
  t.is(log[2], 'a reset');
});

test('across a cut nothing arrives; when it heals, the connection goes on and delivers all in order', async (t) => {
  const { world, connect, run, log, bytes, server } = lab();
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  connection.send(of(1));
  connection.send(of(2));
  const heal = world.network.cut(['a'], ['b']);
  const healAgain = world.network.isolate(['b']);
  await run(SECOND);
  connection.send(of(3));
  server().send(of(9));
  await run(20 * SECOND);
  t.deepEqual(bytes, { a: [], b: [] });
  heal();
  heal();
  await run(20 * SECOND);
  t.deepEqual(bytes.b, []);
  healAgain();
  await run(10 * SECOND);
  connection.send(of(4));
  await run(SECOND);
  t.deepEqual(bytes, { a: [9], b: [1, 2, 3, 4] });
  t.is(log.length, 2);
});

test('a one-way cut stops one direction; the other side gives up in the end, as nothing is acknowledged', async (t) => {
  const { world, connect, run, log, bytes, server } = lab({ network: { giveUpMinUs: 60 * SECOND, giveUpMaxUs: 60 * SECOND } });
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  world.network.cut(['a'], ['b'], { oneWay: true });
  connection.send(of(1));
  server().send(of(9));
  await run(10 * SECOND);
  t.deepEqual(bytes, { a: [9], b: [] });
  t.is(log.length, 2);
  await run(60 * SECOND);
  t.deepEqual(log.slice(2).toSorted(), ['a reset', 'b reset']);
});

test('of the bytes under way when a connection is reset, a drawn part arrives, and never anything after it', async (t) => {
  const arrived = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const { world, connect, run, log, bytes } = lab({ seed });
    await run(SECOND);
    const connection = connect();
    await run(SECOND);
    for (let i = 0; i < 4; i++) connection.send(of(i, i, i));
    t.true(world.network.reset('a', 'b'));
    await run(SECOND);
    t.deepEqual(bytes.b, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3].slice(0, bytes.b.length));
    arrived.add(bytes.b.length);
    t.deepEqual(log.slice(2).toSorted(), ['a reset', 'b reset']);
    t.false(world.network.reset('a', 'b'));
  }
  t.true(arrived.has(0) && arrived.has(12));
  t.true([...arrived].some((length) => length % 3 !== 0));
});

test('latency and bandwidth faults slow a link, and are taken back', async (t) => {
  const { world, connect, run, bytes } = lab();
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  const undo = world.network.slow(['a'], ['b'], { latencyFactor: 1000, bandwidthDivisor: 1000 });
  connection.send(new Uint8Array(1000));
  await run(100_000);
  t.is(bytes.b.length, 0);
  await run(60 * SECOND);
  t.is(bytes.b.length, 1000);
  undo();
  connection.send(new Uint8Array(1000));
  await run(100_000);
  t.is(bytes.b.length, 2000);
});

test('a flaky link resets connections', async (t) => {
  const { world, connect, run, log } = lab();
  world.network.flaky(['a'], ['b'], 1_000_000);
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  connection.send(of(1));
  await run(SECOND);
  t.deepEqual(log.slice(2).toSorted(), ['a reset', 'b reset']);
});

test('a slow reader holds its senders back', async (t) => {
  const { world, connect, run, bytes } = lab({ network: { sendBufferBytes: 1000, windowBytes: 2000 } });
  world.network.slowReader('b', 1);
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  for (let i = 0; i < 8; i++) connection.send(new Uint8Array(500));
  await run(SECOND);
  t.true(bytes.b.length >= 500 && bytes.b.length <= 1000, String(bytes.b.length));
  t.true(connection.bufferedBytes > 0);
  await run(10 * SECOND);
  t.is(bytes.b.length, 4000);
});

test('of several limits of a reader the lowest counts, until each has ended', async (t) => {
  const { world, connect, run, bytes } = lab();
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  const [slow, slower] = [world.network.slowReader('b', 1_000_000), world.network.slowReader('b', 1)];
  slow();
  t.is(world.network.readLimit('b'), 1);
  connection.send(new Uint8Array(50_000));
  await run(SECOND);
  t.is(bytes.b.length, 0);
  slower();
  t.is(world.network.readLimit('b'), 0);
  await run(SECOND);
  t.is(bytes.b.length, 50_000);
});

test('a client can send garbage', async (t) => {
  const { world, run, bytes, log } = lab();
  await run(SECOND);
  t.true(world.network.garbage('a', 'b', 9092, 100));
  await run(SECOND);
  t.is(bytes.b.length, 100);
  t.deepEqual(log.toSorted(), ['b accept a', 'b closed']);
});

test('a taken port throws; a closed listener frees it; a controlled stop closes in order', async (t) => {
  const { b, connect, run, log } = lab();
  await run(SECOND);
  const env = b.environment as NonNullable<typeof b.environment>;
  t.throws(() => env.network.listen(9092, () => ({ onData() {}, onClose() {} })), { message: /9092/ });
  const listener = env.network.listen(1, () => ({ onData() {}, onClose() {} }));
  listener.close();
  env.network.listen(1, () => ({ onData() {}, onClose() {} })).close();
  connect();
  await run(SECOND);
  b.stop();
  await run(SECOND);
  t.is(log[2], 'a closed');
});

test('when a bandwidth fault ends, what crawls over the link goes on at the new speed, in order', async (t) => {
  const { world, connect, run, bytes } = lab();
  await run(SECOND);
  const connection = connect();
  await run(SECOND);
  const undo = world.network.slow(['a'], ['b'], { bandwidthDivisor: 1_000_000_000 });
  for (let value = 0; value < 20; value++) connection.send(of(value));
  await run(60 * SECOND);
  t.true(bytes.b.length < 20);
  undo();
  await run(SECOND);
  t.deepEqual(
    bytes.b,
    Array.from({ length: 20 }, (_, value) => value),
  );
});

test('what a stuck connection holds arrives when it is let go, after what came over a newer one, even if it was closed', async (t) => {
  const { world, connect, run, bytes, log } = lab();
  await run(SECOND);
  const old = connect();
  await run(SECOND);
  const undo = world.network.stick(['b'], ['a']);
  old.send(of(1));
  await run(SECOND);
  old.close();
  connect().send(of(2));
  await run(SECOND);
  t.deepEqual(bytes.b, [2]);
  undo();
  await run(10 * SECOND);
  t.deepEqual(bytes.b, [2, 1]);
  t.is(log.filter((line) => line === 'b closed').length, 1);
});
