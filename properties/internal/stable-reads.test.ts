import test from 'ava';
import type { TraceEventOf } from '../../core/trace.ts';
import type { TestBatch } from '../testing/batch.ts';
import { encodeEndTxnMarker } from '../../core/protocol/control-records.ts';
import { encodeBatch, encodeEmptied, readBatchHeader } from '../../core/protocol/records.ts';
import { PARTITION, ScriptedCluster, TOPIC_ID } from '../testing/cluster.ts';
import { fakePlan } from '../testing/fake-context.ts';
import { stableReads } from './stable-reads.ts';

const data = (base: number, producerId: number): TestBatch => ({
  base,
  epoch: 0,
  crc: base + 1,
  producerId,
  producerEpoch: 0,
  transactional: true,
});
const marker = (base: number, producerId: number, commit: boolean): TestBatch => ({
  base,
  epoch: 0,
  crc: base + 1,
  producerId,
  producerEpoch: 0,
  marker: { commit, coordinatorEpoch: 1 },
});

/** Producers 7 and 8: 7 writes at 0 and aborts at 2, 8 writes at 1 and is open up to 4, where it commits. */
function cluster(highWatermark: number): ScriptedCluster {
  const made = new ScriptedCluster([stableReads]);
  made.boot();
  for (const batch of [data(0, 7), data(1, 8), marker(2, 7, false), data(3, 8), marker(4, 8, true), data(5, 9)])
    made.replicate(batch, 1, 2, 3);
  made.highWatermark(1, 0, highWatermark);
  return made;
}

function serve(made: ScriptedCluster, served: Partial<TraceEventOf<'fetch-served'>>): string[] {
  made.context.emit(1, {
    type: 'fetch-served',
    partition: PARTITION,
    to: 'consumer',
    replica: -1,
    topicId: TOPIC_ID,
    requestEpoch: 0,
    leaderEpoch: 0,
    fetchOffset: 0,
    endOffset: 0,
    highWatermark: 0,
    lastStableOffset: 0,
    logStartOffset: 0,
    readCommitted: true,
    abortedTransactions: [],
    isLeader: true,
    ...served,
  });
  return made.violated;
}

const BOTH = [{ producerId: 7, firstOffset: 0 }];

test('T6: the last stable offset is that of the first transaction without a marker below the high watermark', (t) => {
  t.deepEqual(serve(cluster(4), { highWatermark: 4, lastStableOffset: 1, endOffset: 1, abortedTransactions: BOTH }), []);
  t.deepEqual(serve(cluster(4), { highWatermark: 4, lastStableOffset: 4, endOffset: 0 }), ['T6']);
  t.deepEqual(serve(cluster(5), { highWatermark: 5, lastStableOffset: 5, endOffset: 0 }), []);
  t.deepEqual(serve(cluster(6), { highWatermark: 6, lastStableOffset: 6, endOffset: 0 }), ['T6']);
  const made = cluster(4);
  serve(made, { highWatermark: 4, lastStableOffset: 1 });
  t.is(made.context.evaluations['T6'], 1);
});

test('T6: nobody who reads what is committed gets beyond the last stable offset, and it does not go back', (t) => {
  const beyond = { highWatermark: 4, lastStableOffset: 1, endOffset: 2, abortedTransactions: BOTH };
  t.deepEqual(serve(cluster(4), beyond), ['T6']);
  t.deepEqual(serve(cluster(4), { ...beyond, readCommitted: false, abortedTransactions: null }), []);

  const back = cluster(5);
  serve(back, { highWatermark: 5, lastStableOffset: 5 });
  t.deepEqual(serve(back, { highWatermark: 5, lastStableOffset: 1 }), ['T6']);

  const elected = cluster(5);
  serve(elected, { highWatermark: 5, lastStableOffset: 5 });
  t.deepEqual(serve(elected, { highWatermark: 5, lastStableOffset: 1, leaderEpoch: 1 }), []);
});

test('T6: that a marker was not replicated may be forgotten with a new producer state, that a transaction is open may not', (t) => {
  const rebuilt = (upTo: number): string[] => {
    const made = cluster(4);
    made.context.emit(1, { type: 'producer-state-rebuilt', partition: PARTITION, snapshotOffset: upTo, from: upTo, upTo });
    return serve(made, { highWatermark: 4, lastStableOffset: 4 });
  };
  t.deepEqual(rebuilt(5), []);
  t.deepEqual(rebuilt(4), ['T6']);
});

test('T7: whoever is given what was aborted is told by whom, from where on', (t) => {
  const given = { highWatermark: 5, lastStableOffset: 5, endOffset: 5 };
  t.deepEqual(serve(cluster(5), { ...given, abortedTransactions: BOTH }), []);
  t.deepEqual(serve(cluster(5), { ...given, abortedTransactions: [] }), ['T7']);
  t.deepEqual(serve(cluster(5), { ...given, readCommitted: false, abortedTransactions: null }), []);
  t.deepEqual(serve(cluster(5), { ...given, fetchOffset: 1, abortedTransactions: [] }), []);
  t.deepEqual(serve(cluster(5), { ...given, abortedTransactions: [...BOTH, { producerId: 8, firstOffset: 1 }] }), ['T7']);
  const made = cluster(5);
  serve(made, { ...given, abortedTransactions: BOTH });
  t.is(made.context.evaluations['T7'], 1);
});

test('T7: only of a transaction that began before the log does may it be said to begin elsewhere', (t) => {
  const batches = [data(0, 7), data(1, 7), marker(2, 7, false), data(3, 7), marker(4, 7, false)];
  const named = (...firstOffsets: readonly number[]): string[] => {
    const made = new ScriptedCluster([stableReads]);
    made.boot();
    for (const batch of batches) made.replicate(batch, 1, 2, 3);
    made.highWatermark(1, 0, 5);
    made.load(1, batches.slice(1), { logStartOffset: 1 });
    const abortedTransactions = firstOffsets.map((firstOffset) => ({ producerId: 7, firstOffset }));
    const range = { fetchOffset: 1, endOffset: 5, logStartOffset: 1 };
    return serve(made, { ...range, highWatermark: 5, lastStableOffset: 5, abortedTransactions });
  };
  t.deepEqual(named(0, 3), []);
  t.deepEqual(named(0), ['T7']);
});

test('T7: of what cleaners have left of a transaction the beginning may be told, and of nothing else that is in it', (t) => {
  const part = { producerId: 7, producerEpoch: 0, leaderEpoch: 0, isTransactional: true };
  const written = (baseOffset: number): Uint8Array =>
    encodeBatch([{ key: Uint8Array.of(1), value: Uint8Array.of(baseOffset), timestamp: 1_000 }], {
      ...part,
      baseOffset,
      baseSequence: baseOffset,
    });
  const aborted = encodeEndTxnMarker(
    { type: 'ABORT', producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 1_000 },
    2,
    0,
  );
  const named = (firstOffset: number, cleaned: readonly Uint8Array[] | null): string[] => {
    const plan = fakePlan();
    const properties = { ...plan.cluster.properties, 'log.cleaner.enable': true };
    const made = new ScriptedCluster([stableReads], { ...plan, cluster: { ...plan.cluster, properties } });
    made.boot();
    for (const batch of [written(0), written(1), aborted]) {
      const { baseOffset, lastOffset, leaderEpoch } = readBatchHeader(batch);
      const appended = { partition: PARTITION, baseOffset, lastOffset, leaderEpoch, batch, role: 'leader' } as const;
      made.context.emit(1, { type: 'log-appended', ...appended });
    }
    made.highWatermark(1, 0, 3);
    if (cleaned !== null) {
      const records = () => Uint8Array.from(cleaned.flatMap((batch) => [...batch]));
      const range = { partition: PARTITION, baseOffset: 0, endOffset: 2, records };
      made.context.emit(1, { type: 'segments-swapping', ...range });
      made.context.emit(1, { type: 'segments-swapped', ...range, startedMs: 1_000, deleteRetentionMs: 0 });
    }
    const abortedTransactions = [{ producerId: 7, firstOffset }];
    return serve(made, { highWatermark: 3, lastStableOffset: 3, endOffset: 3, abortedTransactions });
  };
  t.deepEqual(named(0, null), []);
  t.deepEqual(named(1, null), ['T7']);
  t.deepEqual(named(1, [encodeEmptied(readBatchHeader(written(1)))]), []);
  t.deepEqual(named(1, [written(1)]), []);
  t.deepEqual(named(1, [written(0)]), ['T7']);
});
