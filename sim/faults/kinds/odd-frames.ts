/** Bytes in odd pieces. */
import { fault, onEach } from '../definition.ts';

export const oddFrames = fault({
  kind: 'odd-frames',
  about: 'bytes to a node arrive split and joined at odd places',
  targets: ['broker', 'controller', 'client'],
  minMs: 2_000,
  maxMs: 30_000,
  params: {},
  stake: 'nothing',
  facts: [],
  inject: ({ world, targets }) => onEach(targets, (name) => world.network.split([name], world.everybodyBut(name), 300)),
});
