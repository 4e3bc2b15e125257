/** The `*.checkpoint` files of a metadata log directory: names, listing, atomic creation, removal (KIP-630). */
import type { Disk, DiskError, DiskFile } from '../../ports/disk.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { comparePositions, type OffsetAndEpoch } from './types.ts';

/**
 * The snapshot that a node is formatted with. It is of no log: its records are what the first controller writes when there is no
 * metadata yet, so that no node loads it or asks another for it.
 */
export const BOOTSTRAP_SNAPSHOT: OffsetAndEpoch = { offset: Offset(0), epoch: LeaderEpoch(0) };

const NAME = /^(\d{20})-(\d{10})\.checkpoint$/;
const PARTIAL = '.checkpoint.part';

/** A snapshot being written; nobody sees it before `publish` calls back. */
export interface PartialSnapshot {
  readonly id: OffsetAndEpoch;
  readonly sizeBytes: number;
  append(bytes: Uint8Array): void;
  content(): Uint8Array;
  /** Sync, rename, sync the directory. */
  publish(done: (error: DiskError | null) => void): void;
  discard(): void;
}

export function snapshotFileName({ offset, epoch }: OffsetAndEpoch): string {
  return `${String(offset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`;
}

export class SnapshotFiles {
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Complete snapshots of the log, the oldest first; what a crash left half written is removed. */
  load(): OffsetAndEpoch[] {
    const found: OffsetAndEpoch[] = [];
    for (const name of this.#disk.list(this.#directory)) {
      const match = NAME.exec(name);
      if (match !== null) found.push({ offset: Offset(Number(match[1])), epoch: LeaderEpoch(Number(match[2])) });
      else if (name.endsWith(PARTIAL)) this.#disk.remove(`${this.#directory}/${name}`);
    }
    return found.filter((id) => comparePositions(id, BOOTSTRAP_SNAPSHOT) !== 0).sort(comparePositions);
  }

  create(id: OffsetAndEpoch): PartialSnapshot {
    const path = this.#path(id);
    const partial = `${path}.part`;
    this.#disk.remove(partial);
    return new PartialFile(this.#disk, this.#directory, partial, path, id);
  }

  /** An open file; the caller closes it. */
  open(id: OffsetAndEpoch): DiskFile {
    return this.#disk.open(this.#path(id));
  }

  remove(id: OffsetAndEpoch): void {
    this.#disk.remove(this.#path(id));
  }

  #path(id: OffsetAndEpoch): string {
    return `${this.#directory}/${snapshotFileName(id)}`;
  }
}

class PartialFile implements PartialSnapshot {
  readonly id: OffsetAndEpoch;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #from: string;
  readonly #to: string;
  readonly #file: DiskFile;

  constructor(disk: Disk, directory: string, from: string, to: string, id: OffsetAndEpoch) {
    this.#disk = disk;
    this.#directory = directory;
    this.#from = from;
    this.#to = to;
    this.id = id;
    this.#file = disk.open(from, { create: true });
  }

  get sizeBytes(): number {
    return this.#file.size;
  }

  append(bytes: Uint8Array): void {
    this.#file.append(bytes);
  }

  content(): Uint8Array {
    return this.#file.read(0, this.#file.size);
  }

  publish(done: (error: DiskError | null) => void): void {
    this.#file.sync((error) => {
      this.#file.close();
      if (error !== null) return done(error);
      try {
        this.#disk.rename(this.#from, this.#to);
      } catch (renameError) {
        return done(renameError as DiskError);
      }
      this.#disk.syncDirectory(this.#directory, done);
    });
  }

  discard(): void {
    this.#file.close();
    this.#disk.remove(this.#from);
  }
}
