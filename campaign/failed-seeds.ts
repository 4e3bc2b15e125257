/**
 * The seeds that ever failed, in a file that campaigns read and extend: a line for each, `SCENARIO SEED`, sorted. What failed once is
 * the likeliest to fail again, so it runs first. It is a list of seeds, not of plans: when what a seed draws changes, its line means
 * another run. What must never be lost is a plan in `scenarios/regressions/`.
 */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { readText } from './files.ts';
import { scenarioReference } from './load-scenario.ts';
import { UsageError } from './usage.ts';

export interface FailedSeed {
  /** A scenario's name, or the absolute path of its file. */
  readonly scenario: string;
  readonly seed: number;
}

/** What the file lists; nothing if there is none yet. Throws UsageError with one sentence. */
export function readFailedSeeds(path: string): FailedSeed[] {
  if (!existsSync(path)) return [];
  const found: FailedSeed[] = [];
  readText(path)
    .split(/\r?\n/)
    .forEach((line, at) => {
      if (line.trim() === '' || line.startsWith('#')) return;
      const match = /^(\S.*?)\s+(\d+)\s*$/.exec(line);
      const seed = Number(match?.[2]);
      if (match === null || !Number.isSafeInteger(seed)) {
        throw new UsageError(
          `line ${at + 1} of "${path}" is "${line}": give the name of a scenario (or the path of its file) and a seed, like "standard 200326"`,
        );
      }
      found.push({ scenario: referenceFrom(path, match[1] as string), seed });
    });
  return found;
}

/** Adds a seed to the file, which is made if need be. */
export function rememberFailedSeed(path: string, failed: FailedSeed): void {
  const known = readFailedSeeds(path);
  if (known.some(({ scenario, seed }) => scenario === failed.scenario && seed === failed.seed)) return;
  const comments = existsSync(path)
    ? readText(path)
        .split(/\r?\n/)
        .filter((line) => line.startsWith('#'))
    : [];
  const lines = [...known, failed]
    .map(({ scenario, seed }) => ({ name: nameFrom(path, scenario), seed }))
    .sort((a, b) => (a.name === b.name ? a.seed - b.seed : a.name < b.name ? -1 : 1))
    .map(({ name, seed }) => `${name} ${seed}`);
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, `${[...comments, ...lines].join('\n')}\n`);
  renameSync(temporary, path);
}

/** A scenario's file is named as seen from the list, so that both can be moved together. */
function nameFrom(list: string, scenario: string): string {
  if (scenarioReference(scenario) !== resolve(scenario)) return scenario;
  const path = relative(dirname(resolve(list)), scenario)
    .split(sep)
    .join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

function referenceFrom(list: string, name: string): string {
  const isName = scenarioReference(name) === name;
  return isName ? name : resolve(dirname(resolve(list)), name);
}
