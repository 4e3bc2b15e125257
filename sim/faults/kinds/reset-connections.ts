/** Connections break. */
import { DONE, fault, onEach } from '../definition.ts';

export const resetConnections = fault({
  kind: 'reset-connections',
  about: 'every connection of a node is reset once',
  targets: ['broker', 'controller', 'leader', 'active-controller', 'coordinator', 'client'],
  minMs: 0,
  maxMs: 0,
  params: {},
  stake: 'nothing',
  facts: [],
  inject: ({ world, targets }) => onEach(targets, (name) => (world.network.resetAll(name) > 0 ? DONE : null)),
});
