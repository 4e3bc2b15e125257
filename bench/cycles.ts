/** The search for cycles among a run's transactions (J7), which is made once, at the end: time for as many as no run has. */
import { Chance } from '../world/chance.ts';
import { readsOf } from '../properties/history/cycles.ts';
import type { Transaction, TransactionalSend } from '../properties/history/transactions.ts';
import type { Session } from '../sim/history.ts';
import type { Figure } from './figure.ts';
import { spread, stopwatch } from './statistics.ts';

const CLIENTS = 100;
const SENDS = 4;
/** How far back the inputs of a transaction lie, in transactions. */
const REACH = 1_000;
const TARGET_MS = 2_000;

/** Time to build the graph and to search it, over transactions of four sends each that were made of four others; of one in ten no end is known. */
export function measureCycles(transactions: number, rounds: number): Figure[] {
  const { committed, writers } = madeOfEachOther(transactions);
  const search = (): number => {
    const elapsed = stopwatch();
    const { graph } = readsOf(committed, (value) => writers.get(value), new Set());
    if (graph.cyclic().length > 0) throw new Error('transactions that were made of earlier ones alone make no cycle');
    return elapsed().threadMs;
  };
  search();
  return [
    {
      id: 'cycles.search',
      title: `search for cycles among ${transactions.toLocaleString('en-US')} transactions`,
      unit: 'ms',
      clock: 'cpu',
      value: spread(Array.from({ length: rounds }, search)),
      target: { at: 'most', value: TARGET_MS },
    },
  ];
}

/** Transactions of many clients, begun one after the other and ended some time later, each made of what earlier ones wrote. */
function madeOfEachOther(count: number): {
  readonly committed: readonly Transaction[];
  readonly writers: ReadonlyMap<string, Transaction>;
} {
  const random = new Chance(1).stream('bench');
  const committed: Transaction[] = [];
  const writers = new Map<string, Transaction>();
  for (let op = 0; op < count; op++) {
    const session: Session = {
      id: op % CLIENTS,
      client: `pipeline-${op % CLIENTS}`,
      incarnation: 1,
      kind: 'producer',
      properties: {},
    };
    const sends: TransactionalSend[] = [];
    const transaction: Transaction = {
      op,
      transactionalId: session.client,
      attempt: Math.floor(op / CLIENTS),
      session,
      begunAt: 2 * op,
      sends,
      offsets: [],
      commitAskedAt: 2 * op + CLIENTS,
      abortAskedAt: null,
      outcome: 'committed',
      endedAt: random.below(10, 'end') === 0 ? null : 2 * op + CLIENTS + 1,
    };
    for (let i = 0; i < SENDS; i++) {
      const before = committed[op - 1 - random.below(REACH, 'input')];
      const value = `${op}/${i}`;
      sends.push({
        value,
        transaction,
        input: before?.sends[i]?.value ?? null,
        topic: 'ring',
        invokedAt: 2 * op,
        partition: `ring-${i}`,
        offset: op,
        outcome: 'ok',
      });
      writers.set(value, transaction);
    }
    committed.push(transaction);
  }
  return { committed, writers };
}
