/** A broker is shut down in order. */
import { fault, onEach } from '../definition.ts';

export const controlledShutdown = fault({
  kind: 'controlled-shutdown',
  about: 'a broker is shut down in order and started again later',
  targets: ['broker', 'leader', 'coordinator'],
  minMs: 6_000,
  maxMs: 25_000,
  params: {},
  stake: 'process',
  facts: ['stopped', 'started'],
  inject: ({ world, targets }) => onEach(targets, (node) => world.shutDown(node)),
});
