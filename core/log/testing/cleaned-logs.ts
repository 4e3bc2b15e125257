/** A broker's logs with a cleaner that is busy, and what a reader makes of a compacted log. */
import { LeaderEpoch, Offset } from '../../protocol/numbers.ts';
import { decodeRecords, encodeBatch, forEachBatch, type BatchOptions } from '../../protocol/records.ts';
import { pureCompression } from '../../protocol/compression.ts';
import { readEndTxnMarker } from '../control-records.ts';
import type { Log } from '../log.ts';
import { LogManager } from '../log-manager.ts';
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../types.ts';
import { TOPIC_ID, ok } from './logs.ts';
import type { TestEnvironment } from './test-environment.ts';

export const CLEANER_CONFIG = {
  'log.retention.check.interval.ms': 300_000,
  'log.initial.task.delay.ms': 30_000,
  'log.flush.scheduler.interval.ms': 1000,
  'log.flush.offset.checkpoint.interval.ms': 60_000,
  'log.flush.start.offset.checkpoint.interval.ms': 60_000,
  'replica.high.watermark.checkpoint.interval.ms': 5000,
  'producer.id.expiration.ms': 86_400_000,
  'producer.id.expiration.check.interval.ms': 600_000,
  'transaction.partition.verification.enable': false,
  'log.cleaner.enable': true,
  'log.cleaner.threads': 1,
  'log.cleaner.backoff.ms': 1000,
  'log.cleaner.dedupe.buffer.size': 100_000,
  'log.cleaner.io.buffer.load.factor': 0.9,
  'log.cleaner.io.buffer.size': 400,
  'log.cleaner.io.max.bytes.per.second': Number.MAX_VALUE,
};

export const COMPACTED: Partial<LogConfig> = {
  'cleanup.policy': ['compact'],
  'segment.bytes': 400,
  'min.cleanable.dirty.ratio': 0.1,
  'delete.retention.ms': 60_000,
};

/** Loads what is in `d1`, as a broker that starts does. */
export function startManager(
  env: TestEnvironment,
  topic: Partial<LogConfig> = COMPACTED,
  settings: Partial<typeof CLEANER_CONFIG> = {},
): LogManager {
  env.makeDirectory('d1');
  const manager = new LogManager(env, {
    directories: ['d1'],
    config: { ...CLEANER_CONFIG, ...settings },
    topicConfig: () => ({ ...DEFAULT_LOG_CONFIG, ...topic }),
    onDirectoryFailed: (directory) => {
      throw new Error(`${directory} failed`);
    },
  });
  let isReady = false;
  manager.start(() => {
    isReady = true;
  });
  env.world.runUntil(() => isReady, 60_000);
  return manager;
}

export function ordersOf(manager: LogManager): Log {
  const log = manager.getOrCreate('orders', 0, TOPIC_ID);
  if (log === null) throw new Error('orders-0 is on its way out');
  return log;
}

/** Records `key=value`, or `key` alone for a tombstone. */
export function keyed(env: TestEnvironment, texts: readonly string[], options: BatchOptions = {}): Uint8Array {
  const utf8 = new TextEncoder();
  const records = texts.map((text) => {
    const [key, value] = text.split('=') as [string, string?];
    return { key: utf8.encode(key), value: value === undefined ? null : utf8.encode(value), timestamp: env.nowMs };
  });
  return encodeBatch(records, options);
}

/** Appends as the leader does; all of it is committed. */
export function write(env: TestEnvironment, log: Log, texts: readonly string[], options: BatchOptions = {}): void {
  ok(log.appendAsLeader(keyed(env, texts, options), LeaderEpoch(0)));
  log.updateHighWatermark(log.logEndOffset);
}

/** Every batch of the log, as `offsets: records`; a head without records ends with the colon. */
export function batchesOf(log: Log): string[] {
  const told: string[] = [];
  visit(log, (header, bytes) => {
    const marker = readEndTxnMarker(header, bytes, 0, pureCompression);
    const what = marker === null ? recordsOf(bytes).map(({ text }) => text) : [marker.commit ? 'COMMIT' : 'ABORT'];
    told.push(`${header.baseOffset}-${header.lastOffset}: ${what.join(' ')}`.trimEnd());
  });
  return told;
}

/** What a reader of committed records ends up with. */
export function foldOf(log: Log): Record<string, string> {
  const aborted = log.abortedTransactions(log.logStartOffset, log.logEndOffset);
  const held = new Map<string, string>();
  const inAborted = new Set<number>();
  visit(log, (header, bytes) => {
    for (const { producerId, firstOffset } of aborted) if (firstOffset === header.baseOffset) inAborted.add(producerId);
    if (header.isControl) inAborted.delete(header.producerId);
    else if (!header.isTransactional || !inAborted.has(header.producerId)) {
      for (const { key, value } of recordsOf(bytes)) {
        if (value === null) held.delete(key);
        else held.set(key, value);
      }
    }
  });
  return Object.fromEntries([...held].sort());
}

function visit(log: Log, see: (header: Parameters<Parameters<typeof forEachBatch>[1]>[0], bytes: Uint8Array) => void): void {
  let at = log.logStartOffset;
  while (at < log.logEndOffset) {
    const read = log.read(at, { maxBytes: 1 << 20, minOneMessage: true, upperBound: 'log-end' });
    if (read === 'out-of-range' || read.endOffset === at) return;
    forEachBatch(read.records, (header, position) => see(header, read.records.subarray(position, position + header.sizeInBytes)));
    at = Offset(read.endOffset);
  }
}

function recordsOf(batch: Uint8Array): { readonly key: string; readonly value: string | null; readonly text: string }[] {
  const utf8 = new TextDecoder();
  return decodeRecords(batch).map((record) => {
    const key = record.key === null ? '' : utf8.decode(record.key);
    const value = record.value === null ? null : utf8.decode(record.value);
    return { key, value, text: value === null ? key : `${key}=${value}` };
  });
}
