/** A second process with the node id of a broker (../twin.ts). */
import { fault, onEach } from '../definition.ts';

export const secondProcess = fault({
  kind: 'second-process',
  about: "another process with a broker's node id is started on a machine of its own, and ends when it is registered",
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 5_000,
  maxMs: 40_000,
  params: {},
  stake: 'nothing',
  facts: ['disk-wiped', 'started', 'crashed'],
  inject: ({ world, targets }) =>
    onEach(targets, (name) => {
      const node = world.node(name);
      return node === undefined ? null : world.twin.start(node);
    }),
});
