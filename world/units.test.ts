/** Milliseconds and microseconds are not mixed up: each comment that expects an error is itself an error where there is none. */
import test from 'ava';
import { type Micros, micros, type Millis, millis } from '../ports/time.ts';
import { SimClock } from './clock.ts';

const clock = new SimClock(() => 0, 7);
const takesUs = (us: Micros): number => us;
const takesMs = (ms: Millis): number => ms;

test('a time in milliseconds is none in microseconds, and the other way round', (t) => {
  t.is(takesUs(clock.monotonicUs()), 7_000);
  t.is(takesMs(clock.monotonicMs()), 7);
  // @ts-expect-error -- milliseconds
  takesUs(clock.monotonicMs());
  // @ts-expect-error -- microseconds
  takesMs(clock.monotonicUs());
  // @ts-expect-error -- it is in microseconds already
  micros(clock.monotonicUs());
  // @ts-expect-error -- it is in milliseconds already
  millis(clock.wallMs());
});

test('a plain number will do for either, and each becomes the other', (t) => {
  t.is(takesUs(5) + takesMs(5), 10);
  t.is(takesUs(micros(takesMs(5))), 5_000);
  t.is(takesMs(millis(5_999)), 5);
});
