import test from 'ava';
import fc from 'fast-check';
import { BROKERS } from './testing/brokers.ts';
import { TestCluster } from './testing/test-cluster.ts';

/** One random schedule: faults, then healing, then everything must be in order. */
function run(seed: number): TestCluster {
  const cluster = new TestCluster(seed);
  for (let step = 0; step < 60; step++) {
    act(cluster);
    cluster.run(cluster.chance.between(1, 60, 'between acts'));
  }
  cluster.heal();
  cluster.run(4000);
  cluster.checker.checkConverged();
  return cluster;
}

function act(cluster: TestCluster): void {
  const id = cluster.chance.pick(BROKERS, 'broker');
  const dice = cluster.chance.below(100, 'act');
  if (dice < 70) cluster.produce();
  else if (dice < 74) cluster.crash(id);
  else if (dice < 83) cluster.restart(id);
  else if (dice < 86) cluster.fence(id);
  else if (dice < 92) cluster.unfence(id);
  else cluster.moveLeader();
}

test('three replicas keep what is committed through delays, losses, crashes and elections', (t) => {
  const runs = Number(process.env['TRIAL_RUNS'] ?? 200);
  const totals: Record<string, number> = {};
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { counts } = run(seed).checker;
      for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count;
    }),
    { numRuns: runs },
  );
  t.log(totals);
  for (const name of ['acked', 'truncated', 'elections', 'resolved', 'expanded', 'fetched'])
    t.true((totals[name] ?? 0) > 0, name);
});
