/** The zoo itself: mutants fit the tree, and what is put into a worker is there, counted, and nowhere else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { PROPERTY_TITLES } from '../../properties/registry.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';
import { UsageError } from '../usage.ts';
import { applyTo } from './apply.ts';
import { HOUSE, loadMutant, loadMutants, mutantIds } from './load-zoo.ts';
import { editsOf, type NamedMutant } from './mutant.ts';
import { Probe } from './probe.ts';
import { shrinkZoo } from './shrink-zoo.ts';
import { runZoo } from './zoo.ts';

test('every mutant finds its text once, counts, and names what there is', async (t) => {
  const mutants = await loadMutants();
  t.true(mutants.length >= 130, `there are ${mutants.length}`);
  for (const mutant of mutants) {
    t.notThrows(() => {
      for (const { file } of editsOf(mutant)) applyTo(readFileSync(join(HOUSE, file), 'utf8'), file, mutant);
    }, mutant.id);
    t.true(
      editsOf(mutant).some(({ replace }) => replace.includes('zoo.')),
      `${mutant.id} does not tell whether it makes a difference`,
    );
    t.true(
      editsOf(mutant).every(({ file }) => file.startsWith('core/')),
      `${mutant.id} changes what is not Kafka`,
    );
    t.true(mutant.source.length > 0 && mutant.expects.length > 0, mutant.id);
    for (const id of mutant.expects) t.true(PROPERTY_TITLES.has(id), `${mutant.id} expects ${id}`);
    if (mutant.scenario !== undefined) t.true(SCENARIOS.has(mutant.scenario), `${mutant.id}: ${mutant.scenario}`);
  }
});

const sample: NamedMutant = {
  id: 'sample',
  title: 'a sample',
  source: ['design: none'],
  difficulty: 'easy',
  expects: ['R1'],
  file: 'core/a.ts',
  find: 'a < b',
  replace: 'zoo.instead(a < b, true)',
};

test('a text that is not there once is an error that names it', (t) => {
  t.is(applyTo('if (a < b) c();', 'core/a.ts', sample), 'if (zoo.instead(a < b, true)) c();');
  t.is(applyTo('if (a < b) c();', 'core/b.ts', sample), 'if (a < b) c();');
  const missing = t.throws(() => applyTo('if (a > b) c();', 'core/a.ts', sample), { instanceOf: UsageError });
  t.is(missing.message, `the mutant sample can't be applied: in core/a.ts its text is not found, and must be found once: a < b`);
  const twice = t.throws(() => applyTo('a < b; a < b;', 'core/a.ts', sample), { instanceOf: UsageError });
  t.regex(twice.message, /its text is found 2 times/);
});

test('a mutant that there is not is told, with what may have been meant', async (t) => {
  const [first = ''] = mutantIds();
  const error = await t.throwsAsync(loadMutant(`${first}x`), { instanceOf: UsageError });
  t.is(error.message, `there is no mutant "${first}x"; did you mean "${first}"?`);
});

test('a probe counts what ran and what was another outcome', (t) => {
  const probe = new Probe();
  t.is(probe.instead(1, 1), 1);
  t.is(probe.instead(1, 2), 2);
  probe.differs(false);
  probe.differs();
  t.deepEqual(probe.take(), { ran: 4, differed: 2 });
  t.deepEqual(probe.take(), { ran: 0, differed: 0 });
});

test.serial(
  'a mutant is found in a worker, and what it was found by made small there; the thread that asked has none',
  async (t) => {
    t.timeout(600_000);
    const report = await runZoo({ ids: ['ack-on-local-append'], seeds: { from: 1, to: 3 }, starts: 1, workers: 1 });
    const [entry] = report.entries;
    t.is(entry?.search.verdict, 'found');
    const { detection } = entry?.search ?? {};
    t.true(detection?.detectedBy.includes('R12'));
    t.true((detection?.differed ?? 0) > 0 && (detection?.cpuMs ?? 0) > 0);
    const [small, ...more] = await shrinkZoo(report.entries, { workers: 1 });
    t.is(more.length, 0);
    t.like(small, { mutant: 'ack-on-local-append', plan: { faults: [] } });
    t.true((small?.operations ?? 99) <= 6 && (small?.plan.clients.length ?? 99) <= 2, JSON.stringify(small));
    t.false(Symbol.for('trial.zoo.probe') in globalThis);
  },
);
