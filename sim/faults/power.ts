/** What losses of power have in common: of one machine, or of several at the same instant. */
import { allOf, type FaultDefinition } from './definition.ts';

/**
 * Where the machines may not lose what they have written, as the budget says, their processes die and no more. (A voter has synced what it has
 * answered for.)
 */
export const POWER_LOSS: Pick<FaultDefinition<string, never>, 'stake' | 'facts' | 'inject'> = {
  stake: 'process',
  facts: ['power-lost', 'crashed', 'started'],
  inject({ world, targets }) {
    const powered = targets.filter((name) => world.isPowered(name));
    const losing = powered.filter((name) => world.losesOnPowerLoss(name));
    if (losing.length === 0 || world.admits('storage', losing)) return allOf(powered.map((name) => world.losePower(name)));
    return allOf(powered.map((name) => world.crash(name)));
  },
};
