/**
 * Makes a log durable, and knows how far it is. Syncs are asynchronous: while one is under way the requests that come are
 * gathered and served together by the next.
 *
 * When flush.messages makes an append due for a flush, Kafka syncs inside the append. Here such an append becomes *visible*
 * (counts for acks, may be fetched) when the sync calls back: `visibleEnd` stays at its first offset until then.
 */
import { greater, lesser } from '../../ports/brand.ts';
import type { DiskError, DiskFile } from '../../ports/disk.ts';
import { invariant } from '../../ports/invariant.ts';
import type { Environment } from '../environment.ts';
import { Offset } from '../protocol/numbers.ts';
import type { FlushCallback } from './types.ts';

/** Something that can be made durable. */
export type Syncable = Pick<DiskFile, 'sync'>;

/** What the flusher needs of its log. */
export interface Flushable {
  readonly logEndOffset: Offset;
  /** Files to sync so that everything below `upTo` is durable, and directories whose entries changed. Clears their dirty marks. */
  takeUnsynced(upTo: Offset): {
    readonly files: readonly Syncable[];
    readonly closeAfter: readonly DiskFile[];
    readonly directories: readonly string[];
  };
  /** The start of the active segment: a flush beyond it covers all the log. */
  readonly activeBaseOffset: Offset;
  /** Everything below `recoveryPoint` is durable. */
  onFlushed(recoveryPoint: Offset): void;
  onFlushFailed(error: DiskError): void;
}

interface Request {
  readonly upTo: Offset;
  readonly done: FlushCallback | null;
}

export class Flusher {
  readonly #env: Environment;
  readonly #log: Flushable;
  #recoveryPoint: Offset;
  /** What the sync under way will have made durable; null if none is. */
  #target: Offset | null = null;
  #running: Request[] = [];
  #waiting: Request[] = [];
  /** Appends that are visible only when durable. */
  #barriers: { readonly start: Offset; readonly end: Offset }[] = [];
  #scheduledTo: Offset;
  #closed = false;
  lastFlushMs: number;

  constructor(env: Environment, log: Flushable, recoveryPoint: Offset) {
    this.#env = env;
    this.#log = log;
    this.#recoveryPoint = recoveryPoint;
    this.#scheduledTo = log.logEndOffset;
    this.lastFlushMs = env.clock.monotonicMs();
  }

  /** Everything below is durable. */
  get recoveryPoint(): Offset {
    return this.#recoveryPoint;
  }

  get visibleEnd(): Offset {
    return this.#barriers[0]?.start ?? this.#log.logEndOffset;
  }

  /** An append of [start, end) happened: flushes if `flushMessages` unflushed records are reached. */
  onAppended(start: Offset, end: Offset, flushMessages: number): void {
    if (end - this.#scheduledTo < flushMessages) {
      if (this.#env.random.sometimes('log/early-flush', 16)) this.request(end, null);
      return;
    }
    this.#scheduledTo = end;
    this.#barriers.push({ start, end });
    this.request(end, null);
  }

  /** `done` is called, in a later event, when everything below `upTo` is durable or has been truncated away. */
  request(upTo: Offset, done: FlushCallback | null): void {
    if (this.#closed) return;
    this.#waiting.push({ upTo: lesser(upTo, this.#log.logEndOffset), done });
    if (this.#target === null) this.#begin();
  }

  onTruncated(offset: Offset): void {
    if (this.#recoveryPoint > offset) this.#recoveryPoint = offset;
    if (this.#target !== null && this.#target > offset) {
      this.#env.tracer.emit({ type: 'mark', name: 'log/truncated-while-flushing' });
      this.#target = offset;
    }
    if (this.#scheduledTo > offset) this.#scheduledTo = offset;
    this.#barriers = this.#barriers
      .filter((barrier) => barrier.start < offset)
      .map((barrier) => (barrier.end > offset ? { start: barrier.start, end: offset } : barrier));
  }

  /** A log that begins at `offset` with nothing in it has nothing to lose. */
  onRestartedAt(offset: Offset): void {
    this.onTruncated(Offset(0));
    this.#scheduledTo = offset;
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#running = [];
  }

  #begin(): void {
    const upTo = this.#waiting.reduce((largest, request) => greater(largest, request.upTo), Offset(0));
    const target = upTo > this.#log.activeBaseOffset ? this.#log.logEndOffset : lesser(upTo, this.#log.logEndOffset);
    this.#running = this.#waiting;
    this.#waiting = [];
    this.#target = target;
    this.lastFlushMs = this.#env.clock.monotonicMs();
    const { files, closeAfter, directories } = this.#log.takeUnsynced(target);
    let left = files.length + closeAfter.length + directories.length;
    let failure: DiskError | null = null;
    const synced = (error: DiskError | null): void => {
      failure ??= error;
      left--;
      if (left === 0) this.#finish(failure);
    };
    if (left === 0) {
      left = 1;
      this.#env.timers.after(0, () => synced(null));
      return;
    }
    for (const file of files) file.sync(synced);
    for (const file of closeAfter) {
      file.sync((error) => {
        file.close();
        synced(error);
      });
    }
    for (const directory of directories) this.#env.disk.syncDirectory(directory, synced);
  }

  #finish(error: DiskError | null): void {
    if (this.#closed || this.#target === null) return;
    const finished = this.#running;
    const durable = this.#target;
    this.#running = [];
    this.#target = null;
    if (error !== null) {
      const failed = [...finished, ...this.#waiting];
      this.#waiting = [];
      this.#log.onFlushFailed(error);
      for (const request of failed) request.done?.(error);
      return;
    }
    invariant(
      durable <= this.#log.logEndOffset,
      () => `a sync made ${durable} durable, and the log ends at ${this.#log.logEndOffset}`,
    );
    if (durable > this.#recoveryPoint) this.#recoveryPoint = durable;
    this.#barriers = this.#barriers.filter((barrier) => barrier.end > this.#recoveryPoint);
    if (this.#recoveryPoint > this.#scheduledTo) this.#scheduledTo = this.#recoveryPoint;
    // What was truncated while the sync ran and written anew needs another one.
    const again = finished.filter((request) => request.upTo > durable && this.#log.logEndOffset > durable);
    this.#waiting = [...again, ...this.#waiting];
    if (this.#waiting.length > 0) this.#begin();
    this.#log.onFlushed(this.#recoveryPoint);
    for (const request of finished) if (!again.includes(request)) request.done?.(null);
  }
}
