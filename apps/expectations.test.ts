/** What is in the topics at the end, held against what was expected of it. */
import test from 'ava';
import type { HistoryEvent } from '../sim/history.ts';
import type { CheckContext, ClusterView, FinalRead } from '../sim/observe.ts';
import { type Expectation, expectations } from './expectations.ts';

type Topics = Readonly<Record<string, readonly (readonly (string | number)[])[]>>;

/** Judges topics whose partitions have records of these ids, in this order; the history is told first. */
function judge(expect: Expectation, topics: Topics, history: readonly Partial<HistoryEvent>[] = []): string[] {
  const violations: string[] = [];
  let hear: ((event: HistoryEvent) => void)[] = [];
  const context = {
    plan: { clients: [{ name: 'app-1' }] },
    onHistory: (handler: (event: HistoryEvent) => void) => void hear.push(handler),
    onWorld: () => {},
    evaluated: () => {},
    violated: (property: string, message: string) => void violations.push(`${property}: ${message}`),
  } as unknown as CheckContext;
  const checker = expectations(expect, ['orders'], Object.keys(topics), new Map([['db', 'the-db']])).create(context);
  const session = { client: 'app-1' };
  for (const event of history) for (const handler of hear) handler({ timeUs: 1_500_000, session, ...event } as HistoryEvent);
  hear = [];
  const reads = new Map<string, FinalRead>();
  for (const [topic, partitions] of Object.entries(topics)) {
    for (const [partition, ids] of partitions.entries()) {
      const records = ids.map((id, offset) => ({ offset, topicId: null, key: null, value: JSON.stringify({ id, to: 'a' }) }));
      reads.set(`${topic}-${partition}`, {
        topic,
        partition,
        beginningOffset: 0,
        beginningOffsetAfter: 0,
        endOffset: ids.length,
        records,
      });
    }
  }
  checker.atEnd?.({ finalCommittedReads: reads } as unknown as ClusterView);
  return violations;
}

test('at least once: every input has an effect', (t) => {
  const expect = { atLeastOncePer: 'id', in: 'invoices' };
  t.deepEqual(judge(expect, { orders: [[1, 2], [3]], invoices: [[2, 1, 1, 3]] }), []);
  t.deepEqual(judge(expect, { orders: [[1, 2], [3]], invoices: [[2, 1]] }), [
    'APP-ONCE: id 3 (orders-1@0) has no effect in invoices; no group has committed it',
  ]);
});

test('exactly once: and no input has two', (t) => {
  const expect = { exactlyOncePer: 'id', in: 'invoices' };
  t.deepEqual(judge(expect, { orders: [[1, 2]], invoices: [[2], [1]] }), []);
  t.deepEqual(judge(expect, { orders: [[1, 2]], invoices: [[2, 1], [1]] }), [
    'APP-TWICE: id 1 (orders-0@0) has 2 effects: invoices-0@1, invoices-1@0; no group has committed it',
  ]);
});

test('exactly once: what was written twice may have two effects, or one', (t) => {
  const expect = { exactlyOncePer: 'id', in: 'invoices' };
  t.deepEqual(judge(expect, { orders: [[1, 1, 2, 2]], invoices: [[1, 2, 1]] }), []);
  t.is(judge(expect, { orders: [[1, 1]], invoices: [[1, 1, 1]] }).length, 1);
});

test('in order: effects of one group in one partition follow their inputs, whatever is repeated', (t) => {
  const expect = { inOrderPer: 'to', in: 'invoices' };
  t.deepEqual(judge(expect, { orders: [[1, 2, 3]], invoices: [[1, 2, 1, 2, 3]] }), []);
  t.deepEqual(judge(expect, { orders: [[1, 2, 3]], invoices: [[1, 3], [2]] }), []);
  t.deepEqual(judge(expect, { orders: [[1, 2, 1]], invoices: [[1, 2, 1]] }), [], 'written anew after a crash');
  t.is(judge(expect, { orders: [[1, 2, 3]], invoices: [[1, 3, 2]] }).length, 1);
});

test('by a function: of a record, or of all that there is', (t) => {
  const per = ({ value }: { readonly value: string }) => (JSON.parse(value) as { id: number }).id % 10;
  t.deepEqual(judge({ exactlyOncePer: per, in: 'invoices' }, { orders: [[1, 2]], invoices: [[11, 22]] }), []);
  const seen: number[] = [];
  const count = ({ orders = [], invoices = [] }: Readonly<Record<string, readonly unknown[]>>): void => {
    seen.push(orders.length, invoices.length);
    if (orders.length !== invoices.length) throw new Error('too few invoices');
  };
  t.deepEqual(judge(count, { orders: [[1, 2]], invoices: [[1]] }), ['APP-END: too few invoices']);
  t.deepEqual(seen, [2, 1]);
});

test('no offset is committed before its effect is there', (t) => {
  const expect = { atLeastOncePer: 'id', committedAfterEffect: true, in: 'invoices' };
  const sent = (topic: string, id: number, offset: number): Partial<HistoryEvent> =>
    ({
      type: 'ok',
      call: { f: 'send', topic, partition: null, key: null, value: JSON.stringify({ id }) },
      result: { f: 'send', partition: 0, offset },
    }) as Partial<HistoryEvent>;
  const committed = {
    type: 'offsets-committed',
    group: 'g',
    offsets: [{ topic: 'orders', partition: 0, offset: 2 }],
  } as Partial<HistoryEvent>;
  const inputs = [sent('orders', 1, 0), sent('orders', 2, 1), sent('invoices', 1, 0)];
  const topics = { orders: [[1, 2]], invoices: [[1, 2]] };
  t.deepEqual(judge(expect, topics, [...inputs, sent('invoices', 2, 1), committed]), []);
  t.deepEqual(judge(expect, topics, [...inputs, committed, sent('invoices', 2, 1)]), [
    'APP-COMMIT: app-1 had offset 2 of orders-0 committed, but id 2 (orders-0@1) had no effect yet',
  ]);
});

test('what a service keeps is an effect: a row that is written again is one, and two rows are two', (t) => {
  const expect = { exactlyOncePer: 'id', in: 'the-db' };
  const kept = (key: string, id: number | null): Partial<HistoryEvent> =>
    ({
      type: 'stored',
      service: 'db',
      changes: [{ key, value: id === null ? null : JSON.stringify({ id }) }],
    }) as Partial<HistoryEvent>;
  const topics = { orders: [[1, 2]] };
  t.deepEqual(judge(expect, topics, [kept('a', 1), kept('b', 2), kept('a', 1)]), []);
  t.deepEqual(judge(expect, topics, [kept('a', 1), kept('b', 2), kept('c', 2)]), [
    'APP-TWICE: id 2 (orders-0@1) has 2 effects: the-db-0@1 under b at 1.500 s, the-db-0@2 under c at 1.500 s; no group has committed it',
  ]);
  t.deepEqual(judge(expect, topics, [kept('a', 1), kept('b', 2), kept('b', null)]), [
    'APP-ONCE: id 2 (orders-0@1) has no effect in the-db; no group has committed it',
  ]);
});

test('what the application says it has processed is an effect: each input once, or twice, or not, and before it is committed', (t) => {
  const expect = { exactlyOncePer: 'id', committedAfterEffect: true, in: 'processed' };
  const done = (offset: number): Partial<HistoryEvent> =>
    ({ type: 'processed', records: [{ topic: 'orders', partition: 0, offset }] }) as unknown as Partial<HistoryEvent>;
  const sent = (id: number, offset: number): Partial<HistoryEvent> =>
    ({
      type: 'ok',
      call: { f: 'send', topic: 'orders', partition: null, key: null, value: JSON.stringify({ id }) },
      result: { f: 'send', partition: 0, offset },
    }) as Partial<HistoryEvent>;
  const committed = {
    type: 'offsets-committed',
    group: 'g',
    offsets: [{ topic: 'orders', partition: 0, offset: 2 }],
  } as Partial<HistoryEvent>;
  const topics = { orders: [[1, 2]] };
  const inputs = [sent(1, 0), sent(2, 1)];
  t.deepEqual(judge(expect, topics, [...inputs, done(0), done(1), committed]), []);
  t.deepEqual(judge(expect, topics, [...inputs, done(0), committed, done(1)]), [
    'APP-COMMIT: app-1 had offset 2 of orders-0 committed, but id 2 (orders-0@1) had no effect yet',
  ]);
  t.deepEqual(judge(expect, topics, [...inputs, done(0), done(0), done(1)]), [
    'APP-TWICE: id 1 (orders-0@0) has 2 effects: orders-0@0 by app-1 at 1.500 s, orders-0@0 by app-1 at 1.500 s; no group has committed it',
  ]);
  t.deepEqual(judge(expect, topics, [...inputs, done(1)]), [
    'APP-ONCE: id 1 (orders-0@0) has no effect in processed; no group has committed it',
  ]);
});
