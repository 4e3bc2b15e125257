/** A process that is short of processor time. */
import { fault, onEach } from '../definition.ts';

export const slowProcess = fault({
  kind: 'slow-process',
  about: 'a process takes many times longer for everything it does',
  targets: ['broker', 'controller', 'leader', 'active-controller'],
  minMs: 2_000,
  maxMs: 20_000,
  params: { factor: { about: 'times slower', min: 5, max: 500, default: 50 } },
  stake: 'session',
  facts: ['slowed'],
  inject: ({ world, targets, params }) => onEach(targets, (node) => world.process(node).slow(params.factor)),
});
