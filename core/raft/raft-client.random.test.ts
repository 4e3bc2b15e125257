import test from 'ava';
import fc from 'fast-check';
import { randomRun, type Step } from './testing/random-run.ts';

const ms = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4000 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('run' as const), ms }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      node: fc.nat(5),
      losesPower: fc.boolean(),
      downMs: fc.integer({ min: 1, max: 3000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), from: fc.nat(4), to: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('isolate' as const), node: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'heal' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'resign' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('snapshot' as const), node: fc.nat(5) }) },
);
const schedule = fc.record({
  seed: fc.nat(1_000_000),
  voters: fc.constantFrom(3 as const, 5 as const),
  dropPercent: fc.constantFrom(0, 5, 20),
  maxDelayMs: fc.constantFrom(3, 30, 300),
  steps: fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
});

test('any schedule of faults keeps K1-K9, K11 and K14, and the quorum agrees after it', (t) => {
  fc.assert(
    fc.property(schedule, (plan) => {
      t.deepEqual(randomRun(plan).violations, []);
    }),
    { numRuns: 150 },
  );
});
