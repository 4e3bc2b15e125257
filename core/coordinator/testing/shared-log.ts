/**
 * One partition of a coordinator's topic as the coordinators of several brokers see it: one leader at a time, a high watermark
 * that a test moves (or that follows the log end), and changes of leader with or without the uncommitted tail.
 */
import { ErrorCode } from '../../protocol/errors.ts';
import { LeaderEpoch, NONE, Offset } from '../../protocol/numbers.ts';
import { readBatchHeader, rebaseBatch } from '../../protocol/records.ts';
import type { CoordinatorLog } from '../coordinator-log.ts';

interface Append {
  readonly epoch: LeaderEpoch;
  readonly lastOffset: Offset;
  readonly done: (error: number, lastOffset: Offset) => void;
}

export class SharedLog {
  leader: string | null = null;
  epoch = LeaderEpoch(0);
  highWatermark = Offset(0);
  /** The high watermark follows the log end at once. */
  commitsAtOnce = true;
  /** Every append is refused with it. */
  refusal: number = ErrorCode.NONE;
  /** What the coordinators of transactions say to whoever asks. */
  verificationError: number = ErrorCode.NONE;
  #batches: { readonly baseOffset: Offset; readonly nextOffset: Offset; readonly bytes: Uint8Array }[] = [];
  #appends: Append[] = [];
  /** For the high watermark. */
  #waiting: { readonly epoch: LeaderEpoch; readonly offset: Offset; readonly done: (error: number) => void }[] = [];

  get endOffset(): Offset {
    return this.#batches.at(-1)?.nextOffset ?? Offset(0);
  }

  get waiting(): number {
    return this.#appends.length;
  }

  /** Whole batches from an offset on. */
  from(offset: Offset, maxBytes = Number.POSITIVE_INFINITY): { records: Uint8Array; endOffset: Offset } {
    const chosen: Uint8Array[] = [];
    let size = 0;
    let endOffset = offset;
    for (const { nextOffset, bytes } of this.#batches) {
      if (nextOffset <= offset) continue;
      if (chosen.length > 0 && size + bytes.length > maxBytes) break;
      chosen.push(bytes);
      size += bytes.length;
      endOffset = nextOffset;
    }
    const records = new Uint8Array(size);
    let position = 0;
    for (const bytes of chosen) {
      records.set(bytes, position);
      position += bytes.length;
    }
    return { records, endOffset };
  }

  /** Makes the group id of the first record's key longer than the record, as a rotten bit may. */
  rot(): void {
    const bytes = this.#batches[0]?.bytes;
    const atLength = 61 + 5 + 2;
    if (bytes !== undefined) bytes[atLength] = 0x64;
  }

  /** Moves the high watermark over the next `appends` appends, or over all. */
  commit(appends = Number.POSITIVE_INFINITY): void {
    const committed = this.#appends.splice(0, Math.min(appends, this.#appends.length));
    const isAll = this.#appends.length === 0;
    this.highWatermark = isAll ? this.endOffset : Offset((committed.at(-1)?.lastOffset ?? this.highWatermark - 1) + 1);
    for (const append of committed) {
      append.done(append.epoch === this.epoch ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER, append.lastOffset);
    }
    this.#tellWaiting();
  }

  /** A new leader and epoch. Without `keepTail` what was not committed is not in the new leader's log. */
  elect(leader: string, keepTail: boolean): void {
    this.leader = leader;
    this.epoch = LeaderEpoch(this.epoch + 1);
    if (!keepTail) this.#batches = this.#batches.filter(({ nextOffset }) => nextOffset <= this.highWatermark);
    this.highWatermark = this.endOffset;
    const failed = this.#appends;
    this.#appends = [];
    for (const append of failed) append.done(ErrorCode.NOT_LEADER_OR_FOLLOWER, append.lastOffset);
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { epoch, offset, done } of waiting) {
      if (epoch !== this.epoch) done(ErrorCode.NOT_LEADER_OR_FOLLOWER);
      else if (this.highWatermark >= offset) done(ErrorCode.NONE);
      else this.#waiting.push({ epoch, offset, done });
    }
  }

  view(node: string): CoordinatorLog {
    return {
      isLeader: () => (this.leader === node ? this.epoch : null),
      appendBatch: (_partition, leaderEpoch, bytes, _timeoutMs, done) => this.#append(node, leaderEpoch, bytes, done),
      verifyTransaction: (_partition, _transaction, done) => done({ error: this.verificationError, guard: null }),
      whenCommitted: (_partition, epoch, offset, done) => {
        this.#waiting.push({ epoch, offset, done });
        this.#tellWaiting();
      },
      read: (_partition, fromOffset, maxBytes) => this.from(fromOffset, maxBytes),
      logStart: () => Offset(0),
      logEnd: () => this.endOffset,
      highWatermark: () => this.highWatermark,
    };
  }

  #append(node: string, epoch: LeaderEpoch, bytes: Uint8Array, done: Append['done']): void {
    if (this.leader !== node || this.epoch !== epoch) {
      done(ErrorCode.NOT_LEADER_OR_FOLLOWER, NONE);
      return;
    }
    if (this.refusal !== ErrorCode.NONE) {
      done(this.refusal, NONE);
      return;
    }
    const batch = rebaseBatch(bytes, this.endOffset, epoch);
    const { baseOffset, nextOffset, lastOffset } = readBatchHeader(batch);
    this.#batches.push({ baseOffset, nextOffset, bytes: batch });
    this.#appends.push({ epoch, lastOffset, done });
    if (this.commitsAtOnce) this.commit();
  }
}
