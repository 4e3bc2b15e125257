/** Finds a scenario by its name or by the path of a file, in this thread. Workers load it again by the same reference. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SCENARIOS } from '../scenarios/registry.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { loadErrorText } from './load-error.ts';
import { prepared } from './prepare.ts';
import { UsageError } from './usage.ts';

const loaded = new Map<string, Scenario>();

/** A name or path as the user wrote it, as a reference that means the same in every thread: a name or an absolute path. */
export function scenarioReference(given: string): string {
  if (given.startsWith('file:')) return fileURLToPath(given);
  return isPath(given) ? resolve(given) : given;
}

function isPath(given: string): boolean {
  return /[\\/]/.test(given) || /\.(ts|mts|js|mjs)$/.test(given);
}

/** Throws UsageError with one sentence if there is no such scenario, or the file's default export is none. */
export async function loadScenario(given: string): Promise<Scenario> {
  const reference = scenarioReference(given);
  const known = SCENARIOS.get(reference) ?? loaded.get(reference);
  if (known !== undefined) return known;
  if (!isPath(reference)) {
    throw new UsageError(
      `there is no scenario "${given}": give one of ${[...SCENARIOS.keys()].join(', ')}, or the path of a .ts, .js or .mjs file`,
    );
  }
  if (!existsSync(reference)) throw new UsageError(`the scenario file "${given}" does not exist`);
  const url = pathToFileURL(reference).href;
  let found: unknown;
  try {
    found = (await imported(url)).default;
  } catch (error) {
    throw new UsageError(`the scenario file "${given}" can't be loaded: ${loadErrorText(error, url)}`);
  }
  if (!isScenario(found)) {
    throw new UsageError(`the default export of "${given}" is not a scenario: write export default scenario({ ... })`);
  }
  loaded.set(reference, await prepared(found));
  return found;
}

/** Rejects, too, when nothing is left that could end a wait at the file's top: there Node would just end, without a sentence. */
async function imported(url: string): Promise<{ readonly default?: unknown }> {
  let idle = (): void => {};
  const stuck = new Promise<never>((_, reject) => {
    idle = () => reject(new Error('it awaits something at its top level that never comes'));
  });
  process.once('beforeExit', idle);
  try {
    return await Promise.race([import(url) as Promise<{ readonly default?: unknown }>, stuck]);
  } finally {
    process.off('beforeExit', idle);
  }
}

function isScenario(value: unknown): value is Scenario {
  return (
    typeof value === 'object' &&
    value !== null &&
    'spec' in value &&
    'workloads' in value &&
    'name' in value &&
    value.workloads instanceof Map
  );
}
