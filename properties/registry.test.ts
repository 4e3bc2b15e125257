import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { PROPERTY_TITLES, titlesById } from './registry.ts';

test('an id belongs to one property', (t) => {
  t.notThrows(() => titlesById([{ id: 'R1', title: 'one' }]));
  t.throws(
    () =>
      titlesById([
        { id: 'R1', title: 'one' },
        { id: 'R1', title: 'another' },
      ]),
    { message: '"R1" is the id of two properties: "one" and "another"' },
  );
});

test('every id that the sources evaluate, report or excuse is listed, and every listed one is reported', (t) => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const reported = new Set<string>();
  for (const path of globSync('{sim,properties}/**/*.ts', { cwd: root })) {
    if (path.endsWith('.test.ts') || path.includes('testing')) continue;
    const text = readFileSync(`${root}/${path}`, 'utf8').replaceAll(/\{ id: '[A-Z]+\d+', title/g, '');
    for (const match of text.matchAll(/'([A-Z]{1,2}\d+)'/g)) reported.add(match[1] as string);
  }
  t.deepEqual([...reported].sort(), [...PROPERTY_TITLES.keys()].sort());
});
