import test from 'ava';
import { FakeContext } from '../../properties/testing/fake-context.ts';
import type { ClusterView, FinalRead, PropertyDefinition } from '../../sim/observe.ts';
import { balancedBooks } from './bank.ts';
import { unbrokenRing } from './ring.ts';

const CHECKS: readonly (readonly [id: string, definition: PropertyDefinition])[] = [
  ['RING', unbrokenRing('orders')],
  ['BANK', balancedBooks('orders', 'auditor')],
];

const NOTHING: FinalRead = {
  topic: 'orders',
  partition: 0,
  beginningOffset: 0,
  beginningOffsetAfter: 0,
  endOffset: 0,
  records: [],
};

/** What a check came to when the last reader had read this, and these partitions could not be expected to be there. */
function judged(
  definition: PropertyDefinition,
  finalCommittedReads: ReadonlyMap<string, FinalRead> | null,
  excusedPartitions: ReadonlyMap<string, string> = new Map(),
): FakeContext {
  const context = new FakeContext();
  context.check(definition).atEnd?.({ finalCommittedReads, excusedPartitions } as ClusterView);
  return context;
}

for (const [id, definition] of CHECKS) {
  test(`${id} is excused where a partition was not read, or nobody read anything`, (t) => {
    const lost = judged(definition, new Map(), new Map([['orders-0', 'its bytes rotted']]));
    t.deepEqual(lost.excuses, { [id]: 'orders-0 is left out: its bytes rotted' });
    t.deepEqual(lost.evaluations, {});
    t.deepEqual(judged(definition, new Map()).excuses, { [id]: 'orders-0 is left out: it was not read to its end' });
    t.deepEqual(judged(definition, null).excuses, { [id]: 'nobody read what was committed' });
  });

  test(`${id} has no excuse where all was read, also if nothing was there`, (t) => {
    const { excuses, violations } = judged(definition, new Map([['orders-0', NOTHING]]));
    t.deepEqual({ excuses, violations }, { excuses: {}, violations: [] });
  });
}
