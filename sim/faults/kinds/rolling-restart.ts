/** All nodes are restarted in order, one after the other. Each restart is put before the budget. */
import { fault } from '../definition.ts';
import type { Undo } from '../../../world/undo.ts';

export const rollingRestart = fault({
  kind: 'rolling-restart',
  about: 'every node is shut down in order and started again, one after the other',
  targets: ['cluster'],
  minMs: 20_000,
  maxMs: 60_000,
  params: { eachMs: { about: 'time between one node and the next', min: 2_000, max: 12_000, default: 5_000 } },
  stake: 'process',
  facts: ['stopped', 'started'],
  endangers: () => [],
  inject({ world, targets, params: { eachMs } }) {
    const restartable = (node: string): boolean => world.isUp(node) && world.admits('process', [node]);
    if (!targets.some(restartable)) return null;
    const downs: Undo[] = [];
    let isOver = false;
    targets.forEach((node, index) => {
      world.later(index * eachMs, () => {
        const down = isOver || !restartable(node) ? null : world.shutDown(node);
        if (down === null) return;
        downs.push(down);
        world.later(Math.max(1_000, Math.floor(eachMs / 2)), down);
      });
    });
    return () => {
      isOver = true;
      for (const down of downs) down();
    };
  },
});
