import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { EVENT_MARKS } from '../sim/marks/registry.ts';
import { MARKS } from './marks.ts';

test('every mark that the sources call for is listed, and no other', (t) => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const found = new Set<string>();
  for (const path of globSync('{core,sim,properties}/**/*.ts', { cwd: root })) {
    if (path.endsWith('.test.ts') || path.includes('testing')) continue;
    const text = readFileSync(`${root}/${path}`, 'utf8');
    for (const match of text.matchAll(/(?:type: 'mark',\s*name: |\.#?mark\()'([^']+)'/g)) found.add(match[1] as string);
  }
  const told = [...MARKS.keys()].filter((name) => !EVENT_MARKS.has(name));
  t.deepEqual(told.sort(), [...found].sort());
});

test('every mark on events has a line of its own that says why it is rare', (t) => {
  const lines = [...EVENT_MARKS.values()].map(({ why }) => why);
  t.is(new Set(lines).size, lines.length, 'two marks say the same');
  t.true(EVENT_MARKS.size >= 150, `there are ${EVENT_MARKS.size}`);
});
