/**
 * A disk in memory for tests: what programs see (cached) apart from what survives a power loss (durable). Syncs call back
 * when the test says `completeSyncs`.
 */
import { type Disk, DiskError, type DiskFile, type SyncCallback } from '../../../ports/disk.ts';

interface Inode {
  bytes: Uint8Array;
  durable: Uint8Array;
}

export class MemoryDisk implements Disk {
  #files = new Map<string, Inode>();
  #directories = new Set<string>(['']);
  #durableNames = new Map<string, Inode>();
  #durableDirectories = new Set<string>(['']);
  #syncs: (() => void)[] = [];
  /** Every operation whose path this matches fails with EIO. */
  failing: ((path: string) => boolean) | null = null;

  get pendingSyncs(): number {
    return this.#syncs.length;
  }

  /** Completes the syncs begun so far, and those that their callbacks begin. */
  completeSyncs(): void {
    for (let sync = this.#syncs.shift(); sync !== undefined; sync = this.#syncs.shift()) sync();
  }

  /** The process dies: syncs under way never call back. */
  crash(): void {
    this.#syncs = [];
  }

  /**
   * Power is lost: each file goes back to its durable content, plus `keep(path, lost)` bytes of what was appended since, if
   * it only grew; names go back to those of the last sync of their directory.
   */
  losePower(keep: (path: string, lost: number) => number = () => 0): void {
    this.crash();
    this.#files = new Map(this.#durableNames);
    this.#directories = new Set(this.#durableDirectories);
    for (const [path, inode] of this.#files) {
      const grew = inode.bytes.length > inode.durable.length && inode.durable.every((byte, at) => inode.bytes[at] === byte);
      const extra = grew ? keep(path, inode.bytes.length - inode.durable.length) : 0;
      inode.bytes = inode.bytes.slice(0, inode.durable.length + extra);
      if (!grew) inode.bytes = inode.durable;
      inode.durable = inode.bytes;
    }
  }

  /** Changes a file's bytes behind everybody's back. */
  corrupt(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const inode = this.#inode(path, 'corrupt');
    inode.bytes = change(inode.bytes.slice());
    inode.durable = inode.bytes;
  }

  contents(path: string): Uint8Array {
    return this.#inode(path, 'read').bytes;
  }

  open(path: string, options?: { readonly create?: boolean }): DiskFile {
    this.#mayFail(path, 'open');
    let inode = this.#files.get(path);
    if (inode === undefined) {
      if (!options?.create || !this.#directories.has(parentOf(path))) throw new DiskError('ENOENT', path, 'open');
      inode = { bytes: new Uint8Array(0), durable: new Uint8Array(0) };
      this.#files.set(path, inode);
    }
    return new MemoryFile(this, path, inode, (sync) => this.#syncs.push(sync));
  }

  exists(path: string): boolean {
    this.#mayFail(path, 'exists');
    return this.#files.has(path) || this.#directories.has(path);
  }

  list(directory: string): string[] {
    this.#mayFail(directory, 'list');
    if (!this.#directories.has(directory)) throw new DiskError('ENOENT', directory, 'list');
    return [...this.#files.keys(), ...this.#directories]
      .filter((path) => path !== '' && parentOf(path) === directory)
      .map((path) => path.slice(path.lastIndexOf('/') + 1))
      .sort();
  }

  makeDirectory(directory: string): void {
    this.#mayFail(directory, 'mkdir');
    const parts = directory.split('/');
    for (let count = 1; count <= parts.length; count++) this.#directories.add(parts.slice(0, count).join('/'));
  }

  rename(from: string, to: string): void {
    this.#mayFail(from, 'rename');
    if (!this.exists(from)) throw new DiskError('ENOENT', from, 'rename');
    this.remove(to);
    for (const [path, inode] of [...this.#files]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#files.delete(path);
      this.#files.set(to + path.slice(from.length), inode);
    }
    for (const path of [...this.#directories]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#directories.delete(path);
      this.#directories.add(to + path.slice(from.length));
    }
  }

  remove(path: string): void {
    this.#mayFail(path, 'remove');
    for (const name of [...this.#files.keys()]) if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name);
    for (const name of [...this.#directories]) if (name === path || name.startsWith(`${path}/`)) this.#directories.delete(name);
  }

  syncDirectory(directory: string, done: SyncCallback): void {
    const files = [...this.#files].filter(([path]) => parentOf(path) === directory);
    const directories = [...this.#directories].filter((path) => parentOf(path) === directory);
    this.#syncs.push(() => {
      if (this.failing?.(directory)) return done(new DiskError('EIO', directory, 'fsync'));
      for (const path of [...this.#durableNames.keys()]) if (parentOf(path) === directory) this.#durableNames.delete(path);
      for (const path of [...this.#durableDirectories]) {
        if (path !== '' && parentOf(path) === directory && !directories.includes(path)) {
          this.#durableDirectories.delete(path);
          for (const name of [...this.#durableNames.keys()]) if (name.startsWith(`${path}/`)) this.#durableNames.delete(name);
        }
      }
      for (const [path, inode] of files) this.#durableNames.set(path, inode);
      for (const path of directories) this.#durableDirectories.add(path);
      done(null);
    });
  }

  /** @internal */
  check(path: string, operation: string): void {
    this.#mayFail(path, operation);
  }

  #mayFail(path: string, operation: string): void {
    if (this.failing?.(path)) throw new DiskError('EIO', path, operation);
  }

  #inode(path: string, operation: string): Inode {
    const inode = this.#files.get(path);
    if (inode === undefined) throw new DiskError('ENOENT', path, operation);
    return inode;
  }
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #disk: MemoryDisk;
  readonly #inode: Inode;
  readonly #schedule: (sync: () => void) => void;

  constructor(disk: MemoryDisk, path: string, inode: Inode, schedule: (sync: () => void) => void) {
    this.#disk = disk;
    this.path = path;
    this.#inode = inode;
    this.#schedule = schedule;
  }

  get size(): number {
    return this.#inode.bytes.length;
  }

  append(bytes: Uint8Array): void {
    this.#disk.check(this.path, 'append');
    const grown = new Uint8Array(this.#inode.bytes.length + bytes.length);
    grown.set(this.#inode.bytes);
    grown.set(bytes, this.#inode.bytes.length);
    this.#inode.bytes = grown;
  }

  read(position: number, length: number): Uint8Array {
    this.#disk.check(this.path, 'read');
    return this.#inode.bytes.subarray(position, position + length);
  }

  truncate(size: number): void {
    this.#disk.check(this.path, 'truncate');
    this.#inode.bytes = this.#inode.bytes.slice(0, size);
  }

  sync(done: SyncCallback): void {
    const content = this.#inode.bytes;
    this.#schedule(() => {
      if (this.#disk.failing?.(this.path)) return done(new DiskError('EIO', this.path, 'fsync'));
      this.#inode.durable = content;
      done(null);
    });
  }

  close(): void {}
}

function parentOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at < 0 ? '' : path.slice(0, at);
}
