/** An application dies, and is started again. */
import { fault, onEach } from '../definition.ts';

export const clientCrash = fault({
  kind: 'client-crash',
  about: 'an application dies and is started again later',
  targets: ['client'],
  minMs: 0,
  maxMs: 15_000,
  params: {},
  stake: 'nothing',
  facts: ['crashed', 'started'],
  inject: ({ world, targets }) => onEach(targets, (client) => world.crash(client)),
});
