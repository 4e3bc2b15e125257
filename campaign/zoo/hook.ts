/** Puts a mutant into every module that this thread loads from now on. Core is not touched, on disk or in other threads. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { applyTo } from './apply.ts';
import { HOUSE } from './load-zoo.ts';
import { editsOf, type NamedMutant } from './mutant.ts';
import { Probe } from './probe.ts';

const PROBE = 'trial.zoo.probe';

/** Without a line break, so that lines keep their numbers. */
const PREAMBLE = `const zoo = globalThis[Symbol.for(${JSON.stringify(PROBE)})]; `;

/** The probe that the mutant counts with. Throws UsageError if a text of the mutant is not found exactly once. */
export function putInto(mutant: NamedMutant): Probe {
  const probe = new Probe();
  Object.defineProperty(globalThis, Symbol.for(PROBE), { value: probe });
  const sources = new Map<string, string>();
  for (const { file } of editsOf(mutant)) {
    const path = join(HOUSE, file);
    sources.set(pathToFileURL(path).href, PREAMBLE + applyTo(readFileSync(path, 'utf8'), file, mutant));
  }
  registerHooks({
    load(url, context, nextLoad) {
      const source = sources.get(url);
      return source === undefined ? nextLoad(url, context) : { format: 'module-typescript', source, shortCircuit: true };
    },
  });
  return probe;
}
