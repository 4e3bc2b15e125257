/** One log directory of a broker: its identity, its checkpoints, its clean shutdown marker. */
import type { DiskError, SyncCallback } from '../../ports/disk.ts';
import type { Environment } from '../environment.ts';
import type { BrokerEpoch, Offset } from '../protocol/numbers.ts';
import { AtomicFile } from './atomic-file.ts';
import { topicPartitionKey, type TopicPartitionKey } from '../protocol/partition.ts';
import { CLEAN_SHUTDOWN_MARKER, formatCleanShutdown } from './clean-shutdown.ts';
import { type CheckpointedOffset, formatOffsets, parseOffsets } from './checkpoints.ts';
import type { Log } from './log.ts';
import { META_PROPERTIES, type MetaProperties, parseMetaProperties } from './meta-properties.ts';

type CheckpointKind = 'recovery-point' | 'high-watermark' | 'log-start' | 'cleaner';

const CHECKPOINT_FILES: Record<CheckpointKind, string> = {
  'recovery-point': 'recovery-point-offset-checkpoint',
  'high-watermark': 'replication-offset-checkpoint',
  'log-start': 'log-start-offset-checkpoint',
  cleaner: 'cleaner-offset-checkpoint',
};

export class LogDirectory {
  readonly path: string;
  readonly logs = new Map<TopicPartitionKey, Log>();
  readonly meta: MetaProperties | null;
  readonly hadCleanShutdown: boolean;
  readonly recoveryPoints: ReadonlyMap<TopicPartitionKey, Offset>;
  readonly logStartOffsets: ReadonlyMap<TopicPartitionKey, Offset>;
  /** As checkpointed by the last process. */
  readonly highWatermarks: Map<TopicPartitionKey, Offset>;
  /** Up to where logs are compacted: of those that a cleaner has been at. */
  readonly cleanerOffsets: Map<TopicPartitionKey, Offset>;
  isOffline = false;
  readonly #env: Environment;
  readonly #files: Record<CheckpointKind, AtomicFile>;
  readonly #written = new Map<CheckpointKind, string>();
  readonly #marker: AtomicFile;
  readonly #failed: (error: DiskError) => void;

  /** Reads what the last process left. The clean shutdown marker is consumed; see `settle`. Throws DiskError. */
  constructor(env: Environment, path: string, failed: (directory: LogDirectory, error: DiskError) => void) {
    this.#env = env;
    this.path = path;
    this.#failed = (error) => failed(this, error);
    const { disk } = env;
    disk.makeDirectory(path);
    this.meta = parseMetaProperties(new AtomicFile(disk, `${path}/${META_PROPERTIES}`).read());
    this.#marker = new AtomicFile(disk, `${path}/${CLEAN_SHUTDOWN_MARKER}`);
    this.hadCleanShutdown = this.#marker.read() !== null;
    disk.remove(this.#marker.path);
    const file = (kind: CheckpointKind): AtomicFile => new AtomicFile(disk, `${path}/${CHECKPOINT_FILES[kind]}`);
    this.#files = {
      'recovery-point': file('recovery-point'),
      'high-watermark': file('high-watermark'),
      'log-start': file('log-start'),
      cleaner: file('cleaner'),
    };
    this.recoveryPoints = parseOffsets(this.#files['recovery-point'].read()) ?? new Map();
    this.logStartOffsets = parseOffsets(this.#files['log-start'].read()) ?? new Map();
    this.highWatermarks = parseOffsets(this.#files['high-watermark'].read()) ?? new Map();
    this.cleanerOffsets = parseOffsets(this.#files.cleaner.read()) ?? new Map();
  }

  /** Calls back when the removal of the marker is durable. Before, no log may change (KAFKA-10471). */
  settle(done: SyncCallback): void {
    this.#env.disk.syncDirectory(this.path, done);
  }

  /** Writes a checkpoint of all logs' offsets, unless the file has them already. */
  checkpoint(kind: CheckpointKind, done: SyncCallback | null = null): void {
    if (this.isOffline) return;
    const offsets: CheckpointedOffset[] = [];
    for (const log of this.logs.values()) {
      const { topicPartition } = log;
      if (kind === 'recovery-point') offsets.push({ ...topicPartition, offset: log.recoveryPoint });
      else if (kind === 'high-watermark') offsets.push({ ...topicPartition, offset: log.highWatermark });
      else if (kind === 'cleaner') {
        const offset = this.cleanerOffsets.get(log.partition);
        if (offset !== undefined) offsets.push({ ...topicPartition, offset });
      }
      // Only where it says more than the first segment's name.
      else if (log.logStartOffset > log.firstSegmentBaseOffset) offsets.push({ ...topicPartition, offset: log.logStartOffset });
    }
    const text = formatOffsets(offsets);
    if (done === null && this.#written.get(kind) === text) return;
    this.#written.set(kind, text);
    this.attempt(() =>
      this.#files[kind].write(text, (error, isOvertaken) => {
        if (error !== null) this.#failed(error);
        else if (!isOvertaken) this.#tellWritten(kind, offsets);
        done?.(error);
      }),
    );
  }

  /** A log is compacted up to here, and no further: written down at once. */
  setCleanerOffset(partition: TopicPartitionKey, offset: Offset): void {
    this.cleanerOffsets.set(partition, offset);
    this.checkpoint('cleaner');
  }

  #tellWritten(kind: CheckpointKind, offsets: readonly CheckpointedOffset[]): void {
    const entries = offsets.map(({ topic, partition, offset }) => [topicPartitionKey(topic, partition), offset] as const);
    this.#env.tracer.emit({ type: 'checkpoint-written', file: kind, directory: this.path, entries });
  }

  /** Writes the clean shutdown marker. Everything must be flushed. */
  writeMarker(brokerEpoch: BrokerEpoch, done: SyncCallback): void {
    this.#env.tracer.emit({ type: 'clean-shutdown-marked', directory: this.path, brokerEpoch });
    this.attempt(() => this.#marker.write(formatCleanShutdown(brokerEpoch), done));
  }

  /** Makes names durable that were renamed or removed in the directory itself. */
  syncNames(done: () => void): void {
    this.#env.disk.syncDirectory(this.path, (error) => {
      if (error !== null) this.#failed(error);
      else done();
    });
  }

  /** Runs a step on the disk; an error takes the directory offline. False if it did. */
  attempt(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.#failed(error);
      return false;
    }
  }

  /** Nothing is written any more. */
  close(): void {
    for (const file of Object.values(this.#files)) file.close();
    this.#marker.close();
  }
}

function isDiskError(error: unknown): error is DiskError {
  return error instanceof Error && error.name === 'DiskError';
}
