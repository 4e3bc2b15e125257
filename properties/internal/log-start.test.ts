import test from 'ava';
import { PARTITION, ScriptedCluster, TOPIC_ID } from '../testing/cluster.ts';
import { logStart } from './log-start.ts';

function cluster(): ScriptedCluster {
  const c = new ScriptedCluster([logStart]);
  c.boot();
  for (let base = 0; base < 5; base++) c.replicate({ base, epoch: 0, crc: base + 1 }, 1, 2, 3);
  c.highWatermark(1, 0, 4);
  return c;
}

const moved = (c: ScriptedCluster, node: number, to: number, reason: 'retention' | 'delete-records' | 'leader') =>
  c.context.emit(node, { type: 'log-start-offset-advanced', partition: PARTITION, from: 0, to, reason });

test('R22: a follower begins where its leader does, and no higher', (t) => {
  const fine = cluster();
  moved(fine, 1, 2, 'delete-records');
  moved(fine, 2, 2, 'leader');
  moved(fine, 3, 1, 'leader');
  t.deepEqual(fine.violated, []);
  const beyond = cluster();
  moved(beyond, 1, 2, 'retention');
  moved(beyond, 2, 3, 'leader');
  t.deepEqual(beyond.violated, ['R22']);
});

test('R22: a log that begins anew, or is loaded, begins no higher either', (t) => {
  const anew = { type: 'log-truncated', partition: PARTITION, from: 5, reason: 'out-of-range' } as const;
  const fine = cluster();
  moved(fine, 1, 7, 'retention');
  fine.context.emit(2, { ...anew, to: 7 });
  fine.load(3, [], { logStartOffset: 7, logEndOffset: 7 });
  t.deepEqual(fine.violated, []);
  const beyond = cluster();
  beyond.context.emit(2, { ...anew, to: 7 });
  t.deepEqual(beyond.violated, ['R22']);
  const loaded = cluster();
  loaded.load(2, [{ base: 4, epoch: 0, crc: 5 }], { logStartOffset: 4 });
  t.deepEqual(loaded.violated, ['R22']);
});

test('S8: what is not committed is not removed, and what is removed is given to nobody', (t) => {
  const served = { type: 'fetch-served', partition: PARTITION, to: 'consumer', replica: -1, topicId: TOPIC_ID } as const;
  const state = {
    requestEpoch: 0,
    leaderEpoch: 0,
    highWatermark: 4,
    lastStableOffset: 4,
    logStartOffset: 2,
    endOffset: 3,
  } as const;
  const removed = (to: number): ScriptedCluster => {
    const c = cluster();
    moved(c, 1, to, 'delete-records');
    return c;
  };
  t.deepEqual(removed(4).violated, []);
  t.is(removed(4).context.evaluations['S8'], 1);
  t.deepEqual(removed(5).violated, ['S8']);
  const gives = (fetchOffset: number): string[] => {
    const c = removed(2);
    const event = { ...served, ...state, fetchOffset, readCommitted: false, abortedTransactions: null, isLeader: true };
    c.context.emit(1, event);
    return c.violated;
  };
  t.deepEqual(gives(2), []);
  t.deepEqual(gives(1), ['S8']);
});

test('S8: a log that is opened begins no lower than its node had written down, unless it lost that', (t) => {
  const opened = (logStartOffset: number, { losesPower = false, written = 3 } = {}): string[] => {
    const c = cluster();
    moved(c, 1, 3, 'delete-records');
    c.context.emit(1, { type: 'checkpoint-written', file: 'log-start', directory: 'd', entries: [[PARTITION, written]] });
    if (losesPower) c.context.world(1, { type: 'power-lost' });
    const batches = [0, 1, 2, 3, 4]
      .map((base) => ({ base, epoch: 0, crc: base + 1 }))
      .filter(({ base }) => base >= logStartOffset);
    c.load(1, batches, { logStartOffset });
    return c.violated;
  };
  t.deepEqual(opened(3), []);
  t.deepEqual(opened(2), ['S8']);
  t.deepEqual(opened(2, { losesPower: true }), []);
  t.deepEqual(opened(2, { written: 2 }), []);
});
