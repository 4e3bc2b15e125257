import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { MARKS } from './marks.ts';

test('every mark that the sources emit is listed, and no other', (t) => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const found = new Set<string>();
  for (const path of globSync('{core,sim,properties}/**/*.ts', { cwd: root })) {
    if (path.endsWith('.test.ts') || path.includes('testing')) continue;
    const text = readFileSync(`${root}/${path}`, 'utf8');
    for (const match of text.matchAll(/(?:type: 'mark',\s*name: |\.#?mark\()'([^']+)'/g)) found.add(match[1] as string);
  }
  t.deepEqual([...MARKS.keys()].sort(), [...found].sort());
});
