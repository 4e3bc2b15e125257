/** Connections that hold what is sent over them. */
import { fault, onEach, type Strike } from '../definition.ts';

/** A client has connections with nodes alone. */
function holdsNodesToo({ world, targets, params }: Strike<'nodesToo'>): boolean {
  return params.nodesToo === 1 || targets.every((target) => world.clients.includes(target));
}

export const stuckConnections = fault({
  kind: 'stuck-connections',
  about: "a node's open connections hold what is sent over them while new ones work: requests from the past arrive when it ends",
  targets: ['coordinator', 'leader', 'broker', 'coordinator', 'active-controller', 'client'],
  minMs: 2_000,
  maxMs: 25_000,
  params: { nodesToo: { about: '1: also the connections with other nodes; 0: those with clients', min: 0, max: 1, default: 0 } },
  stake: 'session',
  facts: [],
  endangers: (strike) => (holdsNodesToo(strike) ? strike.targets : []),
  inject: (strike) =>
    onEach(strike.targets, (name) => {
      const { world } = strike;
      const peers = holdsNodesToo(strike) ? world.everybodyBut(name) : world.clients;
      const isOpen = peers.some((peer) => world.network.connections(name, peer).length > 0);
      return isOpen ? world.network.stick([name], peers) : null;
    }),
});
