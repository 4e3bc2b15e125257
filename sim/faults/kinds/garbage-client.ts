/** A stranger who speaks no protocol. */
import { DONE, fault, onEach } from '../definition.ts';

export const garbageClient = fault({
  kind: 'garbage-client',
  about: 'somebody connects to a node and sends bytes that are no protocol',
  targets: ['broker', 'controller'],
  minMs: 0,
  maxMs: 0,
  params: { bytes: { about: 'how many', min: 1, max: 4_000, default: 100 } },
  stake: 'nothing',
  facts: [],
  inject: ({ world, targets, params }) =>
    onEach(targets, (node) => {
      const from = [...world.clients, ...world.others([node])].find((name) => world.isUp(name));
      return from !== undefined && world.network.garbage(from, node, world.portOf(node), params.bytes) ? DONE : null;
    }),
});
