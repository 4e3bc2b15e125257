import test from 'ava';
import { usableIds } from './verify.ts';

/** Ids lie in the partition of their last digit; what was decided of `lost-9` may be lost. */
function judged(unavailable: ReadonlyMap<string, string>, hasTopic = true): { ids: string[]; excuses: string[] } {
  const excuses: string[] = [];
  const guarantees = {
    permits: () => null,
    unavailablePartitions: () => unavailable,
    decisionExcused: (_: string, id: string) => id === 'lost-9',
    statePartition: (id: string) => (hasTopic ? `__transaction_state-${id.at(-1)}` : null),
  };
  const findings = { excuse: (property: string, reason: string) => void excuses.push(`${property}: ${reason}`) };
  const ids = usableIds(['payer-0', 'payer-1', 'lost-9', 'payer-2', 'other-1'], { guarantees, findings });
  return { ids, excuses };
}

test('L13 asks of every transactional id whose own state can be expected to be there', (t) => {
  t.deepEqual(judged(new Map()), { ids: ['payer-0', 'payer-1', 'payer-2', 'other-1'], excuses: [] });
  t.deepEqual(judged(new Map([['__transaction_state-1', 'its bytes rotted']])), {
    ids: ['payer-0', 'payer-2'],
    excuses: [
      'L13: __transaction_state-1 is left out: its bytes rotted',
      'L13: __transaction_state-1 is left out: its bytes rotted',
    ],
  });
  t.is(judged(new Map([['orders-1', 'its bytes rotted']])).ids.length, 4, "another topic's partition is none of its state");
  t.is(judged(new Map([['__transaction_state-1', 'its bytes rotted']]), false).ids.length, 4, 'before there is a topic');
});
