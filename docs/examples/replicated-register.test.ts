import test from 'ava';
import { trySeeds } from '../../world.ts';
import { runRegister } from './replicated-register.ts';

/** The first seed in which the register is not atomic, and how. */
function firstViolation(seeds: { readonly from: number; readonly to: number }, ackBeforeSync: boolean) {
  return trySeeds(seeds, async (seed, host) => {
    const { violation } = await runRegister({ seed, host, ackBeforeSync });
    if (violation !== null) throw new Error(violation);
  });
}

test.serial('the bug is found', async (t) => {
  const failure = await firstViolation({ from: 1, to: 300 }, true);
  t.is(failure?.seed, 6);
});

test.serial('the register without the bug holds in the same seeds', async (t) => {
  let reads = 0;
  const failure = await trySeeds({ from: 1, to: 100 }, async (seed, host) => {
    const run = await runRegister({ seed, host });
    if (run.violation !== null) throw new Error(run.violation);
    reads += run.reads;
  });
  t.is(failure, null);
  t.true(reads > 2_000, String(reads));
});

test.serial('one seed is one run', async (t) => {
  const digests: string[] = [];
  const run = async (seed: number) => {
    await trySeeds({ from: seed, to: seed }, async (_seed, host) => {
      digests.push((await runRegister({ seed, host, ackBeforeSync: true })).digest);
    });
  };
  for (const seed of [6, 7, 6]) await run(seed);
  t.is(digests[0], digests[2]);
  t.not(digests[0], digests[1]);
});
