/** Runs are the same runs whatever else this process does: a served cluster before them, or another run beside them. */
import test from 'ava';
import { planOf, runScenario } from '../campaign/run-scenario.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import standard from '../scenarios/standard.ts';
import { serve } from '../server/serve.ts';

const SEEDS = [1, 2, 3, 4];

async function hashOf(scenario: Scenario, seed: number): Promise<string> {
  const { traceHash } = await runScenario(scenario, planOf(scenario, seed));
  return traceHash;
}

async function hashesOfSeeds(): Promise<string[]> {
  const hashes: string[] = [];
  for (const seed of SEEDS) hashes.push(await hashOf(standard, seed));
  return hashes;
}

test.serial(
  'a served cluster leaves the runs that come after it as they are, and a run beside another is what it is alone',
  async (t) => {
    t.timeout(180_000);
    const alone = await hashesOfSeeds();
    t.is(new Set(alone).size, SEEDS.length);

    const cluster = await serve({ port: 0, quiet: true });
    await cluster.stop();
    t.deepEqual(await hashesOfSeeds(), alone);

    const [first, , , fourth] = alone;
    const turns: string[] = [];
    const told = (name: string) => ({ onProgress: () => void turns.push(name) });
    const beside = await Promise.all([
      runScenario(standard, planOf(standard, 1), told('first')),
      runScenario(standard, planOf(standard, 4), told('fourth')),
    ]);
    t.deepEqual(
      beside.map(({ traceHash }) => traceHash),
      [first, fourth],
    );
    const changes = turns.filter((name, at) => at > 0 && turns[at - 1] !== name).length;
    t.true(changes >= 10, `the runs took turns, ${changes} times`);
  },
);
