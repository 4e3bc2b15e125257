/** The first seeds of a fresh campaign: a command of its own, whose workers have compiled nothing yet. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { spread } from './statistics.ts';

const ROOT = join(import.meta.dirname, '..');

/** Real time from the start of the command to its end, on two workers. */
export function measureFirstSeeds(scenario: string, seeds: number, rounds: number): Figure[] {
  const walls: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const args = ['cli/trial.mjs', 'campaign', '--scenario', scenario, '--seeds', `1..${seeds}`, '--workers', '2'];
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    walls.push((performance.now() - began) / 1000);
  }
  const title = `the first ${seeds} seeds of a campaign of ${scenario}, on two workers`;
  return [{ id: `first.${scenario}`, title, unit: 's', clock: 'wall', value: spread(walls) }];
}
