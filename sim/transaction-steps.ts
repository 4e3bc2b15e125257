/**
 * Which steps the transaction coordinators of a run have taken: the transitions between states of transactional ids that took effect, counted
 * as marks. `trial campaign --coverage` makes a table of them.
 */
import { LEGAL_PREVIOUS_STATES, TRANSACTION_STATES, type TransactionState } from '../core/transaction/transaction-state.ts';
import type { CheckContext } from './observe.ts';

const PREFIX = 'transaction: ';

/** Name of the mark of a transition. */
export function stepMark(step: TransactionStep): string {
  return `${PREFIX}${step}`;
}

export function isStepMark(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** A transition, as scenarios and tables name it. */
export type TransactionStep = `${TransactionState} -> ${TransactionState}`;

/** All transitions that are legal, in the order of their states. */
export const LEGAL_STEPS: readonly TransactionStep[] = TRANSACTION_STATES.flatMap((from) =>
  TRANSACTION_STATES.filter((to) => LEGAL_PREVIOUS_STATES[to].includes(from)).map((to): TransactionStep => `${from} -> ${to}`),
);

/** Counts the steps of a run. */
export function countSteps(context: Pick<CheckContext, 'on' | 'mark'>): void {
  /** By coordinator, ids that are being fenced. Nothing is written of that state: the next record is that of the abort, from the state before. */
  const fencing = new Set<string>();
  context.on('transaction-transition-begun', ({ transactionalId, from, to }, { node }) => {
    if (to !== 'PrepareEpochFence') return;
    fencing.add(`${node} ${transactionalId}`);
    context.mark(stepMark(`${from} -> ${to}`));
  });
  context.on('transaction-transition', ({ transactionalId, from, to }, { node }) => {
    const wasFencing = fencing.delete(`${node} ${transactionalId}`) && to === 'PrepareAbort';
    context.mark(stepMark(`${wasFencing ? 'PrepareEpochFence' : from} -> ${to}`));
  });
}

/** Marks where a coordinator loads what it, or nobody, had loaded before. */
export function markMoves(context: Pick<CheckContext, 'on' | 'mark'>): void {
  /** By state partition, who has loaded it, the newest last; and who is about to. */
  const loaded = new Map<number, string[]>();
  const loading = new Map<number, string>();
  context.on('transaction-coordinator-loading', ({ statePartition }, { node }) => {
    if ((loading.get(statePartition) ?? node) !== node) context.mark('a transaction coordinator was gone before it had loaded');
    loading.set(statePartition, node);
  });
  context.on('transaction-coordinator-loaded', ({ statePartition }, { node }) => {
    loading.delete(statePartition);
    const nodes = loaded.get(statePartition) ?? [];
    loaded.set(statePartition, nodes);
    if (nodes.at(-1) === node) return;
    if (nodes.includes(node))
      context.mark('a transaction coordinator came back to a partition that another had loaded meanwhile');
    nodes.push(node);
  });
}
