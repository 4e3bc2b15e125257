import test from 'ava';
import { lostOutcome } from './outcome.ts';
import { partsOf, verify } from './verify.ts';

const runner = new URL('./testing/fake-runner.ts', import.meta.url);

test('the same trace with another result is a difference, and is told with both values', async (t) => {
  const { differences, compared } = await verify({ runner, workers: 1, seeds: { from: 21, to: 23 } });
  t.is(compared, 3);
  t.deepEqual(
    differences.map(({ seed }) => seed),
    [22],
  );
  t.regex(
    differences[0]?.message ?? '',
    /^the trace hash is the same, but not .*: marks \{"thread \d+":1\} and \{"thread \d+":1\}$/,
  );
});

test('verdict, violations, marks, excuses and every count are compared; real time is not', (t) => {
  const one = lostOutcome('standard', 1, '', 5);
  t.deepEqual(partsOf(one, { ...one, wallMs: 7 }), []);
  const others: Partial<typeof one>[] = [
    { verdict: 'pass' },
    { violations: [{ property: 'J1', message: 'lost', atMs: 1 }] },
    { marks: { rare: 1 } },
    { rarePaths: { rare: { reached: 1, taken: 0 } } },
    { excuses: { J1: 'no' } },
    { evaluations: { J1: 1 } },
    { faults: { crash: 1 } },
    { recordsAcknowledged: 1 },
    { recordsDelivered: 1 },
    { frames: 1 },
    { events: 1 },
    { simulatedMs: 1 },
  ];
  for (const other of others) t.is(partsOf(one, { ...one, ...other }).length, 1, JSON.stringify(other));
});
