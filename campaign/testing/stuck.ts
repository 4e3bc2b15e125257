/** A scenario whose application never gives its thread back; `params.how` says where it gets stuck. */
import { oneOf, scenario } from '../../scenarios/scenario.ts';
import type { Workload } from '../../sim/workload/context.ts';

const app: Workload = async (context) => {
  const { how } = context.params;
  if (how === 'at-once') for (;;);
  await context.sleep(300);
  if (how === 'in-promises') for (;;) await Promise.resolve();
  for (;;);
};

export default scenario({
  name: 'stuck',
  about: 'an application that never gives its thread back',
  cluster: { brokers: 1, controllers: 1 },
  topics: [{ name: 'orders', partitions: 1, replicationFactor: 1 }],
  clients: [{ name: 'app', count: 1, run: app, params: { how: oneOf('at-once', 'after-a-wait', 'in-promises') } }],
  warmUpMs: 500,
  chaosMs: 500,
  faults: 'none',
});
