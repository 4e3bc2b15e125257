/** The API that the page shows is as it stands in its file. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const HOUSE = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, HOUSE)), 'utf8');

test('code that the page shows is in the file that it names', (t) => {
  const shown = [...read('docs/contributing.md').matchAll(/^ {4}\/\/ (\S+\.ts)\n((?: {4}.*\n)+)/gm)];
  t.is(shown.length, 4);
  for (const [, path = '', code = ''] of shown) t.true(read(path).includes(code.replaceAll(/^ {4}/gm, '')), path);
});
