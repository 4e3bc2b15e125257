/** A log as its flusher sees it: what there is to sync, and whom to tell. */
import type { DiskError, DiskFile } from '../environment.ts';
import type { Flushable } from './flusher.ts';
import type { LogContext } from './log-context.ts';
import type { LogOffsets } from './log-offsets.ts';
import type { LogSegments } from './log-segments.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';

export class FlushSource implements Flushable {
  readonly #context: LogContext;
  readonly #offsets: LogOffsets;
  readonly #segments: LogSegments;
  readonly #snapshots: ProducerSnapshots;
  readonly #onVisibleEndAdvanced: () => void;

  constructor(
    context: LogContext,
    offsets: LogOffsets,
    segments: LogSegments,
    snapshots: ProducerSnapshots,
    onVisibleEndAdvanced: () => void,
  ) {
    this.#context = context;
    this.#offsets = offsets;
    this.#segments = segments;
    this.#snapshots = snapshots;
    this.#onVisibleEndAdvanced = onVisibleEndAdvanced;
  }

  get logEndOffset(): number {
    return this.#offsets.logEndOffset;
  }

  get activeBaseOffset(): number {
    return this.#segments.active.baseOffset;
  }

  takeUnsynced(upTo: number): { files: DiskFile[]; closeAfter: DiskFile[]; directories: string[] } {
    const { files, directories } = this.#segments.takeUnsynced(upTo, this.#offsets.logEndOffset);
    return { files, closeAfter: this.#snapshots.takeUnsynced(upTo), directories };
  }

  onFlushed(recoveryPoint: number): void {
    const { env, partition } = this.#context;
    env.tracer.emit({ type: 'log-flushed', partition, upTo: recoveryPoint });
    this.#onVisibleEndAdvanced();
  }

  onFlushFailed(error: DiskError): void {
    this.#context.storage.fail(error);
  }
}
