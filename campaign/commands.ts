/** Commands that people paste into a shell. */

/** A word of a command, in quotes if a shell would take it for something else. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command that runs a seed again and tells what happens. */
export function reproduceCommand(scenario: string, seed: number): string {
  return `npx trial replay ${seed} --scenario ${shellWord(scenario)}`;
}

/** The command that runs a bundle again and tells what happens. */
export function replayCommand(bundle: string): string {
  return `npx trial replay ${shellWord(bundle)}`;
}

/** The command that makes the plan of a seed small. */
export function shrinkCommand(scenario: string, seed: number): string {
  return `npx trial shrink ${seed} --scenario ${shellWord(scenario)}`;
}

/** The command that runs a plan file. The scenario is told where the plan can't: it knows a scenario's name, not its file. */
export function planCommand(file: string, scenario: string, name: string): string {
  return `npx trial run --plan ${shellWord(file)}${scenario === name ? '' : ` --scenario ${shellWord(scenario)}`}`;
}
