import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import test from 'ava';
import { SimulationFailure } from '../world/failures.ts';
import { RealWorldError } from '../world/guards.ts';
import { World } from '../world/world.ts';
import { trySeeds } from './try-seeds.ts';

test.serial('seeds run in their order, until one fails', async (t) => {
  const seen: number[] = [];
  const failure = await trySeeds({ from: 3, to: 9 }, async (seed) => {
    seen.push(seed);
    if (seed === 5) throw new Error('five');
  });
  t.deepEqual(failure, { seed: 5, error: new Error('five') });
  t.deepEqual(seen, [3, 4, 5]);
});

test.serial('no failure: null', async (t) => {
  let runs = 0;
  t.is(await trySeeds({ from: 1, to: 4 }, async () => void runs++), null);
  t.is(runs, 4);
});

test.serial('a rejection that nobody handles is a failure of the seed that it comes from', async (t) => {
  const failure = await trySeeds({ from: 1, to: 3 }, async (seed, host) => {
    const world = new World({ seed });
    world.after(10, () => {
      if (seed === 2) void Promise.reject(new Error('left behind'));
    });
    await world.run({ until: 20, host });
  });
  t.deepEqual(failure, { seed: 2, error: new Error('left behind') });
});

test.serial('a process of the world has nothing of the real one', async (t) => {
  const run = async (reach: () => unknown) => {
    const failure = await trySeeds({ from: 1, to: 1 }, async (seed, host) => {
      const world = new World({ seed });
      const process = world.createProcess({ name: 'p', machine: world.createMachine({ name: 'm' }) });
      process.start((env) => void env.timers.after(5, reach) as undefined);
      await world.run({ until: 10_000, host });
    });
    const error = failure?.error;
    return error instanceof SimulationFailure ? error.cause : error;
  };
  for (const reach of [
    () => Date.now(),
    () => readFile(import.meta.url),
    () => createConnection(9, 'localhost').on('error', () => {}),
  ]) {
    t.true((await run(reach)) instanceof RealWorldError, String(reach));
  }
});
