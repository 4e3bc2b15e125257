import test from 'ava';
import { pureCompression } from '../../protocol/compression.ts';
import { Offset } from '../../protocol/numbers.ts';
import {
  decodeRecords,
  encodeBatch,
  encodeEndTxnMarker,
  isBatchValid,
  readBatchHeader,
  type BatchOptions,
} from '../../protocol/records.ts';
import { type RetentionRules, retainedBatch } from './batch-retention.ts';
import { CleanedTransactions } from './cleaned-transactions.ts';
import { OffsetMap } from './offset-map.ts';

const NOW = 1_000_000;
const RETENTION = 500;

const key = (name: string): Uint8Array => new TextEncoder().encode(name);

/** Records `key=value` or `key` for a tombstone. */
function batch(texts: readonly string[], baseOffset: number, options: BatchOptions = {}): Uint8Array {
  const records = texts.map((text, at) => {
    const [name, value] = text.split('=') as [string, string?];
    return { key: name === '' ? null : key(name), value: value === undefined ? null : key(value), timestamp: 100 + at };
  });
  return encodeBatch(records, { leaderEpoch: 3, ...options, baseOffset });
}

function rules(latest: Readonly<Record<string, number>>, overrides: Partial<RetentionRules> = {}): RetentionRules {
  const map = new OffsetMap(10_000);
  for (const [name, offset] of Object.entries(latest)) map.put(key(name), Offset(offset));
  map.latestOffset = Offset(99);
  return {
    map,
    transactions: new CleanedTransactions(() => {}),
    lastRecords: new Map(),
    upTo: Offset(100),
    nowMs: NOW,
    deleteRetentionMs: RETENTION,
    codecs: pureCompression,
    mark: () => {},
    ...overrides,
  };
}

function told(bytes: Uint8Array | null): string[] | null {
  if (bytes === null) return null;
  return decodeRecords(bytes).map(
    ({ offset, key: name, value, timestamp }) =>
      `${offset}: ${new TextDecoder().decode(name ?? key(''))}=${value === null ? 'null' : new TextDecoder().decode(value)} @${timestamp}`,
  );
}

test('of each key the last record stays, in a batch that keeps its offsets, sequences and CRC', (t) => {
  const original = batch(['a=1', 'b=1', 'a=2', 'c=1'], 10, { producerId: 4, producerEpoch: 1, baseSequence: 7 });
  const left = retainedBatch(original, rules({ a: 12, b: 50, c: 13 }));
  t.deepEqual(told(left), ['12: a=2 @102', '13: c=1 @103']);
  if (left === null) return;
  t.true(isBatchValid(left));
  t.like(readBatchHeader(left), {
    baseOffset: 10,
    lastOffset: 13,
    leaderEpoch: 3,
    producerId: 4,
    producerEpoch: 1,
    baseSequence: 7,
    lastSequence: 10,
    recordCount: 2,
    deleteHorizonMs: null,
    baseTimestamp: 102,
    maxTimestamp: 103,
  });
});

test('a batch of which everything stays keeps its bytes, and one of which nothing does goes', (t) => {
  const original = batch(['a=1'], 10);
  t.is(retainedBatch(original, rules({ a: 10 })), original);
  t.is(retainedBatch(original, rules({})), original, 'nothing is known of its key: it lies in the clean part, and is the last');
  t.is(retainedBatch(original, rules({ a: 11 })), null);
});

test('what lies behind the last offset that was looked at stays', (t) => {
  const limited = rules({ a: 40 });
  limited.map.latestOffset = Offset(10);
  t.deepEqual(told(retainedBatch(batch(['a=1', 'a=2'], 10), limited)), ['11: a=2 @101']);
});

test('a record without a key goes', (t) => {
  t.deepEqual(told(retainedBatch(batch(['=x', 'a=1'], 10), rules({ a: 11 }))), ['11: a=1 @101']);
});

test('a tombstone gets a delete horizon at the first visit, and goes when that has passed (KIP-534)', (t) => {
  const original = batch(['a=1', 'b'], 10);
  const first = retainedBatch(original, rules({ a: 50, b: 11 }));
  t.deepEqual(told(first), ['11: b=null @101']);
  if (first === null) return;
  t.like(readBatchHeader(first), { deleteHorizonMs: NOW + RETENTION, baseTimestamp: NOW + RETENTION });
  t.true(isBatchValid(first));
  t.is(retainedBatch(first, rules({}, { nowMs: NOW + RETENTION - 1 })), first, 'not before, and not written anew');
  t.is(retainedBatch(first, rules({}, { nowMs: NOW + RETENTION })), null);
  t.is(retainedBatch(first, rules({ b: 60 })), null, 'a later record takes its place at once');
});

test('a horizon stays what it is when the batch is written anew', (t) => {
  const first = retainedBatch(batch(['a', 'b'], 10), rules({ a: 10, b: 11 }));
  if (first === null) return t.fail();
  const second = retainedBatch(first, rules({ a: 70 }, { nowMs: NOW + 10 }));
  t.deepEqual(told(second), ['11: b=null @101']);
  t.is(second && readBatchHeader(second).deleteHorizonMs, NOW + RETENTION);
});

test("the last batch of a producer stays for its sequence, and the round's last one for its offset: if only their heads", (t) => {
  const original = batch(['a=1', 'a=2'], 10, { producerId: 4, producerEpoch: 1, baseSequence: 7, compression: 'gzip' });
  const last = { producerEpoch: 1, lastDataOffset: Offset(11) };
  const head = retainedBatch(original, rules({ a: 50 }, { lastRecords: new Map([[4, last]]) }));
  if (head === null) return t.fail();
  t.deepEqual(told(head), []);
  t.true(isBatchValid(head));
  t.like(readBatchHeader(head), {
    baseOffset: 10,
    lastOffset: 11,
    lastSequence: 8,
    recordCount: 0,
    baseTimestamp: -1,
    maxTimestamp: 101,
    compression: 'none',
  });
  t.is(retainedBatch(head, rules({}, { lastRecords: new Map([[4, last]]) })), head);
  t.is(retainedBatch(head, rules({})), null, 'the producer has gone on, or is forgotten');
  t.deepEqual(told(retainedBatch(original, rules({ a: 50 }, { upTo: Offset(12) }))), []);
  t.is(retainedBatch(original, rules({ a: 50 }, { upTo: Offset(13) })), null);
});

const TXN = { producerId: 5, producerEpoch: 0, isTransactional: true } as const;
const marker = (type: 'COMMIT' | 'ABORT', offset: number): Uint8Array =>
  encodeEndTxnMarker({ type, producerId: 5, producerEpoch: 0, coordinatorEpoch: 2, timestamp: 100 }, offset, 3);

test('what a transaction aborted goes at once, whatever its keys', (t) => {
  const listed: number[] = [];
  const transactions = new CleanedTransactions(({ firstOffset }) => void listed.push(firstOffset));
  transactions.expect([{ producerId: 5, firstOffset: Offset(10), lastOffset: Offset(12), lastStableOffset: Offset(13) }]);
  const at = rules({ a: 10 }, { transactions });
  t.is(retainedBatch(batch(['a=1', 'b=1'], 10, { ...TXN, baseSequence: 0 }), at), null);
  const abort = marker('ABORT', 12);
  t.is(retainedBatch(abort, at), abort, 'its marker stays: some of it was there a moment ago');
  t.deepEqual(listed, [10]);
});

test('a marker stays while anything of its transaction does; then it gets a horizon, and goes when that has passed', (t) => {
  const committed = rules({});
  const commit = marker('COMMIT', 12);
  t.truthy(retainedBatch(batch(['a=1'], 10, { ...TXN, baseSequence: 0 }), committed));
  t.is(retainedBatch(commit, committed), commit);
  for (const alone of [commit, marker('ABORT', 12)]) {
    const dated = retainedBatch(alone, rules({}));
    if (dated === null) return t.fail();
    t.is(readBatchHeader(dated).deleteHorizonMs, NOW + RETENTION);
    t.deepEqual(decodeRecords(dated)[0]?.key, decodeRecords(alone)[0]?.key);
    t.is(retainedBatch(dated, rules({}, { nowMs: NOW + RETENTION - 1 })), dated);
    t.is(retainedBatch(dated, rules({}, { nowMs: NOW + RETENTION })), null);
    const again = rules({}, { nowMs: NOW + RETENTION });
    retainedBatch(batch(['a=1'], 10, { ...TXN, baseSequence: 0 }), again);
    t.is(retainedBatch(commit, again), commit, 'not with a batch of it before');
  }
});

test('of a producer that is known by its marker alone, the marker of that epoch stays', (t) => {
  const lastRecords = new Map([[5, { producerEpoch: 0, lastDataOffset: Offset(-1) }]]);
  const dated = retainedBatch(marker('COMMIT', 12), rules({}, { lastRecords }));
  if (dated === null) return t.fail();
  const head = retainedBatch(dated, rules({}, { lastRecords, nowMs: NOW + RETENTION }));
  t.deepEqual(told(head), []);
  t.like(head && readBatchHeader(head), { isControl: true, isTransactional: true, deleteHorizonMs: null });
  t.is(head && retainedBatch(head, rules({})), null);
});
