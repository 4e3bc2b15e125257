/** A machine loses power. */
import { fault } from '../definition.ts';
import { POWER_LOSS } from '../power.ts';

export const powerLoss = fault({
  kind: 'power-loss',
  about: 'a machine loses power and comes back later; unsynced writes are kept, lost or torn per sector',
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller'],
  minMs: 0,
  maxMs: 20_000,
  params: {},
  // What was cut off is still on the disk until that is synced, and may be back.
  window: { moments: [{ event: 'log-truncated', where: { reason: 'diverging-epoch' } }], oneIn: 3 },
  ...POWER_LOSS,
});
