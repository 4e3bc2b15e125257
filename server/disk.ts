/**
 * Files. Reads, appends and truncations are synchronous calls on the page cache; syncs run in the thread pool. One file
 * descriptor per open file, so that a file goes on under a renamed directory.
 */
import fs from 'node:fs';
import { type Disk, DiskError, type DiskErrorCode, type DiskFile, type SyncCallback } from '../ports/disk.ts';
import type { NodeProcess, Resource } from './process.ts';

export interface FileDiskOptions {
  /** False: a sync calls back without one, for data that nobody will read after this process. */
  readonly durable: boolean;
}

/** What two openings of the same file share. */
interface Inode {
  readonly id: string;
  size: number;
  openings: number;
}

export class FileDisk implements Disk {
  readonly process: NodeProcess;
  readonly durable: boolean;
  readonly #inodes = new Map<string, Inode>();

  constructor(process: NodeProcess, options: FileDiskOptions) {
    this.process = process;
    this.durable = options.durable;
  }

  open(path: string, options: { readonly create?: boolean } = {}): DiskFile {
    return attempt(path, 'open', () => {
      const descriptor =
        options.create === true ? fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644) : openThatIs(path);
      const stat = fs.fstatSync(descriptor);
      const id = `${stat.dev}:${stat.ino}`;
      let inode = this.#inodes.get(id);
      if (inode === undefined) this.#inodes.set(id, (inode = { id, size: stat.size, openings: 0 }));
      inode.openings++;
      return new OpenFile(this, path, descriptor, inode);
    });
  }

  exists(path: string): boolean {
    return attempt(path, 'exists', () => fs.statSync(path, { throwIfNoEntry: false }) !== undefined);
  }

  list(directory: string): string[] {
    return attempt(directory, 'list', () => fs.readdirSync(directory).sort());
  }

  makeDirectory(directory: string): void {
    if (!this.process.alive) return;
    attempt(directory, 'makeDirectory', () => fs.mkdirSync(directory, { recursive: true }));
  }

  rename(from: string, to: string): void {
    if (!this.process.alive) return;
    attempt(from, 'rename', () => {
      try {
        fs.renameSync(from, to);
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error)) || !fs.existsSync(from)) throw error;
        // A directory that holds something is not replaced by a rename.
        fs.rmSync(to, { recursive: true, force: true });
        fs.renameSync(from, to);
      }
    });
  }

  remove(path: string): void {
    if (!this.process.alive) return;
    attempt(path, 'remove', () => fs.rmSync(path, { recursive: true, force: true }));
  }

  syncDirectory(directory: string, done: SyncCallback): void {
    if (!this.process.alive) return;
    const finish = (error: NodeJS.ErrnoException | null): void => {
      this.process.run(() => done(error === null ? null : diskError(error, directory, 'sync')));
    };
    // Windows knows no sync of a directory.
    if (!this.durable || process.platform === 'win32') {
      setImmediate(finish, null);
      return;
    }
    fs.open(directory, 'r', (openError, descriptor) => {
      if (openError !== null) return finish(openError);
      fs.fsync(descriptor, (error) => fs.close(descriptor, () => finish(error)));
    });
  }

  forget(inode: Inode): void {
    if (--inode.openings === 0) this.#inodes.delete(inode.id);
  }
}

/** Kafka leaves its snapshots unwritable, also for their owner: they are read. What is opened to be written must be writable. */
function openThatIs(path: string): number {
  try {
    return fs.openSync(path, fs.constants.O_RDWR);
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    return fs.openSync(path, fs.constants.O_RDONLY);
  }
}

class OpenFile implements DiskFile, Resource {
  readonly path: string;
  readonly #disk: FileDisk;
  readonly #descriptor: number;
  readonly #inode: Inode;
  #syncing = 0;
  #closed = false;

  constructor(disk: FileDisk, path: string, descriptor: number, inode: Inode) {
    this.#disk = disk;
    this.path = path;
    this.#descriptor = descriptor;
    this.#inode = inode;
    disk.process.hold(this);
  }

  get size(): number {
    return this.#inode.size;
  }

  append(bytes: Uint8Array): void {
    if (!this.#usable('append')) return;
    const inode = this.#inode;
    try {
      for (let written = 0; written < bytes.length; ) {
        written += fs.writeSync(this.#descriptor, bytes, written, bytes.length - written, inode.size + written);
      }
    } catch (error) {
      // What was written of it must not be taken for the file's end.
      try {
        fs.ftruncateSync(this.#descriptor, inode.size);
      } catch {}
      throw diskError(error, this.path, 'append');
    }
    inode.size += bytes.length;
  }

  read(position: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.#inode.size - position));
    const bytes = new Uint8Array(wanted);
    if (wanted === 0 || !this.#usable('read')) return bytes;
    return attempt(this.path, 'read', () => {
      let got = 0;
      while (got < wanted) {
        const count = fs.readSync(this.#descriptor, bytes, got, wanted - got, position + got);
        if (count === 0) break;
        got += count;
      }
      return got === wanted ? bytes : bytes.subarray(0, got);
    });
  }

  truncate(size: number): void {
    if (!this.#usable('truncate') || size >= this.#inode.size) return;
    attempt(this.path, 'truncate', () => fs.ftruncateSync(this.#descriptor, size));
    this.#inode.size = size;
  }

  sync(done: SyncCallback): void {
    if (!this.#usable('sync')) return;
    if (!this.#disk.durable) {
      setImmediate(() => this.#disk.process.run(() => done(null)));
      return;
    }
    this.#syncing++;
    fs.fsync(this.#descriptor, (error) => {
      this.#syncing--;
      if (this.#closed && this.#syncing === 0) fs.close(this.#descriptor, () => {});
      this.#disk.process.run(() => done(error === null ? null : diskError(error, this.path, 'sync')));
    });
  }

  close(): void {
    this.#disk.process.letGo(this);
    this.release();
  }

  release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#disk.forget(this.#inode);
    // A descriptor under a sync must not be given to another file.
    if (this.#syncing === 0) fs.closeSync(this.#descriptor);
  }

  /** False once the process is over. */
  #usable(operation: string): boolean {
    if (!this.#disk.process.alive) return false;
    if (this.#closed) throw new Error(`${this.path} is closed: ${operation}.`);
    return true;
  }
}

function attempt<T>(path: string, operation: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw diskError(error, path, operation);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Codes that core does not know are told as EIO, with the real one in the message. */
function diskError(error: unknown, path: string, operation: string): DiskError {
  const code = codeOf(error);
  if (code === '') throw error;
  const known = KNOWN[code];
  return known === undefined ? new DiskError('EIO', path, `${operation} (${code})`) : new DiskError(known, path, operation);
}

const KNOWN: Readonly<Record<string, DiskErrorCode>> = {
  EIO: 'EIO',
  ENOSPC: 'ENOSPC',
  EDQUOT: 'ENOSPC',
  ENOENT: 'ENOENT',
  EEXIST: 'EEXIST',
  EISDIR: 'EEXIST',
  ENOTDIR: 'ENOTDIR',
};
