/** The `.snapshot` files of a log: producer state at the offsets where segments begin, and at a clean shutdown's end. */
import type { Disk, DiskFile } from '../../ports/disk.ts';
import type { Offset } from '../protocol/numbers.ts';
import { parseSegmentFile, segmentFile } from './file-names.ts';
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts';
import type { ProducerEntry } from './producer-state.ts';

export class ProducerSnapshots {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Ascending. */
  #offsets: Offset[];
  /** Written and not yet synced, by offset. */
  readonly #unsynced = new Map<Offset, DiskFile>();

  constructor(disk: Disk, directory: string, names: readonly string[]) {
    this.#disk = disk;
    this.#directory = directory;
    this.#offsets = names
      .map(parseSegmentFile)
      .filter((file) => file?.kind === 'snapshot')
      .map((file) => file?.offset as Offset)
      .sort((a, b) => a - b);
  }

  get offsets(): readonly Offset[] {
    return this.#offsets;
  }

  /** Writes a snapshot unless there is one at this offset. True if it did. */
  take(offset: Offset, entries: Iterable<ProducerEntry>): boolean {
    if (this.#offsets.includes(offset)) return false;
    const file = this.#disk.open(this.#path(offset), { create: true });
    file.truncate(0);
    file.append(encodeProducerSnapshot(entries));
    this.#unsynced.set(offset, file);
    this.#offsets.push(offset);
    this.#offsets.sort((a, b) => a - b);
    return true;
  }

  /** Hands over the files at or below `offset` that a sync is due for; the receiver closes them. */
  takeUnsynced(offset: Offset): DiskFile[] {
    const files: DiskFile[] = [];
    for (const [at, file] of this.#unsynced) {
      if (at > offset) continue;
      files.push(file);
      this.#unsynced.delete(at);
    }
    return files;
  }

  /** The newest readable snapshot at or below `offset`; damaged ones are removed on the way. */
  latest(offset: Offset): { readonly offset: Offset; readonly entries: ProducerEntry[] } | null {
    for (const at of this.#offsets.filter((candidate) => candidate <= offset).reverse()) {
      const file = this.#disk.open(this.#path(at));
      const entries = decodeProducerSnapshot(file.read(0, file.size));
      file.close();
      if (entries !== null) return { offset: at, entries };
      this.remove(at);
    }
    return null;
  }

  remove(offset: Offset): void {
    if (!this.#forget(offset)) return;
    this.#disk.remove(this.#path(offset));
  }

  removeWhere(isUnwanted: (offset: Offset) => boolean): void {
    for (const offset of this.#offsets.filter(isUnwanted)) this.remove(offset);
  }

  /** Renames a snapshot to `.deleted` and returns its new path; null if there is none. */
  markDeleted(offset: Offset, suffix: string): string | null {
    if (!this.#forget(offset)) return null;
    const doomed = this.#path(offset) + suffix;
    this.#disk.rename(this.#path(offset), doomed);
    return doomed;
  }

  close(): void {
    for (const file of this.#unsynced.values()) file.close();
    this.#unsynced.clear();
  }

  #forget(offset: Offset): boolean {
    const slot = this.#offsets.indexOf(offset);
    if (slot < 0) return false;
    this.#offsets.splice(slot, 1);
    this.#unsynced.get(offset)?.close();
    this.#unsynced.delete(offset);
    return true;
  }

  #path(offset: Offset): string {
    return segmentFile(this.#directory, offset, 'snapshot');
  }
}
