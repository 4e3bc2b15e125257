/** Links on which connections break. */
import { fault, onEach } from '../definition.ts';

export const flakyLinks = fault({
  kind: 'flaky-links',
  about: "connections of a node's links are reset now and then; bytes in flight may or may not have arrived",
  targets: ['broker', 'controller', 'leader', 'active-controller', 'coordinator', 'client'],
  minMs: 1_000,
  maxMs: 20_000,
  params: { per10k: { about: 'resets in 10,000 chunks', min: 5, max: 1_000, default: 100 } },
  stake: 'session',
  facts: [],
  inject: ({ world, targets, params }) =>
    onEach(targets, (name) => world.network.flaky([name], world.everybodyBut(name), params.per10k * 100)),
});
