/** What a host waits for before the next event. */
import test from 'ava';
import { installGuards } from '../world/guards.ts';
import { settler } from './ticks.ts';

test('the next event waits for every tick of simulated code, and for the promises that come of it', async (t) => {
  const order: string[] = [];
  const release = installGuards();
  const whenSettled = settler();
  process.nextTick(() => {
    order.push('tick');
    void Promise.resolve().then(() => {
      order.push('promise');
      process.nextTick((word: string) => {
        order.push(word);
        void Promise.resolve().then(() => order.push('last promise'));
      }, 'tick of a promise');
    });
  });
  await new Promise<void>((resolve) => whenSettled(resolve));
  release();
  t.deepEqual(order, ['tick', 'promise', 'tick of a promise', 'last promise']);
});

/** Vitest 4.1.12 and 5.1.2 (`withSafeTimers`) give the process the function back that it had before them, after each module that they load. */
test('ticks are watched although a test runner put back the function of before', async (t) => {
  const ours = process.nextTick;
  const release = installGuards();
  try {
    process.nextTick = ours.bind(process);
    const whenSettled = settler();
    const watched = process.nextTick;
    process.nextTick = ours.bind(process);
    await new Promise<void>((resolve) => whenSettled(resolve));
    t.is(process.nextTick, watched, 'before the next event at the latest');
  } finally {
    release();
  }
});
