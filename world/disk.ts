/**
 * A machine's disk: Unix semantics with a page cache. Model:
 * - Appends, reads and truncations act on the page cache and are seen at once; their time is charged to the process. Contents
 *   become durable by syncing the file (inode.ts), names by syncing their directory (file-tree.ts). Nothing is written back in
 *   the background but old changes of names.
 * - A sync takes base latency + a long-tailed jitter (stream `disk/<machine>`) + dirty bytes / bandwidth; syncs share the
 *   bandwidth. What it makes durable is what the file held when it began; it goes on when the process dies.
 * - A process crash takes nothing. Power loss takes what was not durable, as inode.ts and file-tree.ts say.
 * - A failed sync gives EIO once; the pages it should have written count as clean: readable, but never written, and the next
 *   sync reports success. A lost or torn write is the same behind a sync that reports success; of a torn one some sectors are missing.
 * - A snapshot holds what programs saw when it was taken. A disk that is restored from it holds that, all of it durable.
 * - Errors and slowness lie on a prefix of paths; faults are taken back by the function they return.
 */
import { type Disk, DiskError, type SyncCallback } from '../ports/disk.ts';
import type { RandomStream } from '../ports/random.ts';
import type { Micros } from '../ports/time.ts';
import { longTail } from './chance.ts';
import { DiskPort } from './disk-port.ts';
import { kindId } from './event-queue.ts';
import { type DirectoryNode, FileTree } from './file-tree.ts';
import { type FileNode, SECTOR } from './inode.ts';
import type { Kernel } from './kernel.ts';
import type { Incarnation } from './process.ts';
import type { TraceHash } from './trace-hash.ts';
import { Causes, once, type Undo } from './undo.ts';

/** How fast a disk is, and how large. */
export interface DiskOptions {
  /** Least latency of a sync. */
  readonly syncBaseUs: Micros;
  /** Scale of a sync's jitter, long-tailed. */
  readonly syncJitterUs: Micros;
  /** 500 bytes/µs is 500 MB/s. */
  readonly bytesPerUs: number;
  /** Charged to the process for each operation on the page cache. */
  readonly operationUs: Micros;
  /** Charged to the process for each MiB appended or read. */
  readonly mibUs: Micros;
  /** All files together; Infinity: no limit. */
  readonly capacityBytes: number;
  /** Changes of names older than this are durable without a sync. */
  readonly journalCommitUs: Micros;
}

/** A disk of which nothing else is said: an SSD without a limit. */
export const DISK_DEFAULTS: DiskOptions = {
  syncBaseUs: 400,
  syncJitterUs: 200,
  bytesPerUs: 500,
  operationUs: 2,
  mibUs: 200,
  capacityBytes: Number.POSITIVE_INFINITY,
  journalCommitUs: 5_000_000,
};

/** What a disk has done so far. */
export interface DiskCounters {
  appends: number;
  bytesAppended: number;
  reads: number;
  bytesRead: number;
  syncs: number;
  syncErrors: number;
  powerLosses: number;
}

/** Hears what became of bytes that programs believed to be durable. */
export interface DiskWatcher {
  /** After a sync, failed or not, bytes of this file count as clean that are not on the medium. */
  onSyncLied(path: string): void;
  /** With the power, sectors in the midst of what was durable of this file were lost. */
  onTorn(path: string): void;
}

/** A disk as it was: names and content. */
export class DiskSnapshot {
  readonly root: DirectoryNode;

  constructor(root: DirectoryNode) {
    this.root = root;
  }
}

/** What goes wrong below a prefix of paths. */
interface Trouble {
  readonly prefix: string;
  /** Only of files whose name ends so. */
  readonly ending: string;
  readonly kind: 'failing' | 'read-error' | 'sync-error' | 'lost-write' | 'torn-write';
  /** How often it still happens. */
  times: number;
}

const SYNC = kindId('sync');
const SYNCED = kindId('synced');

/** The disk of a machine, from outside: its faults, and a look at its files. */
export class SimDisk {
  readonly counters: DiskCounters = {
    appends: 0,
    bytesAppended: 0,
    reads: 0,
    bytesRead: 0,
    syncs: 0,
    syncErrors: 0,
    powerLosses: 0,
  };
  readonly #kernel: Kernel;
  readonly #trace: TraceHash;
  readonly #stream: RandomStream;
  readonly #options: DiskOptions;
  readonly #tree: FileTree;
  readonly #watcher: DiskWatcher;
  #capacityBytes: number;
  /** The narrowest of the limits counts. */
  readonly #limits = new Causes((worst) => {
    this.#capacityBytes = Math.min(this.#options.capacityBytes, worst === null ? Number.POSITIVE_INFINITY : -worst);
  });
  /** Of several causes the worst counts: factors multiplied would put the end of a sync minutes away. */
  readonly #slowness = new Causes((worst) => {
    this.#slowFactor = worst ?? 1;
  });
  #troubles: Trouble[] = [];
  #slowFactor = 1;
  #stalledUntil: Micros = 0;
  #blockedUntil: Micros = 0;
  #writeFreeAt: Micros = 0;
  /** Syncs of an earlier power-up, or of another disk, are void. */
  #powerUps = 0;

  constructor(kernel: Kernel, trace: TraceHash, stream: RandomStream, options: Partial<DiskOptions>, watcher: DiskWatcher) {
    this.#watcher = watcher;
    this.#kernel = kernel;
    this.#trace = trace;
    this.#stream = stream;
    this.#options = { ...DISK_DEFAULTS, ...options };
    this.#capacityBytes = this.#options.capacityBytes;
    this.#tree = new FileTree(() => kernel.now, this.#options.journalCommitUs);
  }

  /** Bytes in all files that have a name. */
  get usedBytes(): number {
    let used = 0;
    for (const { file } of this.#tree.files('/')) used += file.content.size;
    return used;
  }

  /** The port of one incarnation. */
  port(incarnation: Incarnation): Disk {
    return new DiskPort(this, incarnation);
  }

  /** Paths of all files below a directory, sorted; for checkers and faults. */
  files(directory = '/'): readonly string[] {
    return this.#tree.files(directory).map(({ path }) => path);
  }

  /** A file's bytes as programs see them, or null; for checkers. */
  peek(path: string): Uint8Array | null {
    const node = this.#tree.find(path);
    return node?.type === 'file' ? node.content.read(0, node.content.size) : null;
  }

  // --- faults ---

  /** Everything takes this many times as long. */
  slow(factor: number): Undo {
    return this.#slowness.add(factor);
  }

  /** No sync ends for this long; with `blocking`, appends and reads hold up their process as well. */
  stall(us: number, options: { readonly blocking?: boolean } = {}): void {
    const until = this.#kernel.now + us;
    this.#stalledUntil = Math.max(this.#stalledUntil, until);
    if (options.blocking === true) this.#blockedUntil = Math.max(this.#blockedUntil, until);
  }

  /** The next syncs (of files below the prefix) fail with EIO, and what they should have written never will be. */
  failSyncs(prefix = '/', times = 1): Undo {
    return this.#trouble('sync-error', prefix, times);
  }

  /** The next reads fail with EIO. */
  failReads(prefix = '/', times = 1): Undo {
    return this.#trouble('read-error', prefix, times);
  }

  /** The next syncs (of files below the prefix whose name ends so) report success, and write nothing of what they should have. */
  loseWrites(prefix = '/', times = 1, ending = ''): Undo {
    return this.#trouble('lost-write', prefix, times, ending);
  }

  /** The next such syncs report success, and leave out some sectors of what they should have written. */
  tearWrites(prefix = '/', times = 1, ending = ''): Undo {
    return this.#trouble('torn-write', prefix, times, ending);
  }

  /** Every operation below the prefix fails with EIO, as if the device that is mounted there were gone. */
  failDirectory(prefix: string): Undo {
    return this.#trouble('failing', prefix, Number.POSITIVE_INFINITY);
  }

  /** Appends and new files fail with ENOSPC when more than this would be used; what still fits of an append is written all the same. */
  limitCapacity(bytes: number): Undo {
    return this.#limits.add(-bytes);
  }

  /** As if the disk filled up now, but for some bytes. */
  fill(leftBytes = 0): Undo {
    return this.limitCapacity(this.usedBytes + leftBytes);
  }

  /** Flips a drawn bit of a drawn file below the prefix whose name ends so; returns where, or null if there was no such byte. Seen at once. */
  rot(prefix = '/', ending = ''): { readonly path: string; readonly position: number } | null {
    const files = this.#tree.files(prefix).filter(({ path, file }) => path.endsWith(ending) && file.content.size > 0);
    if (files.length === 0) return null;
    const { path, file } = this.#stream.pick(files, 'rot-file');
    const position = this.#stream.below(file.content.size, 'rot-position');
    const bit = 1 << this.#stream.below(8, 'rot-bit');
    file.content.overwrite(position, position + 1, (bytes) => {
      bytes[0] = (bytes[0] as number) ^ bit;
    });
    return { path, position };
  }

  /** The disk, or one directory of it, is replaced by an empty one. */
  wipe(path = '/'): void {
    if (path === '/') this.#powerUps++;
    this.#tree.wipe(path);
  }

  /** What programs see now, to be restored later. */
  snapshot(): DiskSnapshot {
    return new DiskSnapshot(this.#tree.copy());
  }

  /** The disk is replaced by one that holds what a snapshot holds. Nobody may be at work on it. */
  restore(snapshot: DiskSnapshot): void {
    this.#powerUps++;
    this.#tree.replace(snapshot.root);
  }

  /** Power loss; called by the machine. */
  losePower(): void {
    this.counters.powerLosses++;
    this.#powerUps++;
    this.#writeFreeAt = 0;
    this.#tree.losePower(this.#stream, (path) => this.#watcher.onTorn(path));
  }

  // --- for the ports ---

  get tree(): FileTree {
    return this.#tree;
  }

  /** Throws if the operation must fail, else charges its time. */
  begin(incarnation: Incarnation, path: string, operation: string, bytes: number): void {
    if (this.#troubles.length > 0 && this.#strikes('failing', path)) throw new DiskError('EIO', path, operation);
    let cost = this.#options.operationUs + ((bytes * this.#options.mibUs) >> 20);
    if (this.#slowFactor !== 1) cost = Math.floor(cost * this.#slowFactor);
    const blocked = this.#blockedUntil - this.#kernel.now;
    if (blocked > 0) cost = Math.max(cost, blocked);
    incarnation.cost += cost;
  }

  append(file: FileNode, path: string, bytes: Uint8Array): void {
    const fits = Math.min(bytes.length, Math.max(0, this.#capacityBytes - this.#usedUnderLimit()));
    this.counters.appends++;
    this.counters.bytesAppended += fits;
    this.#trace.fold(file.id, fits);
    file.content.append(fits === bytes.length ? bytes : bytes.subarray(0, fits));
    if (fits < bytes.length) throw new DiskError('ENOSPC', path, 'append');
  }

  /** To count what is used takes long, and without a limit nobody asks. */
  #usedUnderLimit(): number {
    return this.#capacityBytes === Number.POSITIVE_INFINITY ? 0 : this.usedBytes;
  }

  checkSpace(path: string, bytes: number): void {
    if (this.#capacityBytes !== Number.POSITIVE_INFINITY && this.usedBytes + bytes > this.#capacityBytes) {
      throw new DiskError('ENOSPC', path, 'append');
    }
  }

  read(file: FileNode, path: string, position: number, length: number): Uint8Array {
    if (this.#troubles.length > 0 && this.#strikes('read-error', path)) throw new DiskError('EIO', path, 'read');
    const bytes = file.content.read(position, length);
    this.counters.reads++;
    this.counters.bytesRead += bytes.length;
    return bytes;
  }

  truncate(file: FileNode, size: number): void {
    this.#trace.fold(file.id, ~size);
    file.truncate(size);
  }

  sync(incarnation: Incarnation, file: FileNode, path: string, done: SyncCallback): void {
    this.counters.syncs++;
    const sync = { size: file.content.size };
    file.syncs.add(sync);
    this.#complete(incarnation, file.dirtyBytes, done, () => {
      file.syncs.delete(sync);
      this.#trace.fold(file.id, sync.size);
      return this.#syncFile(file, path, sync.size);
    });
  }

  syncDirectory(incarnation: Incarnation, path: string, commit: (() => void) | DiskError, done: SyncCallback): void {
    this.counters.syncs++;
    this.#complete(incarnation, 0, done, () => {
      if (commit instanceof DiskError) return commit;
      if (this.#strikes('failing', path)) return new DiskError('EIO', path, 'syncDirectory');
      commit();
      return null;
    });
  }

  #syncFile(file: FileNode, path: string, size: number): DiskError | null {
    const from = file.syncedSize;
    if (this.#troubles.length > 0) {
      if (this.#strikes('failing', path)) return new DiskError('EIO', path, 'sync');
      if (this.#strikes('sync-error', path)) {
        this.counters.syncErrors++;
        this.#lose(file, path, from, size);
        file.synced(size);
        return new DiskError('EIO', path, 'sync');
      }
      if (size > from && this.#strikes('lost-write', path)) this.#lose(file, path, from, size);
      else if (size > from && this.#strikes('torn-write', path)) this.#tear(file, path, from, size);
    }
    file.synced(size);
    return null;
  }

  #lose(file: FileNode, path: string, from: number, to: number, isTorn = false): void {
    if (from >= to) return;
    file.lose(from, to, isTorn);
    this.#watcher.onSyncLied(path);
  }

  #tear(file: FileNode, path: string, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const next = Math.min(to, (Math.floor(at / SECTOR) + 1) * SECTOR);
      if (this.#stream.chance(1, 2, 'torn-sector')) this.#lose(file, path, at, next, true);
      at = next;
    }
  }

  /** Runs `work` when a sync of so many bytes is through, and tells the process if it still lives. */
  #complete(incarnation: Incarnation, bytes: number, done: SyncCallback, work: () => DiskError | null): void {
    const kernel = this.#kernel;
    const { syncBaseUs, syncJitterUs, bytesPerUs } = this.#options;
    const start = Math.max(kernel.now, this.#writeFreeAt, this.#stalledUntil);
    this.#writeFreeAt = start + Math.floor((bytes * this.#slowFactor) / bytesPerUs);
    const latency = (syncBaseUs + longTail(this.#stream, syncJitterUs, 'sync')) * this.#slowFactor;
    const powerUp = this.#powerUps;
    const fire = () => {
      if (powerUp !== this.#powerUps) return;
      if (kernel.now < this.#stalledUntil) {
        kernel.schedule(this.#stalledUntil, null, { kind: SYNC, fire });
        return;
      }
      const error = work();
      kernel.dispatch(incarnation, { kind: SYNCED, fire: () => done(error) }, 0);
    };
    kernel.schedule(this.#writeFreeAt + latency, null, { kind: SYNC, fire });
  }

  #trouble(kind: Trouble['kind'], prefix: string, times: number, ending = ''): Undo {
    const trouble: Trouble = { kind, prefix: prefix.endsWith('/') ? prefix.slice(0, -1) : prefix, ending, times };
    this.#troubles.push(trouble);
    return once(() => {
      this.#troubles = this.#troubles.filter((other) => other !== trouble);
    });
  }

  #strikes(kind: Trouble['kind'], path: string): boolean {
    for (const trouble of this.#troubles) {
      if (trouble.kind !== kind || !isBelow(path, trouble.prefix) || !path.endsWith(trouble.ending)) continue;
      if (--trouble.times <= 0) this.#troubles = this.#troubles.filter((other) => other !== trouble);
      return true;
    }
    return false;
  }
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 47);
}
