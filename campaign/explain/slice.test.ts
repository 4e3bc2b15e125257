/** A slice holds what the violation came of, by frames and by what its node had done before, and nothing else. */
import test from 'ava';
import type { TraceLine } from '../../sim/run.ts';
import { causalSlice } from './slice.ts';

function line(step: number, node: string, text: string): TraceLine {
  return { timeUs: step, step, node, incarnation: 0, what: { type: 'note', text } };
}

function fault(step: number, target: string): TraceLine {
  const what = { type: 'fault', kind: 'crash', targets: [target], change: 'begins', forMs: 5 } as const;
  return { timeUs: step, step, node: '', incarnation: 0, what };
}

const violation = (step: number): TraceLine => ({
  timeUs: step,
  step,
  node: '',
  incarnation: 0,
  what: { type: 'violation', property: 'R1', message: 'lost', facts: {} },
});

/** Each event came of these. */
function slice(lines: readonly TraceLine[], causes: Readonly<Record<number, readonly number[]>>, most = 20): readonly number[] {
  const log = { causesOf: (event: number) => causes[event] ?? [] };
  const tells = (each: TraceLine): TraceLine | null => (each.what.type === 'note' && each.what.text === 'noise' ? null : each);
  return causalSlice(lines, log, { most, tells }).map(({ step }) => step);
}

test('a slice follows frames through events that tell nothing, and the state of nodes', (t) => {
  const lines = [
    line(1, 'b3', 'nobody asks'),
    line(2, 'b2', 'leads'),
    line(3, 'b1', 'was cut before'),
    line(4, 'b2', 'noise'),
    line(9, 'b1', 'cuts its log'),
    violation(9),
  ];
  // 9 came of 4, which tells nothing and came of 2; that b1 had done 3 is its state.
  t.deepEqual(slice(lines, { 9: [4], 4: [2], 1: [] }), [2, 3, 9]);
});

test('the nearest come first, when there are too many', (t) => {
  const lines = [line(1, 'b1', 'long ago'), line(2, 'b1', 'before'), line(3, 'b1', 'now'), violation(3)];
  t.deepEqual(slice(lines, {}, 2), [2, 3]);
});

test('what was found between two events depends on what every node did last', (t) => {
  const lines = [line(1, 'b1', 'first'), line(2, 'b2', 'second'), violation(7)];
  t.deepEqual(slice(lines, {}), [1, 2]);
});

test('faults of the nodes that are told of are told, no others', (t) => {
  const lines = [fault(1, 'b1'), fault(2, 'b3'), line(3, 'b1', 'now'), violation(3)];
  t.deepEqual(slice(lines, {}), [1, 3]);
});
