import test from 'ava';
import { createNodeHost } from '../campaign/host-node.ts';
import type { Connection } from '../ports/network.ts';
import type { ProcessPorts } from '../ports/process.ts';
import type { SimNetwork } from './network.ts';
import type { Undo } from './undo.ts';
import { World } from './world.ts';

const SECOND = 1_000_000;

/**
 * Three nodes that send numbered bytes to each other and write and sync files, under drawn faults. Whatever happens, what a
 * connection delivers is a prefix of what was sent over it.
 */
async function chaos(seed: number) {
  const world = new World({
    seed,
    network: { sendBufferBytes: 500, windowBytes: 1000, giveUpMinUs: SECOND, giveUpMaxUs: 9 * SECOND },
  });
  world.trace.checkpointEvery(100);
  const names: string[] = ['n1', 'n2', 'n3'];
  const seen: string[] = [];
  let delivered = 0;
  const receiver = () => {
    let next = 0;
    return (chunk: Uint8Array) => {
      for (const byte of chunk) {
        if (byte !== next) throw new Error(`got ${byte} instead of ${next}`);
        next = (next + 1) % 256;
        delivered++;
      }
    };
  };
  const sender = (env: ProcessPorts, connection: Connection) => {
    let next = 0;
    const send = () => {
      const stream = env.random.stream('send');
      const bytes = Uint8Array.from({ length: stream.between(1, 200, 'length') }, () => {
        const byte = next;
        next = (next + 1) % 256;
        return byte;
      });
      connection.send(bytes);
      if (stream.chance(1, 100, 'close')) connection.close();
      else env.timers.after(stream.below(50, 'pause'), send);
    };
    send();
  };
  const entry = (env: ProcessPorts) => {
    env.tracer.emit({ type: 'mark' });
    env.network.listen(1, (connection) => {
      sender(env, connection);
      return { onData: receiver(), onClose: (reason) => void seen.push(reason) };
    });
    const dial = (to: string) => {
      const again = () => void env.timers.after(100, () => dial(to));
      const connection = env.network.connect(to, 1, { onData: receiver(), onClose: again });
      sender(env, connection);
    };
    for (const to of names) if (to !== env.nodeName) dial(to);
    const file = env.disk.open('/log', { create: true });
    const write = () => {
      file.append(new Uint8Array(300));
      file.sync(() => env.timers.after(20, write));
    };
    write();
    return undefined;
  };
  for (const name of names)
    world.createProcess({ name, machine: world.createMachine({ name: `m-${name}` }), entry, async: name === 'n3' });
  for (const process of world.processes) process.start();
  const faults = world.chance.stream('faults');
  const network: SimNetwork = world.network;
  const undo: Undo[] = [];
  const strike = () => {
    const [a, b] = [faults.pick(names, 'a'), faults.pick(names, 'b')];
    const process = world.process(a);
    const kinds: (() => void)[] = [
      () => undo.push(network.cut([a], [b], { oneWay: faults.chance(1, 2, 'one-way') })),
      () => undo.push(network.flaky([a], [b], 20_000)),
      () => undo.push(network.split([a], [b], 300)),
      () => undo.push(network.slowReader(a, 5)),
      () => void undo.pop()?.(),
      () => void undo.shift()?.(),
      () => void network.reset(a),
      () => process.kill(),
      () => process.pause(),
      () => process.machine.powerOff(),
      () => {
        process.machine.powerOn();
        process.resume();
        if (!process.alive) process.start();
      },
    ];
    faults.pick(kinds, 'kind')();
    world.after(faults.between(1, SECOND / 2, 'gap'), strike);
  };
  strike();
  await world.run({ until: 30 * SECOND, host: createNodeHost() });
  return { digest: world.trace.digest(), checkpoints: world.trace.checkpoints, delivered, counters: world.counters(), seen };
}

test('one seed is one run, to the last event; under any faults a connection delivers a prefix of what was sent', async (t) => {
  const runs = [];
  for (let seed = 0; seed < 12; seed++) runs.push(await chaos(seed));
  const again = await chaos(3);
  t.true(again.digest === runs[3]?.digest);
  t.deepEqual(again.checkpoints, runs[3]?.checkpoints);
  t.deepEqual(again.counters, runs[3]?.counters);
  t.is(new Set(runs.map((run) => run.digest)).size, runs.length);
  t.true(runs.every((run) => run.delivered > 1000));
  t.true(runs.some((run) => run.counters.network.giveUps > 0));
  t.true(runs.some((run) => run.counters.network.stalls > 0));
  t.deepEqual([...new Set(runs.flatMap((run) => run.seen))].toSorted(), ['closed', 'reset']);
});

test('observers see trace events and the lives of processes, with node, incarnation and time', async (t) => {
  const world = new World({ seed: 1 });
  const log: unknown[] = [];
  world.observe({
    onEvent: (node, incarnation, timeUs, event) => void log.push([node, incarnation, timeUs, event.type]),
    onProcess: (change) => void log.push([change.process, change.incarnation, change.change, change.reason]),
  });
  const machine = world.createMachine({ name: 'm', rack: 'r1' });
  const process = world.createProcess({
    name: 'p1',
    machine,
    entry: (env) => {
      env.tracer.emit({ type: 'mark' });
      return { shutdown: (done) => void env.timers.after(5, done), inspect: () => 42 };
    },
  });
  process.start();
  const host = createNodeHost();
  await world.run({ until: 10, host });
  t.is(process.handle?.inspect?.(), 42);
  process.stop(() => log.push('stopped'));
  await world.run({ until: SECOND, host });
  process.start((env) => void env.halt('no disk') as undefined);
  await world.run({ until: 2 * SECOND, host });
  process.start();
  world.rack('r1')[0]?.powerOff();
  t.throws(() => process.start(), { message: /no power/ });
  t.deepEqual(log, [
    ['p1', 0, 'started', undefined],
    ['p1', 0, 0, 'mark'],
    ['p1', 0, 'stopped', undefined],
    'stopped',
    ['p1', 1, 'started', undefined],
    ['p1', 1, 'halted', 'no disk'],
    ['p1', 2, 'started', undefined],
    ['p1', 2, 'power-loss', undefined],
  ]);
});

test('the harness can run async functions in virtual time, and stop the run', async (t) => {
  const world = new World({ seed: 1 });
  world.spawn(async () => {
    await world.sleep(5 * SECOND);
    world.stop();
  });
  await world.run({ until: 60 * SECOND, host: createNodeHost() });
  t.is(world.now, 5 * SECOND);
  world.spawn(() => Promise.reject(new Error('harness')));
  await t.throwsAsync(world.run({ until: 60 * SECOND, host: createNodeHost() }), {
    message: /the harness at 5\.000000 s: Error: harness/,
  });
});

test('timers fire once their own monotonic clock is there, also when its drift changes', async (t) => {
  const world = new World({ seed: 1 });
  const process = world.createProcess({ name: 'p', machine: world.createMachine({ name: 'm' }) });
  process.start();
  const env = process.environment as ProcessPorts;
  const start = env.clock.monotonicMs();
  let fired = 0;
  env.timers.after(100_000, () => {
    fired = world.now;
    t.true(env.clock.monotonicMs() >= start + 100_000);
  });
  world.after(50 * SECOND, () => process.clock.setMonotonicDrift(-500));
  await world.run({ until: 200 * SECOND, host: createNodeHost() });
  t.true(fired > 100 * SECOND && fired < 100.1 * SECOND, String(fired));
});
