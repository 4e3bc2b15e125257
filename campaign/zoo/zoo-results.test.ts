/** What one call has run another one need not run again. */
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { UsageError } from '../usage.ts';
import type { NamedMutant } from './mutant.ts';
import { ZooResults } from './zoo-results.ts';

const mutant: NamedMutant = {
  id: 'sample',
  title: 'a sample',
  source: ['design: none'],
  difficulty: 'easy',
  expects: ['R1'],
  file: 'core/a.ts',
  find: 'a',
  replace: 'b',
};
const run = { seed: 7, detectedBy: ['R1'], error: null, ran: 3, differed: 2, cpuMs: 5 };

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'trial-zoo-'));
}

test('runs are there again, of the same mutant in the same scenario', (t) => {
  const at = folder();
  new ZooResults(at).add(mutant, 'standard', run);
  const again = new ZooResults(at);
  t.deepEqual(again.runsOf(mutant, 'standard'), [run]);
  t.deepEqual(again.runsOf(mutant, 'calm'), []);
  t.deepEqual(again.runsOf({ ...mutant, replace: 'c' }, 'standard'), []);
});

test('a line that was cut off does not count', (t) => {
  const at = folder();
  new ZooResults(at).add(mutant, 'standard', run);
  appendFileSync(join(at, 'zoo.ndjson'), '{"mutant":"sam');
  t.deepEqual(new ZooResults(at).runsOf(mutant, 'standard'), [run]);
});

test('results of other sources, and what are no results, are refused in a sentence', (t) => {
  const at = folder();
  new ZooResults(at).add(mutant, 'standard', run);
  const path = join(at, 'zoo.ndjson');
  const [, ...lines] = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, ['{"tree":"another"}', ...lines].join('\n'));
  t.regex(t.throws(() => new ZooResults(at), { instanceOf: UsageError }).message, /results of other sources/);
  writeFileSync(path, 'nothing of the kind\n');
  t.regex(t.throws(() => new ZooResults(at), { instanceOf: UsageError }).message, /does not begin as results/);
});
