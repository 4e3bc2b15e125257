/**
 * `.timeindex`: entries of 12 bytes, the largest timestamp so far (int64) and the offset, relative to the segment's base
 * (int32), of the batch that has it. Timestamps increase strictly, whatever the records' own do (KIP-33, KIP-937).
 */
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { Offset } from '../protocol/numbers.ts';
import { getInt64, putInt64, viewOf } from './bytes.ts';
import { lastAtOrBelow } from './offset-index.ts';

const ENTRY_BYTES = 12;

export class TimeIndex {
  readonly file: DiskFile;
  readonly #baseOffset: Offset;
  #timestamps: number[] = [];
  #offsets: Offset[] = [];
  dirty = false;

  constructor(disk: Disk, path: string, baseOffset: Offset) {
    this.file = disk.open(path, { create: true });
    this.#baseOffset = baseOffset;
  }

  get entries(): number {
    return this.#timestamps.length;
  }

  isFull(maxBytes: number): boolean {
    // Kafka keeps one slot for the entry written when the segment is closed.
    return this.entries >= Math.floor(maxBytes / ENTRY_BYTES) - 1;
  }

  /** Records the segment's largest timestamp so far, if it is larger than the last one recorded. */
  maybeAppend(timestamp: number, offset: Offset): void {
    const last = this.#timestamps.at(-1) ?? -1;
    if (timestamp <= last) return;
    const bytes = new Uint8Array(ENTRY_BYTES);
    const view = viewOf(bytes);
    putInt64(view, 0, timestamp);
    view.setInt32(8, offset - this.#baseOffset);
    this.file.append(bytes);
    this.#timestamps.push(timestamp);
    this.#offsets.push(offset);
    this.dirty = true;
  }

  /** Every batch before the returned offset (the base offset if there is no entry) is older than `timestamp`. */
  lookup(timestamp: number): Offset {
    const slot = lastAtOrBelow(this.#timestamps, timestamp - 1);
    return slot < 0 ? this.#baseOffset : (this.#offsets[slot] as Offset);
  }

  /** Drops every entry for `offset` and above. */
  truncateTo(offset: Offset): void {
    const keep = lastAtOrBelow(this.#offsets, offset - 1) + 1;
    if (keep === this.entries) return;
    this.#timestamps.length = keep;
    this.#offsets.length = keep;
    this.file.truncate(keep * ENTRY_BYTES);
    this.dirty = true;
  }

  reset(): void {
    this.#timestamps = [];
    this.#offsets = [];
    this.file.truncate(0);
    this.dirty = true;
  }

  /** Reads the file. False if it is not a sane index of a segment that ends before `endOffset`: rebuild it. */
  load(endOffset: Offset): boolean {
    this.#timestamps = [];
    this.#offsets = [];
    const bytes = this.file.read(0, this.file.size);
    if (bytes.length % ENTRY_BYTES !== 0) return false;
    const view = viewOf(bytes);
    let lastTimestamp = -1;
    let lastOffset = this.#baseOffset - 1;
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const timestamp = getInt64(view, at);
      const offset = Offset(this.#baseOffset + view.getInt32(at + 8));
      if (timestamp <= lastTimestamp || offset <= lastOffset || offset >= endOffset) return false;
      this.#timestamps.push(timestamp);
      this.#offsets.push(offset);
      lastTimestamp = timestamp;
      lastOffset = offset;
    }
    return true;
  }
}
