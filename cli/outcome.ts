/** From what a subcommand came to, to the exit status. */
import { CommanderError } from 'commander';
import { printable } from '../campaign/printable.ts';
import { EXIT, type ExitStatus, UsageError } from '../campaign/usage.ts';
import { ScenarioError } from '../scenarios/scenario.ts';
import { PlanError } from '../sim/plan.ts';

/** Ends the process when it has nothing more to do, so that all output gets out. */
export function exitWith(status: ExitStatus): void {
  process.exitCode = status;
}

/** Tells of an error: what the user gave in one sentence, everything else with all that is known. */
export function tell(error: unknown): ExitStatus {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.held;
    // Of a command that has commands of its own, and was given none; the help that commander shows then is no sentence.
    const message = error.code === 'commander.help' ? 'a command is missing' : error.message;
    const sentence = message
      .replace(/^error: /, '')
      .replaceAll(/\s*\n\s*/g, ' ')
      .replace(/\.$/, '');
    process.stderr.write(`trial: ${printable(sentence)}; "trial --help" tells what there is.\n`);
    return EXIT.unusable;
  }
  if (error instanceof UsageError || error instanceof PlanError || error instanceof ScenarioError) {
    process.stderr.write(`trial: ${printable(error.message)}${/[.?!]$/.test(error.message) ? '' : '.'}\n`);
    return EXIT.unusable;
  }
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`trial: the harness failed: ${printable(why)}\n`);
  return EXIT.harness;
}
