import test from 'ava';
import { forgottenBatchesOf } from './forgotten-batches.ts';
import { PARTITION, ScriptedCluster } from './testing/cluster.ts';

interface Case {
  /** Where the snapshot ended that the leader began with. */
  readonly snapshotOffset: number | null;
  /** Base sequence that it rejected. */
  readonly rejected: number;
  readonly producerEpoch?: number;
}

/** Producer 7 has the sequences 0 to 3 at the same offsets, 8 has offset 4. Which of them may come again? */
function mayComeAgain({ snapshotOffset, rejected, producerEpoch = 0 }: Case): number[] {
  const c = new ScriptedCluster();
  const forgotten = forgottenBatchesOf(c.context);
  c.boot();
  const batches = [0, 1, 2, 3].map((sequence) => ({ producerId: 7, sequence }));
  [...batches, { producerId: 8, sequence: 0 }].forEach(({ producerId, sequence }, base) => {
    c.replicate({ base, epoch: 0, crc: base + 1, producerId, producerEpoch: 0, sequence }, 1, 2, 3);
  });
  c.highWatermark(1, 0, 5);
  c.context.emit(1, { type: 'producer-state-rebuilt', partition: PARTITION, snapshotOffset, upTo: 5 });
  c.context.emit(1, {
    type: 'sequence-rejected',
    partition: PARTITION,
    producerId: 7,
    producerEpoch,
    baseSequence: rejected,
    expected: 4,
    error: 45,
  });
  return [0, 1, 2, 3, 4].filter((offset) => forgotten.has(PARTITION, offset));
}

test('a batch that came before the last one of a snapshot may be rejected, and comes again with those after it', (t) => {
  t.deepEqual(mayComeAgain({ snapshotOffset: 5, rejected: 2 }), [2, 3]);
  t.deepEqual(mayComeAgain({ snapshotOffset: 3, rejected: 1 }), [1, 2, 3]);
});

test('a batch that the broker must know may not: without a snapshot, the last one of it, one after it, one that is not there', (t) => {
  t.deepEqual(mayComeAgain({ snapshotOffset: null, rejected: 2 }), []);
  t.deepEqual(mayComeAgain({ snapshotOffset: 5, rejected: 3 }), []);
  t.deepEqual(mayComeAgain({ snapshotOffset: 2, rejected: 2 }), []);
  t.deepEqual(mayComeAgain({ snapshotOffset: 5, rejected: 9 }), []);
  t.deepEqual(mayComeAgain({ snapshotOffset: 5, rejected: 2, producerEpoch: 1 }), []);
});
