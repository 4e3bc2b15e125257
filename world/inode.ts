/**
 * One file as the page cache and the medium see it. Model:
 * - Bytes [0, `syncedSize`) are on the medium as the cache has them. `cutTail` are bytes on the medium above that, which a
 *   truncation that was not synced has cut off in the cache.
 * - `lost` ranges were never written although a sync said so, or after a sync had failed: the cache still shows them, a power
 *   loss turns them into zeros.
 * - Power loss: a truncation that was not synced has happened or not; if not, what was appended after it is gone. Appended
 *   bytes that were not synced are all there, all gone, or torn: the file ends at a drawn place, and of its sectors (512 bytes)
 *   before that some hold zeros.
 * - A copy shares the bytes: they are never written to where they lie.
 */
import type { RandomStream } from '../ports/random.ts';
import { Rope } from './rope.ts';

export const SECTOR = 512;

export class FileNode {
  readonly type = 'file';
  readonly id: number;
  readonly content = new Rope();
  syncedSize = 0;
  /** Size at the begin of each sync that is under way; a truncation lowers them. */
  readonly syncs = new Set<{ size: number }>();
  #cutTail: Uint8Array | null = null;
  #lost: { from: number; to: number; readonly isTorn: boolean }[] = [];

  constructor(id: number) {
    this.id = id;
  }

  /** Bytes a power loss could take. */
  get dirtyBytes(): number {
    return this.content.size - this.syncedSize;
  }

  get hasLostRanges(): boolean {
    return this.#lost.length > 0;
  }

  truncate(size: number): void {
    if (size < this.syncedSize) {
      const cut = this.content.read(size, this.syncedSize - size);
      this.#cutTail = this.#cutTail === null ? cut : joined(cut, this.#cutTail);
      this.syncedSize = size;
    }
    for (const sync of this.syncs) sync.size = Math.min(sync.size, size);
    this.#lost = this.#lost.filter((range) => range.from < size);
    for (const range of this.#lost) range.to = Math.min(range.to, size);
    this.content.truncate(size);
  }

  /** A sync that began when the file had this size (less, if truncated since) has succeeded. */
  synced(size: number): void {
    if (size < this.syncedSize) return;
    this.syncedSize = size;
    this.#cutTail = null;
  }

  /** These bytes will never reach the medium, though they count as clean. `isTorn`: others of the same sync have. */
  lose(from: number, to: number, isTorn = false): void {
    if (from < to) this.#lost.push({ from, to, isTorn });
  }

  /** The same content in another file, all of it on the medium. */
  copy(id: number): FileNode {
    const copy = new FileNode(id);
    for (const chunk of this.content.chunks()) copy.content.append(chunk);
    copy.syncedSize = copy.content.size;
    return copy;
  }

  /** True: sectors were lost of what a sync had written but for these. */
  losePower(stream: RandomStream): boolean {
    this.syncs.clear();
    this.#loseUnsynced(stream);
    const isTorn = this.#lost.some((range) => range.isTorn && range.from < this.content.size);
    for (const { from, to } of this.#lost) this.content.overwrite(from, to, (bytes) => bytes.fill(0));
    this.#lost = [];
    this.#cutTail = null;
    this.syncedSize = this.content.size;
    return isTorn;
  }

  #loseUnsynced(stream: RandomStream): void {
    if (this.#cutTail !== null && stream.chance(1, 2, 'truncation-undone')) {
      this.content.truncate(this.syncedSize);
      this.content.append(this.#cutTail);
      return;
    }
    const from = this.syncedSize;
    const size = this.content.size;
    if (size === from) return;
    const fate = stream.below(3, 'unsynced-bytes');
    if (fate === 0) return;
    if (fate === 1) return this.content.truncate(from);
    const end = stream.between(from, size, 'torn-at');
    this.content.truncate(end);
    for (let at = from; at < end; ) {
      const next = Math.min(end, (Math.floor(at / SECTOR) + 1) * SECTOR);
      if (stream.chance(1, 3, 'sector-lost')) this.content.overwrite(at, next, (bytes) => bytes.fill(0));
      at = next;
    }
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}
