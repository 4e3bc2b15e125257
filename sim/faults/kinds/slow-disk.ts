/** A slow disk. */
import { fault, onEach } from '../definition.ts';

export const slowDisk = fault({
  kind: 'slow-disk',
  about: "a machine's disk gets many times slower",
  targets: ['broker', 'controller', 'leader', 'active-controller'],
  minMs: 2_000,
  maxMs: 20_000,
  params: { factor: { about: 'times slower', min: 5, max: 1_000, default: 100 } },
  stake: 'session',
  facts: [],
  inject: ({ world, targets, params }) => onEach(targets, (node) => world.disk(node).slow(params.factor)),
});
