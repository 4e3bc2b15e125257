import test from 'ava';
import { PARTITION, ScriptedCluster } from '../testing/cluster.ts';
import { logStart } from './log-start.ts';

function cluster(): ScriptedCluster {
  const c = new ScriptedCluster(logStart);
  c.boot();
  for (let base = 0; base < 5; base++) c.replicate({ base, epoch: 0, crc: base + 1 }, 1, 2, 3);
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
