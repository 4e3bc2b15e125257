import test from 'ava';
import type { TraceEventOf } from '../../core/trace.ts';
import { crc32c } from './crc32c.ts';
import { type TestBatch, testBatch } from '../testing/batch.ts';
import { PARTITION, ScriptedCluster, TOPIC_ID } from '../testing/cluster.ts';
import { FakeContext } from '../testing/fake-context.ts';
import { storage } from './storage.ts';

const A = { base: 0, epoch: 0, crc: 0xa };
const B = { base: 1, epoch: 0, crc: 0xb };

function cluster(): ScriptedCluster {
  const c = new ScriptedCluster([storage]);
  c.boot();
  c.replicate(A, 1, 2, 3);
  c.context.emit(1, { type: 'log-flushed', partition: PARTITION, upTo: 1 });
  c.replicate(B, 1, 2, 3);
  return c;
}

test('S1: a crash loses nothing, a power loss only what was not synced', (t) => {
  const crash = cluster();
  crash.context.world(1, { type: 'crashed', reason: 'test' });
  crash.load(1, [A, B]);
  t.deepEqual(crash.violated, []);
  t.is(crash.context.evaluations['S1'], 1);
  const lost = cluster();
  lost.context.world(1, { type: 'crashed', reason: 'test' });
  lost.load(1, [A]);
  t.deepEqual(lost.violated, ['S1']);
  const power = cluster();
  power.context.world(1, { type: 'power-lost' });
  power.load(1, [A]);
  t.deepEqual(power.violated, []);
  const synced = cluster();
  synced.context.world(1, { type: 'power-lost' });
  synced.load(1, []);
  t.deepEqual(synced.violated, ['S1']);
});

test('S1: what syncs left off the medium may be lost with the power, nothing below it, and nothing of another log', (t) => {
  const lied = (path: string, batches: readonly (typeof A)[], happens: (c: ScriptedCluster) => void = () => undefined) => {
    const c = cluster();
    c.context.world(1, { type: 'sync-lied', path });
    c.context.emit(1, { type: 'log-flushed', partition: PARTITION, upTo: 2 });
    happens(c);
    c.context.world(1, { type: 'power-lost' });
    c.load(1, batches);
    return c.violated;
  };
  const own = `/d/${PARTITION}/00000000000000000000.log`;
  t.deepEqual(lied(own, [A]), []);
  t.deepEqual(lied(own, []), ['S1']);
  t.deepEqual(lied('/d/events-0/00000000000000000000.log', [A]), ['S1']);
  t.deepEqual(lied(`/d/${PARTITION}/leader-epoch-checkpoint`, [A]), ['S1']);
  // The page cache outlives a crash and so does the lie; it ends with what it was about.
  t.deepEqual(
    lied(own, [A], (c) => c.load(1, [A, B])),
    [],
  );
  const truncated = (c: ScriptedCluster): void => {
    c.truncate(1, 2, 1);
    c.append(1, 'follower', B);
    c.context.emit(1, { type: 'log-flushed', partition: PARTITION, upTo: 2 });
  };
  t.deepEqual(lied(own, [A], truncated), ['S1']);
});

test('S1: a batch that was not there before the restart', (t) => {
  const c = cluster();
  c.load(1, [A, { ...B, crc: 0xbad }]);
  t.deepEqual(c.violated, ['S1']);
});

test('S1: a wiped disk is no violation', (t) => {
  const c = cluster();
  c.context.world(1, { type: 'disk-wiped', directory: null });
  c.load(1, []);
  t.deepEqual(c.violated, []);
});

test('S1: a disk as it was before is no violation, and what it holds is durable', (t) => {
  const c = cluster();
  c.context.world(1, { type: 'disk-restored', ageMs: 3_000 });
  c.load(1, [A, { ...B, crc: 0xbad }]);
  t.deepEqual(c.violated, []);
  c.context.world(1, { type: 'power-lost' });
  c.load(1, [A]);
  t.deepEqual(c.violated, ['S1']);
});

test('S1: rotten bytes excuse what their own log loses, nothing of another', (t) => {
  const own = cluster();
  own.context.world(1, { type: 'disk-corrupted', path: `/d/${PARTITION}/00000000000000000000.log` });
  own.load(1, [A]);
  t.deepEqual(own.violated, []);
  const other = cluster();
  other.context.world(1, { type: 'disk-corrupted', path: '/d/__cluster_metadata-0/00000000000000000000.log' });
  other.load(1, [A]);
  t.deepEqual(other.violated, ['S1']);
});

test("S1: what rotted in an older topic's log of that name excuses nothing of the new one's", (t) => {
  const c = cluster();
  c.context.world(1, { type: 'disk-corrupted', path: `/d/${PARTITION}/00000000000000000000.log` });
  const load = (batches: TraceEventOf<'log-loaded'>['batches']): void =>
    c.context.emit(1, {
      type: 'log-loaded',
      partition: PARTITION,
      topicId: 'made-again',
      logStartOffset: 0,
      logEndOffset: batches.length,
      recoveryPoint: 0,
      clean: false,
      batches,
      epochs: [],
    });
  load([{ baseOffset: 0, lastOffset: 0, leaderEpoch: 0, crc: 1 }]);
  load([]);
  t.deepEqual(c.violated, ['S1']);
});

test('S1: a truncation that was not synced may be undone by a power loss, by nothing else', (t) => {
  const power = cluster();
  power.truncate(2, 2, 1);
  power.context.world(2, { type: 'power-lost' });
  power.load(2, [A, B]);
  t.deepEqual(power.violated, []);
  t.is(power.context.marks['s1-unsynced-truncation-undone'], 1);
  const anew = cluster();
  anew.truncate(2, 2, 5, 'snapshot');
  anew.context.world(2, { type: 'power-lost' });
  anew.load(2, [A, B]);
  t.deepEqual(anew.violated, [], 'the log is as it was before it began anew');
  const crash = cluster();
  crash.truncate(2, 2, 1);
  crash.context.world(2, { type: 'crashed', reason: 'test' });
  crash.load(2, [A, B]);
  t.deepEqual(crash.violated, ['S1']);
});

test('S9: a clean shutdown that had not synced everything; a recovery point beyond what was synced', (t) => {
  const c = cluster();
  c.load(1, [A, B], { clean: true });
  t.deepEqual(c.violated, ['S9']);
  const point = cluster();
  point.context.emit(1, { type: 'checkpoint-written', file: 'recovery-point', directory: '/d', entries: [[PARTITION, 1]] });
  t.deepEqual(point.violated, []);
  point.context.emit(1, { type: 'checkpoint-written', file: 'recovery-point', directory: '/d', entries: [[PARTITION, 2]] });
  t.deepEqual(point.violated, ['S9']);
});

/** A segment that retention deletes by its age, which it has. */
const OLD = { reason: 'retention-time', largestTimestamp: 1_000, wallMs: 12_000, retentionMs: 10_000 } as const;

test('S14: a segment is as old as its youngest record', (t) => {
  const deleted = { type: 'segment-deleted', partition: PARTITION, baseOffset: 0, endOffset: 1, highWatermark: 1 } as const;
  const after = (decided: Partial<TraceEventOf<'segment-deleted'>>): ScriptedCluster => {
    const c = cluster();
    c.highWatermark(1, 0, 1);
    c.context.emit(1, { type: 'log-start-offset-advanced', partition: PARTITION, from: 0, to: 1, reason: 'retention' });
    c.context.emit(1, { ...deleted, ...OLD, ...decided });
    return c;
  };
  t.deepEqual(after({}).violated, []);
  t.is(after({}).context.evaluations['S14'], 1);
  const young = after({ largestTimestamp: 2_000 });
  t.deepEqual(young.violated, ['S14']);
  t.like(young.context.factsOf('S14'), { nodeId: 1, partition: PARTITION, offset: 1 });
  t.deepEqual(after({ largestTimestamp: 2_000, reason: 'retention-size' }).violated, []);
});

test('S7: a segment above the high watermark, a log start that goes back', (t) => {
  const c = cluster();
  c.highWatermark(1, 0, 1);
  c.context.emit(1, { type: 'log-start-offset-advanced', partition: PARTITION, from: 0, to: 1, reason: 'retention' });
  c.context.emit(1, {
    type: 'segment-deleted',
    partition: PARTITION,
    baseOffset: 0,
    endOffset: 1,
    highWatermark: 1,
    ...OLD,
  });
  t.deepEqual(c.violated, []);
  c.context.emit(1, {
    type: 'segment-deleted',
    partition: PARTITION,
    baseOffset: 1,
    endOffset: 2,
    highWatermark: 2,
    ...OLD,
  });
  t.deepEqual(c.violated, ['S7']);
  t.like(c.context.factsOf('S7'), { nodeId: 1, partition: 'orders-0' });
});

test('S12: a deleted topic is not served', (t) => {
  const served = {
    type: 'fetch-served',
    partition: PARTITION,
    to: 'consumer',
    replica: -1,
    topicId: TOPIC_ID,
    requestEpoch: -1,
    leaderEpoch: 0,
    fetchOffset: 0,
    endOffset: 1,
    highWatermark: 1,
    lastStableOffset: 1,
    logStartOffset: 0,
    readCommitted: false,
    abortedTransactions: null,
    isLeader: true,
  } as const;
  const c = cluster();
  c.applied(1001, { removedPartitions: [{ partition: PARTITION, topic: 'orders', topicId: TOPIC_ID }] });
  c.context.emit(1, served);
  t.deepEqual(c.violated, []);
  c.applied(1, { removedPartitions: [{ partition: PARTITION, topic: 'orders', topicId: TOPIC_ID }] });
  c.context.emit(1, served);
  t.deepEqual(c.violated, ['S12']);
});

/** At the end b1's log of these batches is read as these bytes. */
function readAtEnd(written: readonly TestBatch[], read: readonly Uint8Array[], rotten: boolean) {
  const context = new FakeContext();
  const checker = context.check(storage);
  const logEndOffset = written.length;
  const log = { partition: PARTITION, topicId: TOPIC_ID, logStartOffset: 0, logEndOffset } as const;
  const batches = written.map(({ base, epoch, crc }) => ({ baseOffset: base, lastOffset: base, leaderEpoch: epoch, crc }));
  context.emit(1, { ...log, type: 'log-loaded', recoveryPoint: 0, clean: false, batches, epochs: [] });
  if (rotten) context.world(1, { type: 'disk-corrupted', path: `/d/${PARTITION}/00000000000000000000.log` });
  const replica = { ...log, role: 'leader', read: (from: number) => read[from] ?? new Uint8Array(0) };
  const node = { nodeId: 1, broker: { replicas: [replica] } };
  checker.atEnd?.({ nodes: new Map([['b1', node]]) } as never);
  return [context.violatedProperties, Object.keys(context.excuses)] as const;
}

test('S2, S4, S10: a log read whole is what was appended to it, unless its bytes have rotted', (t) => {
  const whole = (base: number): TestBatch => {
    const bytes = testBatch({ base, epoch: 0, crc: 0 });
    return { base, epoch: 0, crc: crc32c(bytes, 21, bytes.length) };
  };
  const written = [whole(0), whole(1)];
  const read = written.map((batch) => testBatch(batch));
  t.deepEqual(readAtEnd(written, read, false), [[], []]);
  const flipped = testBatch(whole(1));
  flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1;
  t.deepEqual(readAtEnd(written, [...read.slice(0, 1), flipped], false), [['S10'], []]);
  t.deepEqual(readAtEnd(written, read.slice(0, 1), false), [['S2', 'S4'], []]);
  t.deepEqual(readAtEnd(written, [...read.slice(0, 1), flipped], true), [[], ['S4', 'S10']]);
});

test('CRC-32C of the check string', (t) => {
  const bytes = new TextEncoder().encode('123456789');
  t.is(crc32c(bytes, 0, bytes.length), 0xe3069283);
});
