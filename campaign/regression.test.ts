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

function leads(node: string, partition: string, leaderEpoch: number): TraceLine {
  return line(node, { type: 'became-leader', partition, leaderEpoch });
}

test('a variable is bound where it is first met, and is the same everywhere after', (t) => {
  const reaches: Condition[] = [
    { event: 'became-leader', node: '$old', with: { partition: '$partition' } },
    { event: 'became-leader', node: '!$old', with: { partition: '$partition', leaderEpoch: '$any' } },
    { event: 'log-truncated', node: '$old', with: { partition: '$partition', to: 4 } },
  ];
  t.is(missed(reaches, [leads('b1', 'orders-0', 0), leads('b2', 'orders-0', 1), truncated('b1', 'orders-0', 4)]), null);
  const cut = '{"event":"log-truncated","node":"$old","with":{"partition":"$partition","to":4}} was not seen after';
  for (const last of [truncated('b2', 'orders-0', 4), truncated('b1', 'orders-1', 4), truncated('b1', 'orders-0', 5)])
    t.true(missed(reaches, [leads('b1', 'orders-0', 0), leads('b2', 'orders-0', 1), last])?.includes(cut));
  t.regex(
    missed(reaches, [leads('b1', 'orders-0', 0), leads('b1', 'orders-0', 1), leads('b2', 'orders-1', 1)]) ?? '',
    /"node":"!\$old".* was not seen after/,
  );
  const nameless = line('b2', { type: 'became-leader', partition: 'orders-0' });
  t.regex(missed(reaches, [leads('b1', 'orders-0', 0), nameless]) ?? '', /"node":"!\$old".* was not seen after/);
});

test('what may be bound now or later is tried both ways', (t) => {
  const reaches: Condition[] = [
    { event: 'became-leader', node: '$old', with: { partition: '$partition' } },
    { event: 'paused', node: '$old' },
    { event: 'log-truncated', node: '$old', with: { partition: '$partition' } },
  ];
  const paused = line('b2', { type: 'paused' });
  const first = [leads('b1', 'orders-0', 0), leads('b2', 'orders-0', 1), leads('b2', 'orders-1', 0)];
  t.is(missed(reaches, [...first, paused, truncated('b2', 'orders-0', 1)]), null);
  t.is(missed(reaches, [...first, paused, truncated('b2', 'orders-1', 1)]), null);
  t.regex(missed(reaches, [...first, paused, truncated('b1', 'orders-0', 1)]) ?? '', /was not seen after \{"event":"paused"/);
});

test('one event is one step, and a number of times is of the same values', (t) => {
  const twice: Condition[] = [
    { event: 'became-leader', node: '$one' },
    { event: 'became-leader', node: '$one' },
  ];
  t.regex(missed(twice, [leads('b1', 'orders-0', 0), leads('b2', 'orders-0', 0)]) ?? '', /was not seen after/);
  t.is(missed(twice, [leads('b1', 'orders-0', 0), leads('b2', 'orders-0', 0), leads('b1', 'orders-0', 1)]), null);
  const times: Condition[] = [
    { event: 'became-leader', node: '$one', with: { partition: '$of' }, times: 2 },
    { event: 'paused', node: '$one' },
  ];
  const alternating = [leads('b1', 'orders-0', 0), leads('b2', 'orders-0', 1), line('b1', { type: 'paused' })];
  t.regex(missed(times, alternating) ?? '', /was seen 1 of 2 times$/);
  t.is(missed(times, [leads('b1', 'orders-0', 0), ...alternating]), null);
});

test('an element of a list is met wherever it stands', (t) => {
  const removed = (...partitions: string[]): TraceLine =>
    line('b1', { type: 'metadata-applied', removedPartitions: partitions.map((partition) => ({ partition })) });
  const reaches: Condition[] = [
    { event: 'became-leader', with: { partition: '$gone' } },
    { event: 'metadata-applied', with: { 'removedPartitions.*.partition': '$gone' } },
  ];
  t.is(missed(reaches, [leads('b1', 'orders-1', 0), removed('orders-0', 'orders-1')]), null);
  t.regex(missed(reaches, [leads('b1', 'orders-1', 0), removed('orders-0'), removed()]) ?? '', /was not seen after/);
});

test('so many ways to bind its variables that not all are followed are told of', (t) => {
  const reaches: Condition[] = [
    { event: 'became-leader', with: { leaderEpoch: '$epoch' } },
    { event: 'paused' },
    { event: 'log-truncated', with: { to: '$epoch' } },
  ];
  const many = Array.from({ length: 20_001 }, (_, at) => leads('b1', 'orders-0', at));
  t.regex(missed(reaches, many) ?? '', /\(of all ways to bind its variables only 20000 were followed\)$/);
  t.notRegex(missed(reaches, many.slice(0, 10_000)) ?? '', /followed/);
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
  const forced = [{ stream: 'network/b1-b2', ordinal: 3, label: 'latency', value: 9 }];
  t.notThrows(() => parseRegression({ ...file, decisions: { plain: ['schedule'], forced }, mendedBy: '22efa04' }));
  says({ ...file, decisions: { forced } }, 'decisions.plain is missing: it must be a list');
  says({ ...file, mendedBy: 'HEAD' }, 'mendedBy is "HEAD", but it must be 7 to 40 hexadecimal digits');
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
  const reaching = (node: string, partition: string): object => ({
    ...file,
    reaches: [
      { event: 'became-leader', node },
      { event: 'log-truncated', with: { partition } },
    ],
  });
  t.notThrows(() => parseRegression(reaching('$any', '$any')));
  t.notThrows(() => parseRegression(reaching('$one', '!$one')));
  says(reaching('$one', '$any'), 'reaches.0: "$one" appears only once, and says nothing then; any value is "$any"');
  says(reaching('!$one', '$one'), 'reaches.0: "!$one" differs from "$one", which nothing up to here binds');
  says(reaching('b1', '$1'), 'reaches.1: "$1" is not a variable: "$" is followed by a letter, and letters and digits');
  says({ ...file, reaches: ['heal'] }, 'reaches.0 is "heal", but it must be an object');
});
