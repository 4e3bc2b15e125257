/** Narrow links. */
import { fault, onEach } from '../definition.ts';

export const bandwidthCollapse = fault({
  kind: 'bandwidth-collapse',
  about: "a node's links carry only a fraction of the bytes",
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 1_000,
  maxMs: 20_000,
  params: { divisor: { about: 'fraction, as a divisor', min: 10, max: 20_000, default: 1_000 } },
  stake: 'session',
  facts: [],
  inject: ({ world, targets, params }) =>
    onEach(targets, (name) => world.network.slow([name], world.everybodyBut(name), { bandwidthDivisor: params.divisor })),
});
