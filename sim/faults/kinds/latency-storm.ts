/** Slow links. */
import { fault, onEach } from '../definition.ts';

export const latencyStorm = fault({
  kind: 'latency-storm',
  about: "a node's links get many times slower",
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller', 'client'],
  minMs: 1_000,
  maxMs: 20_000,
  params: { factor: { about: 'times the latency', min: 5, max: 2_000, default: 100 } },
  stake: 'session',
  facts: [],
  inject: ({ world, targets, params }) =>
    onEach(targets, (name) => world.network.slow([name], world.everybodyBut(name), { latencyFactor: params.factor })),
});
