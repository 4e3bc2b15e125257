import test from 'ava';
import { IoThrottle } from './io-throttle.ts';

test('nothing waits below the rate, nor before there has been time to measure it', (t) => {
  const throttle = new IoThrottle(0);
  t.is(throttle.note(1_000_000, 1000, 300), 0);
  const slow = new IoThrottle(0);
  t.is(slow.note(300, 1000, 301), 0);
});

test('who was too fast waits until the rate is what it may be', (t) => {
  const throttle = new IoThrottle(0);
  t.is(throttle.note(400, 1000, 100), 0);
  t.is(throttle.note(600, 1000, 400), 600, '1,000 bytes take a second');
  t.is(throttle.note(10, 1000, 1001), 0, 'the next interval begins after the wait');
});

test('the largest double is no limit', (t) => {
  t.is(new IoThrottle(0).note(2 ** 40, Number.MAX_VALUE, 301), 0);
});
