import test from 'ava';
import type { TraceEvent } from '../../core/trace.ts';
import type { Undo } from '../../world/undo.ts';
import { TWIN } from '../cluster.ts';
import { DONE } from './definition.ts';
import { FAULTS, type FaultKind } from './registry.ts';
import { APP, Lab, LOG } from './testing/lab.ts';

const KINDS = [...FAULTS.keys()] as FaultKind[];
const OF_CLIENTS: ReadonlySet<FaultKind> = new Set(['client-crash', 'client-cut']);
const OF_ALL: ReadonlySet<FaultKind> = new Set(['cluster-power-loss', 'rolling-restart', 'split', 'ring']);

/** Whom a kind hits in the lab. */
function victim(kind: FaultKind): string | null {
  if (OF_ALL.has(kind)) return null;
  return OF_CLIENTS.has(kind) ? APP : 'b1';
}

/** All that a fault can change and the lab can see at once, but for what is written meanwhile. */
function look(lab: Lab): unknown {
  const { world } = lab;
  const names = world.processes.map(({ name }) => name).filter((name) => name !== TWIN);
  const links = names.flatMap((from) =>
    names.map((to) => {
      const { cuts, latencyFactor, bandwidthDivisor, flakyPerMillion, splitPerThousand } = world.network.link(from, to);
      return [cuts, latencyFactor, bandwidthDivisor, flakyPerMillion, splitPerThousand];
    }),
  );
  const processes = names.map((name) => {
    const { alive, paused, machine, environment, incarnation } = world.process(name);
    const process = world.process(name);
    const before = incarnation?.cost ?? 0;
    const full = (): string => {
      try {
        environment?.disk.exists('/kafka-0');
        environment?.disk.open('/probe', { create: true }).append(new Uint8Array(1));
        return 'ok';
      } catch (error) {
        return String(error);
      }
    };
    const disk = [full(), (incarnation?.cost ?? 0) - before];
    if (incarnation !== null) incarnation.cost = before;
    const slow = [process.scaled(1_000), process.lateMs('metadata/apply'), world.network.readLimit(name)];
    return [name, alive, paused, machine.powered, ...disk, ...slow];
  });
  return { links, processes };
}

/** Rates of b1's clocks over the next 100 s of nothing, ppm. */
async function drift(lab: Lab): Promise<number[]> {
  const { clock } = lab.world.process('b1');
  const [monotonic, wall] = [clock.monotonicUs(), clock.wallMs()];
  await lab.run(100_000);
  return [Math.round((clock.monotonicUs() - monotonic) / 100) - 1_000_000, (clock.wallMs() - wall - 100_000) * 10];
}

/** Strongest and mildest. */
function paramsOf(kind: FaultKind, end: 'min' | 'max'): Record<string, number> {
  return Object.fromEntries(Object.entries(FAULTS.get(kind)?.params ?? {}).map(([name, range]) => [name, range[end]]));
}

for (const kind of KINDS) {
  test(`${kind}: of two that overlap the end of one is not that of the other`, async (t) => {
    for (const strong of ['first', 'second'] as const) {
      const faults = [{ kind, atMs: 900_000, target: { role: 'cluster' }, forMs: 1, params: paramsOf(kind, 'max') }] as const;
      const lab = await Lab.begun({ budget: 'beyond', faults });
      const calm = look(lab);
      const [a, b] = strong === 'first' ? (['max', 'min'] as const) : (['min', 'max'] as const);
      const params = kind === 'restore-disk' || kind === 'split' ? paramsOf(kind, 'max') : null;
      const first = lab.strike(kind, victim(kind), params ?? paramsOf(kind, a));
      const second = lab.strike(kind, victim(kind), params ?? paramsOf(kind, b));
      t.not(first, null);
      if (first === DONE) return;
      // What is left when the first one ends is what the second one alone makes of it.
      const alone = await Lab.begun({ budget: 'beyond', faults });
      look(alone);
      if (second !== null) alone.strike(kind, victim(kind), params ?? paramsOf(kind, b));
      first?.();
      first?.();
      t.deepEqual(look(lab), look(alone));
      second?.();
      t.deepEqual(look(lab), calm);
    }
  });
}

test('a clock that drifts by a fault runs at its own rate afterwards, and two drifts add up', async (t) => {
  const lab = await Lab.begun();
  const { clock } = lab.world.process('b1');
  clock.setMonotonicDrift(120);
  clock.setWallDrift(120);
  const first = lab.strike('clock-drift', 'b1', { ppm: -200 }, 400_000);
  lab.strike('clock-drift', 'b1', { ppm: 50 }, 400_000);
  t.deepEqual(await drift(lab), [-30, -30]);
  first?.();
  t.deepEqual(await drift(lab), [170, 170]);
  await lab.run(400_000);
  t.deepEqual(await drift(lab), [120, 120]);
});

/** What must be for a kind to be refused; for those not named it is enough that they put a session or stored records at stake. */
const NOT_NOW: Readonly<Partial<Record<FaultKind, (lab: Lab) => unknown>>> = {
  'client-crash': ({ world }) => world.process(APP).kill(),
  'second-process': ({ world }) => world.process(TWIN).start(),
  'reset-connections': (lab) => {
    lab.world.network.resetAll('b1');
    return lab.run(1_000);
  },
  'garbage-client': allButB1Die,
  'rolling-restart': allButB1Die,
};

function allButB1Die({ world }: Lab): void {
  for (const process of world.processes) if (process.name !== 'b1') process.kill();
}

const NEVER_REFUSED: ReadonlySet<FaultKind> = new Set(['client-cut', 'odd-frames', 'clock-jump', 'clock-drift']);

for (const kind of KINDS.filter((each) => !NEVER_REFUSED.has(each))) {
  test(`${kind}: refused, nothing has happened, and it does not count`, async (t) => {
    const lab = await Lab.begun();
    // Of the in-sync set b1 alone has everything.
    for (const broker of [2, 3]) lab.ghost.onStorageLoss(broker, 'was wiped');
    await NOT_NOW[kind]?.(lab);
    lab.facts.length = 0;
    const before = look(lab);
    // Of a bridge everybody but its middle is on one side.
    t.is(lab.strike(kind, kind === 'bridge' ? 'b2' : victim(kind), paramsOf(kind, kind === 'bridge' ? 'min' : 'max')), null);
    t.deepEqual(look(lab), before);
    await lab.run(1_000);
    t.deepEqual([lab.facts, lab.injector.counts], [[], {}]);
    t.deepEqual(
      lab.changes.map(({ change, forMs }) => [change, forMs]),
      [['refused', null]],
    );
  });
}

test('nobody in a role is a refusal, too', async (t) => {
  const lab = await Lab.begun();
  const strike = (target: Parameters<typeof lab.injector.strike>[0]['target']) =>
    lab.injector.strike({ kind: 'crash', target, forMs: 1, params: {}, atMs: 0 });
  t.is(strike({ role: 'node', name: 'b9' }), null);
  t.is(strike({ role: 'leader', partition: 'nothing-0' }), null);
  t.is(strike({ role: 'emitter' }), null);
  t.deepEqual(lab.injector.counts, {});
  const slow = {
    kind: 'slow-reader',
    on: { event: 'mark', nth: 1, afterMs: 0 },
    target: { role: 'emitter' },
    forMs: 1,
    params: {},
  };
  const hit = ['c1', TWIN, APP, 'b2'].map(
    (emitter) => lab.injector.strike({ ...slow, target: { role: 'emitter' } }, emitter) !== null,
  );
  t.deepEqual(hit, [false, false, true, true], 'the kind hits clients and brokers');
  t.deepEqual(lab.injector.counts, { 'slow-reader': 2 });
});

test('a fault waits for the nth event that has the fields it names, and hits who emitted that one', async (t) => {
  const on = { event: 'became-leader', where: { partition: 'orders-1', leaderEpoch: 3 }, nth: 2, afterMs: 5 };
  const lab = await Lab.begun({ faults: [{ kind: 'crash', on, target: { role: 'emitter' }, forMs: 1_000, params: {} }] });
  const tell = (partition: string, leaderEpoch: number, emitter: string): void =>
    lab.injector.onTraceEvent({ type: 'became-leader', partition, leaderEpoch } as TraceEvent, emitter);
  tell('orders-1', 3, 'b1');
  tell('orders-0', 3, 'b1');
  tell('orders-1', 2, 'b1');
  await lab.run(10);
  t.deepEqual(lab.injector.counts, {});
  tell('orders-1', 3, 'b2');
  await lab.run(10);
  t.deepEqual(lab.facts, ['b2 crashed']);
});

test('connections are not held up where none is open', async (t) => {
  const lab = await Lab.begun();
  lab.world.network.resetAll('b1');
  await lab.run(1_000);
  for (const nodesToo of [0, 1]) t.is(lab.strike('stuck-connections', 'b1', { nodesToo }), null);
});

/** What kinds tell only in company: a loss of power that the budget makes a crash of, one that comes after syncs have lied. */
const IN_COMPANY: Readonly<Partial<Record<FaultKind, readonly string[]>>> = {
  'power-loss': ['crashed'],
  'rack-power-loss': ['crashed'],
  'cluster-power-loss': ['crashed'],
  'torn-write': ['disk-corrupted'],
};

for (const kind of KINDS) {
  test(`${kind}: what it tells of the world is what it says that it tells`, async (t) => {
    const faults = [{ kind, atMs: 900_000, target: { role: 'cluster' }, forMs: 1, params: paramsOf(kind, 'min') }] as const;
    const lab = await Lab.begun({ budget: 'beyond', faults });
    t.not(lab.strike(kind, victim(kind), paramsOf(kind, 'min'), 20_000), null);
    await lab.run(22_000);
    lab.injector.end();
    await lab.run(1_000);
    const told = new Set(lab.facts.map((fact) => fact.split(' ')[1] as string));
    const declared = FAULTS.get(kind)?.facts ?? [];
    t.deepEqual([...told, ...(IN_COMPANY[kind] ?? [])].toSorted(), [...declared].toSorted());
  });
}

test('who is kept down by several faults is started when the last of them ends, whatever their kinds', async (t) => {
  const lab = await Lab.begun({ budget: 'beyond' });
  const crash = lab.strike('crash', 'b1');
  const power = lab.strike('power-loss', 'b1');
  const replaced = lab.strike('replace-node', 'b1');
  const full = lab.strike('disk-full', 'b1');
  t.is(lab.strike('crash', 'b1'), null);
  t.is(lab.strike('crash-loop', 'b1'), null);
  for (const end of [crash, full, replaced]) {
    end?.();
    t.deepEqual([lab.isUp('b1'), lab.world.machine('b1').powered], [false, false]);
  }
  power?.();
  t.deepEqual([lab.isUp('b1'), lab.world.machine('b1').powered], [true, true]);
  t.deepEqual(lab.injector.counts, { crash: 1, 'power-loss': 1, 'replace-node': 1, 'disk-full': 1 });
});

test('a process that stands still goes on when that ends, not when another fault starts it; its next life is another', async (t) => {
  const lab = await Lab.begun({ budget: 'beyond' });
  const pause = lab.strike('pause', 'b1');
  t.is(lab.strike('pause', 'b1'), null);
  lab.strike('sync-failure', 'b1')?.();
  t.true(lab.world.process('b1').paused);
  lab.strike('crash', 'b1')?.();
  const again = lab.strike('pause', 'b1');
  pause?.();
  t.true(lab.world.process('b1').paused);
  again?.();
  t.false(lab.world.process('b1').paused);
});

test('a node that takes longer to shut down than the fault lasts is started when it has stopped', async (t) => {
  const lab = await Lab.begun();
  const process = lab.world.process('b1');
  process.restart((env) => ({ shutdown: (done) => void env.timers.after(3_000, done) }));
  await lab.run(1_000);
  const first = lab.strike('controlled-shutdown', 'b1', {}, 1_000);
  const second = lab.strike('controlled-shutdown', 'b1', {}, 6_000);
  t.deepEqual([first, second].includes(null), false);
  await lab.run(4_000);
  t.false(lab.isUp('b1'), 'the second one keeps it down');
  await lab.run(3_000);
  t.true(lab.isUp('b1'));
  lab.strike('controlled-shutdown', 'b1', {}, 1_000);
  await lab.run(2_500);
  t.is(process.starts, 3);
  await lab.run(1_000);
  t.deepEqual([process.starts, lab.isUp('b1')], [4, true]);
});

test('a trouble of a disk waits for the next operation as long as its fault lasts, each for its own', async (t) => {
  for (const [kind, starts] of [
    ['sync-failure', 3],
    ['read-failure', 3],
  ] as const) {
    const lab = await Lab.begun({ budget: 'beyond' });
    const pause = lab.strike('pause', 'b1');
    const [first, second] = [lab.strike(kind, 'b1'), lab.strike(kind, 'b1')];
    first?.();
    pause?.();
    await lab.run(500);
    t.false(lab.isUp('b1'), kind);
    second?.();
    await lab.run(500);
    t.true(lab.isUp('b1'), kind);
    t.is(lab.world.process('b1').starts, starts - 1, kind);
  }
  const lab = await Lab.begun({ budget: 'beyond' });
  lab.strike('lost-write', 'b1', { syncs: 20 }, 250);
  await lab.run(2_000);
  t.true(lab.facts.length >= 2 && lab.facts.length <= 3, `${lab.facts.length} syncs in 250 ms`);
});

test('connections are refused, and held up, until the last fault that does it has ended', async (t) => {
  const lab = await Lab.begun();
  const { network } = lab.world;
  const refusals = async (): Promise<number> => {
    const before = network.counters.refused;
    lab.world.process('c1').environment?.network.connect('b1', 9092, { onOpen() {}, onData() {}, onClose() {} });
    await lab.run(1_000);
    return network.counters.refused - before;
  };
  const [first, second] = [lab.strike('refuse-connections', 'b1'), lab.strike('refuse-connections', 'b1')];
  first?.();
  t.is(await refusals(), 1);
  second?.();
  t.is(await refusals(), 0);
  const [connection] = network.connections('b1', 'b2');
  const delivered = async (): Promise<number> => {
    const before = network.counters.chunksDelivered;
    connection?.send(new Uint8Array(1));
    await lab.run(5_000);
    return network.counters.chunksDelivered - before;
  };
  const stuck = [0, 1].map(() => lab.strike('stuck-connections', 'b1', { nodesToo: 1 }));
  stuck[0]?.();
  t.is(await delivered(), 0);
  stuck[1]?.();
  t.true((await delivered()) > 0);
});

test('when the chaos is over all ends, and nobody is started into the trouble of another fault', async (t) => {
  const lab = await Lab.begun({ budget: 'beyond' });
  lab.strike('crash', 'b1');
  lab.strike('read-failure', 'b2');
  lab.strike('sync-failure', 'b1');
  lab.strike('slow-metadata', 'b3');
  lab.injector.end();
  await lab.run(1_000);
  for (const name of ['b1', 'b2', 'b3']) t.true(lab.isUp(name), name);
  t.is(lab.world.process('b1').starts, 2);
  t.is(lab.world.process('b3').lateMs('metadata/apply'), 0);
  t.is(lab.changes.filter(({ change }) => change === 'ends').length, 4);
});

test('a disk is restored from the last snapshot, which tells how old it is', async (t) => {
  const faults = [
    { kind: 'restore-disk', atMs: 25_000, target: { role: 'broker', index: 0 }, forMs: 2_000, params: { everyMs: 10_000 } },
  ] as const;
  const lab = await Lab.begun({ budget: 'beyond', faults });
  const told: unknown[] = [];
  const size = (): number => lab.world.machine('b1').disk.peek(LOG)?.length ?? 0;
  await lab.run(20_000);
  const then = size();
  await lab.run(4_900);
  t.true(size() > then);
  const down: Undo = () => told.push(size());
  await lab.run(200);
  down();
  t.deepEqual(told, [then]);
  t.deepEqual(lab.facts, ['b1 crashed', 'b1 disk-restored']);
  t.regex(String([...(lab.ghost.partition('topic', 'orders-0')?.dirty ?? [])]), /^1$/);
  await lab.run(3_000);
  t.true(lab.isUp('b1') && size() > then);
});
