import test from 'ava';
import { RenumberedBatches } from './renumbered-batches.ts';
import { PARTITION, ScriptedCluster, TOPIC_ID } from './testing/cluster.ts';

const renumbered = {
  type: 'producer-batch-renumbered',
  partition: PARTITION,
  producerId: 7,
  fromEpoch: 0,
  fromSequence: 21,
  producerEpoch: 1,
  baseSequence: 0,
  because: 'batch-failed',
} as const;

function cluster() {
  const c = new ScriptedCluster();
  const batches = new RenumberedBatches(c.context);
  c.boot();
  const of = { epoch: 0, producerId: 7, producerEpoch: 0 };
  c.replicate({ ...of, base: 0, crc: 1, sequence: 20 }, 1, 2, 3);
  c.replicate({ ...of, base: 1, crc: 2, sequence: 21 }, 1, 2, 3);
  c.highWatermark(1, 0, 2);
  return { c, batches };
}

test('a batch that was sent and then renumbered because another one failed may be in the log once more; no other batch may', (t) => {
  const { c, batches } = cluster();
  t.false(batches.has(PARTITION, 1));
  c.context.emit('writer', renumbered);
  t.true(batches.has(PARTITION, 1));
  t.true(batches.has(PARTITION, 1, TOPIC_ID));
  t.false(batches.has(PARTITION, 1, 'another topic'));
  t.false(batches.has(PARTITION, 0));
  t.false(batches.has(PARTITION, 2));
});

test('what was renumbered because the broker found a gap is no excuse: the broker has to know its own log', (t) => {
  const { c, batches } = cluster();
  c.context.emit('writer', { ...renumbered, because: 'sequence-lost' });
  t.false(batches.has(PARTITION, 1));
});
