/** A log's `leader-epoch-checkpoint`, written behind the memory of its epochs (epoch-cache.ts). */
import { AtomicFile } from './atomic-file.ts';
import { formatEpochs, parseEpochs } from './checkpoints.ts';
import { EPOCH_CHECKPOINT } from './file-names.ts';
import type { LogContext } from './log-context.ts';
import type { EpochEntry } from './types.ts';

export class EpochCheckpoint {
  readonly #context: LogContext;
  readonly #file: AtomicFile;

  constructor(context: LogContext) {
    this.#context = context;
    this.#file = new AtomicFile(context.env.disk, `${context.directory}/${EPOCH_CHECKPOINT}`);
  }

  /** Empty if there is none, or none that can be read. Throws DiskError. */
  read(): EpochEntry[] {
    return parseEpochs(this.#file.read()) ?? [];
  }

  /** Begins to replace the file. Throws DiskError, or takes the log offline later. */
  write(current: readonly EpochEntry[]): void {
    const { env, partition, directory, storage } = this.#context;
    const entries = [...current];
    this.#file.write(formatEpochs(entries), (error, isOvertaken) => {
      if (error !== null) return storage.fail(error);
      if (isOvertaken) return;
      env.tracer.emit({
        type: 'checkpoint-written',
        file: 'leader-epoch',
        directory,
        entries: entries.map((entry) => [partition, entry.startOffset] as const),
      });
    });
  }

  close(): void {
    this.#file.close();
  }
}
