/** Power loss: what was not synced may be lost or torn. */
import type { FaultDefinition } from './definition.ts';

export const powerLoss = {
  kind: 'power-loss',
  about: 'a machine loses power and comes back later; unsynced writes are kept, lost or torn per sector',
  targets: ['broker', 'controller', 'leader', 'in-sync-follower', 'active-controller'],
  minMs: 0,
  maxMs: 20_000,
  params: {},
  inject(context, _fault, targets) {
    const down = targets.filter((node) => context.losePower(node) !== 'refused');
    if (down.length === 0) return 'refused';
    return () => down.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;

export const rackPowerLoss = {
  kind: 'rack-power-loss',
  about: 'all machines of a rack lose power at the same instant',
  targets: ['rack'],
  minMs: 0,
  maxMs: 20_000,
  params: {},
  inject(context, _fault, targets) {
    if (context.losePowerTogether(targets) === 'refused') return 'refused';
    return () => targets.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;

export const clusterPowerLoss = {
  kind: 'cluster-power-loss',
  about: 'every machine of the cluster loses power at the same instant (softened to a crash of all where the budget says so)',
  targets: ['cluster'],
  minMs: 500,
  maxMs: 10_000,
  params: {},
  inject(context) {
    if (context.losePowerTogether(context.nodes) === 'refused') return 'refused';
    return () => context.nodes.forEach((node) => context.start(node));
  },
} as const satisfies FaultDefinition;
