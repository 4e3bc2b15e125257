/** What is a pattern and what it matches, as RE2/J 1.8 has it. */
import test from 'ava';
import { compileRe2, PatternError } from './re2-pattern.ts';

const TEXTS = ['', 'a', 'ab', 'aab', 'tx-1', 'TX-1', 'a.b', 'é', 'a1_', '  ', 'x{2}', '\n', 'a*'];

/** The texts that a pattern matches as a whole. */
function matched(pattern: string): string[] {
  const matches = compileRe2(pattern);
  return TEXTS.filter((text) => matches(text));
}

test('whole strings are matched', (t) => {
  t.deepEqual(matched('a'), ['a']);
  t.deepEqual(matched('tx-.*'), ['tx-1']);
  t.deepEqual(matched('a|ab'), ['a', 'ab']);
  t.deepEqual(matched('a+b?'), ['a', 'ab', 'aab']);
  t.deepEqual(matched('(a|b)*'), ['', 'a', 'ab', 'aab']);
  t.deepEqual(matched('(?:a){2}b'), ['aab']);
  t.deepEqual(matched('a{1,2}?b'), ['ab', 'aab']);
  t.deepEqual(matched('^a$'), ['a']);
  t.deepEqual(matched('\\Aa\\b\\.\\bb\\z'), ['a.b']);
});

test('classes of characters, flags and quoted text', (t) => {
  t.deepEqual(matched('(?i)tx-\\d'), ['tx-1', 'TX-1']);
  t.deepEqual(matched('(?i:T)x-1'), ['tx-1']);
  t.deepEqual(matched('[[:alpha:]]+'), ['a', 'ab', 'aab']);
  t.deepEqual(matched('\\pL'), ['a', 'é']);
  t.deepEqual(matched('\\p{^Latin}'), ['\n']);
  t.deepEqual(matched('[^\\w]'), ['é', '\n']);
  t.deepEqual(matched('.'), ['a', 'é']);
  t.deepEqual(matched('(?s).'), ['a', 'é', '\n']);
  t.deepEqual(matched('\\Qa.b\\E'), ['a.b']);
  t.deepEqual(matched('\\Qa*'), ['a*']);
  t.deepEqual(matched('x{2\\}?\\}'), ['x{2}'], 'braces that hold no number stand for themselves');
  t.deepEqual(matched('x\\{2}'), ['x{2}']);
  t.deepEqual(matched('\\x61\\141?'), ['a']);
});

test('what RE2 does not take', (t) => {
  const bad = ['a**', '*', '(a', 'a)', '[a', '\\', '(?=a)', '(?<!a)', '(a)\\1', '(?>a)', 'a++', 'a{1001}', 'a{2,1}', '[z-a]'];
  for (const pattern of [...bad, '\\p{Nobody}', '[[:nobody:]]', '(?P<n>a)(?P<n>b)', '\\y', '(?x)a', '((a{1000}){1000}){1000}']) {
    t.throws(() => compileRe2(pattern), { instanceOf: PatternError }, pattern);
  }
});

test('no pattern takes long', (t) => {
  const matches = compileRe2('(a*)*(a|aa)+$');
  t.false(matches(`${'a'.repeat(5_000)}b`));
  t.true(matches('a'.repeat(5_000)));
});
