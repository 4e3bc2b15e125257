import test from 'ava';
import { simulate } from '../../campaign/simulate.ts';
import { planOf } from '../../campaign/run-scenario.ts';
import calm from '../../scenarios/calm.ts';
import { World } from '../../world/world.ts';
import { beginPriorities } from './priorities.ts';

const plan = { ...planOf(calm, 1), chaosMs: 3_000 };

/** How long a message takes from one process to another, in the order of processes, at some times. */
function factors(world: World, names: readonly string[]): readonly number[] {
  return names.map((name) => world.network.link(name, names.find((other) => other !== name) as string).latencyFactor);
}

test('each process has a priority of its own, one falls at each change point, and in the end all are as they were', (t) => {
  const names = ['b1', 'b2', 'b3', 'c1'];
  const given = { ...plan, clients: [], cluster: { ...plan.cluster, brokers: 3, controllers: 1, combined: false } };
  const world = new World({ seed: 1 });
  for (const name of names) world.createProcess({ name, machine: world.createMachine({ name }) });
  const end = beginPriorities(world, { ...given, priorities: { changes: 20, stretch: 31 } });
  t.deepEqual(
    [...factors(world, names)].sort((a, b) => a - b),
    [1, 11, 21, 31],
  );
  while (world.kernel.step(3_000_000));
  t.deepEqual(factors(world, names), [31, 31, 31, 31], 'all have fallen by then');
  end();
  t.deepEqual(factors(world, names), [1, 1, 1, 1]);
  const none = new World({ seed: 1 });
  beginPriorities(none, given)();
  t.is(none.kernel.pending, 0);
});

test('a run with priorities is another one, twice the same, and keeps every promise', async (t) => {
  const given = { scenario: calm, plan: { ...plan, priorities: { changes: 3, stretch: 50 } } };
  const [one, other, without] = [await simulate(given), await simulate(given), await simulate({ scenario: calm, plan })];
  t.deepEqual([one.verdict, one.violations], ['pass', []]);
  t.is(other.traceHash, one.traceHash);
  t.not(without.traceHash, one.traceHash);
});

test('a plan whose chance is of another seed draws as that one does', async (t) => {
  const own = await simulate({ scenario: calm, plan });
  const like = await simulate({ scenario: calm, plan: { ...plan, seed: 99, chanceOf: plan.seed } });
  const other = await simulate({ scenario: calm, plan: { ...plan, seed: 99 } });
  t.deepEqual([like.seed, like.traceHash], [99, own.traceHash]);
  t.not(other.traceHash, own.traceHash);
});
