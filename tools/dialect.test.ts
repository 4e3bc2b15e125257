/**
 * What no lint rule at hand can hold: private members are `#private`, of which JavaScript itself takes care; the parts of a long file
 * are headed in one form, `// --- words ---`.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const HOUSE = fileURLToPath(new URL('..', import.meta.url));

/** Lines that declare a member by the keyword; a constructor has no other way. */
function keywordMembers(source: string): string[] {
  return source.split('\n').filter((line) => /^\s+private (?!constructor\b)/.test(line));
}

/** Lines that draw a rule: a comment of marks, or one that has a run of them at either end. */
function rules(source: string): string[] {
  return source
    .split('\n')
    .filter((line) => /^\s*(\/\/|\/?\*+)\s*([-=#*~_─—]{2}|\S.*[-=#*~_─—]{3,}(\s*\*\/)?$|#?(end)?region\b)/.test(line));
}

/** Comments of one line that stand alone: they head what follows. */
function alone(source: string): string[] {
  const lines = source.split('\n');
  return lines.filter((line, at) => /^ *\/\/ /.test(line) && lines[at - 1] === '' && lines[at + 1] === '');
}

/** Headings in another form. */
function otherHeadings(source: string): string[] {
  return [...rules(source), ...alone(source)].filter((line) => !/^ *\/\/ --- [^-\s].*[^-\s] ---$/.test(line));
}

const folders = '{ports,world,core,sim,properties,scenarios,campaign,reports,cli,server,console,bench,conformance,tools}';
const sources = globSync([`${folders}/**/*.{ts,mjs}`, 'docs/examples/*.ts'], { cwd: HOUSE }).map((file) => ({
  file,
  source: readFileSync(`${HOUSE}/${file}`, 'utf8'),
}));

test('no member is private by the keyword', (t) => {
  t.true(sources.length > 500);
  for (const { file, source } of sources) t.deepEqual(keywordMembers(source), [], file);
});

test('the check sees a member that is', (t) => {
  t.is(keywordMembers('class A {\n  private readonly x = 1;\n  private constructor() {}\n  #y = 2;\n}').length, 1);
});

test('the parts of a file are headed in one form', (t) => {
  for (const { file, source } of sources) t.deepEqual(otherHeadings(source), [], file);
});

test('the check sees another form', (t) => {
  const others = [
    '// ---- words ----',
    '  // -- words --',
    '// words ------',
    '// =====',
    '/* === words === */',
    '// #region words',
  ];
  t.deepEqual(otherHeadings(others.join('\n')), others);
  t.deepEqual(otherHeadings('x();\n\n  // Words\n\ny();'), ['  // Words']);
  t.deepEqual(otherHeadings('  // --- words, and more ---\n// words - and more\n/** Words. */\n * words\n//\nx-- // -1'), []);
});
