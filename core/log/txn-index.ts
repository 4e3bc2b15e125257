/**
 * `.txnindex`: the aborted transactions whose marker lies in the segment. Entries of 34 bytes: version (int16, 0), producer
 * id, first offset, last offset (the marker's), last stable offset at the time (int64 each). The file appears with its first
 * entry.
 */
import type { Disk, DiskFile } from '../../ports/disk.ts';
import { Offset } from '../protocol/numbers.ts';
import { getInt64, putInt64, viewOf } from './bytes.ts';

const ENTRY_BYTES = 34;

export interface AbortedTxn {
  readonly producerId: number;
  readonly firstOffset: Offset;
  readonly lastOffset: Offset;
  readonly lastStableOffset: Offset;
}

export class TxnIndex {
  readonly #disk: Disk;
  readonly path: string;
  #file: DiskFile | null = null;
  #entries: AbortedTxn[] = [];
  dirty = false;
  /** Its name may not be durable yet: the file came after those of its segment. */
  isNew = false;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.path = path;
    if (disk.exists(path)) this.#file = disk.open(path);
  }

  get file(): DiskFile | null {
    return this.#file;
  }

  get entries(): readonly AbortedTxn[] {
    return this.#entries;
  }

  append(entry: AbortedTxn): void {
    if (this.#file === null) {
      this.#file = this.#disk.open(this.path, { create: true });
      this.isNew = true;
    }
    const bytes = new Uint8Array(ENTRY_BYTES);
    const view = viewOf(bytes);
    view.setInt16(0, 0);
    putInt64(view, 2, entry.producerId);
    putInt64(view, 10, entry.firstOffset);
    putInt64(view, 18, entry.lastOffset);
    putInt64(view, 26, entry.lastStableOffset);
    this.#file.append(bytes);
    this.#entries.push(entry);
    this.dirty = true;
  }

  /** Drops transactions whose marker is at or above `offset`. */
  truncateTo(offset: Offset): void {
    const keep = this.#entries.findIndex((entry) => entry.lastOffset >= offset);
    if (keep < 0 || this.#file === null) return;
    this.#entries.length = keep;
    this.#file.truncate(keep * ENTRY_BYTES);
    this.dirty = true;
  }

  reset(): void {
    this.#entries = [];
    if (this.#file === null) return;
    this.#file.truncate(0);
    this.dirty = true;
  }

  /** Reads the file. False if it is damaged: rebuild it from the log. */
  load(baseOffset: Offset, endOffset: Offset): boolean {
    this.#entries = [];
    if (this.#file === null) return true;
    const bytes = this.#file.read(0, this.#file.size);
    if (bytes.length % ENTRY_BYTES !== 0) return false;
    const view = viewOf(bytes);
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const lastOffset = Offset(getInt64(view, at + 18));
      const firstOffset = Offset(getInt64(view, at + 10));
      if (view.getInt16(at) !== 0 || lastOffset < baseOffset || lastOffset >= endOffset || firstOffset > lastOffset) return false;
      this.#entries.push({
        producerId: getInt64(view, at + 2),
        firstOffset,
        lastOffset,
        lastStableOffset: Offset(getInt64(view, at + 26)),
      });
    }
    return true;
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }
}
