/** What no lint rule at hand can hold: private members are `#private`, of which JavaScript itself takes care. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const HOUSE = fileURLToPath(new URL('..', import.meta.url));

/** Lines that declare a member by the keyword; a constructor has no other way. */
function keywordMembers(source: string): string[] {
  return source.split('\n').filter((line) => /^\s+private (?!constructor\b)/.test(line));
}

test('no member is private by the keyword', (t) => {
  const folders = '{ports,world,core,sim,properties,scenarios,campaign,reports,cli,server,console,bench,conformance,tools}';
  const files = globSync(`${folders}/**/*.ts`, { cwd: HOUSE });
  t.true(files.length > 500);
  for (const file of files) t.deepEqual(keywordMembers(readFileSync(`${HOUSE}/${file}`, 'utf8')), [], file);
});

test('the check sees a member that is', (t) => {
  t.is(keywordMembers('class A {\n  private readonly x = 1;\n  private constructor() {}\n  #y = 2;\n}').length, 1);
});
