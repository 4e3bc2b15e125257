/** What a coordinator needs of the log of one of its partitions: write, wait until it is committed, read back. */
import { StorageError } from '../log/types.ts';
import type { VerificationGuard } from '../log/verification.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { ReplicaManager } from '../replication/replica-manager.ts';
import type { VerifiedPartition, WritingTransaction } from '../replication/types.ts';

/** What a transactional append comes with. */
export interface TransactionalAppend {
  /** What the transaction's coordinator was asked with before the first append of it. */
  readonly verificationGuard?: VerificationGuard | null;
  /** Of a marker: the `transaction.version` that it was decided under. */
  readonly transactionVersion?: number;
}

export interface CoordinatorLog {
  /** The leader epoch if this broker leads the partition, else null. */
  isLeader(partition: number): LeaderEpoch | null;
  /**
   * Appends batches in `leaderEpoch` with acks=all. `done` gets error 0 and the last offset once the high watermark has
   * passed it in that same epoch; NOT_LEADER_OR_FOLLOWER if the epoch ended before (the records may or may not survive),
   * REQUEST_TIMED_OUT likewise, or what refused the append. May be called before appendBatch returns. `transaction`: of the batches of a
   * transaction, and of its marker.
   */
  appendBatch(
    partition: number,
    leaderEpoch: LeaderEpoch,
    batches: Uint8Array,
    timeoutMs: number,
    done: (error: number, lastOffset: Offset) => void,
    transaction?: TransactionalAppend,
  ): void;
  /**
   * Asks the coordinator of a transaction whether a partition of this log takes part in it, or has it added: before the first append of it
   * here. `done` gets 0 and the guard to append with, or an error.
   */
  verifyTransaction(partition: number, transaction: WritingTransaction, done: (verified: VerifiedPartition) => void): void;
  /** Calls once the high watermark has reached the offset in that epoch, with error 0; with NOT_LEADER_OR_FOLLOWER if the epoch ended before. */
  whenCommitted(partition: number, leaderEpoch: LeaderEpoch, offset: Offset, done: (error: number) => void): void;
  /** Whole batches from `fromOffset` up to the log end, which a new leader must know to the last record; null if the offset is not in the log, or the disk fails. */
  read(
    partition: number,
    fromOffset: Offset,
    maxBytes: number,
  ): { readonly records: Uint8Array; readonly endOffset: Offset } | null;
  logStart(partition: number): Offset;
  logEnd(partition: number): Offset;
  highWatermark(partition: number): Offset;
}

export class ReplicatedCoordinatorLog implements CoordinatorLog {
  readonly #replicas: ReplicaManager;
  readonly #topic: string;

  constructor(replicas: ReplicaManager, topic: string) {
    this.#replicas = replicas;
    this.#topic = topic;
  }

  isLeader(partition: number): LeaderEpoch | null {
    const replica = this.#find(partition);
    return replica?.isLeader ? replica.leaderEpoch : null;
  }

  appendBatch(
    partition: number,
    leaderEpoch: LeaderEpoch,
    batches: Uint8Array,
    timeoutMs: number,
    done: (error: number, lastOffset: Offset) => void,
    { verificationGuard = null, transactionVersion = 0 }: TransactionalAppend = {},
  ): void {
    this.#replicas.append({
      timeoutMs,
      requiredAcks: -1,
      origin: 'coordinator',
      transactionVersion,
      entries: [{ topic: this.#topic, partition, records: batches, expectedLeaderEpoch: leaderEpoch, verificationGuard }],
      done: ([result]) => done(result?.error ?? ErrorCode.UNKNOWN_SERVER_ERROR, result?.lastOffset ?? NONE),
    });
  }

  verifyTransaction(partition: number, transaction: WritingTransaction, done: (verified: VerifiedPartition) => void): void {
    this.#replicas.verifyTransaction(this.#topic, partition, transaction, done);
  }

  whenCommitted(partition: number, leaderEpoch: LeaderEpoch, offset: Offset, done: (error: number) => void): void {
    this.#replicas.whenCommitted(topicPartitionKey(this.#topic, partition), leaderEpoch, offset, done);
  }

  read(
    partition: number,
    fromOffset: Offset,
    maxBytes: number,
  ): { readonly records: Uint8Array; readonly endOffset: Offset } | null {
    try {
      const read = this.#find(partition)?.log.read(fromOffset, { maxBytes, minOneMessage: true, upperBound: 'log-end' });
      return read === undefined || read === 'out-of-range' ? null : read;
    } catch (error) {
      // Its directory is offline from now on; whoever asks this coordinator is to look for another.
      if (!(error instanceof StorageError)) throw error;
      return null;
    }
  }

  logStart(partition: number): Offset {
    return this.#find(partition)?.log.logStartOffset ?? Offset(0);
  }

  logEnd(partition: number): Offset {
    return this.#find(partition)?.log.logEndOffset ?? Offset(0);
  }

  highWatermark(partition: number): Offset {
    return this.#find(partition)?.log.highWatermark ?? Offset(0);
  }

  #find(partition: number) {
    return this.#replicas.partition(topicPartitionKey(this.#topic, partition));
  }
}
