import test from 'ava';
import { Offset } from '../protocol/numbers.ts';
import { VoterSet } from './voter-set.ts';

const voters = (...ids: number[]): VoterSet => new VoterSet(ids.map((id) => ({ id, host: `n${id}`, port: 9093 })));

test('a majority is more than half of the voters, and only voters count', (t) => {
  const isMajority = (of: VoterSet, ...ids: number[]) => of.isMajority((id) => ids.includes(id));
  t.true(isMajority(voters(1), 1));
  t.false(isMajority(voters(1, 2), 1));
  t.true(isMajority(voters(1, 2, 3), 3, 1));
  t.false(isMajority(voters(1, 2, 3), 1, 7, 8));
  t.false(isMajority(voters(1, 2, 3, 4), 1, 2));
  t.true(isMajority(voters(1, 2, 3, 4, 5), 1, 2, 5));
});

test('a majority has reached what fewer than half are behind of', (t) => {
  const reached = (...offsets: number[]) => {
    const ids = offsets.map((_, id) => id);
    return voters(...ids).reachedByMajority((id) => Offset(offsets[id] as number));
  };
  t.is(reached(9), Offset(9));
  t.is(reached(9, 4), Offset(4));
  t.is(reached(9, -1, 4), Offset(4));
  t.is(reached(10, 2, 9, 100), Offset(9));
  t.is(reached(1, 5, 3, 4, 2), Offset(3));
});

test('a voter is found by its id, and the order is that of the names', (t) => {
  const of = voters(3, 1, 2);
  t.deepEqual(of.ids, [3, 1, 2]);
  t.deepEqual(of.get(1), { id: 1, host: 'n1', port: 9093 });
  t.is(of.get(4), null);
  t.false(of.has(4));
  t.deepEqual(
    [...of].map(({ host }) => host),
    ['n3', 'n1', 'n2'],
  );
});
