import test from 'ava';
import standard from '../scenarios/standard.ts';
import type { TraceLine } from '../sim/run.ts';
import { type Condition, parseRegression, Situation } from './regression.ts';
import { planOf } from './run-scenario.ts';
import { UsageError } from './usage.ts';

const NO_MARKS = { marks: {} };

function line(node: string, what: object): TraceLine {
  return { timeUs: 0, step: 0, node, incarnation: 1, what: what as TraceLine['what'] };
}

function truncated(node: string, partition: string, to: number): TraceLine {
  return line(node, { type: 'log-truncated', partition, from: 9, to, reason: 'diverging-epoch' });
}

function missed(reaches: readonly Condition[], lines: readonly TraceLine[], marks: Record<string, number> = {}): string | null {
  const situation = new Situation(reaches);
  for (const each of lines) situation.onLine(each);
  return situation.missed({ marks });
}

test('an event is met by its type, its process and the values of its fields', (t) => {
  const reaches: Condition[] = [{ event: 'log-truncated', node: 'b2', with: { partition: 'orders-0', to: 4 } }];
  t.is(missed(reaches, [truncated('b2', 'orders-0', 4)]), null);
  for (const other of [truncated('b1', 'orders-0', 4), truncated('b2', 'orders-1', 4), truncated('b2', 'orders-0', 5)])
    t.is(
      missed(reaches, [other]),
      'the run misses the situation that it is kept for: {"event":"log-truncated","node":"b2","with":{"partition":"orders-0","to":4}} was not seen',
    );
  const diverged = line('b1', { type: 'fetch-diverged', epochEnd: { epoch: 3, endOffset: 7 } });
  t.is(missed([{ event: 'fetch-diverged', with: { 'epochEnd.endOffset': 7 } }], [diverged]), null);
  t.regex(missed([{ event: 'fetch-diverged', with: { 'epochEnd.endOffset.of': 7 } }], [diverged]) ?? '', /was not seen$/);
});

test('events are met in the order in which they stand, as often as the file says', (t) => {
  const reaches: Condition[] = [{ event: 'power-lost', times: 2 }, { event: 'heal' }, { event: 'log-truncated' }];
  const lost = line('b1', { type: 'power-lost' });
  const heal = line('', { type: 'phase', phase: 'heal' });
  const cut = truncated('b1', 'orders-0', 1);
  t.is(missed(reaches, [lost, lost, heal, cut]), null);
  t.regex(missed(reaches, [lost, cut, heal]) ?? '', /\{"event":"power-lost"\} was seen 1 of 2 times$/);
  t.regex(missed(reaches, [cut, lost, lost, heal]) ?? '', /\{"event":"log-truncated"\} was not seen after \{"event":"heal"\}$/);
});

test('a fault must take effect, and a mark be reached at any time', (t) => {
  const fault = (change: string): TraceLine => line('', { type: 'fault', kind: 'pause', targets: ['b1'], change, forMs: 5 });
  t.is(missed([{ fault: 'pause' }], [fault('begins')]), null);
  t.regex(missed([{ fault: 'pause' }], [fault('refused'), fault('ends')]) ?? '', /\{"fault":"pause"\} was not seen$/);
  const mark = 'log/truncated-while-flushing';
  t.is(missed([{ mark }, { fault: 'pause' }], [fault('begins')], { [mark]: 1 }), null);
  t.regex(
    missed([{ mark, times: 2 }], [], { [mark]: 1 }) ?? '',
    /\{"mark":"log\/truncated-while-flushing"\} was reached 1 of 2 times$/,
  );
  t.is(new Situation([]).missed(NO_MARKS), null);
});

test('a file that cannot be used gets one sentence', (t) => {
  const file = { plan: planOf(standard, 1), property: 'R6', note: 'a story' };
  t.deepEqual(parseRegression(JSON.parse(JSON.stringify(file))).plan, file.plan);
  t.notThrows(() => parseRegression({ ...file, reaches: [{ event: 'heal' }, { fault: 'pause', times: 3 }] }));
  const says = (json: unknown, message: string): void => {
    t.throws(() => parseRegression(json), { instanceOf: UsageError, message: `the regression can't be used: ${message}` });
  };
  says({ ...file, reach: [] }, '"reach" is no key of it; did you mean "reaches"?');
  says({ ...file, note: undefined }, 'note is missing: it must be a text');
  says(
    { ...file, reaches: [{ event: 'log-trunkated' }] },
    'reaches.0.event: there is no event "log-trunkated"; did you mean "log-truncated"?',
  );
  says({ ...file, reaches: [{ fault: 'paus' }] }, 'reaches.0.fault: there is no fault "paus"; did you mean "pause"?');
  says({ ...file, reaches: [{ mark: 'log/none' }] }, 'reaches.0.mark: there is no mark "log/none"');
  says({ ...file, reaches: [{ event: 'heal', whith: {} }] }, 'reaches.0: "whith" is no key of it; did you mean "with"?');
  says({ ...file, reaches: [{ fault: 'pause', times: 0 }] }, 'reaches.0.times is 0, but it must be a whole number of at least 1');
  says({ ...file, reaches: ['heal'] }, 'reaches.0 is "heal", but it must be an object');
});
