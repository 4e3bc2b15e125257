import test from 'ava';
import { Chance, type DecisionLog, type Recording } from '../world/chance.ts';
import { shrinkDecisions, simplerForced, withoutAbsent } from './shrink-decisions.ts';

/** A run that draws from four streams; what it comes to is for a test to say. */
function drawn(log: DecisionLog): { readonly recording: Recording; readonly of: (stream: string) => readonly number[] } {
  const chance = new Chance(7, { record: true, decisions: log });
  for (let i = 0; i < 40; i++) {
    chance.stream('network/a-b').below(100, 'latency');
    chance.stream('network/b-a').below(100, 'latency');
    chance.stream('disk/a').chance(1, 2, 'torn');
    chance.stream('process/a/ids').below(1_000_000, 'uuid');
  }
  const recording = chance.recording();
  return {
    recording,
    of: (stream) => recording.streams[stream]?.draws.filter((_, at) => at % 2 === 1) ?? [],
  };
}

type Run = ReturnType<typeof drawn>;
const NOTHING: DecisionLog = { plain: [], forced: [] };

/** What is left of chance where runs fail that a test picks. */
async function shrunk(fails: (run: Run) => boolean, runsMax = 500) {
  let runs = 0;
  const found = await shrinkDecisions(drawn(NOTHING).recording, {
    fails: async (log) => {
      runs++;
      return fails(drawn(log));
    },
    record: async (log) => (fails(drawn(log)) ? drawn(log).recording : null),
    isOver: () => runs >= runsMax,
  });
  return { found, runs };
}

test('where no decision matters all streams decide in the simplest way, but for ids', async (t) => {
  const { found, runs } = await shrunk(() => true);
  t.deepEqual(found, { log: { plain: ['network/*', 'disk/*'], forced: [] }, drawing: [] });
  t.true(runs <= 3, String(runs));
  t.is(new Set(drawn(found?.log ?? NOTHING).of('process/a/ids')).size > 30, true);
});

test('a decision that matters is forced, alone, and as low as it may be', async (t) => {
  const slow = drawn(NOTHING)
    .of('network/b-a')
    .findIndex((value) => value >= 40);
  const { found } = await shrunk((run) => (run.of('network/b-a')[slow] ?? 0) >= 40);
  const [decision, ...more] = found?.log.forced ?? [];
  t.deepEqual(more, []);
  t.like(decision, { stream: 'network/b-a', ordinal: slow, label: 'latency' });
  t.true((decision?.value ?? 0) >= 40 && (decision?.value ?? 0) < 45, String(decision?.value));
  t.deepEqual(found?.drawing, []);
});

test('a chance that came true is kept where it matters, and the others are not', async (t) => {
  const torn = drawn(NOTHING).of('disk/a').indexOf(0);
  const { found } = await shrunk((run) => run.of('disk/a')[torn] === 0);
  t.deepEqual(found?.log.forced, [{ stream: 'disk/a', ordinal: torn, label: 'torn', value: 0 }]);
});

test('what takes too many decisions is left to draw, and so is everything when no time is left', async (t) => {
  const all = drawn(NOTHING).of('network/a-b').join();
  const both = drawn(NOTHING).of('network/b-a').join();
  const { found } = await shrunk((run) => run.of('network/a-b').join() === all && run.of('network/b-a').join() === both);
  t.deepEqual(found?.drawing, ['network/a-b', 'network/b-a']);
  t.deepEqual(found?.log, { plain: ['disk/*'], forced: [] });
  t.is((await shrunk(() => true, 0)).found, null);
});

test('streams that a run does not have are not named', (t) => {
  const forced = ['disk/a', 'disk/z'].map((stream) => ({ stream, ordinal: 0, label: 'torn', value: 0 }));
  const log = { plain: ['network/*', 'disk/a', 'disk/z', 'clock/*'], forced };
  const { recording } = drawn(NOTHING);
  t.deepEqual(withoutAbsent(log, recording), { plain: ['network/*', 'disk/a'], forced: forced.slice(0, 1) });
  t.deepEqual(withoutAbsent(log, null), log);
});

test('where no stream can do without drawing, there is nothing to say', async (t) => {
  const original = JSON.stringify(drawn(NOTHING).recording);
  t.is((await shrunk((run) => JSON.stringify(run.recording) === original)).found, null);
});

test('a decision that served for nothing but to come so far goes, and the one that matters comes earlier', async (t) => {
  const values = (run: Run): readonly number[] => run.of('disk/a');
  const places = [...values(drawn(NOTHING)).entries()].filter(([, value]) => value === 0).map(([at]) => at);
  const [, , third = 0] = places;
  // At first any torn sector will do, but for those that are drawn at the beginning.
  const { found } = await shrunk((run) => values(run).some((value, at) => value === 0 && at >= 2));
  t.is(found?.log.forced.length, 1);
  t.is(found?.log.forced[0]?.ordinal, 2);
  const log = {
    plain: ['disk/a'],
    forced: [third, third + 1].map((ordinal) => ({ stream: 'disk/a', ordinal, label: 'torn', value: 0 })),
  };
  const simpler = await simplerForced(log, {
    fails: async (each) => values(drawn(each)).includes(0),
    record: async (each) => drawn(each).recording,
    isOver: () => false,
  });
  t.deepEqual(simpler.forced, [{ stream: 'disk/a', ordinal: 0, label: 'torn', value: 0 }]);
});
