/** What must not compile does not: each comment that expects an error is itself an error where there is none (`npm run typecheck`). */
import test from 'ava';
import { greater, lesser } from '../../ports/brand.ts';
import { BrokerEpoch, type BrokerId, LeaderEpoch, NONE, Offset, PartitionEpoch } from './numbers.ts';

const offset = Offset(5);
const epoch = LeaderEpoch(5);
const at = (place: Offset, leaderEpoch: LeaderEpoch): string => `${place}, epoch ${leaderEpoch}`;

test('numbers of two kinds do not take the place of each other, nor does a plain one', (t) => {
  t.is(at(offset, epoch), '5, epoch 5');
  // @ts-expect-error -- the wrong way round
  at(epoch, offset);
  // @ts-expect-error -- a number of no kind
  at(5, epoch);
  // @ts-expect-error -- what is computed is of no kind before it is said
  at(offset + 1, epoch);
  at(Offset(offset + 1), epoch);
  // @ts-expect-error -- a broker's epoch is no leader's
  at(offset, BrokerEpoch(5));
  // @ts-expect-error -- nor a partition's
  at(offset, PartitionEpoch(5));
  // @ts-expect-error -- to compare them is a mistake
  t.true(offset === epoch);
  // @ts-expect-error -- the lesser of two kinds is of neither
  lesser(offset, epoch);
});

test('a number of a kind is a number, and nothing else at run time', (t) => {
  const plain: number = offset;
  t.is(plain, 5);
  t.is(typeof Offset(5), 'number');
  const lower: Offset = lesser(offset, Offset(9));
  const higher: Offset = greater(offset, Offset(9));
  t.deepEqual([lower, higher], [5, 9]);
});

test('a plain number will do for an id of a node, one of another kind will not', (t) => {
  const ofBroker = (id: BrokerId, brokerEpoch: BrokerEpoch): string => `${id}, epoch ${brokerEpoch}`;
  t.is(ofBroker(1, BrokerEpoch(5)), '1, epoch 5');
  const isr: readonly BrokerId[] = [1, 2];
  t.is(ofBroker(isr[1] as BrokerId, NONE), '2, epoch -1');
  // @ts-expect-error -- an epoch is no id
  ofBroker(BrokerEpoch(5), BrokerEpoch(5));
  // @ts-expect-error -- and an id no epoch
  ofBroker(1, isr[0] as BrokerId);
});

test('"not given" is of every kind', (t) => {
  t.is(at(NONE, NONE), '-1, epoch -1');
  const others: [BrokerEpoch, PartitionEpoch] = [NONE, NONE];
  t.deepEqual(others, [-1, -1]);
});
