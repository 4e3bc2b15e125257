import test from 'ava';
import { overtakenBatchesOf } from './overtaken-batches.ts';
import { PARTITION, ScriptedCluster, TOPIC_ID } from './testing/cluster.ts';

interface Case {
  /** So many batches of the producer follow those that were sent to the leader before. */
  readonly later: number;
  /** Of the leader that rejects. */
  readonly leaderEpoch?: number;
  readonly rejected?: number;
  readonly producerEpoch?: number;
}

/** Producer 7 has the sequences 0 to 2 at the same offsets, appended in leader epoch 0 by broker 1, and `later` ones after them by broker 2. */
function story({ later, leaderEpoch = 1, rejected = 1, producerEpoch = 0 }: Case) {
  const c = new ScriptedCluster();
  const overtaken = overtakenBatchesOf(c.context);
  c.boot();
  const of = { producerId: 7, producerEpoch: 0 };
  for (const base of [0, 1, 2]) c.replicate({ ...of, base, epoch: 0, crc: base + 1, sequence: base }, 1, 2, 3);
  c.highWatermark(1, 0, 3);
  const leader = leaderEpoch === 0 ? 1 : 2;
  if (leader === 2) {
    c.commit({ leader, leaderEpoch });
    c.lead(leader, leaderEpoch, 3);
  }
  for (let at = 0; at < later; at++) {
    const base = 3 + at;
    c.replicate({ ...of, base, epoch: leaderEpoch, crc: base + 1, sequence: base }, leader, 3);
  }
  c.highWatermark(leader, 3, 3 + later);
  const sequence = { partition: PARTITION, producerId: 7, producerEpoch, baseSequence: rejected, expected: 3 + later };
  c.context.emit(leader, { type: 'sequence-rejected', ...sequence, error: 45 });
  return { c, overtaken, end: 3 + later };
}

function mayComeAgain(given: Case): number[] {
  const { overtaken, end } = story(given);
  return Array.from({ length: end }, (_, offset) => offset).filter((offset) => overtaken.has(PARTITION, offset));
}

test('a leader knows five batches of a producer: one that five others have overtaken, and those sent with it to the leader before, may come again', (t) => {
  t.deepEqual(mayComeAgain({ later: 5 }), [1, 2]);
  t.deepEqual(mayComeAgain({ later: 4 }), [1, 2], 'four of the new leader, and one that was sent with it');
});

test('one that the leader must know may not, nor one that it took itself, nor one of another epoch, nor one that is not there', (t) => {
  t.deepEqual(mayComeAgain({ later: 3 }), []);
  t.deepEqual(mayComeAgain({ later: 5, leaderEpoch: 0 }), []);
  t.deepEqual(mayComeAgain({ later: 6, rejected: 3 }), []);
  t.deepEqual(mayComeAgain({ later: 5, producerEpoch: 1 }), []);
  t.deepEqual(mayComeAgain({ later: 5, rejected: 99 }), []);
});

test('the copy of such a batch in the next epoch of its producer is known for one; no other batch is', (t) => {
  const { c, overtaken, end } = story({ later: 5 });
  const renumber = (fromSequence: number, baseSequence: number) =>
    c.context.emit('writer', {
      type: 'producer-batch-renumbered',
      partition: PARTITION,
      producerId: 7,
      fromEpoch: 0,
      fromSequence,
      producerEpoch: 1,
      baseSequence,
      because: 'sequence-lost',
    });
  renumber(2, 0);
  renumber(4, 1);
  for (const [at, sequence] of [0, 1, 2].entries()) {
    const base = end + at;
    c.replicate({ base, epoch: 1, crc: base + 1, producerId: 7, producerEpoch: 1, sequence }, 2, 3);
  }
  c.highWatermark(2, end, end + 3);
  t.true(overtaken.hasCopy(PARTITION, end));
  t.true(overtaken.hasCopy(PARTITION, end, TOPIC_ID));
  t.false(overtaken.hasCopy(PARTITION, end, 'another topic'));
  t.false(overtaken.hasCopy(PARTITION, end + 1), 'a copy of one that the leader took itself');
  t.false(overtaken.hasCopy(PARTITION, end + 2), 'none was renumbered to it');
  t.false(overtaken.hasCopy(PARTITION, 2), 'the first copy');
});
