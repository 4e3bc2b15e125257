/** All lose power. */
import { fault } from '../definition.ts';
import { POWER_LOSS } from '../power.ts';

export const clusterPowerLoss = fault({
  kind: 'cluster-power-loss',
  about: 'every machine of the cluster loses power at the same instant (softened to a crash of all where the budget says so)',
  targets: ['cluster'],
  minMs: 500,
  maxMs: 10_000,
  params: {},
  ...POWER_LOSS,
});
