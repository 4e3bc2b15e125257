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
