/**
 * A small file that is replaced as a whole, as Kafka's CheckpointFile does it: written to `<path>.tmp`, synced, renamed over
 * the old one, and the directory synced. A crash at any moment leaves the old text or the new one.
 *
 * The sync is asynchronous, so writes that come while one is under way are held back; only the newest of them is written.
 */
import type { Disk, DiskError, DiskFile } from '../../ports/disk.ts';
import { DiskError as DiskErrorClass } from '../../ports/disk.ts';
import { bytesToText, textToBytes } from './bytes.ts';

/**
 * `isOvertaken`: a newer text is durable, and this one never was on the disk.
 */
export type WrittenCallback = (error: DiskError | null, isOvertaken: boolean) => void;

interface Write {
  readonly text: string;
  readonly done: WrittenCallback;
  /** Those who waited for texts that this one has overtaken. */
  readonly overtaken: readonly WrittenCallback[];
}

export class AtomicFile {
  readonly path: string;
  readonly #disk: Disk;
  readonly #directory: string;
  #running: Write | null = null;
  #waiting: Write | null = null;
  #closed = false;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.path = path;
    this.#directory = path.slice(0, path.lastIndexOf('/'));
  }

  /** The text, or null if there is no file. Throws DiskError. */
  read(): string | null {
    if (!this.#disk.exists(this.path)) return null;
    const file = this.#disk.open(this.path);
    try {
      return bytesToText(file.read(0, file.size));
    } finally {
      file.close();
    }
  }

  /** Replaces the text; `done` is called when that (or a newer text) is durable, or with the error that prevented it. */
  write(text: string, done: WrittenCallback): void {
    if (this.#closed) return;
    if (this.#running === null) return this.#begin({ text, done, overtaken: [] });
    const overtaken = this.#waiting === null ? [] : [...this.#waiting.overtaken, this.#waiting.done];
    this.#waiting = { text, done, overtaken };
  }

  /** Nothing is written or called back any more. */
  close(): void {
    this.#closed = true;
    this.#waiting = null;
  }

  #begin(write: Write): void {
    this.#running = write;
    const temporary = `${this.path}.tmp`;
    let file: DiskFile | null = null;
    try {
      this.#disk.remove(temporary);
      file = this.#disk.open(temporary, { create: true });
      file.append(textToBytes(write.text));
      const synced = file;
      file.sync((error) => {
        if (this.#closed) return;
        if (error !== null) return this.#finish(error);
        try {
          synced.close();
          this.#disk.rename(temporary, this.path);
          this.#disk.syncDirectory(this.#directory, (failed) => this.#finish(failed));
        } catch (thrown) {
          this.#finish(asDiskError(thrown));
        }
      });
    } catch (thrown) {
      this.#running = null;
      throw asDiskError(thrown);
    }
  }

  #finish(error: DiskError | null): void {
    if (this.#closed || this.#running === null) return;
    const finished = this.#running;
    const next = this.#waiting;
    this.#running = null;
    this.#waiting = null;
    if (next !== null) {
      if (error === null) {
        try {
          this.#begin(next);
        } catch (thrown) {
          callBack(next, asDiskError(thrown));
        }
      } else {
        callBack(next, error);
      }
    }
    callBack(finished, error);
  }
}

function callBack({ done, overtaken }: Write, error: DiskError | null): void {
  for (const each of overtaken) each(error, true);
  done(error, false);
}

/** Passes a DiskError through; anything else is a fault of the program and is thrown on. */
export function asDiskError(thrown: unknown): DiskError {
  if (thrown instanceof DiskErrorClass) return thrown;
  throw thrown;
}
