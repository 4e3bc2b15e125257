import test from 'ava';
import { createNodeHost } from '../campaign/host-node.ts';
import { InvariantViolation } from '../ports/invariant.ts';
import { EventQueue, kindId } from './event-queue.ts';
import { SimulationFailure, WatchdogError } from './failures.ts';
import { RealWorldError } from './guards.ts';
import { World, type WorldOptions } from './world.ts';

const TIMER = kindId('timer');

function lab(options: Partial<WorldOptions> = {}) {
  const world = new World({ seed: 1, ...options });
  const process = world.createProcess({ name: 'p', machine: world.createMachine({ name: 'm' }) });
  process.start();
  const run = (until: number) => world.run({ until, host: createNodeHost() });
  return { world, process, run, env: process.environment as NonNullable<typeof process.environment> };
}

test('events run in the order of their time; the clock ends at `until`', async (t) => {
  const { world, run } = lab();
  const seen: number[] = [];
  for (const at of [30, 10, 20, 50]) world.after(at, () => seen.push(world.now));
  await run(40);
  t.deepEqual(seen, [10, 20, 30]);
  t.is(world.now, 40);
  await run(50);
  t.is(seen.at(-1), 50);
  t.throws(() => world.kernel.schedule(49, null, { kind: TIMER, fire() {} }), { instanceOf: RangeError });
});

test('events of one instant race differently from seed to seed, and equally for one seed', async (t) => {
  const order = async (seed: number) => {
    const { world, run } = lab({ seed });
    let text = '';
    for (const name of 'abcdefgh') world.after(5, () => (text += name));
    await run(5);
    return text;
  };
  t.is(await order(3), await order(3));
  t.not(await order(3), await order(4));
});

test('without racing events of one instant keep their order; without promises a world can be driven event by event', (t) => {
  const { world } = lab({ racing: false });
  let text = '';
  for (const name of 'abcdefgh') world.after(5, () => (text += name));
  while (text.length < 4) t.true(world.kernel.step(5));
  t.is(text, 'abcd');
  while (world.kernel.step(7));
  t.is(text, 'abcdefgh');
  t.is(world.now, 7);
  world.after(1, () => {
    throw new InvariantViolation('broken');
  });
  t.throws(() => world.kernel.step(9), { instanceOf: InvariantViolation });
});

test('the queue is a sorted order of what was not cancelled, and cancelled entries do not accumulate', (t) => {
  const queue = new EventQueue();
  const target = () => ({ kind: TIMER, fire() {} });
  const expected: number[] = [];
  let x = 1;
  for (let i = 0; i < 20_000; i++) {
    x = (x * 48_271) % 2_147_483_647;
    const one = target();
    const slot = queue.push(x % 1000, x % 7, null, one, x % 1000);
    if (i % 100 !== 0) t.true(queue.cancel(slot, one));
    else expected.push(x % 1000);
    if (queue.cancel(slot, target())) t.fail('a slot was cancelled by another target');
  }
  t.true(queue.held < 2_000);
  t.is(queue.size, expected.length);
  const out: number[] = [];
  while (queue.nextTime() < Number.POSITIVE_INFINITY) {
    queue.pop();
    out.push(queue.arg);
  }
  t.deepEqual(
    out,
    expected.sort((a, b) => a - b),
  );
});

test('a process is busy for the cost of its event, and what arrives meanwhile waits in order', async (t) => {
  const { world, process, run, env } = lab({ service: { eventUs: 100, kibUs: 0 } });
  const seen: [string, number][] = [];
  for (const name of ['a', 'b', 'c']) env.timers.after(1, () => seen.push([name, world.now]));
  await run(10_000);
  t.deepEqual(
    seen.map(([, at]) => at),
    [1000, 1100, 1200],
  );
  process.slow(3);
  env.timers.after(1, () => process.charge(50));
  env.timers.after(2, () => seen.push(['d', world.now]));
  env.timers.after(1, () => {});
  await run(20_000);
  t.is(seen[3]?.[1], 12_000, 'busy 450 and 300 µs, over by then');
});

test('of several causes of slowness or delay the worst counts, and each ends by itself', (t) => {
  const { process } = lab();
  const [bad, mild] = [process.slow(20), process.slow(3)];
  t.is(process.scaled(100), 2_000);
  bad();
  t.is(process.scaled(100), 300);
  process.restart();
  t.is(process.scaled(100), 300);
  mild();
  t.is(process.scaled(100), 100);
  const [late, later] = [process.delay('step', 5), process.delay('step', 50)];
  t.deepEqual([process.lateMs('step'), process.lateMs('other'), process.environment?.lateMs?.('step')], [50, 0, 50]);
  late();
  t.is(process.lateMs('step'), 50);
  later();
  t.is(process.lateMs('step'), 0);
});

test('a paused process handles nothing; timers that came due fire late and all at once', async (t) => {
  const { world, process, run, env } = lab();
  const seen: number[] = [];
  for (const ms of [1, 2, 3, 30]) env.timers.after(ms, () => seen.push(world.now));
  world.after(500, () => process.pause());
  world.after(20_000, () => process.resume());
  await run(40_000);
  t.deepEqual(seen, [20_000, 20_010, 20_020, 30_000]);
});

test('events of a dead incarnation vanish, also those that wait for the busy process', async (t) => {
  const { world, process, run, env } = lab({ service: { eventUs: 1000, kibUs: 0 } });
  let fired = 0;
  for (const ms of [1, 1, 1, 5]) env.timers.after(ms, () => fired++);
  world.after(1500, () => process.restart());
  await run(20_000);
  t.is(fired, 1);
  t.is(process.starts, 2);
});

test('a cancelled timer never fires, not even when it waits for the busy process', async (t) => {
  const { run, env } = lab({ service: { eventUs: 1000, kibUs: 0 } });
  let fired = 0;
  const timers = [1, 1, 1].map((ms) =>
    env.timers.after(ms, () => {
      fired++;
      for (const timer of timers) timer.cancel();
    }),
  );
  await run(20_000);
  t.is(fired, 1);
});

test('promises settle before the next event', async (t) => {
  const { world, process, run } = lab();
  const seen: string[] = [];
  process.spawn(async () => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
    seen.push(`spawned ${world.now}`);
    await process.sleep(1);
    for (let i = 0; i < 50; i++) await Promise.all([Promise.resolve(), Promise.resolve(null)]);
    seen.push(`slept ${world.now}`);
  });
  world.after(1, () => seen.push('event 1'));
  world.after(1001, () => seen.push('event 1001'));
  await run(5000);
  t.deepEqual(seen, ['spawned 0', 'event 1', 'slept 1000', 'event 1001']);
});

test('an exception, an invariant and a rejection end the run at their time, naming the process', async (t) => {
  const cases: [kind: string, fail: (env: ReturnType<typeof lab>) => void][] = [
    ['exception', ({ env }) => env.timers.after(7, () => JSON.parse('{'))],
    [
      'invariant',
      ({ env }) =>
        env.timers.after(7, () => {
          throw new InvariantViolation('impossible');
        }),
    ],
    [
      'rejection',
      ({ process }) =>
        process.spawn(async () => {
          await process.sleep(7);
          throw new Error('lost');
        }),
    ],
  ];
  for (const [kind, plant] of cases) {
    const here = lab();
    plant(here);
    const failure = await t.throwsAsync(here.run(1e6), { instanceOf: SimulationFailure });
    t.is(failure?.kind, kind as SimulationFailure['kind']);
    t.is(failure?.process, 'p');
    t.is(failure?.timeUs, 7000);
  }
});

test('the watchdog ends a run that stands still', async (t) => {
  const { env, run } = lab({ limits: { maxEventsPerInstant: 5000 }, service: { eventUs: 0, kibUs: 0 } });
  const again = () => void env.timers.after(0, again);
  again();
  const failure = await t.throwsAsync(run(1e6), { instanceOf: WatchdogError });
  t.is((failure as WatchdogError).lastEvents.length, 64);
  t.regex((failure as WatchdogError).lastEvents[0] as string, /^0\.000000 s p#0 timer$/);
});

test('the watchdog ends a run that takes too long in real time', async (t) => {
  const { world } = lab({ limits: { stallLimitMs: 100 } });
  let real = 0;
  const host = { ...createNodeHost(), nowMs: () => real++ * 60 };
  const again = () => void world.after(1, again);
  again();
  await t.throwsAsync(world.run({ until: 1e9, host }), { instanceOf: WatchdogError, message: /real time/ });
});

test.serial('the real world is out of reach during a run, and back after it', async (t) => {
  const before = [Date, Date.now, Math.random, setTimeout, setInterval, setImmediate, performance.now, crypto.randomUUID];
  const reaches: (() => unknown)[] = [
    () => Date(),
    () => new Date(),
    () => Date.now(),
    () => Math.random(),
    () => setTimeout(() => {}, 0),
    () => setInterval(() => {}, 0),
    () => setImmediate(() => {}),
    () => performance.now(),
    () => crypto.randomUUID(),
    () => crypto.getRandomValues(new Uint8Array(1)),
  ];
  for (const reach of reaches) {
    const { env, run } = lab();
    env.timers.after(1, () => void reach());
    const failure = await t.throwsAsync(run(1e6), { instanceOf: SimulationFailure });
    t.true(failure?.cause instanceof RealWorldError, String(failure));
  }
  const { env, run } = lab();
  env.timers.after(1, () => {
    if (new Date(5).getTime() !== 5 || Date.UTC(1970, 0) !== 0 || !(new Date(1) instanceof Date)) throw new Error('pure');
  });
  await t.notThrowsAsync(run(1e6));
  t.deepEqual([Date, Date.now, Math.random, setTimeout, setInterval, setImmediate, performance.now, crypto.randomUUID], before);
});
