/** A node that takes no new connections. */
import { fault, onEach } from '../definition.ts';

export const refuseConnections = fault({
  kind: 'refuse-connections',
  about: 'a node refuses new connections; the open ones go on',
  targets: ['broker', 'controller', 'leader'],
  minMs: 1_000,
  maxMs: 20_000,
  params: {},
  stake: 'session',
  facts: [],
  inject: ({ world, targets }) => onEach(targets, (node) => world.network.refuse(node)),
});
