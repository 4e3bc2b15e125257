/**
 * `.index`: a sparse map from offset to file position. Entries of 8 bytes: offset relative to the segment's base (int32) and
 * position (int32) of a place from which a scan finds it. Compact and append-only, where Kafka preallocates and trims at
 * close: the bytes are those of Kafka's after trimming.
 */
import type { Disk, DiskFile } from '../../ports/disk.ts';
import type { Offset } from '../protocol/numbers.ts';
import { viewOf } from './bytes.ts';

const ENTRY_BYTES = 8;

export class OffsetIndex {
  readonly file: DiskFile;
  readonly #baseOffset: Offset;
  #offsets: number[] = [];
  #positions: number[] = [];
  /** Changed since the last sync began. */
  dirty = false;

  constructor(disk: Disk, path: string, baseOffset: Offset) {
    this.file = disk.open(path, { create: true });
    this.#baseOffset = baseOffset;
  }

  get entries(): number {
    return this.#offsets.length;
  }

  isFull(maxBytes: number): boolean {
    return this.entries >= Math.floor(maxBytes / ENTRY_BYTES);
  }

  append(offset: Offset, position: number): void {
    const bytes = new Uint8Array(ENTRY_BYTES);
    const view = viewOf(bytes);
    view.setInt32(0, offset - this.#baseOffset);
    view.setInt32(4, position);
    this.file.append(bytes);
    this.#offsets.push(offset);
    this.#positions.push(position);
    this.dirty = true;
  }

  /** Position of the last entry at or below `offset`; 0 if there is none. A scan from there finds the offset. */
  lookup(offset: Offset): number {
    const slot = lastAtOrBelow(this.#offsets, offset);
    return slot < 0 ? 0 : (this.#positions[slot] as number);
  }

  /** The offset of the first entry at or behind a position; null if there is none. */
  offsetBehind(position: number): Offset | null {
    const slot = lastAtOrBelow(this.#positions, position - 1) + 1;
    return (this.#offsets[slot] as Offset | undefined) ?? null;
  }

  /** Drops every entry for `offset` and above; the sparse entry before it stays. */
  truncateTo(offset: Offset): void {
    const keep = lastAtOrBelow(this.#offsets, offset - 1) + 1;
    if (keep === this.entries) return;
    this.#offsets.length = keep;
    this.#positions.length = keep;
    this.file.truncate(keep * ENTRY_BYTES);
    this.dirty = true;
  }

  reset(): void {
    this.#offsets = [];
    this.#positions = [];
    this.file.truncate(0);
    this.dirty = true;
  }

  /** Reads the file. False if it is not a sane index of a segment of `logSize` bytes ending before `endOffset`: rebuild it. */
  load(logSize: number, endOffset: Offset): boolean {
    this.#offsets = [];
    this.#positions = [];
    const bytes = this.file.read(0, this.file.size);
    if (bytes.length % ENTRY_BYTES !== 0) return false;
    const view = viewOf(bytes);
    let lastOffset = this.#baseOffset - 1;
    let lastPosition = -1;
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const offset = this.#baseOffset + view.getInt32(at);
      const position = view.getInt32(at + 4);
      if (offset <= lastOffset || position <= lastPosition || offset >= endOffset || position >= logSize) return false;
      this.#offsets.push(offset);
      this.#positions.push(position);
      lastOffset = offset;
      lastPosition = position;
    }
    return true;
  }
}

/** Index of the last element ≤ target in an ascending array; -1 if there is none. */
export function lastAtOrBelow(values: readonly number[], target: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= target) low = middle + 1;
    else high = middle - 1;
  }
  return high;
}
