/** A scenario whose application leaves a promise behind that rejects, in every fourth seed only. */
import { scenario } from '../../scenarios/scenario.ts';
import type { Workload } from '../../sim/workload/context.ts';

const app: Workload = async (context) => {
  await context.sleep(100);
  if (context.plan.seed % 4 !== 0) return;
  void context.sleep(300).then(() => {
    throw new Error('nobody hears me');
  });
};

export default scenario({
  name: 'floating',
  about: 'an application that leaves a promise behind that rejects',
  cluster: { brokers: 1, controllers: 1 },
  topics: [{ name: 'orders', partitions: 1, replicationFactor: 1 }],
  clients: [{ name: 'app', count: 1, run: app }],
  warmUpMs: 500,
  chaosMs: 500,
  faults: 'none',
});
