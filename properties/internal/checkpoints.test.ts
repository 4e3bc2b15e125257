import test from 'ava';
import { PARTITION, ScriptedCluster } from '../testing/cluster.ts';
import { checkpoints } from './checkpoints.ts';

const A = { base: 0, epoch: 0, crc: 0xa, count: 10 };

/** Node 2 has ten records, and has written down that all are committed, and the first two deleted. */
function cluster(): ScriptedCluster {
  const c = new ScriptedCluster([checkpoints]);
  c.boot();
  c.append(2, 'follower', A);
  for (const [file, offset] of [
    ['high-watermark', 10],
    ['log-start', 2],
  ] as const)
    c.context.emit(2, { type: 'checkpoint-written', file, directory: '/kafka-0', entries: [[PARTITION, offset]] });
  return c;
}

function comesBack(c: ScriptedCluster, highWatermark: number, logStartOffset: number, batches = [A]): string[] {
  c.context.world(2, { type: 'power-lost' });
  c.load(2, batches, { logStartOffset });
  c.context.emit(2, { type: 'high-watermark-set', partition: PARTITION, from: 0, to: highWatermark, reason: 'load' });
  return c.violated;
}

test('S13: what a checkpoint told is known again after a power loss', (t) => {
  t.deepEqual(comesBack(cluster(), 10, 2), []);
  t.deepEqual(comesBack(cluster(), 0, 2), ['S13']);
  t.deepEqual(comesBack(cluster(), 10, 0), ['S13']);
});

test('S13: only as far as the log goes, now and since it was cut', (t) => {
  t.deepEqual(comesBack(cluster(), 0, 0, []), []);
  const cut = cluster();
  cut.truncate(2, 10, 4);
  t.deepEqual(comesBack(cut, 4, 2), []);
});

test('S13: a disk that has lied promises nothing, nor does what was written to another one', (t) => {
  const replaced = cluster();
  replaced.context.world(2, { type: 'disk-wiped', directory: null });
  t.deepEqual(comesBack(replaced, 0, 0), []);
  const lied = cluster();
  lied.context.world(2, { type: 'sync-lied', path: '/kafka-0/replication-offset-checkpoint' });
  t.deepEqual(comesBack(lied, 0, 0), []);
  t.true('S13' in lied.context.excuses);
  const another = cluster();
  another.context.world(2, { type: 'sync-lied', path: '/kafka-0/replication-offset-checkpoint' });
  another.context.world(2, { type: 'disk-wiped', directory: null });
  another.context.emit(2, {
    type: 'checkpoint-written',
    file: 'high-watermark',
    directory: '/kafka-0',
    entries: [[PARTITION, 10]],
  });
  t.deepEqual(comesBack(another, 0, 0), ['S13']);
});
