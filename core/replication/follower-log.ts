/** What a follower does to its log at the leader's word: appends, and truncations where the two have diverged. */
import { lesser } from '../../ports/brand.ts';
import { invariant } from '../../ports/invariant.ts';
import { type AppendError, isAppendError } from '../log/types.ts';
import type { BrokerId, Offset } from '../protocol/numbers.ts';
import { readBatchHeader } from '../protocol/records.ts';
import type { FetchTarget } from './fetch-session-handler.ts';
import type { HighWatermark } from './high-watermark.ts';
import type { FollowerRole } from './partition-role.ts';
import type { PartitionContext, PartitionState } from './partition-state.ts';

/** What a follower had asked for, and whom: its answer is told with it. */
export type AskedFetch = Pick<FetchTarget, 'currentLeaderEpoch' | 'fetchOffset'> & { readonly leader: BrokerId };

export class FollowerLog {
  readonly #context: PartitionContext;
  readonly #state: PartitionState;
  readonly #highWatermark: HighWatermark;

  constructor(context: PartitionContext, state: PartitionState, highWatermark: HighWatermark) {
    this.#context = context;
    this.#state = state;
    this.#highWatermark = highWatermark;
  }

  /** See Partition.appendAsFollower. */
  append(asked: AskedFetch, records: Uint8Array, leaderHighWatermark: Offset, leaderLogStartOffset: Offset): AppendError | null {
    const { role, log, key } = this.#state;
    invariant(role.kind === 'follower', () => `${key} is not a follower and can't append as one`);
    const fromOffset = log.logEndOffset;
    if (records.length > 0) {
      this.#maybeStartInsideBatch(records);
      const info = log.appendAsFollower(records);
      if (isAppendError(info)) return info;
    }
    this.#highWatermark.follow(role, leaderHighWatermark);
    const logStart = lesser(leaderLogStartOffset, log.highWatermark);
    if (logStart > log.logStartOffset) log.maybeIncrementLogStartOffset(logStart, 'leader');
    this.#traceApplied(asked, role, fromOffset, false);
    return null;
  }

  /** The leader's log parts from this one: cuts it at `offset`. Throws StorageError. */
  cutDiverging(asked: AskedFetch, offset: Offset): void {
    const { role, log, key } = this.#state;
    invariant(role.kind === 'follower', () => `${key} is not a follower and has no leader to diverge from`);
    const fromOffset = log.logEndOffset;
    this.truncateTo(offset, 'diverging-epoch');
    this.#traceApplied(asked, role, fromOffset, true);
  }

  /** Cuts the log at `offset`, also when that is its end: epochs that begin there are forgotten. Throws StorageError. */
  truncateTo(offset: Offset, reason: string): void {
    const { log, key } = this.#state;
    const from = log.highWatermark;
    log.truncateTo(offset, reason);
    this.#highWatermark.afterTruncation(from);
    this.#context.wake(key);
  }

  #traceApplied(asked: AskedFetch, role: FollowerRole, fromOffset: Offset, diverging: boolean): void {
    const { log, key } = this.#state;
    this.#context.env.tracer.emit({
      type: 'fetch-applied',
      partition: key,
      diverging,
      leaderEpoch: role.leaderEpoch,
      askedEpoch: asked.currentLeaderEpoch,
      askedOffset: asked.fetchOffset,
      askedNode: asked.leader,
      fromOffset,
      endOffset: log.logEndOffset,
      leader: role.leader,
    });
  }

  /** Throws the whole log away and starts anew at `offset`. Throws StorageError. */
  restartAt(offset: Offset): void {
    const { log, key } = this.#state;
    const from = log.highWatermark;
    log.truncateFullyAndStartAt(offset, 'out-of-range');
    this.#highWatermark.afterTruncation(from);
    this.#context.wake(key);
  }

  /** The leader's log may start inside a batch (DeleteRecords): a follower that begins there must start at the batch. */
  #maybeStartInsideBatch(records: Uint8Array): void {
    const { logEndOffset, logStartOffset } = this.#state.log;
    if (logEndOffset !== logStartOffset) return;
    const first = readBatchHeader(records);
    if (first.baseOffset < logEndOffset && first.lastOffset >= logEndOffset) this.restartAt(first.baseOffset);
  }
}
