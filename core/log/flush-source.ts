/** A log as its flusher sees it: what there is to sync, and whom to tell. */
import type { DiskError, DiskFile } from '../../ports/disk.ts';
import type { Offset } from '../protocol/numbers.ts';
import type { Flushable, Syncable } from './flusher.ts';
import type { LogContext } from './log-context.ts';
import type { LogOffsets } from './log-offsets.ts';
import type { LogSegments } from './log-segments.ts';
import type { PartitionMetadata } from './partition-metadata.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';

/** The parts of a log that a flush makes durable. */
export interface FlushedParts {
  readonly metadata: PartitionMetadata;
  readonly offsets: LogOffsets;
  readonly segments: LogSegments;
  readonly snapshots: ProducerSnapshots;
}

export class FlushSource implements Flushable {
  readonly #context: LogContext;
  readonly #metadata: PartitionMetadata;
  readonly #offsets: LogOffsets;
  readonly #segments: LogSegments;
  readonly #snapshots: ProducerSnapshots;
  readonly #onVisibleEndAdvanced: () => void;

  constructor(context: LogContext, parts: FlushedParts, onVisibleEndAdvanced: () => void) {
    this.#context = context;
    this.#metadata = parts.metadata;
    this.#offsets = parts.offsets;
    this.#segments = parts.segments;
    this.#snapshots = parts.snapshots;
    this.#onVisibleEndAdvanced = onVisibleEndAdvanced;
  }

  get logEndOffset(): Offset {
    return this.#offsets.logEndOffset;
  }

  get activeBaseOffset(): Offset {
    return this.#segments.active.baseOffset;
  }

  takeUnsynced(upTo: Offset): { files: Syncable[]; closeAfter: DiskFile[]; directories: string[] } {
    const { files, directories } = this.#segments.takeUnsynced(upTo, this.#offsets.logEndOffset);
    return { files: [...this.#metadata.takeUnsynced(), ...files], closeAfter: this.#snapshots.takeUnsynced(upTo), directories };
  }

  onFlushed(recoveryPoint: Offset): void {
    const { env, partition } = this.#context;
    env.tracer.emit({ type: 'log-flushed', partition, upTo: recoveryPoint });
    this.#onVisibleEndAdvanced();
  }

  onFlushFailed(error: DiskError): void {
    this.#context.storage.fail(error);
  }
}
