/** Commands that people paste into a shell. */

/** A word of a command, in quotes if a shell would take it for something else. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command that runs a seed again and tells what happens. */
export function reproduceCommand(scenario: string, seed: number): string {
  return `npx trial replay ${seed} --scenario ${shellWord(scenario)}`;
}

/** The command that makes the plan of a seed small. */
export function shrinkCommand(scenario: string, seed: number): string {
  return `npx trial shrink ${seed} --scenario ${shellWord(scenario)}`;
}
