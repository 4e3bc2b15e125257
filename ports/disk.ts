/** Files of a machine. */

/** What the disk can say no with; Unix names. */
export type DiskErrorCode = 'EIO' | 'ENOSPC' | 'ENOENT' | 'EEXIST' | 'ENOTDIR';

/** An operation failed. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;
  readonly path: string;
  constructor(code: DiskErrorCode, path: string, operation: string) {
    super(`${code}: ${operation} ${path}`);
    this.code = code;
    this.path = path;
  }
}

/** Called when a sync has ended; null: what it should make durable is durable. */
export type SyncCallback = (error: DiskError | null) => void;

/**
 * An open file. Reads, appends and truncations act on the page cache and are visible at once; nothing is durable before a
 * sync that was begun after it calls back without error. All but `sync` throw DiskError.
 */
export interface DiskFile {
  readonly path: string;
  readonly size: number;
  /** Appends at the end. The bytes are kept by reference and never written to. */
  append(bytes: Uint8Array): void;
  /** Bytes [position, position + length), cut at the end of the file. The result must not be written to. */
  read(position: number, length: number): Uint8Array;
  truncate(size: number): void;
  /** Makes what the file holds now durable, then calls back. An error means that what was not yet durable may be lost for good. */
  sync(done: SyncCallback): void;
  close(): void;
}

/** A machine's disk: Unix semantics, paths separated by '/'. All but the syncs throw DiskError. */
export interface Disk {
  /** Opens a file for reading and appending; with `create` an absent file is created, else ENOENT. */
  open(path: string, options?: { readonly create?: boolean }): DiskFile;
  exists(path: string): boolean;
  /** Names (not paths) in a directory, sorted; ENOENT if it is absent. */
  list(directory: string): string[];
  /** Creates a directory and its parents; no error if it is there. */
  makeDirectory(directory: string): void;
  /** Atomically replaces `to`; durable only after the directory is synced. Works for files and directories. */
  rename(from: string, to: string): void;
  /** Removes a file, or a directory with all it holds; no error if it is absent. */
  remove(path: string): void;
  /** Makes creations, renames and removals in a directory durable, then calls back. */
  syncDirectory(directory: string, done: SyncCallback): void;
}
