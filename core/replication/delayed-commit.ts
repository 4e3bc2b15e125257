/** Who waits for the high watermark to reach an offset of a log, in one leader epoch. */
import { ErrorCode } from '../protocol/errors.ts';
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { Partition } from './partition.ts';
import { DelayedOperation } from './purgatory.ts';

export class DelayedCommit extends DelayedOperation {
  readonly #partition: Partition;
  readonly #leaderEpoch: LeaderEpoch;
  readonly #offset: Offset;
  readonly #done: (error: number) => void;
  #error: number = ErrorCode.REQUEST_TIMED_OUT;

  constructor(partition: Partition, leaderEpoch: LeaderEpoch, offset: Offset, done: (error: number) => void) {
    super();
    this.#partition = partition;
    this.#leaderEpoch = leaderEpoch;
    this.#offset = offset;
    this.#done = done;
  }

  override tryComplete(): void {
    const { isLeader, leaderEpoch, log } = this.#partition;
    const isOver = !isLeader || leaderEpoch !== this.#leaderEpoch;
    if (!isOver && log.highWatermark < this.#offset) return;
    this.#error = isOver ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.NONE;
    this.complete();
  }

  protected override onComplete(): void {
    this.#done(this.#error);
  }
}
