/** A rack loses power. */
import { fault } from '../definition.ts';
import { POWER_LOSS } from '../power.ts';

export const rackPowerLoss = fault({
  kind: 'rack-power-loss',
  about: 'all machines of a rack lose power at the same instant',
  targets: ['rack'],
  minMs: 0,
  maxMs: 20_000,
  params: {},
  ...POWER_LOSS,
});
