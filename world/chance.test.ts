import test from 'ava';
import { Chance, longTail } from './chance.ts';
import { EPOCH_MS, SimClock } from './clock.ts';
import { firstDifference, firstDifferentEntry, TraceHash } from './trace-hash.ts';

const draws = (chance: Chance, stream: string, count = 20) =>
  Array.from({ length: count }, () => chance.stream(stream).below(1000, 'x'));

test('streams depend on seed and name alone', (t) => {
  const one = new Chance(1);
  draws(one, 'b');
  t.deepEqual(draws(one, 'a'), draws(new Chance(1), 'a'));
  t.notDeepEqual(draws(new Chance(1), 'a'), draws(new Chance(1), 'b'));
  t.notDeepEqual(draws(new Chance(1), 'a'), draws(new Chance(2), 'a'));
  t.is(one.stream('a'), one.stream('a'));
});

test('draws are integers within their bounds', (t) => {
  const stream = new Chance(1).stream('s');
  for (const bound of [1, 2, 7, 2 ** 30, 2 ** 31, 2 ** 45]) {
    for (let i = 0; i < 200; i++) {
      const value = stream.below(bound, 'x');
      if (!Number.isSafeInteger(value) || value < 0 || value >= bound) t.fail(`${value} of ${bound}`);
    }
  }
  const seen = new Set(Array.from({ length: 200 }, () => stream.between(3, 5, 'x')));
  t.deepEqual([...seen].sort(), [3, 4, 5]);
  const hits = Array.from({ length: 4000 }, () => stream.chance(1, 4, 'x')).filter(Boolean).length;
  t.true(hits > 850 && hits < 1150);
  t.true(['a', 'b'].includes(stream.pick(['a', 'b'], 'x')));
  t.throws(() => stream.below(0, 'x'), { instanceOf: RangeError });
});

test('a recording drives a run exactly, and consumes no entropy', (t) => {
  const first = new Chance(1, { record: true });
  const drawn = [...draws(first, 'a'), ...draws(first, 'b')];
  const replay = new Chance(99, { replay: JSON.parse(JSON.stringify(first.recording())) });
  t.deepEqual([...draws(replay, 'a'), ...draws(replay, 'b')], drawn);
  t.deepEqual(replay.replayReport(), { outcome: 'exact', divergence: null, unused: 0 });
  t.deepEqual(new Chance(1).recording().streams, {});

  const forced = new Chance(1, { replay: { seed: '1', streams: { a: { labels: ['x'], draws: [0, 5, 0, 6] } } } });
  t.deepEqual(draws(forced, 'a', 4), [5, 6, ...draws(new Chance(1), 'a', 2)]);
  t.is(forced.replayReport().outcome, 'diverged');
});

test('a recording that no longer fits says where, with the expected and the got label', (t) => {
  const recording = { seed: '1', streams: { a: { labels: ['x', 'y'], draws: [0, 5, 1, 6] } } };
  const chance = new Chance(1, { replay: recording });
  t.is(chance.stream('a').below(10, 'x'), 5);
  chance.stream('a').below(10, 'z');
  t.deepEqual(chance.replayReport().divergence, { stream: 'a', ordinal: 1, expected: 'y', got: 'z' });
  const lazy = new Chance(1, { replay: recording });
  t.deepEqual(lazy.replayReport(), {
    outcome: 'diverged',
    divergence: { stream: 'a', ordinal: 0, expected: 'x', got: null },
    unused: 2,
  });
});

test('sometimes: a quarter of the sites in a seed, a quarter of their visits, never if switched off', (t) => {
  let active = 0;
  let yes = 0;
  for (let seed = 0; seed < 400; seed++) {
    const chance = new Chance(seed);
    const visits = Array.from({ length: 100 }, () => chance.sometimes('site')).filter(Boolean).length;
    if (visits > 0) active++;
    yes += visits;
  }
  t.true(active > 70 && active < 130, String(active));
  t.true(yes / (active * 100) > 0.22 && yes / (active * 100) < 0.28);
  const off = new Chance(1, { buggify: false });
  t.false(Array.from({ length: 100 }, (_, i) => off.sometimes(`${i}`)).includes(true));
  t.deepEqual(off.siteCounts(), {});
});

test('sometimes: sites that are named are in play, and no others', (t) => {
  const chance = new Chance(1, { sites: ['a', 'b'] });
  const taken = ['a', 'b', 'c', 'd'].map((site) => Array.from({ length: 100 }, () => chance.sometimes(site)).includes(true));
  t.deepEqual(taken, [true, true, false, false]);
});

test('sometimes: visits are counted, over all processes; a site may ask to be rarer', (t) => {
  const seed = Array.from({ length: 100 }, (_, i) => i).find((i) => new Chance(i).stream('site/rare').chance(1, 4, 'active'));
  const chance = new Chance(seed ?? -1);
  const one = chance.scoped('one');
  const other = chance.scoped('other');
  const taken = Array.from({ length: 2_000 }, () => [one.sometimes('rare', 50), other.sometimes('rare', 50)]);
  const often = taken.flat().filter(Boolean).length;
  t.true(often > 50 && often < 110, String(often));
  t.true(
    taken.some(([left, right]) => left !== right),
    'each process has a stream of its own',
  );
  t.deepEqual(chance.siteCounts(), { rare: { reached: 4_000, taken: often } });
});

test('latencies have a long tail', (t) => {
  const stream = new Chance(1).stream('l');
  const all = Array.from({ length: 20_000 }, () => longTail(stream, 100, 'x')).sort((a, b) => a - b);
  t.true(all.every(Number.isInteger));
  const median = all[10_000] as number;
  t.true(median > 90 && median < 110, String(median));
  t.true((all.at(-1) as number) > 5000);
});

test('clocks: the wall clock has an offset, a drift and jumps; the monotonic clock never goes back', (t) => {
  let now = 0;
  const clock = new SimClock(() => now, 7000, 250);
  t.is(clock.wallMs(), EPOCH_MS + 250);
  t.is(clock.monotonicMs(), 7000);
  clock.jumpWall(-1000);
  t.is(clock.wallMs(), EPOCH_MS - 750);
  t.is(clock.monotonicMs(), 7000);
  clock.setMonotonicDrift(500);
  clock.setWallDrift(-100_000);
  now = 10_000_000;
  t.is(clock.monotonicMs(), 17_005);
  t.is(clock.wallMs(), EPOCH_MS - 750 + 9000);
  clock.setMonotonicDrift(-500);
  t.is(clock.monotonicMs(), 17_005);
  now = 20_000_000;
  t.is(clock.monotonicMs(), 27_000);
  t.throws(() => clock.setMonotonicDrift(501), { instanceOf: RangeError });
});

test('drifts that faults add end at the drift that the clock has of its own, whichever ends first', (t) => {
  let now = 0;
  const clock = new SimClock(() => now);
  clock.setMonotonicDrift(-100);
  clock.setWallDrift(300);
  /** What both clocks gain or lose in the next 1,000 s, in parts per million. */
  const rates = (): number[] => {
    const [monotonic, wall] = [clock.monotonicMs(), clock.wallMs()];
    now += 1_000_000_000;
    return [clock.monotonicMs() - monotonic, clock.wallMs() - wall].map((ms) => ms - 1_000_000);
  };
  const first = clock.drift(200);
  t.deepEqual(rates(), [100, 500]);
  const second = clock.drift(450);
  t.deepEqual(rates(), [500, 950], 'the monotonic clock takes what is within its bound');
  first();
  first();
  t.deepEqual(rates(), [350, 750]);
  second();
  t.deepEqual(rates(), [-100, 300]);
});

test('the true time of a monotonic deadline is the first at which the clock shows it', (t) => {
  let now = 12_345;
  for (const ppm of [-500, -3, 0, 1, 500]) {
    const clock = new SimClock(() => now, 3);
    clock.setMonotonicDrift(ppm);
    for (const delay of [0, 1, 999, 1_000_000, 86_400_000_000]) {
      const target = clock.monotonicUs() + delay;
      const at = clock.trueTimeOf(target);
      const before = now;
      now = at;
      t.true(clock.monotonicUs() >= target);
      now = before;
    }
    now += 1_000_003;
  }
});

test('the trace hash covers every byte, the order, and the lengths', (t) => {
  const hash = (...chunks: Uint8Array[]) => {
    const trace = new TraceHash();
    for (const chunk of chunks) trace.bytes(chunk);
    return trace.digest();
  };
  for (const length of [1, 7, 31, 32, 33, 100, 1000]) {
    const bytes = new Uint8Array(length);
    const digests = new Set([hash(bytes)]);
    for (let i = 0; i < length; i++) {
      const other = bytes.slice();
      other[i] = 1;
      digests.add(hash(other));
    }
    t.is(digests.size, length + 1);
    const unaligned = new Uint8Array(length + 1).subarray(1);
    t.is(hash(unaligned), hash(bytes));
  }
  t.not(hash(new Uint8Array(1), new Uint8Array(2)), hash(new Uint8Array(2), new Uint8Array(1)));
  t.regex(hash(), /^[0-9a-f]{16}$/);
});

test('checkpoints find the window, and a recorded window the first event that differs', (t) => {
  const run = (odd: number, window?: { from: number; to: number }) => {
    const trace = new TraceHash();
    trace.checkpointEvery(10);
    if (window !== undefined) trace.record(window.from, window.to);
    for (let i = 0; i < 100; i++) trace.event(i === odd ? 7 : i * 10, 1, 0, { label: 'p1#0' }, ['timer']);
    return trace;
  };
  const window = firstDifference(run(-1).checkpoints, run(57).checkpoints, 10);
  t.deepEqual(window, { from: 50, to: 60 });
  t.is(firstDifference(run(-1).checkpoints, run(-1).checkpoints, 10), null);
  const difference = firstDifferentEntry(run(-1, window as never).entries, run(57, window as never).entries);
  t.is(difference?.one?.index, 57);
  t.deepEqual([difference?.one?.timeUs, difference?.other?.timeUs], [570, 7]);
  t.is(firstDifferentEntry(run(-1).entries, run(-1).entries), null);
});

test('plain streams decide in the simplest way, but for what is forced', (t) => {
  const forced = [{ stream: 'net/a', ordinal: 2, label: 'x', value: 7 }];
  const chance = new Chance(1, { decisions: { plain: ['net/*', 'ties'], forced } });
  t.deepEqual(draws(chance, 'net/a', 4), [0, 0, 7, 0]);
  t.is(chance.stream('net/b').between(5, 9, 'y'), 5);
  t.is(chance.stream('ties').pick(['first', 'second'], 'which'), 'first');
  t.false(chance.stream('ties').chance(9, 10, 'likely'));
  t.deepEqual(draws(chance, 'other'), draws(new Chance(1), 'other'));
  t.is(chance.replayReport().outcome, 'exact');
});

test('a forced decision that no draw asks for, or another one, is told', (t) => {
  const decisions = { plain: [], forced: [{ stream: 'a', ordinal: 1, label: 'x', value: 7 }] };
  const other = new Chance(1, { decisions });
  other.stream('a').below(10, 'x');
  other.stream('a').below(10, 'z');
  t.deepEqual(other.replayReport().divergence, { stream: 'a', ordinal: 1, expected: 'x', got: 'z' });
  const short = new Chance(1, { decisions });
  short.stream('a').below(10, 'x');
  t.deepEqual(short.replayReport(), {
    outcome: 'diverged',
    divergence: { stream: 'a', ordinal: 1, expected: 'x', got: null },
    unused: 1,
  });
});

test('a diverted run has the same past and another future, one for each name', (t) => {
  const future = (name: string | null) => {
    const chance = new Chance(1, { decisions: { plain: ['b'], forced: [] } });
    const past = draws(chance, 'a', 5);
    if (name !== null) chance.divert(name);
    return { past, known: draws(chance, 'a'), made: draws(chance, 'c'), plain: draws(chance, 'b') };
  };
  t.deepEqual(future('x'), future('x'));
  t.deepEqual(future('x').past, future(null).past);
  for (const key of ['known', 'made', 'plain'] as const) {
    t.notDeepEqual(future('x')[key], future(null)[key]);
    t.notDeepEqual(future('x')[key], future('y')[key]);
  }
});
