/** A process that does not live long, whenever it is started. Each death is put before the budget. */
import { fault, onEach } from '../definition.ts';

export const crashLoop = fault({
  kind: 'crash-loop',
  about: 'a process dies again and again shortly after each start',
  targets: ['broker', 'controller', 'leader', 'active-controller'],
  minMs: 5_000,
  maxMs: 20_000,
  params: { upMs: { about: 'how long it lives each time', min: 50, max: 4_000, default: 1_000 } },
  stake: 'process',
  facts: ['crashed', 'started'],
  inject: ({ world, targets, params }) =>
    onEach(targets, (node) => {
      let isOver = false;
      const again = (): void => {
        if (isOver) return;
        if (!world.isUp(node)) world.start(node);
        else if (world.admits('process', [node])) world.crash(node)?.();
        world.later(params.upMs, again);
      };
      if (world.isKeptDown(node)) return null;
      again();
      return () => {
        isOver = true;
        world.start(node);
      };
    }),
});
