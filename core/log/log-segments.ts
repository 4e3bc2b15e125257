/** The segments of a log, in order (Kafka's LogSegments), and the directory they lie in. There is always at least one. */
import type { DiskFile } from '../../ports/disk.ts';
import type { Offset } from '../protocol/numbers.ts';
import { renameThenRemove, removeLater } from './doomed-files.ts';
import { DELETED_SUFFIX } from './file-names.ts';
import type { LogContext } from './log-context.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';
import { Segment } from './segment.ts';

export class LogSegments {
  readonly #context: LogContext;
  /** Ascending; the last one is active. */
  readonly #list: Segment[] = [];
  /** Entries of the log's own directory, and of the one above, that a power loss might take back. */
  #directoryDirty: boolean;
  #parentDirty: boolean;

  constructor(context: LogContext, isDirectoryDirty: boolean) {
    this.#context = context;
    this.#directoryDirty = isDirectoryDirty;
    this.#parentDirty = isDirectoryDirty;
  }

  get all(): readonly Segment[] {
    return this.#list;
  }

  get active(): Segment {
    return this.#list[this.#list.length - 1] as Segment;
  }

  get firstBaseOffset(): Offset {
    return (this.#list[0] as Segment).baseOffset;
  }

  get sizeInBytes(): number {
    return this.#list.reduce((sum, segment) => sum + segment.size, 0);
  }

  /** Index of the segment that holds `offset`, or of the first one after. */
  indexOf(offset: Offset): number {
    // Nearly every read is of the newest segments.
    let at = this.#list.length - 1;
    while (at > 0 && (this.#list[at] as Segment).baseOffset > offset) at--;
    return at;
  }

  /** Opens the files of a segment, which are made if there are none. It is not listed yet. Throws DiskError. */
  open(baseOffset: Offset): Segment {
    const { env, partition, directory, config } = this.#context;
    const jitterMs = config['segment.jitter.ms'];
    this.#directoryDirty = true;
    return new Segment({
      disk: env.disk,
      directory,
      baseOffset,
      indexIntervalBytes: config['index.interval.bytes'],
      rollJitterMs: jitterMs > 0 ? env.random.stream(`log/${partition}`).below(jitterMs, 'segment.jitter.ms') : 0,
      createdMs: env.clock.wallMs(),
    });
  }

  /** Lists segments that were opened, after those there are. */
  push(...segments: readonly Segment[]): void {
    this.#list.push(...segments);
  }

  /** Unlists the last segment. */
  pop(): Segment {
    return this.#list.pop() as Segment;
  }

  /** Unlists the first `count` segments. */
  shift(count: number): Segment[] {
    return this.#list.splice(0, count);
  }

  /** Renames the files of segments that are not listed any more, and their snapshots, to `.deleted` and removes them later. Throws DiskError. */
  discard(segments: readonly Segment[], snapshots: ProducerSnapshots): void {
    const { env, config, storage } = this.#context;
    const delayMs = config['file.delete.delay.ms'];
    const failed = storage.fail.bind(storage);
    for (const segment of segments) {
      const snapshot = snapshots.markDeleted(segment.baseOffset, DELETED_SUFFIX);
      if (snapshot !== null) removeLater(env, [snapshot], delayMs, failed);
      const paths = segment.paths;
      segment.close();
      renameThenRemove(env, paths, delayMs, failed);
    }
  }

  /** A file was made in the log's directory. */
  markDirectoryDirty(): void {
    this.#directoryDirty = true;
  }

  /** Removals and renames become durable soon, so that what is gone does not come back with a power loss. */
  syncDirectory(): void {
    const { env, directory, storage } = this.#context;
    env.disk.syncDirectory(directory, (error) => {
      if (error !== null) storage.fail(error);
    });
  }

  /** Files and directories to sync so that everything below `upTo` is durable. Clears their dirty marks. */
  takeUnsynced(upTo: Offset, logEndOffset: Offset): { readonly files: DiskFile[]; readonly directories: string[] } {
    const files: DiskFile[] = [];
    for (const segment of this.#list) {
      // At the log's end an active segment that a truncation emptied belongs to what is synced, too.
      if (segment.baseOffset >= upTo && upTo < logEndOffset) break;
      if (segment.dirty) files.push(segment.log);
      segment.dirty = false;
      for (const index of [segment.offsetIndex, segment.timeIndex, segment.txnIndex]) {
        if (index.dirty && index.file !== null) files.push(index.file);
        index.dirty = false;
      }
      if (segment.txnIndex.isNew) this.#directoryDirty = true;
      segment.txnIndex.isNew = false;
    }
    const { directory } = this.#context;
    const directories: string[] = [];
    if (this.#directoryDirty) directories.push(directory);
    if (this.#parentDirty) directories.push(parentOf(directory));
    this.#directoryDirty = false;
    this.#parentDirty = false;
    return { files, directories };
  }

  close(): void {
    for (const segment of this.#list) segment.close();
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
