/** The metadata log as the quorum needs it (Kafka's KafkaMetadataLog): positions, flushed end, snapshots, divergence. */
import { greater, lesser } from '../../ports/brand.ts';
import type { Disk, DiskError } from '../../ports/disk.ts';
import { invariant } from '../../ports/invariant.ts';
import { isAppendError, type Log, type LogAppendInfo, type LogReadInfo, type ReadBound } from '../log/log.ts';
import { LeaderEpoch, type Offset } from '../protocol/numbers.ts';
import { BOOTSTRAP_SNAPSHOT, type PartialSnapshot, SnapshotFiles } from './snapshot-files.ts';
import { comparePositions, type OffsetAndEpoch } from './types.ts';

/** What the quorum asks of a log; `Log` of core/log is one. */
export type ReplicatedLog = Pick<
  Log,
  | 'logStartOffset'
  | 'logEndOffset'
  | 'highWatermark'
  | 'recoveryPoint'
  | 'latestEpoch'
  | 'appendAsLeader'
  | 'appendAsFollower'
  | 'read'
  | 'updateHighWatermark'
  | 'truncateTo'
  | 'truncateFullyAndStartAt'
  | 'endOffsetForEpoch'
  | 'maybeIncrementLogStartOffset'
  | 'deleteOldSegments'
  | 'flush'
  | 'close'
>;

/** May a replica read on from its position? If not, from where. */
export type PositionCheck =
  | { readonly kind: 'valid' }
  | { readonly kind: 'diverging'; readonly end: OffsetAndEpoch }
  | { readonly kind: 'snapshot'; readonly id: OffsetAndEpoch };

const VALID: PositionCheck = { kind: 'valid' };

export class MetadataLog {
  readonly snapshots: SnapshotFiles;
  readonly #log: ReplicatedLog;
  readonly #onFlushed: (error: DiskError | null) => void;
  /** Complete snapshots, the oldest first. */
  #ids: OffsetAndEpoch[];
  #flushedTo: Offset;
  /** Truncations so far: what was being synced before one says nothing of what is appended after it. */
  #generation = 0;
  #flushing = false;

  /** `onFlushed` is called after every sync. */
  constructor(disk: Disk, directory: string, log: ReplicatedLog, onFlushed: (error: DiskError | null) => void) {
    this.#log = log;
    this.#onFlushed = onFlushed;
    this.snapshots = new SnapshotFiles(disk, directory);
    this.#ids = this.snapshots.load();
    this.#flushedTo = lesser(log.recoveryPoint, log.logEndOffset);
    const latest = this.latestSnapshot;
    if (latest === null) return;
    // A crash between a snapshot's arrival and the truncation, or the cleaning, that follows it.
    if (!this.startAtLatestSnapshot()) this.deleteBefore(latest);
  }

  get startOffset(): Offset {
    return this.#log.logStartOffset;
  }

  get endOffset(): Offset {
    return this.#log.logEndOffset;
  }

  get highWatermark(): Offset {
    return this.#log.highWatermark;
  }

  /** All below is durable. */
  get flushedOffset(): Offset {
    return this.#flushedTo;
  }

  get isFlushed(): boolean {
    return this.#flushedTo >= this.#log.logEndOffset;
  }

  get latestSnapshot(): OffsetAndEpoch | null {
    return this.#ids.at(-1) ?? null;
  }

  /** The epoch of the last entry. */
  get lastEpoch(): LeaderEpoch {
    const latest = this.#log.latestEpoch;
    if (latest !== null) return latest;
    return this.latestSnapshot?.epoch ?? LeaderEpoch(0);
  }

  get endPosition(): OffsetAndEpoch {
    return { offset: this.endOffset, epoch: this.lastEpoch };
  }

  appendAsLeader(batch: Uint8Array, epoch: LeaderEpoch): LogAppendInfo {
    const info = this.#log.appendAsLeader(batch, epoch, { origin: 'raft-leader' });
    invariant(!isAppendError(info), () => `metadata log refused the leader's append: ${JSON.stringify(info)}`);
    return info;
  }

  /** False: the bytes are not valid batches that continue the log. */
  appendAsFollower(batches: Uint8Array): boolean {
    return !isAppendError(this.#log.appendAsFollower(batches));
  }

  read(offset: Offset, maxBytes: number, upperBound: ReadBound): LogReadInfo {
    const read = this.#log.read(offset, { maxBytes, minOneMessage: true, upperBound });
    invariant(read !== 'out-of-range', () => `metadata log: read at ${offset} of [${this.startOffset}, ${this.endOffset}]`);
    return read;
  }

  updateHighWatermark(offset: Offset): void {
    this.#log.updateHighWatermark(offset);
  }

  /** Syncs what is not durable yet; `onFlushed` tells. */
  flush(): void {
    if (this.#flushing || this.isFlushed) return;
    this.#flushing = true;
    const upTo = this.#log.logEndOffset;
    const generation = this.#generation;
    this.#log.flush(upTo, (error) => {
      this.#flushing = false;
      if (error === null && generation === this.#generation) this.#flushedTo = greater(this.#flushedTo, upTo);
      this.#onFlushed(error);
    });
  }

  /** Up to where this log may be the leader's; `end` is the leader's end of its largest epoch up to ours. */
  commonEnd(end: OffsetAndEpoch): Offset {
    const local = end.epoch === 0 ? { offset: this.endOffset, epoch: end.epoch } : this.#endOfEpoch(end.epoch);
    return local.epoch === end.epoch ? lesser(local.offset, end.offset) : local.offset;
  }

  /** Cuts what the leader doesn't have. A committed entry is never taken back (KAFKA-12460): that is for the caller to see. */
  truncateTo(offset: Offset): void {
    invariant(offset >= this.highWatermark, () => `truncation to ${offset} below the high watermark ${this.highWatermark}`);
    this.#generation += 1;
    this.#flushedTo = lesser(this.#flushedTo, offset);
    this.#log.truncateTo(offset, 'diverging-epoch');
  }

  /** May a replica whose log ends at (offset, epoch) read on from there? */
  check(offset: Offset, epoch: LeaderEpoch): PositionCheck {
    if (this.startOffset === 0 && offset === 0) return VALID;
    const earliest = this.#ids[0];
    if (earliest !== undefined) {
      const isBelow = offset < this.startOffset || epoch < earliest.epoch;
      if (isBelow || (offset === this.startOffset && epoch !== earliest.epoch)) {
        return { kind: 'snapshot', id: this.latestSnapshot as OffsetAndEpoch };
      }
    }
    const end = this.#endOfEpoch(epoch);
    return end.epoch !== epoch || end.offset < offset ? { kind: 'diverging', end } : VALID;
  }

  /** Of the largest epoch up to `epoch` in this log: that epoch and its end. */
  #endOfEpoch(epoch: LeaderEpoch): OffsetAndEpoch {
    const found = this.#log.endOffsetForEpoch(epoch);
    if (found === null) return this.endPosition;
    const earliest = this.#ids[0];
    if (earliest !== undefined && found.endOffset === earliest.offset && found.epoch === epoch) return earliest;
    return { offset: found.endOffset, epoch: found.epoch };
  }

  hasSnapshot(id: OffsetAndEpoch): boolean {
    return this.#ids.some((known) => comparePositions(known, id) === 0);
  }

  createSnapshot(id: OffsetAndEpoch): PartialSnapshot {
    return this.snapshots.create(id);
  }

  /** A snapshot has become durable. */
  addSnapshot(id: OffsetAndEpoch): void {
    if (this.hasSnapshot(id)) return;
    this.#ids.push(id);
    this.#ids.sort(comparePositions);
  }

  /** If the latest snapshot is beyond the log, the log begins anew at its end. False: it is not. */
  startAtLatestSnapshot(): boolean {
    const latest = this.latestSnapshot;
    if (latest === null) return false;
    const lastEpoch = this.#log.latestEpoch ?? 0;
    const isBeyond = latest.epoch > lastEpoch || (latest.epoch === lastEpoch && latest.offset > this.endOffset);
    const isAlreadyThere = this.startOffset === latest.offset && this.endOffset === latest.offset;
    if (!isBeyond || isAlreadyThere) return false;
    this.#generation += 1;
    this.#log.truncateFullyAndStartAt(latest.offset, 'snapshot');
    this.#log.updateHighWatermark(latest.offset);
    this.#flushedTo = latest.offset;
    this.#forgetBefore(latest);
    return true;
  }

  /** Deletes the log below a snapshot, never beyond it (KAFKA-14238), and the snapshots before it. */
  deleteBefore(id: OffsetAndEpoch): void {
    if (this.#log.highWatermark < id.offset) this.#log.updateHighWatermark(id.offset);
    if (this.startOffset < id.offset) {
      this.#log.maybeIncrementLogStartOffset(id.offset, 'snapshot');
      this.#log.deleteOldSegments();
    }
    // What is below the log's start is covered by a durable snapshot.
    this.#flushedTo = greater(this.#flushedTo, id.offset);
    this.#forgetBefore(id);
  }

  #forgetBefore(id: OffsetAndEpoch): void {
    this.snapshots.remove(BOOTSTRAP_SNAPSHOT);
    for (const old of this.#ids) if (comparePositions(old, id) < 0) this.snapshots.remove(old);
    this.#ids = this.#ids.filter((known) => comparePositions(known, id) >= 0);
  }

  close(): void {
    this.#log.close();
  }
}
