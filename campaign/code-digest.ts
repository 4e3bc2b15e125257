/** Whether two results come of the same code: what a run depends on besides its plan and the platform. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folders of this package that decide what a run comes to. */
const FOLDERS = ['ports', 'world', 'core', 'sim', 'properties', 'scenarios', 'campaign'];
const ROOT = fileURLToPath(new URL('..', import.meta.url));

let ownCode: string | null = null;

/** 16 hex digits over this package's code and, if it is a file, the scenario (not what the file imports). */
export function codeDigest(scenario: string): string {
  ownCode ??= digestOf(FOLDERS.flatMap((folder) => modulesUnder(join(ROOT, folder))));
  if (!existsSync(scenario)) return ownCode;
  return createHash('sha256').update(ownCode).update(readFileSync(scenario)).digest('hex').slice(0, 16);
}

function modulesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.test|\.d)\.[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function digestOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(relative(ROOT, path)).update('\0').update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}
