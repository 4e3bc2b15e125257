/** A log's `partition.metadata`: the id of the topic it belongs to (KIP-516). */
import { invariant } from '../environment.ts';
import { AtomicFile } from './atomic-file.ts';
import { formatPartitionMetadata, parsePartitionMetadata } from './checkpoints.ts';
import { PARTITION_METADATA } from './file-names.ts';
import type { LogContext } from './log-context.ts';

export class PartitionMetadata {
  readonly #context: LogContext;
  readonly #file: AtomicFile;
  #topicId: string | null;

  /** Reads the file; `topicId` holds if there is none, and is written if the log is new. Throws DiskError. */
  constructor(context: LogContext, topicId: string | null, isNewLog: boolean) {
    this.#context = context;
    this.#file = new AtomicFile(context.env.disk, `${context.directory}/${PARTITION_METADATA}`);
    this.#topicId = parsePartitionMetadata(this.#file.read()) ?? topicId;
    if (isNewLog && this.#topicId !== null) this.#write(this.#topicId);
  }

  get topicId(): string | null {
    return this.#topicId;
  }

  /** Binds the log to a topic id, which must not change. Throws StorageError. */
  assign(topicId: string): void {
    const { env, partition, storage } = this.#context;
    if (this.#topicId === topicId && env.disk.exists(this.#file.path)) return;
    invariant(
      this.#topicId === null || this.#topicId === topicId,
      () => `${partition}: topic id ${this.#topicId} can't become ${topicId}`,
    );
    this.#topicId = topicId;
    storage.run(() => this.#write(topicId));
  }

  close(): void {
    this.#file.close();
  }

  #write(topicId: string): void {
    this.#file.write(formatPartitionMetadata(topicId), (error) => {
      if (error !== null) this.#context.storage.fail(error);
    });
  }
}
