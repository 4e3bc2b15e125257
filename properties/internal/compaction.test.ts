import test from 'ava';
import type { NodeInspection, ReplicaInspection } from '../../core/broker/inspection.ts';
import { EMPTY_IMAGE } from '../../core/metadata/image.ts';
import { encodeEndTxnMarker } from '../../core/protocol/control-records.ts';
import {
  type BatchOptions,
  decodeRecords,
  encodeBatch,
  encodeEmptied,
  encodeRetained,
  readBatchHeader,
} from '../../core/protocol/records.ts';
import type { Checker, ClusterView } from '../../sim/observe.ts';
import { PARTITION, TOPIC_ID, ScriptedCluster } from '../testing/cluster.ts';
import { fakePlan } from '../testing/fake-context.ts';
import { compaction } from './compaction.ts';

/** When the cleaner comes by, and how long a tombstone stays from then on. */
const NOW = 10_000;
const RETENTION = 500;

const text = (value: string | null): Uint8Array | null => (value === null ? null : new TextEncoder().encode(value));

/** A record of each pair of key and value: 'a=1' is a value, 'a' a tombstone. */
function written(base: number, pairs: string, options: BatchOptions = {}): Uint8Array {
  const records = pairs.split(' ').map((pair) => {
    const [key = '', value = null] = pair.split('=');
    return { key: text(key), value: text(value), timestamp: 1_000 };
  });
  return encodeBatch(records, { baseOffset: base, leaderEpoch: 0, ...options });
}

/** What a cleaner leaves of a batch: these of its records, by offset. */
function left(batch: Uint8Array, offsets: readonly number[], horizon: number | null = null): Uint8Array {
  if (offsets.length === 0) return encodeEmptied(readBatchHeader(batch));
  const records = decodeRecords(batch).filter(({ offset }) => offsets.includes(offset));
  return encodeRetained(readBatchHeader(batch), records, horizon);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

class Cleaned {
  readonly cluster: ScriptedCluster;
  readonly checker: Checker;
  #batches: Uint8Array[] = [];

  /** Leader 1 has written these batches, and all is committed up to `highWatermark`; by default the end. */
  constructor(batches: readonly Uint8Array[], highWatermark?: number) {
    const plan = fakePlan();
    const properties = { ...plan.cluster.properties, 'log.cleaner.enable': true };
    this.cluster = new ScriptedCluster([], { ...plan, cluster: { ...plan.cluster, properties } });
    this.checker = this.cluster.context.check(compaction);
    this.cluster.boot();
    for (const batch of batches) this.append(batch);
    const end = readBatchHeader(batches.at(-1) as Uint8Array).nextOffset;
    this.cluster.highWatermark(1, 0, highWatermark ?? end);
  }

  append(batch: Uint8Array): void {
    const { baseOffset, lastOffset, leaderEpoch } = readBatchHeader(batch);
    const appended = { type: 'log-appended', partition: PARTITION, baseOffset, lastOffset, leaderEpoch, batch } as const;
    this.cluster.context.emit(1, { ...appended, role: 'leader' });
    this.#batches.push(batch);
  }

  /** A copy takes the place of all below `endOffset`. */
  swap(endOffset: number, records: Uint8Array, startedMs = NOW): this {
    const range = { partition: PARTITION, baseOffset: 0, endOffset };
    this.cluster.context.emit(1, { type: 'segments-swapping', ...range, records: () => records });
    const times = { startedMs, deleteRetentionMs: RETENTION };
    this.cluster.context.emit(1, { type: 'segments-swapped', ...range, ...times, records: () => records });
    return this;
  }

  /** What the log is found to hold at the end. */
  atEnd(found: Uint8Array): string[] {
    const end = readBatchHeader(this.#batches.at(-1) as Uint8Array).nextOffset;
    this.checker.atEnd?.(
      view({ logEndOffset: end, highWatermark: end, read: (from) => (from === 0 ? found : new Uint8Array(0)) }),
    );
    return this.cluster.violated;
  }
}

function view(change: Partial<ReplicaInspection>, nodeId = 1): ClusterView {
  const replica: ReplicaInspection = {
    partition: PARTITION,
    topicId: TOPIC_ID,
    role: 'leader',
    leaderEpoch: 0,
    partitionEpoch: 0,
    isr: [1, 2, 3],
    isrChangePending: false,
    highWatermark: 0,
    lastStableOffset: 0,
    openTransactions: [],
    hasLateTransaction: false,
    producers: () => [],
    logStartOffset: 0,
    logEndOffset: 0,
    epochs: [],
    compaction: null,
    read: () => new Uint8Array(0),
    ...change,
  };
  const broker = { replicas: [replica] } as unknown as NodeInspection['broker'];
  const quorum = { role: 'follower', leaderId: 1001, epoch: 1, highWatermark: 0, logStartOffset: 0, logEndOffset: 0 };
  const node: NodeInspection = { nodeId, isBroker: true, isController: false, quorum, metadata: EMPTY_IMAGE, broker };
  return { nodes: new Map([[nodeId, node]]) } as unknown as ClusterView;
}

const A = written(0, 'a=1 b=1');
const B = written(2, 'a=2 c=1');
const TAIL = written(4, 'z=1');
const TAIL_BEHIND = written(5, 'z=1');

test('S5: of each key the last record stays', (t) => {
  t.deepEqual(new Cleaned([A, B, TAIL]).swap(4, joined(left(A, [1]), left(B, [2, 3]))).cluster.violated, []);
  t.deepEqual(new Cleaned([A, B, TAIL]).swap(4, left(B, [2, 3])).cluster.violated, ['S5']);
  // An older record may stay: a cleaner need not have room for all keys.
  t.deepEqual(new Cleaned([A, B, TAIL]).swap(4, joined(A, left(B, [2, 3]))).cluster.violated, []);
});

test('S5: what stays is as it was written, and nothing comes to be', (t) => {
  const changed = encodeRetained(
    readBatchHeader(B),
    decodeRecords(B).map((record) => ({ ...record, value: text('9') })),
    null,
  );
  t.deepEqual(new Cleaned([A, B, TAIL]).swap(4, joined(left(A, [1]), changed)).cluster.violated, ['S5']);
  const elsewhere = written(3, 'a=2');
  t.deepEqual(new Cleaned([A, B, TAIL]).swap(4, joined(left(A, [1]), left(B, [2, 3]), elsewhere)).cluster.violated, ['S5']);
  const ofAnother = written(2, 'a=2 c=1', { producerId: 9, producerEpoch: 0, baseSequence: 0 });
  t.deepEqual(new Cleaned([A, B, TAIL]).swap(4, joined(left(A, [1]), ofAnother)).cluster.violated, ['S5']);
});

test('S5: only what is committed is touched, and only what is decided', (t) => {
  const copy = joined(left(A, [1]), left(B, [2, 3]));
  t.deepEqual(new Cleaned([A, B, TAIL], 4).swap(4, copy).cluster.violated, []);
  t.deepEqual(new Cleaned([A, B, TAIL], 3).swap(4, copy).cluster.violated, ['S5']);
  const open = written(2, 'a=2 c=1', { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true });
  t.deepEqual(new Cleaned([A, open, TAIL]).swap(2, A).cluster.violated, []);
  t.deepEqual(new Cleaned([A, open, TAIL]).swap(4, joined(left(A, [1]), open)).cluster.violated, ['S5']);
});

test('S5: what has ended beyond the high watermark counts as decided when the node has forgotten that it had not, and not else', (t) => {
  const open = written(2, 'a=2 c=1', PART);
  const rebuilt = (from: number): string[] => {
    const cleaned = new Cleaned([A, open, marker(4, true), TAIL_BEHIND], 4);
    cleaned.cluster.context.emit(1, {
      type: 'producer-state-rebuilt',
      partition: PARTITION,
      snapshotOffset: from,
      from,
      upTo: 6,
    });
    return cleaned.swap(4, joined(left(A, [1]), open)).cluster.violated;
  };
  t.deepEqual(rebuilt(5), []);
  t.deepEqual(rebuilt(4), ['S5']);
});

const PART = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true };
const marker = (base: number, commit: boolean): Uint8Array =>
  encodeEndTxnMarker(
    { type: commit ? 'COMMIT' : 'ABORT', producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 1_000 },
    base,
    0,
  );

test('S5: what was aborted replaces nothing, and may go', (t) => {
  const aborted = [A, written(2, 'a=2 c=1', PART), marker(4, false), written(5, 'z=1', { ...PART, baseSequence: 2 })] as const;
  const [, data, end] = aborted as readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  t.deepEqual(new Cleaned(aborted).swap(5, joined(A, left(data, []), left(end, [4], NOW + RETENTION))).cluster.violated, []);
  t.deepEqual(
    new Cleaned(aborted).swap(5, joined(left(A, [1]), left(data, []), left(end, [4], NOW + RETENTION))).cluster.violated,
    ['S5'],
  );
});

test('S6: a tombstone stays until its horizon, which it gets when a cleaner comes by first', (t) => {
  const tombstone = written(2, 'a');
  const log = [A, tombstone, written(3, 'z=1')];
  const horizon = NOW + RETENTION;
  const first = () => new Cleaned(log).swap(3, joined(left(A, [1]), left(tombstone, [2], horizon)));
  t.deepEqual(first().cluster.violated, []);
  t.deepEqual(new Cleaned(log).swap(3, left(A, [1])).cluster.violated, ['S6']);
  t.deepEqual(new Cleaned(log).swap(3, joined(left(A, [1]), left(tombstone, [2], horizon - 1))).cluster.violated, ['S6']);
  t.deepEqual(first().swap(3, left(A, [1]), horizon - 1).cluster.violated, ['S6']);
  t.deepEqual(first().swap(3, left(A, [1]), horizon).cluster.violated, []);
  // The horizon of the first visit stays.
  t.deepEqual(first().swap(3, joined(left(A, [1]), left(tombstone, [2], horizon + 1)), NOW + 1).cluster.violated, ['S6']);
});

test('S6: a marker stays while there is something of its transaction, and for its time after that', (t) => {
  const data = written(2, 'a=2 c=1', PART);
  const end = marker(4, true);
  const log = [A, data, end, written(5, 'a=3 c=3', { ...PART, baseSequence: 2 }), marker(7, true), written(8, 'z=1')];
  const rest = joined(log[3] as Uint8Array, left(log[4] as Uint8Array, [7]));
  const horizon = NOW + RETENTION;
  const emptied = joined(left(A, [1]), left(end, [4], horizon), rest);
  t.deepEqual(new Cleaned(log).swap(8, emptied).cluster.violated, []);
  t.deepEqual(new Cleaned(log).swap(8, joined(left(A, [1]), data, rest)).cluster.violated, ['S6']);
  t.deepEqual(new Cleaned(log).swap(8, joined(left(A, [1]), rest)).cluster.violated, ['S6']);
  t.deepEqual(new Cleaned(log).swap(8, emptied).swap(8, joined(left(A, [1]), rest), horizon).cluster.violated, []);
});

test('S6: the last batch of a producer stays, be it empty, while the producer is remembered', (t) => {
  const batch = written(2, 'a=2', { producerId: 9, producerEpoch: 0, baseSequence: 0 });
  const log = [A, batch, written(3, 'a=3'), written(4, 'z=1')];
  const kept = joined(left(A, [1]), left(batch, []), log[2] as Uint8Array);
  const gone = joined(left(A, [1]), log[2] as Uint8Array);
  t.deepEqual(new Cleaned(log).swap(4, kept).cluster.violated, []);
  t.deepEqual(new Cleaned(log).swap(4, gone).cluster.violated, ['S6']);
  const forgotten = new Cleaned(log);
  forgotten.cluster.context.emit(1, { type: 'producers-expired', partition: PARTITION, producerIds: [9] });
  t.deepEqual(forgotten.swap(4, gone).cluster.violated, []);
});

test('S5: at the end a compacted log means what was written to it', (t) => {
  const copy = joined(left(A, [1]), left(B, [2, 3]));
  t.deepEqual(new Cleaned([A, B, TAIL]).swap(4, copy).atEnd(joined(copy, TAIL)), []);
  t.deepEqual(new Cleaned([A, B, TAIL]).swap(4, copy).atEnd(joined(left(B, [2, 3]), TAIL)), ['S5']);
  // An older value of a key that is there again after a newer one.
  t.deepEqual(new Cleaned([A, B, TAIL]).swap(4, copy).atEnd(joined(copy, TAIL, written(5, 'a=1'))), ['S5']);
});

test('L17: what is dirty enough is cleaned up to where it was dirty when it was seen', (t) => {
  const { cluster, checker } = new Cleaned([A, TAIL]);
  const progress = (cleanOffset: number, dueOffset: number | null) =>
    checker.unsettled?.(view({ compaction: { cleanOffset, dueOffset } }))?.property ?? null;
  t.is(progress(0, 4), 'L17');
  // More has come meanwhile, which is for the next time.
  t.is(progress(3, 9), 'L17');
  t.is(progress(4, 9), null);
  t.is(cluster.context.evaluations['L17'], 1);
  t.is(progress(4, null), null);
});

test('S5: who comes to copy a log when a tombstone has been removed from it has what was deleted, and who had the tombstone has not', (t) => {
  const value = written(0, 'a=1');
  const tombstone = written(1, 'a');
  const run = (copies: readonly Uint8Array[]): string[] => {
    const cleaned = new Cleaned([value, tombstone, written(2, 'z=1')]);
    const follows = (batch: Uint8Array): void => {
      const { baseOffset, lastOffset, leaderEpoch } = readBatchHeader(batch);
      const appended = { type: 'log-appended', partition: PARTITION, baseOffset, lastOffset, leaderEpoch, batch } as const;
      cleaned.cluster.context.emit(2, { ...appended, role: 'follower' });
    };
    follows(value);
    for (const copy of copies) follows(copy);
    const horizon = left(tombstone, [1], NOW + RETENTION);
    cleaned.swap(2, horizon).swap(2, new Uint8Array(0), NOW + RETENTION);
    if (copies.length === 0) follows(written(2, 'z=1'));
    else {
      const range = { partition: PARTITION, baseOffset: 0, endOffset: 2, records: () => value };
      cleaned.cluster.context.emit(2, { type: 'segments-swapping', ...range });
      cleaned.cluster.context.emit(2, { type: 'segments-swapped', ...range, startedMs: NOW, deleteRetentionMs: RETENTION });
    }
    const read = (from: number) => (from === 0 ? joined(value, written(2, 'z=1')) : new Uint8Array(0));
    cleaned.checker.atEnd?.(view({ logEndOffset: 3, highWatermark: 3, read }, 2));
    return cleaned.cluster.violated;
  };
  t.deepEqual(run([]), []);
  t.deepEqual(run([tombstone, written(2, 'z=1')]), ['S5']);
});
