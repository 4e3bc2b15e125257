/** The part of the coordinator that one partition of `__consumer_offsets` is: its groups, while this broker leads it. */
import { type RecordInput, encodeBatch } from '../protocol/records.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { Group } from './Group.ts';
import type { CoordinatorLog } from '../replication/CoordinatorLog.ts';

export class Shard {
  readonly partition: number;
  leaderEpoch: number;
  state: 'loading' | 'active' | 'unloaded' = 'loading';
  readonly groups = new Map<string, Group>();
  readonly #log: CoordinatorLog;
  readonly #timeoutMs: number;

  constructor(partition: number, leaderEpoch: number, log: CoordinatorLog, timeoutMs: number) {
    this.partition = partition;
    this.leaderEpoch = leaderEpoch;
    this.#log = log;
    this.#timeoutMs = timeoutMs;
  }

  getOrCreate(id: string): Group {
    let group = this.groups.get(id);
    if (group === undefined) {
      group = new Group(id);
      this.groups.set(id, group);
    }
    return group;
  }

  /**
   * Writes records in one batch. `done` is told a coordinator error (0: replicated) and the offset of the first record, and only
   * while this shard still is the one that wrote: an answer of an earlier leadership completes nothing (KAFKA-20634).
   */
  write(records: readonly RecordInput[], done: (error: number, baseOffset: number) => void): void {
    const leaderEpoch = this.leaderEpoch;
    this.#log.appendBatch(this.partition, leaderEpoch, encodeBatch(records), this.#timeoutMs, (error, lastOffset) => {
      if (this.state !== 'active') done(ErrorCode.NOT_COORDINATOR, -1);
      else done(coordinatorError(error), lastOffset - records.length + 1);
    });
  }
}

/** What a failed append means to a client of the coordinator, as CoordinatorOperationExceptionHelper maps it. */
function coordinatorError(error: number): number {
  switch (error) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.FENCED_LEADER_EPOCH:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR;
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.UNKNOWN_SERVER_ERROR;
    default:
      return error;
  }
}
