/** Bits that flip where nobody looks. */
import { fault, onEach } from '../definition.ts';

export const bitRot = fault({
  kind: 'bit-rot',
  about: "bits flip in synced bytes of a down broker's logs, found by CRC when it comes back",
  targets: ['in-sync-follower', 'broker'],
  minMs: 2_000,
  maxMs: 15_000,
  params: { flips: { about: 'how many bits', min: 1, max: 8, default: 1 } },
  stake: 'beyond',
  facts: ['crashed', 'disk-corrupted', 'started'],
  inject: ({ world, targets, params }) =>
    onEach(targets, (node) => {
      const disk = world.disk(node);
      const down = disk.files('/').some((path) => path.endsWith('.log')) ? world.crash(node) : null;
      if (down === null) return null;
      for (let flip = 0; flip < params.flips; flip++) {
        const where = disk.rot('/', '.log');
        if (where !== null) world.tell(node, { type: 'disk-corrupted', path: where.path });
      }
      return down;
    }),
});
