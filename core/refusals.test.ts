import test from 'ava';
import { Refusals } from './refusals.ts';

test('the first refusal is told, then one every ten seconds with the number of all', (t) => {
  let nowMs = 0;
  const refusals = new Refusals({ monotonicMs: () => nowMs, wallMs: () => 0 });
  const told: number[] = [];
  for (; nowMs < 25_000; nowMs += 100) {
    const times = refusals.count('fetch of orders-0');
    if (times > 0) told.push(times);
  }
  t.deepEqual(told, [1, 101, 201]);
  t.is(refusals.count('fetch of orders-1'), 1);
  nowMs += 10_000;
  t.is(refusals.count('fetch of orders-0'), 1, 'what begins again after a while is a first one');
});
