/** How to run again what a campaign has found. */
import { bundleName } from './bundle.ts';
import { replayCommand, reproduceCommand } from './commands.ts';
import type { SeedOutcome } from './outcome.ts';

/** The command for it. What an explorer made is in its bundle alone; where nobody knows the campaign's folder, it is a path within that. */
export function againCommand(scenario: string, outcome: SeedOutcome, bundle: string | null): string {
  if (outcome.explorer === undefined) return reproduceCommand(scenario, outcome.seed);
  return replayCommand(bundle ?? `failures/${bundleName(outcome)}`);
}
