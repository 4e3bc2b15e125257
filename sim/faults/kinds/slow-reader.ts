/** A process that does not read what it is sent. */
import { fault, onEach } from '../definition.ts';

export const slowReader = fault({
  kind: 'slow-reader',
  about: 'a process takes bytes from its sockets slowly, so that its peers feel back-pressure',
  targets: ['client', 'broker'],
  minMs: 1_000,
  maxMs: 15_000,
  params: { factor: { about: 'times slower', min: 10, max: 2_000, default: 100 } },
  stake: 'session',
  facts: [],
  inject: ({ world, targets, params }) =>
    onEach(targets, (name) =>
      world.network.slowReader(name, Math.max(1, Math.floor(world.plan.world.bytesPerMs / params.factor))),
    ),
});
