import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { RARE_PATHS } from './rare-paths.ts';

const CORE = fileURLToPath(new URL('.', import.meta.url));

test('every rare path that is listed is taken at one place of core, and named after the part that takes it', (t) => {
  const places = new Map<string, string[]>();
  for (const path of globSync('**/*.ts', { cwd: CORE })) {
    if (path.endsWith('.test.ts') || path.includes('testing')) continue;
    for (const [, name] of readFileSync(`${CORE}/${path}`, 'utf8').matchAll(/\.sometimes\(\s*'([^']+)'/g))
      places.set(name as string, [...(places.get(name as string) ?? []), path]);
  }
  t.deepEqual([...places.keys()].sort(), Object.keys(RARE_PATHS).sort());
  for (const [name, paths] of places) {
    t.is(paths.length, 1, name);
    t.true(paths[0]?.startsWith(`${name.slice(0, name.lastIndexOf('/'))}/`), `${name} in ${paths[0]}`);
  }
});
