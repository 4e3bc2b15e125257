/** Appends to the partitions that this broker leads; with acks=-1 the answer waits for the high watermark. */
import type { Clock } from '../../ports/time.ts';
import type { Tracer } from '../environment.ts';
import { isAppendError, type LogAppendInfo, StorageError } from '../log/types.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import { Refusals } from '../refusals.ts';
import { DelayedProduce, type ProduceEntry } from './delayed-produce.ts';
import type { HostedPartitions } from './hosted-partitions.ts';
import type { Partition } from './partition.ts';
import type { Purgatory } from './purgatory.ts';
import { type AppendEntry, type AppendOptions, type AppendResult, isInternalTopic } from './types.ts';
import type { WakeQueue } from './wake-queue.ts';

const UNSEEN_BY_LOG: ReadonlySet<number> = new Set([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

export class ReplicaAppends {
  readonly #tracer: Tracer;
  readonly #refusals: Refusals;
  readonly #partitions: HostedPartitions;
  readonly #waiting: Purgatory;
  readonly #wakes: WakeQueue;

  constructor(
    { clock, tracer }: { readonly clock: Clock; readonly tracer: Tracer },
    partitions: HostedPartitions,
    waiting: Purgatory,
    wakes: WakeQueue,
  ) {
    this.#tracer = tracer;
    this.#refusals = new Refusals(clock);
    this.#partitions = partitions;
    this.#waiting = waiting;
    this.#wakes = wakes;
  }

  /** See ReplicaManager.append. */
  append(options: AppendOptions): void {
    const { requiredAcks, done } = options;
    if (requiredAcks < -1 || requiredAcks > 1) {
      done(options.entries.map(() => failedAppend(ErrorCode.INVALID_REQUIRED_ACKS, undefined)));
      return;
    }
    this.#wakes.enter();
    const entries = options.entries.map((entry) => this.#appendEntry(entry, options));
    const mustWait = entries.some((entry) => 'waits' in entry);
    if (mustWait) {
      const keys = new Set<TopicPartitionKey>();
      for (const entry of entries) if ('waits' in entry) keys.add(entry.waits.partition.key);
      const operation = new DelayedProduce(this.#tracer, this.#refusals, entries, done);
      this.#waiting.tryCompleteElseWatch(operation, keys, options.timeoutMs);
    } else {
      done(entries.map((entry) => ('result' in entry ? entry.result : entry.waits.success)));
    }
    this.#wakes.leave();
  }

  #appendEntry(entry: AppendEntry, options: AppendOptions): ProduceEntry {
    const outcome = this.#appendLocally(entry, options);
    if (!('result' in outcome) || outcome.result.error === ErrorCode.NONE) return outcome;
    const partition = topicPartitionKey(entry.topic, entry.partition);
    const { error } = outcome.result;
    const times = this.#refusals.count(`${partition}/${error}`);
    const { requiredAcks: acks } = options;
    if (times > 0)
      this.#tracer.emit({ type: 'produce-failed', partition, acks, error, afterAppend: false, lastOffset: -1, times });
    return outcome;
  }

  #appendLocally(entry: AppendEntry, { origin, requiredAcks, transactionVersion }: AppendOptions): ProduceEntry {
    const isForbidden = origin === 'client' && isInternalTopic(entry.topic);
    if (isForbidden) return refused(ErrorCode.INVALID_TOPIC_EXCEPTION, `clients may not write to ${entry.topic}`);
    const partition = this.#partitions.find(entry.topic, entry.partition);
    if (typeof partition === 'number') return refused(partition);
    const isOtherTopic = entry.topicId !== undefined && entry.topicId !== partition.topicId;
    if (isOtherTopic) return refused(ErrorCode.UNKNOWN_TOPIC_ID);
    const isOtherEpoch = entry.expectedLeaderEpoch !== undefined && entry.expectedLeaderEpoch !== partition.leaderEpoch;
    if (isOtherEpoch) return refused(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    try {
      const { records, verificationGuard } = entry;
      const info = partition.appendAsLeader(records, requiredAcks, { origin, verificationGuard, transactionVersion });
      if (isAppendError(info)) {
        const failed = failedAppend(info.error, info.message, info.recordErrors);
        // What was not looked at closely is not told where the log starts.
        if (UNSEEN_BY_LOG.has(info.error)) return { result: failed };
        return { result: { ...failed, logStartOffset: partition.log.logStartOffset } };
      }
      return this.#appended(entry, partition, info, requiredAcks);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return refused(ErrorCode.KAFKA_STORAGE_ERROR);
    }
  }

  #appended(entry: AppendEntry, partition: Partition, info: LogAppendInfo, requiredAcks: number): ProduceEntry {
    const original = info.duplicateOf;
    const lastOffset = original?.lastOffset ?? info.lastOffset;
    const success: AppendResult = {
      error: ErrorCode.NONE,
      baseOffset: original?.offset ?? info.firstOffset,
      lastOffset,
      // For a duplicate Kafka tells when the records date from.
      logAppendTimeMs: original?.timestamp ?? info.logAppendTimeMs,
      logStartOffset: partition.log.logStartOffset,
    };
    const waitsForReplicas = requiredAcks === -1;
    if (!waitsForReplicas) {
      this.#traceAcknowledged(partition, requiredAcks, success, original === undefined ? partition.leaderEpoch : NONE);
      return { result: success };
    }
    const expectedLeaderEpoch = entry.expectedLeaderEpoch ?? null;
    return {
      waits: {
        partition,
        requiredOffset: Offset(lastOffset + 1),
        expectedLeaderEpoch,
        appendEpoch: original === undefined ? partition.leaderEpoch : NONE,
        success,
      },
    };
  }

  #traceAcknowledged(partition: Partition, acks: number, result: AppendResult, appendEpoch: LeaderEpoch): void {
    this.#tracer.emit({
      type: 'produce-acked',
      partition: partition.key,
      acks,
      leaderEpoch: partition.leaderEpoch,
      appendEpoch,
      baseOffset: result.baseOffset,
      lastOffset: result.lastOffset,
      highWatermark: partition.log.highWatermark,
      maximalIsrSize: partition.maximalIsrSize,
      minIsr: partition.effectiveMinIsr,
    });
  }
}

/** What an append is told that came to nothing. */
export function failedAppend(
  error: number,
  message: string | undefined,
  recordErrors?: AppendResult['recordErrors'],
): AppendResult {
  return {
    error,
    baseOffset: NONE,
    lastOffset: NONE,
    logAppendTimeMs: NONE,
    logStartOffset: NONE,
    ...(message === undefined ? {} : { message }),
    ...(recordErrors === undefined ? {} : { recordErrors }),
  };
}

function refused(error: number, message?: string): ProduceEntry {
  return { result: failedAppend(error, message) };
}
