/**
 * A log's `partition.metadata`: the id of the topic it belongs to (KIP-516). Nothing else tells a log from one of a topic that
 * was deleted and made again, so the file comes before the log: it is there, under its own name, before the first segment is,
 * so that a process that dies at any moment leaves no record without it, and no flush of the log ends before it is durable, so
 * that neither does a power loss. (Kafka waits for the file's sync before the first append: UnifiedLog.maybeFlushMetadataFile.)
 */
import type { DiskError, SyncCallback } from '../../ports/disk.ts';
import { bytesToText, textToBytes } from './bytes.ts';
import { formatPartitionMetadata, parsePartitionMetadata } from './checkpoints.ts';
import { PARTITION_METADATA } from './file-names.ts';
import type { Syncable } from './flusher.ts';
import type { LogContext } from './log-context.ts';

export class PartitionMetadata {
  /** Null: the log has no such file, or none that can be read. */
  readonly topicId: string | null;
  readonly #context: LogContext;
  /** Who waits until the file is durable; null once it is. */
  #waiting: SyncCallback[] | null = null;

  /** Reads the file; if there is none, `topicId` holds and is written. Throws DiskError. */
  constructor(context: LogContext, topicId: string | null) {
    this.#context = context;
    const path = `${context.directory}/${PARTITION_METADATA}`;
    const stored = this.#read(path);
    this.topicId = stored ?? topicId;
    if (stored === null && topicId !== null) this.#write(path, topicId);
  }

  /** What a flush of the log has to wait for: nothing once the file is durable. */
  takeUnsynced(): readonly Syncable[] {
    const waiting = this.#waiting;
    return waiting === null ? [] : [{ sync: (done) => void waiting.push(done) }];
  }

  #read(path: string): string | null {
    const { disk } = this.#context.env;
    if (!disk.exists(path)) return null;
    const file = disk.open(path);
    try {
      return parsePartitionMetadata(bytesToText(file.read(0, file.size)));
    } finally {
      file.close();
    }
  }

  #write(path: string, topicId: string): void {
    const { env, directory } = this.#context;
    env.disk.remove(path);
    const file = env.disk.open(path, { create: true });
    file.append(textToBytes(formatPartitionMetadata(topicId)));
    this.#waiting = [];
    file.sync((error) => {
      file.close();
      if (error !== null) return this.#finish(error);
      env.disk.syncDirectory(directory, (failed) => this.#finish(failed));
    });
  }

  #finish(error: DiskError | null): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    if (error !== null) this.#context.storage.fail(error);
    for (const done of waiting) done(error);
  }
}
