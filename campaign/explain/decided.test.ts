import test from 'ava';
import { decidedAt, isNearlyAlways } from './decided.ts';

const shares = (failing: readonly number[]) => {
  const asked: number[] = [];
  const tryFrom = async (index: number) => {
    asked.push(index);
    return { failed: failing[index] ?? 0, of: 20 };
  };
  return { asked, tryFrom };
};

test('the first moment is found after which it nearly always fails, with the one before', async (t) => {
  const { asked, tryFrom } = shares([0, 1, 3, 6, 18, 20, 20, 20]);
  t.deepEqual(await decidedAt([0, 1, 2, 3, 4, 5, 6, 7], tryFrom), {
    moment: 4,
    after: { failed: 18, of: 20 },
    before: { moment: 3, after: { failed: 6, of: 20 } },
  });
  t.true(asked.length <= 4);
});

test('it may follow from the first one already, or from none', async (t) => {
  t.is((await decidedAt([0, 1, 2], shares([20, 20, 20]).tryFrom))?.before, null);
  t.is(await decidedAt([0, 1, 2], shares([0, 0, 17]).tryFrom), null);
  t.is(await decidedAt([], shares([]).tryFrom), null);
  t.true(isNearlyAlways({ failed: 2, of: 2 }));
  t.false(isNearlyAlways({ failed: 1, of: 2 }));
});
