/**
 * BANK: who reads committed records past the end of each transfer finds all of its legs, and that the sum of all accounts is what it was, zero: the
 * fresh consumer that reads everything in the end, and every auditor that was at work all the time.
 */
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import { exactlyOncePromised } from './promised.ts';
import { legOf } from '../workloads/bank.ts';
import { wholeTopic } from './whole-topic.ts';

/** A record, and the place that it was read at. */
export interface Entry {
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

/** What is wrong with the books of whoever read this; null: nothing. */
export function wrongBooks(entries: Iterable<Entry>): string | null {
  const legs = new Map<string, { found: number; readonly of: number }>();
  const seen = new Set<string>();
  let sum = 0;
  for (const { partition, offset, value } of entries) {
    const leg = legOf(value);
    // An auditor may be given a record again after it began anew: what is in two places is there twice.
    const place = `${partition}@${offset} ${value}`;
    if (leg === null || seen.has(place)) continue;
    seen.add(place);
    sum += leg.amount;
    const transfer = legs.get(leg.transfer) ?? { found: 0, of: leg.legs };
    transfer.found++;
    legs.set(leg.transfer, transfer);
  }
  for (const [transfer, { found, of }] of legs)
    if (found !== of) return `of the ${of} legs of transfer ${transfer} there are ${found}`;
  return sum === 0 ? null : `the sum of all accounts is ${sum}`;
}

/** Of a topic that `bank` has for its accounts. `auditor`: with what the names of processes begin that read all of it, committed records alone. */
export function balancedBooks(topic: string, auditor: string): PropertyDefinition {
  return {
    properties: [{ id: 'BANK', title: 'no transfer makes or loses anything: all of its legs are committed, or none' }],
    create: (context): Checker => {
      const isPromised = exactlyOncePromised('BANK', topic, context);
      /** By session, what auditors have read. */
      const books = new Map<number, { readonly client: string; readonly entries: Entry[] }>();
      context.onHistory((event) => {
        const { session } = event;
        if (session.kind !== 'consumer' || !session.client.startsWith(auditor)) return;
        if (event.type === 'opened') books.set(session.id, { client: session.client, entries: [] });
        else if (event.type === 'closed' || event.type === 'crashed') books.delete(session.id);
        else if (event.type === 'ok' && event.result.f === 'poll')
          for (const record of event.result.records) if (record.topic === topic) books.get(session.id)?.entries.push(record);
      });
      const judge = (who: string, entries: readonly Entry[]): void => {
        context.evaluated('BANK', entries.length);
        const wrong = wrongBooks(entries);
        if (wrong !== null && isPromised()) context.violated('BANK', `in the books of ${who} ${wrong}`);
      };
      let atRest: readonly (readonly [client: string, entries: readonly Entry[]])[] = [];
      return {
        // Auditors are closed before the end; when the cluster has settled each has read its partitions to their ends.
        unsettled(): null {
          atRest = Array.from(books.values(), ({ client, entries }) => [client, [...entries]]);
          return null;
        },
        atEnd(view: ClusterView): void {
          const reads = wholeTopic('BANK', topic, context, view);
          if (reads === null) return;
          judge(
            'the last reader',
            reads.flatMap(({ partition, records }) => records.map(({ offset, value }) => ({ partition, offset, value }))),
          );
          for (const [client, entries] of atRest) judge(client, entries);
        },
      };
    },
  };
}
