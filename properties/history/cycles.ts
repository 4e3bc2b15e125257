/**
 * J7 (Adya's G1c without write-write edges): information flows one way. Transaction B comes after A if it was made of what A wrote, or was
 * begun when A's end was known, in the same session or another; no transaction may come after itself. Writers of a partition interleave
 * freely in Kafka, so that the order of writes (G0) makes legal cycles: they are counted, as a mark.
 */
import type { FinalRead, Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { Digraph } from '../strongly-connected.ts';
import { type LateEnds, lateEndsOf } from '../late-ends.ts';
import { onOperations } from './operations.ts';
import {
  committedTransactions,
  named,
  readsCommitted,
  type Transaction,
  transactionsOf,
  type Transactions,
} from './transactions.ts';

export const cycles = {
  properties: [
    { id: 'J7', title: 'no committed transaction was made of what came after it: reads of committed records make no cycle' },
  ],
  create: (context): Checker => new CyclesChecker(context),
} as const satisfies PropertyDefinition;

class CyclesChecker implements Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #transactions: Transactions;
  readonly #lateEnds: LateEnds;
  /** Clients that have read what was not committed. */
  readonly #readUncommitted = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#transactions = transactionsOf(context);
    this.#lateEnds = lateEndsOf(context);
    onOperations(context, ['opened'], ({ session }) => {
      if (session.kind === 'consumer' && !readsCommitted(session)) this.#readUncommitted.add(session.client);
    });
  }

  atEnd({ finalCommittedReads }: ClusterView): void {
    if (finalCommittedReads === null) return;
    const committed = [...committedTransactions(this.#transactions, finalCommittedReads)].sort((a, b) => a.begunAt - b.begunAt);
    if (committed.length === 0) return;
    this.#judgeReads(committed);
    if (writesOf(this.#transactions, finalCommittedReads).cyclic().length > 0)
      this.#context.mark('writes of committed transactions interleave (G0)');
  }

  #judgeReads(committed: readonly Transaction[]): void {
    const { graph, reads } = readsOf(committed, (value) => this.#transactions.ofValue(value)?.transaction, this.#readUncommitted);
    this.#context.evaluated('J7', reads);
    for (const component of graph.cyclic()) {
      // Nodes beyond are moments, which tie what has ended to what begins.
      const cycle = graph.cycleIn(component).flatMap((node) => committed[node] ?? []);
      const isExcused = cycle.some(
        (transaction) =>
          this.#lateEnds.excuses('J7', transaction) ||
          this.#guarantees.decisionExcused('J7', transaction.transactionalId) ||
          transaction.sends.some(({ partition }) => partition !== null && this.#guarantees.excused('J7', partition)),
      );
      if (isExcused) continue;
      this.#context.violated(
        'J7',
        `each of these was made of, or begun after the one before: ${cycle.map(named).join(', ')}, and again`,
        {
          client: cycle[0]?.session.client ?? '',
        },
      );
      return;
    }
  }
}

/** Who comes after whom: node i is `committed[i]`, which are in the order of their beginnings. `writerOf` knows who sent a value. */
export function readsOf(
  committed: readonly Transaction[],
  writerOf: (value: string) => Transaction | undefined,
  without: ReadonlySet<string>,
): { readonly graph: Digraph; readonly reads: number } {
  const graph = new Digraph();
  const nodes = new Map<Transaction, number>();
  for (const transaction of committed) nodes.set(transaction, graph.add());
  let reads = 0;
  for (const [transaction, node] of nodes) {
    if (without.has(transaction.session.client)) continue;
    for (const { input } of transaction.sends) {
      const writer = input === null ? undefined : nodes.get(writerOf(input) as Transaction);
      if (writer === undefined || writer === node) continue;
      graph.connect(writer, node);
      reads++;
    }
  }
  // One moment for each end that is known: it comes after the moment before, and whatever is begun after it comes after it.
  const ends = committed.filter(({ endedAt }) => endedAt !== null).sort((a, b) => (a.endedAt as number) - (b.endedAt as number));
  let moment: number | null = null;
  let next = 0;
  for (const [node, { begunAt }] of committed.entries()) {
    for (; next < ends.length && ((ends[next] as Transaction).endedAt as number) < begunAt; next++) {
      const before: number | null = moment;
      moment = graph.add();
      if (before !== null) graph.connect(before, moment);
      graph.connect(nodes.get(ends[next] as Transaction) as number, moment);
    }
    if (moment !== null) graph.connect(moment, node);
  }
  return { graph, reads };
}

/** Which transaction wrote right after which other, in any partition. */
function writesOf(transactions: Transactions, reads: ReadonlyMap<string, FinalRead>): Digraph {
  const graph = new Digraph();
  const nodes = new Map<Transaction, number>();
  for (const { records } of reads.values()) {
    let last: number | null = null;
    for (const { value } of records) {
      const transaction = transactions.ofValue(value)?.transaction;
      if (transaction === undefined) continue;
      let node = nodes.get(transaction);
      if (node === undefined) {
        node = graph.add();
        nodes.set(transaction, node);
      }
      if (last !== null && last !== node) graph.connect(last, node);
      last = node;
    }
  }
  return graph;
}
