/**
 * The disk as one incarnation of a process holds it (ports/disk.ts); what it does is in disk.ts.
 */
import { type Disk, DiskError, type DiskFile, type SyncCallback } from '../ports/disk.ts';
import type { SimDisk } from './disk.ts';
import type { FileNode } from './inode.ts';
import type { Incarnation } from './process.ts';

/** What one incarnation holds of the disk. Once it is over, its calls do nothing. */
export class DiskPort implements Disk {
  readonly #disk: SimDisk;
  readonly #incarnation: Incarnation;

  constructor(disk: SimDisk, incarnation: Incarnation) {
    this.#disk = disk;
    this.#incarnation = incarnation;
  }

  open(path: string, options: { readonly create?: boolean } = {}): DiskFile {
    this.#begin(path, 'open');
    const node = this.#disk.tree.find(path);
    if (node?.type === 'directory') throw new DiskError('EEXIST', path, 'open');
    if (node !== null) return new OpenFile(this.#disk, this.#incarnation, path, node);
    if (options.create !== true) throw new DiskError('ENOENT', path, 'open');
    this.#disk.checkSpace(path, 1);
    return new OpenFile(this.#disk, this.#incarnation, path, this.#disk.tree.createFile(path));
  }

  exists(path: string): boolean {
    this.#begin(path, 'exists');
    return this.#disk.tree.find(path) !== null;
  }

  list(directory: string): string[] {
    this.#begin(directory, 'list');
    return [...this.#disk.tree.directory(directory, 'list').entries.keys()].sort();
  }

  makeDirectory(directory: string): void {
    this.#begin(directory, 'makeDirectory');
    if (this.#incarnation.alive) this.#disk.tree.makeDirectory(directory);
  }

  rename(from: string, to: string): void {
    this.#begin(from, 'rename');
    if (this.#incarnation.alive) this.#disk.tree.rename(from, to);
  }

  remove(path: string): void {
    this.#begin(path, 'remove');
    if (this.#incarnation.alive) this.#disk.tree.remove(path);
  }

  syncDirectory(directory: string, done: SyncCallback): void {
    if (!this.#incarnation.alive) return;
    const node = this.#disk.tree.find(directory);
    const commit =
      node?.type === 'directory'
        ? this.#disk.tree.beginSync(node)
        : new DiskError(node === null ? 'ENOENT' : 'ENOTDIR', directory, 'sync');
    this.#disk.syncDirectory(this.#incarnation, directory, commit, done);
  }

  #begin(path: string, operation: string): void {
    this.#disk.begin(this.#incarnation, path, operation, 0);
  }
}

class OpenFile implements DiskFile {
  readonly path: string;
  readonly #disk: SimDisk;
  readonly #incarnation: Incarnation;
  readonly #file: FileNode;
  #closed = false;

  constructor(disk: SimDisk, incarnation: Incarnation, path: string, file: FileNode) {
    this.#disk = disk;
    this.#incarnation = incarnation;
    this.path = path;
    this.#file = file;
  }

  get size(): number {
    return this.#file.content.size;
  }

  append(bytes: Uint8Array): void {
    this.#begin('append', bytes.length);
    if (this.#incarnation.alive) this.#disk.append(this.#file, this.path, bytes);
  }

  read(position: number, length: number): Uint8Array {
    this.#begin('read', length);
    return this.#disk.read(this.#file, this.path, position, length);
  }

  truncate(size: number): void {
    this.#begin('truncate', 0);
    if (this.#incarnation.alive) this.#disk.truncate(this.#file, size);
  }

  sync(done: SyncCallback): void {
    if (this.#closed) throw new Error(`${this.path} is closed.`);
    if (this.#incarnation.alive) this.#disk.sync(this.#incarnation, this.#file, this.path, done);
  }

  close(): void {
    this.#closed = true;
  }

  #begin(operation: string, bytes: number): void {
    if (this.#closed) throw new Error(`${this.path} is closed.`);
    this.#disk.begin(this.#incarnation, this.path, operation, bytes);
  }
}
