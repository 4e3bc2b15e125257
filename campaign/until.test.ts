import test from 'ava';
import type { TraceLine } from '../sim/run.ts';
import { narrateTime } from './narrate.ts';
import { parseUntil } from './until.ts';
import { UsageError } from './usage.ts';

const at = (timeUs: number): TraceLine => ({
  timeUs,
  step: 1,
  node: 'b1',
  incarnation: 1,
  what: { type: 'segment-rolled', partition: 'orders-0', baseOffset: 1 },
});

test('a time that a message tells is the microsecond at which the run stops', (t) => {
  for (const us of [1_839_151, 1_839_498, 23_941_534, 4_000_003, 2_512_000, 651_000_001, 1]) {
    for (const text of [narrateTime(us).trim(), `${(us / 1e6).toFixed(6)}s`, `${us / 1_000}ms`, `${us}us`]) {
      const until = parseUntil(text);
      t.deepEqual([until(at(us - 1)), until(at(us))], [false, true], text);
    }
  }
});

test('an event that does not exist is refused, with what was meant', (t) => {
  t.throws(() => parseUntil('log-trunkated:2'), { instanceOf: UsageError, message: /did you mean "log-truncated"\?$/ });
  t.throws(() => parseUntil('xyzzyplugh'), { instanceOf: UsageError, message: /see "trial list events"$/ });
  for (const good of ['log-truncated', 'heal', 'crashed', 'processed', 'note:3', '4711']) t.notThrows(() => parseUntil(good));
});
