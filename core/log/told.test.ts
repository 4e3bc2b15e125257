/** What a log tells of itself is what is on its disk, whichever disk operation fails: a ghost that follows the trace agrees with what is loaded next. */
import test from 'ava';
import { DiskError } from '../../ports/disk.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { batchOf, ok, openLog } from './testing/logs.ts';
import { TestEnvironment } from './testing/test-environment.ts';
import { type Log, StorageError } from './log.ts';

const CONFIG = { 'segment.bytes': 200, 'retention.bytes': 300, 'index.interval.bytes': 0 } as const;

/** Bounds of the batches that a log must hold after what it has told. */
function told(env: TestEnvironment): string[] {
  let batches: { readonly base: number; readonly end: number }[] = [];
  for (const { event } of env.world.trace) {
    if (event.type === 'log-appended') batches.push({ base: event.baseOffset, end: event.lastOffset + 1 });
    if (event.type === 'log-truncated') batches = batches.filter(({ end }) => end <= event.to);
    if (event.type === 'segment-deleted') batches = batches.filter(({ base }) => base >= event.endOffset);
  }
  return batches.map(({ base, end }) => `${base}-${end}`);
}

function loaded(env: TestEnvironment): string[] {
  openLog(env, CONFIG);
  const event = env.eventsOf('log-loaded').at(-1);
  return (event?.batches ?? []).map(({ baseOffset, lastOffset }) => `${baseOffset}-${lastOffset + 1}`);
}

const ACTS: Readonly<Record<string, (log: Log, env: TestEnvironment) => void>> = {
  append: (log, env) => {
    for (let i = 0; i < 3; i++) log.appendAsLeader(batchOf(env, 1), LeaderEpoch(1));
  },
  truncation: (log) => void log.truncateTo(Offset(2), 'test'),
  'truncation of everything': (log) => log.truncateFullyAndStartAt(Offset(0), 'test'),
  retention: (log) => void log.deleteOldSegments(),
};

for (const [name, act] of Object.entries(ACTS)) {
  test(`${name}: whichever disk operation fails, what was told is what is there`, (t) => {
    let failures = 0;
    for (let nth = 1, failed = true; failed; nth++) {
      const env = new TestEnvironment();
      const log = openLog(env, CONFIG);
      for (let i = 0; i < 7; i++)
        ok(log.appendAsLeader(batchOf(env, 1, { producerId: 1, producerEpoch: 0, baseSequence: i }), LeaderEpoch(0)));
      log.updateHighWatermark(Offset(6));
      let left = nth;
      failed = false;
      const { medium } = env;
      const begin = medium.begin.bind(medium);
      medium.begin = (incarnation, path, operation, bytes) => {
        failed ||= --left === 0;
        if (failed) throw new DiskError('EIO', path, operation);
        begin(incarnation, path, operation, bytes);
      };
      try {
        act(log, env);
      } catch (error) {
        t.true(error instanceof StorageError);
      }
      medium.begin = begin;
      env.crash();
      if (failed) failures++;
      t.deepEqual(loaded(env), told(env), `operation ${nth} fails`);
    }
    t.true(failures > 5);
  });
}
