import test from 'ava';
import type { Failure } from './campaign.ts';
import { failureKinds } from './failure-kinds.ts';
import { lostOutcome } from './outcome.ts';

function failure(seed: number, ...violations: readonly (readonly [property: string, message: string, atMs: number])[]): Failure {
  const outcome = {
    ...lostOutcome('standard', seed, '', 0),
    error: null,
    verdict: 'fail' as const,
    violations: violations.map(([property, message, atMs]) => ({ property, message, atMs })),
  };
  return { scenario: 'standard', outcome, bundle: null };
}

test('failures of one property that differ in names and numbers are one kind, told by the one that comes first in its run', (t) => {
  const kinds = failureKinds([
    failure(9, ['R2', 'orders-0@17 was "a#1:4" on b1 and is "x" on b3', 9_000]),
    failure(4, ['R2', 'payments-2@5 was "b" on b2 and is "c#2:9" on b1', 2_500]),
    failure(7, ['R2', 'the log of b2 begins after its high watermark 12', 7_000]),
    failure(5, ['J1', 'orders-0@17 was lost', 3_000]),
  ]);
  t.deepEqual(
    kinds.map(({ property, earliest, failures }) => [property, earliest.outcome.seed, failures.map((one) => one.outcome.seed)]),
    [
      ['R2', 4, [4, 9]],
      ['J1', 5, [5]],
      ['R2', 7, [7]],
    ],
  );
});

test('whose facts have the same roles is one failure, in whatever words it is told; other roles are another one', (t) => {
  const told = (seed: number, message: string, roles: string): Failure => {
    const one = failure(seed, ['R2', message, seed]);
    return { ...one, outcome: { ...one.outcome, violations: one.outcome.violations.map((each) => ({ ...each, roles })) } };
  };
  const kinds = failureKinds([
    told(1, 'orders-0@17 was "a" and is "x"', 'the leader, a topic'),
    told(2, 'orders-0 has 2 batches too many', 'the leader, a topic'),
    told(3, 'orders-0@17 was "a" and is "x"', 'an in-sync follower, a topic'),
  ]);
  t.deepEqual(
    kinds.map(({ kind, failures }) => [kind, failures.length]),
    [
      ['R2 the leader, a topic', 2],
      ['R2 an in-sync follower, a topic', 1],
    ],
  );
});

test('a failure is of the kind of what was violated first, whatever follows from it', (t) => {
  const kinds = failureKinds([
    failure(1, ['J4', 'orders-0@1 was lost', 8_000], ['R1', 'orders-0@1 was cut off', 2_000]),
    failure(2, ['R1', 'orders-1@7 was cut off', 3_000]),
  ]);
  t.deepEqual(
    kinds.map(({ property, failures }) => [property, failures.length]),
    [['R1', 2]],
  );
});

test('an exception is known by the line that threw it', (t) => {
  const stack = (line: number): string =>
    `payer-1: Error: balance is ${line}\n    at pay (file:///app/src/payments.ts:${line}:9)\n    at run (file:///app/src/main.ts:3:1)`;
  const kinds = failureKinds([
    failure(1, ['A1', stack(12), 1]),
    failure(2, ['A1', stack(12), 2]),
    failure(3, ['A1', stack(40), 3]),
  ]);
  t.deepEqual(
    kinds.map(({ kind, failures }) => [kind, failures.length]),
    [
      ['A1 payments.ts:12:9', 2],
      ['A1 payments.ts:40:9', 1],
    ],
  );
});

test('a harness that failed is a kind of its own, and comes last', (t) => {
  const lost = { scenario: 'standard', outcome: lostOutcome('standard', 3, 'the worker died', 0), bundle: null };
  t.deepEqual(
    failureKinds([lost, failure(1, ['J1', 'orders-0@17 was lost', 3_000])]).map(({ property }) => property),
    ['J1', null],
  );
});
