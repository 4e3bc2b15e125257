/** Batches and logs for tests. */
import { Offset } from '../../protocol/numbers.ts';
import { type BatchOptions, encodeBatch } from '../../protocol/records.ts';
import { isAppendError, Log, type LogAppendInfo } from '../log.ts';
import { DEFAULT_LOG_CONFIG, type AppendError, type LogConfig, type LogOptions } from '../types.ts';
import type { TestEnvironment } from './test-environment.ts';

export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAABQ';

/** A batch of `count` records with one-letter values. */
export function batchOf(env: TestEnvironment, count: number, options: BatchOptions = {}, timestamp = env.nowMs): Uint8Array {
  const records = Array.from({ length: count }, (_, at) => ({ key: null, value: Uint8Array.of(97 + (at % 26)), timestamp }));
  return encodeBatch(records, options);
}

export function openLog(env: TestEnvironment, config: Partial<LogConfig> = {}, options: Partial<LogOptions> = {}): Log {
  env.makeDirectory('data');
  return Log.load(env, {
    directory: 'data/orders-0',
    topicPartition: { topic: 'orders', partition: 0 },
    topicId: TOPIC_ID,
    config: { ...DEFAULT_LOG_CONFIG, ...config },
    recoveryPoint: Offset(0),
    logStartOffset: Offset(0),
    hadCleanShutdown: false,
    ...options,
  });
}

/** The append's result, which must be a success. */
export function ok(result: LogAppendInfo | AppendError): LogAppendInfo {
  if (isAppendError(result)) throw new Error(result.message);
  return result;
}
