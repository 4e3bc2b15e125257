/** What the table says of a mutant. */
import test from 'ava';
import type { NamedMutant } from '../campaign/zoo/mutant.ts';
import { MutantSearch } from '../campaign/zoo/mutant-search.ts';
import type { ZooEntry } from '../campaign/zoo/zoo.ts';
import { verdictOf, zooMarkdown, zooRow, zooScore, zooText } from './zoo-table.ts';

function entry(id: string, seeds: readonly (readonly [string[], number, number])[], over: Partial<NamedMutant> = {}): ZooEntry {
  const mutant: NamedMutant = {
    id,
    title: 'a sample',
    source: ['KIP-1'],
    difficulty: 'easy',
    expects: ['R1'],
    file: 'core/a.ts',
    find: 'a',
    replace: 'b',
    ...over,
  };
  const search = new MutantSearch({ from: 1, to: Math.max(1, seeds.length) }, 1);
  seeds.forEach(([detectedBy, ran, differed], at) =>
    search.took({ seed: at + 1, detectedBy, error: null, ran, differed, cpuMs: 1_500 }),
  );
  return { mutant, scenario: 'standard', search };
}

test('each verdict has its words', (t) => {
  const told = (...args: Parameters<typeof entry>): string => verdictOf(zooRow(entry(...args)));
  t.is(
    told('a', [
      [[], 1, 0],
      [['R1', 'J4'], 1, 1],
    ]),
    'found by R1, J4 in 2 seeds, 3.0 s of processor time',
  );
  t.is(told('a', [[[], 0, 0]]), 'not found in 1 seed: its line never ran');
  t.is(told('a', [[[], 3, 0]]), 'not found in 1 seed: it ran 3 times and never made a difference');
  t.is(told('a', [[[], 3, 2]]), 'not found in 1 seed: it made a difference 2 times, which nobody saw');
  t.is(told('a', [[[], 3, 2]], { masked: 'another check' }), 'masked: another check');
  t.is(told('a', []), 'not run');
});

test('what is masked does not count, unless it is found', (t) => {
  const entries = [
    entry('found', [[['R1'], 1, 1]]),
    entry('unseen', [[[], 1, 1]]),
    entry('masked', [[[], 1, 1]], { masked: 'another check' }),
    entry('masked-and-found', [[['X1'], 1, 1]], { masked: 'another check' }),
  ];
  t.deepEqual(zooScore(entries.map(zooRow)), { found: 2, of: 3, masked: 1 });
  const text = zooText({ entries, endedBy: 'all done', wallMs: 2_000, workers: 1 });
  t.regex(text, /FOUND 2 of 3 mutants \(1 more is masked\) in 2.0 s on 1 worker, 6.0 s of processor time$/);
  t.deepEqual(
    [...zooMarkdown(entries.map(zooRow)).matchAll(/^\| `([\w-]+)` \| KIP-1 \| easy \| (.*?) \|/gm)].map(([, id, by]) => [id, by]),
    [
      ['found', 'R1'],
      ['masked-and-found', 'X1'],
      ['unseen', 'not found in 1 seed: it made a difference 1 time, which nobody saw'],
      ['masked', 'masked: another check'],
    ],
  );
});
