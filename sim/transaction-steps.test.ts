import test from 'ava';
import type { TraceEventOf } from '../core/trace.ts';
import { countSteps, isStepMark, LEGAL_STEPS, markMoves, stepMark } from './transaction-steps.ts';

type Transition = Pick<TraceEventOf<'transaction-transition'>, 'type' | 'transactionalId' | 'from' | 'to'>;
type Move = Pick<TraceEventOf<'transaction-coordinator-loading' | 'transaction-coordinator-loaded'>, 'type' | 'statePartition'>;
type Begun = Pick<TraceEventOf<'transaction-transition-begun'>, 'type' | 'transactionalId' | 'from' | 'to'>;

/** The marks that a run has after these events, told by this node. */
function marksOf(...events: readonly (readonly [node: string, event: Transition | Begun | Move])[]): string[] {
  const handlers = new Map<string, (event: never, at: { readonly node: string }) => void>();
  const marks: string[] = [];
  for (const listen of [countSteps, markMoves])
    listen({ on: (type, handler) => void handlers.set(type, handler as never), mark: (name) => void marks.push(name) });
  for (const [node, event] of events) handlers.get(event.type)?.(event as never, { node });
  return marks;
}

const step = (from: Transition['from'], to: Transition['to']): Transition => ({
  type: 'transaction-transition',
  transactionalId: 't',
  from,
  to,
});
const begun = (from: Begun['from'], to: Begun['to']): Begun => ({
  type: 'transaction-transition-begun',
  transactionalId: 't',
  from,
  to,
});

test('steps count when they have taken effect', (t) => {
  t.deepEqual(marksOf(['b1', begun('Empty', 'Ongoing')], ['b1', step('Empty', 'Ongoing')]), [stepMark('Empty -> Ongoing')]);
  t.true(isStepMark(stepMark('Empty -> Ongoing')));
});

test('a fence has no record: it counts as begun, and the abort that follows comes from it', (t) => {
  const fence = ['b1', begun('Ongoing', 'PrepareEpochFence')] as const;
  t.deepEqual(marksOf(fence, ['b1', begun('Ongoing', 'PrepareAbort')], ['b1', step('Ongoing', 'PrepareAbort')]), [
    stepMark('Ongoing -> PrepareEpochFence'),
    stepMark('PrepareEpochFence -> PrepareAbort'),
  ]);
  // What another coordinator does is another step.
  t.deepEqual(marksOf(fence, ['b2', step('Ongoing', 'PrepareAbort')]), [
    stepMark('Ongoing -> PrepareEpochFence'),
    stepMark('Ongoing -> PrepareAbort'),
  ]);
});

test('there are as many legal steps as in the table of Kafka', (t) => {
  t.is(LEGAL_STEPS.length, 19);
});

test('a coordinator that comes back is marked, and one that was gone before it had loaded', (t) => {
  const loading = (statePartition = 0): Move => ({ type: 'transaction-coordinator-loading', statePartition });
  const loaded = (statePartition = 0): Move => ({ type: 'transaction-coordinator-loaded', statePartition });
  const took = (node: string, statePartition = 0) =>
    [
      [node, loading(statePartition)],
      [node, loaded(statePartition)],
    ] as const;
  t.deepEqual(marksOf(...took('b1'), ...took('b2'), ...took('b3'), ...took('b3'), ...took('b1', 1)), []);
  t.deepEqual(marksOf(...took('b1'), ...took('b2'), ...took('b1')), [
    'a transaction coordinator came back to a partition that another had loaded meanwhile',
  ]);
  t.deepEqual(marksOf(['b1', loading()], ['b2', loading(1)], ['b2', loading()]), [
    'a transaction coordinator was gone before it had loaded',
  ]);
});
