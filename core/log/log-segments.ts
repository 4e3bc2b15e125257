/** The segments of a log, in order (Kafka's LogSegments), and the directory they lie in. There is always at least one. */
import type { DiskFile } from '../../ports/disk.ts';
import { lesser } from '../../ports/brand.ts';
import { invariant } from '../../ports/invariant.ts';
import type { Offset } from '../protocol/numbers.ts';
import type { BatchHeader } from '../protocol/records.ts';
import { renameThenRemove, removeLater } from './doomed-files.ts';
import { CLEANED_SUFFIX, DELETED_SUFFIX, SWAP_SUFFIX } from './file-names.ts';
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

  /** Where the log ends when `offset` and all above is cut off: a batch that holds the offset goes as a whole. */
  endAfterCut(offset: Offset): Offset {
    const segment = this.#list[this.indexOf(offset)] as Segment;
    const slot = segment.slotFor(offset);
    return slot < segment.batchCount ? lesser(offset, segment.baseOffsetOf(slot)) : offset;
  }

  /** Opens the files of a segment, which are made if there are none. It is not listed yet. Throws DiskError. */
  open(baseOffset: Offset): Segment {
    const { env, partition, config } = this.#context;
    const jitterMs = config['segment.jitter.ms'];
    this.#directoryDirty = true;
    const rollJitterMs = jitterMs > 0 ? env.random.stream(`log/${partition}`).below(jitterMs, 'segment.jitter.ms') : 0;
    return this.#open(baseOffset, { rollJitterMs, createdMs: env.clock.wallMs() });
  }

  /** The files of a segment that is to take the place of others. It is not listed. Throws DiskError. */
  openCleaned(baseOffset: Offset, createdMs: number): Segment {
    this.#directoryDirty = true;
    return this.#open(baseOffset, { rollJitterMs: 0, createdMs, suffix: CLEANED_SUFFIX });
  }

  /**
   * Puts one segment, whose files are closed and named `.swap`, and which holds batches with these headers, in the place of those it was made
   * of. A crash in between leaves files of which the next start makes the same log (recovery.ts). Throws DiskError.
   */
  replace(
    old: readonly Segment[],
    swapped: readonly string[],
    headers: readonly BatchHeader[],
    snapshots: ProducerSnapshots,
  ): Segment {
    const { env } = this.#context;
    const [first, last] = [old[0], old.at(-1)] as [Segment, Segment];
    const at = this.#list.indexOf(first);
    this.#discardFiles(old);
    for (const { baseOffset } of old.slice(1)) this.#discardSnapshot(baseOffset, snapshots);
    for (const path of swapped) env.disk.rename(path, path.slice(0, -SWAP_SUFFIX.length));
    const segment = this.#open(first.baseOffset, { rollJitterMs: 0, createdMs: last.createdMs });
    for (const header of headers) segment.enterLoaded(header);
    segment.finishLoading();
    invariant(
      segment.txnIndex.load(segment.baseOffset, last.endOffset),
      () => `${segment.txnIndex.path}: what was just written does not belong to ${segment.baseOffset} to ${last.endOffset}`,
    );
    this.#list.splice(at, old.length, segment);
    return segment;
  }

  #open(
    baseOffset: Offset,
    options: { readonly rollJitterMs: number; readonly createdMs: number; readonly suffix?: string },
  ): Segment {
    const { env, directory, config } = this.#context;
    return new Segment({ disk: env.disk, directory, baseOffset, indexIntervalBytes: config['index.interval.bytes'], ...options });
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
    for (const segment of segments) {
      this.#discardSnapshot(segment.baseOffset, snapshots);
      this.#discardFiles([segment]);
    }
  }

  #discardSnapshot(offset: Offset, snapshots: ProducerSnapshots): void {
    const { env, config, storage } = this.#context;
    const snapshot = snapshots.markDeleted(offset, DELETED_SUFFIX);
    if (snapshot !== null) removeLater(env, [snapshot], config['file.delete.delay.ms'], storage.fail.bind(storage));
  }

  #discardFiles(segments: readonly Segment[]): void {
    const { env, config, storage } = this.#context;
    for (const segment of segments) {
      const paths = segment.paths;
      segment.close();
      renameThenRemove(env, paths, config['file.delete.delay.ms'], storage.fail.bind(storage));
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
