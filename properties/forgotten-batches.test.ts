import test from 'ava';
import { forgottenBatchesOf } from './forgotten-batches.ts';
import { PARTITION, ScriptedCluster, TOPIC_ID } from './testing/cluster.ts';

interface Case {
  /** Where the snapshot ended that the leader began with. */
  readonly snapshotOffset: number | null;
  /** Where the leader's log began then: what was below had been removed. */
  readonly logStart?: number;
  /** Base sequence that it rejected. */
  readonly rejected: number;
  readonly producerEpoch?: number;
  /** The sequence that producer 7 begins with. */
  readonly firstSequence?: number;
  /** Of which topic of the name it is asked. */
  readonly topicId?: string;
}

/** Producer 7 has four batches of one record, with the sequences 0 to 3 unless it is said, at the offsets 0 to 3, 8 has offset 4. Which of them may come again? */
function mayComeAgain({ snapshotOffset, logStart = 0, rejected, producerEpoch = 0, firstSequence = 0, topicId }: Case): number[] {
  const c = new ScriptedCluster();
  const forgotten = forgottenBatchesOf(c.context);
  c.boot();
  const producers = [0, 1, 2, 3].map((at) => ({ producerId: 7, sequence: firstSequence + at }));
  const batches = [...producers, { producerId: 8, sequence: 0 }].map(({ producerId, sequence }, base) => {
    return { base, epoch: 0, crc: base + 1, producerId, producerEpoch: 0, sequence };
  });
  for (const batch of batches) c.replicate(batch, 1, 2, 3);
  c.highWatermark(1, 0, 5);
  const from = snapshotOffset ?? logStart;
  c.context.emit(1, { type: 'producer-state-rebuilt', partition: PARTITION, snapshotOffset, from, upTo: 5 });
  if (logStart > 0) c.load(1, batches.slice(logStart), { logStartOffset: logStart });
  c.context.emit(1, {
    type: 'sequence-rejected',
    partition: PARTITION,
    producerId: 7,
    producerEpoch,
    baseSequence: rejected,
    expected: 4,
    error: 45,
  });
  return [0, 1, 2, 3, 4].filter((offset) => forgotten.has(PARTITION, offset, topicId));
}

test('a batch that came before the last one of a snapshot may be rejected, and comes again with those after it', (t) => {
  t.deepEqual(mayComeAgain({ snapshotOffset: 5, rejected: 2 }), [2, 3]);
  t.deepEqual(mayComeAgain({ snapshotOffset: 3, rejected: 1 }), [1, 2, 3]);
});

test('retention may have removed such a batch, or the one after it, or both, when the snapshot was read', (t) => {
  t.deepEqual(mayComeAgain({ snapshotOffset: 4, logStart: 2, rejected: 1 }), [1, 2, 3]);
  t.deepEqual(mayComeAgain({ snapshotOffset: 3, logStart: 3, rejected: 1 }), [1, 2, 3]);
  t.deepEqual(mayComeAgain({ snapshotOffset: 3, logStart: 3, rejected: 2 }), []);
});

test('without a snapshot nothing is known of what was removed', (t) => {
  t.deepEqual(mayComeAgain({ snapshotOffset: null, logStart: 2, rejected: 1 }), [1, 2, 3]);
  t.deepEqual(mayComeAgain({ snapshotOffset: null, logStart: 2, rejected: 2 }), []);
});

test('a batch that the broker must know may not: without a snapshot, the last one of it, one after it, one that is not there', (t) => {
  t.deepEqual(mayComeAgain({ snapshotOffset: null, rejected: 2 }), []);
  t.deepEqual(mayComeAgain({ snapshotOffset: 5, rejected: 3 }), []);
  t.deepEqual(mayComeAgain({ snapshotOffset: 2, rejected: 2 }), []);
  t.deepEqual(mayComeAgain({ snapshotOffset: 5, rejected: 9 }), []);
  t.deepEqual(mayComeAgain({ snapshotOffset: 5, rejected: 2, producerEpoch: 1 }), []);
});

test('another topic of the name has forgotten nothing by it', (t) => {
  t.deepEqual(mayComeAgain({ snapshotOffset: 5, rejected: 2, topicId: TOPIC_ID }), [2, 3]);
  t.deepEqual(mayComeAgain({ snapshotOffset: 5, rejected: 2, topicId: 'another' }), []);
});

test('where the log begins in mid-sequence, all that it has of the epoch may come again when an earlier batch is rejected', (t) => {
  t.deepEqual(mayComeAgain({ snapshotOffset: null, firstSequence: 14, rejected: 13 }), [0, 1, 2, 3]);
  t.deepEqual(mayComeAgain({ snapshotOffset: null, logStart: 2, firstSequence: 14, rejected: 13 }), [0, 1, 2, 3]);
  t.deepEqual(mayComeAgain({ snapshotOffset: null, firstSequence: 14, rejected: 19 }), []);
  t.deepEqual(mayComeAgain({ snapshotOffset: null, firstSequence: 14, rejected: 13, producerEpoch: 1 }), []);
});

test('what another topic of the name rejects, and what was sent behind it, may be in this one again; the rejecting topic itself excuses nothing by that', (t) => {
  const mayCome = (topicId: string, producerEpoch = 0) => {
    const c = new ScriptedCluster();
    const forgotten = forgottenBatchesOf(c.context);
    c.boot();
    for (const sequence of [0, 1, 2])
      c.replicate({ base: sequence, epoch: 0, crc: sequence + 1, producerId: 7, producerEpoch: 0, sequence }, 1, 2);
    c.highWatermark(1, 0, 3);
    c.load(3, [], { topicId });
    const of = { partition: PARTITION, producerId: 7, producerEpoch, baseSequence: 1, expected: 0, error: 45 };
    c.context.emit(3, { type: 'sequence-rejected', ...of });
    return [0, 1, 2].filter((offset) => forgotten.has(PARTITION, offset, TOPIC_ID));
  };
  t.deepEqual(mayCome('another'), [1, 2]);
  t.deepEqual(mayCome(TOPIC_ID), []);
  t.deepEqual(mayCome('another', 1), []);
});
