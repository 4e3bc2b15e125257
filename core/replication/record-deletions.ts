/** DeleteRecords (KIP-107): moves log starts up at the leader, and answers when every live replica has followed. */
import { StorageError } from '../log/types.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { NONE, type Offset } from '../protocol/numbers.ts';
import { DelayedDeleteRecords, type DeleteRecordsResult, type DeleteRecordsStatus } from './delayed-delete-records.ts';
import type { HostedPartitions } from './hosted-partitions.ts';
import type { Purgatory } from './purgatory.ts';
import { isInternalTopic } from './types.ts';
import type { WakeQueue } from './wake-queue.ts';

/** Up to the high watermark, whatever it is. */
const HIGH_WATERMARK = -1;

export class RecordDeletions {
  readonly #partitions: HostedPartitions;
  readonly #waiting: Purgatory;
  readonly #wakes: WakeQueue;

  constructor(partitions: HostedPartitions, waiting: Purgatory, wakes: WakeQueue) {
    this.#partitions = partitions;
    this.#waiting = waiting;
    this.#wakes = wakes;
  }

  /** See ReplicaManager.deleteRecords. */
  delete(
    entries: readonly { readonly topic: string; readonly partition: number; readonly offset: Offset }[],
    timeoutMs: number,
    done: (results: readonly DeleteRecordsResult[]) => void,
  ): void {
    this.#wakes.enter();
    const statuses = entries.map((entry) => this.#deleteLocally(entry.topic, entry.partition, entry.offset));
    const keys = statuses.flatMap((status) => ('error' in status ? [] : [status.partition.key]));
    for (const key of keys) this.#wakes.wake(key);
    this.#waiting.tryCompleteElseWatch(new DelayedDeleteRecords(statuses, done), new Set(keys), timeoutMs);
    this.#wakes.leave();
  }

  #deleteLocally(topic: string, index: number, offset: Offset): DeleteRecordsStatus | DeleteRecordsResult {
    const refuse = (error: number): DeleteRecordsResult => ({ topic, partition: index, error, lowWatermark: NONE });
    const partition = this.#partitions.find(topic, index);
    const exists = partition !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (exists && isInternalTopic(topic)) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION);
    if (typeof partition === 'number') return refuse(partition);
    const access = partition.checkAccess(NONE, true);
    if (access !== ErrorCode.NONE) return refuse(access);
    const { log } = partition;
    const isDeletable = log.config['cleanup.policy'].includes('delete');
    if (!isDeletable) return refuse(ErrorCode.POLICY_VIOLATION);
    const target = offset === HIGH_WATERMARK ? log.highWatermark : offset;
    // Only what is committed may go.
    const isCommitted = target >= 0 && target <= log.highWatermark;
    if (!isCommitted) return refuse(ErrorCode.OFFSET_OUT_OF_RANGE);
    try {
      log.maybeIncrementLogStartOffset(target, 'delete-records');
      return { partition, requestedOffset: target };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return refuse(ErrorCode.KAFKA_STORAGE_ERROR);
    }
  }
}
