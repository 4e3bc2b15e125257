/** Batches and logs for tests. */
import { LeaderEpoch, Offset } from '../../protocol/numbers.ts';
import { type BatchOptions, encodeBatch, encodeEndTxnMarker } from '../../protocol/records.ts';
import { isAppendError, Log, type LogAppendInfo } from '../log.ts';
import { VerificationGuard } from '../verification.ts';
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

/** Appends a batch of a producer's transaction as a leader does whose coordinator agrees. */
export function appendInTransaction(
  log: Log,
  batch: Uint8Array,
  of: { readonly producerId: number; readonly producerEpoch: number; readonly baseSequence: number },
  { leaderEpoch = 0, supportsEpochBump = false } = {},
): LogAppendInfo | AppendError {
  const started = log.startVerification(of.producerId, of.producerEpoch, of.baseSequence, supportsEpochBump);
  if (started !== null && !(started instanceof VerificationGuard)) return started;
  return log.appendAsLeader(batch, LeaderEpoch(leaderEpoch), { verificationGuard: started });
}

export interface MarkerOptions {
  readonly commit: boolean;
  readonly producerEpoch?: number;
  readonly coordinatorEpoch?: number;
  readonly transactionVersion?: number;
  readonly leaderEpoch?: number;
}

/** Appends a transaction's marker as a coordinator asks for it. */
export function appendMarker(
  env: TestEnvironment,
  log: Log,
  producerId: number,
  { commit, producerEpoch = 0, coordinatorEpoch = 0, transactionVersion = 1, leaderEpoch = 0 }: MarkerOptions,
): LogAppendInfo | AppendError {
  const type = commit ? 'COMMIT' : 'ABORT';
  const records = encodeEndTxnMarker({ type, producerId, producerEpoch, coordinatorEpoch, timestamp: env.nowMs });
  return log.appendAsLeader(records, LeaderEpoch(leaderEpoch), { origin: 'coordinator', transactionVersion });
}
