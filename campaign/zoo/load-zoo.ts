/** The mutants that there are: one for each file of `zoo/`. They are a part of the repository, not of the package. */
import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { meant } from '../../core/config/closest-name.ts';
import { UsageError } from '../usage.ts';
import type { Mutant, NamedMutant } from './mutant.ts';

/** Root of the repository. */
export const HOUSE = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = join(HOUSE, 'zoo');

/** Names of all mutants. Throws UsageError where there are none. */
export function mutantIds(): readonly string[] {
  if (!existsSync(FOLDER)) {
    throw new UsageError(
      'mutants change the sources of Trial, which the package does not hold: this needs a checkout of the repository',
    );
  }
  return globSync('*.ts', { cwd: FOLDER })
    .map((file) => basename(file, '.ts'))
    .sort();
}

/** Throws UsageError if there is no such mutant. */
export async function loadMutant(id: string): Promise<NamedMutant> {
  const known = mutantIds();
  if (!known.includes(id)) throw new UsageError(`there is no mutant "${id}"${meant(new Set(known), id)}`);
  const { default: mutant } = (await import(pathToFileURL(join(FOLDER, `${id}.ts`)).href)) as { readonly default: Mutant };
  return { ...mutant, id };
}

/** All of them, or those of these names, the easy ones first. */
export async function loadMutants(ids: readonly string[] = []): Promise<readonly NamedMutant[]> {
  const mutants = await Promise.all((ids.length === 0 ? mutantIds() : ids).map(loadMutant));
  return mutants.toSorted((a, b) => ORDER[a.difficulty] - ORDER[b.difficulty] || (a.id < b.id ? -1 : 1));
}

const ORDER = { easy: 0, medium: 1, hard: 2 } as const;
