/** The command, of this checkout. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs it. Throws if it does not end with this exit status. */
export function trial(status, ...args) {
  const child = spawnSync(process.execPath, [join(ROOT, 'cli/trial.mjs'), ...args], { encoding: 'utf8' });
  if (child.status !== status)
    throw new Error(`trial ${args.join(' ')} ended with ${child.status}: ${child.stdout}${child.stderr}`);
}
