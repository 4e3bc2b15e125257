/**
 * All logs of a broker over its log directories (Kafka's LogManager): loads them, creates and deletes them, runs retention,
 * flushes and checkpoints on timers, and takes a directory offline when its disk fails (KIP-112, KIP-858).
 */
import type { DiskError } from '../../ports/disk.ts';
import type { Environment } from '../environment.ts';
import type { Timer } from '../../ports/time.ts';
import { DIRECTORY_UNASSIGNED } from '../protocol/directory-ids.ts';
import { type BrokerEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { METADATA_PARTITION, type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import { hasPolicy } from './append-validation.ts';
import { type CompactionProgress, LogCleaner, type LogCleanerConfig } from './cleaner/log-cleaner.ts';
import { Departures } from './departures.ts';
import { doomedDirectory, isDoomedDirectory, parsePartitionDirectory } from './file-names.ts';
import { Log } from './log.ts';
import { LogDirectory } from './log-directory.ts';
import type { MetaProperties } from './meta-properties.ts';
import { type LogConfig, StorageError } from './types.ts';

export type { MetaProperties } from './meta-properties.ts';

/** The metadata log belongs to the quorum, also where it lies in a broker's log directory. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

interface LogManagerConfig extends LogCleanerConfig {
  readonly 'log.retention.check.interval.ms': number;
  readonly 'log.initial.task.delay.ms': number;
  readonly 'log.flush.scheduler.interval.ms': number;
  readonly 'log.flush.offset.checkpoint.interval.ms': number;
  readonly 'log.flush.start.offset.checkpoint.interval.ms': number;
  readonly 'replica.high.watermark.checkpoint.interval.ms': number;
  readonly 'producer.id.expiration.ms': number;
  readonly 'producer.id.expiration.check.interval.ms': number;
  readonly 'transaction.partition.verification.enable': boolean;
}

export interface LogManagerOptions {
  readonly directories: readonly string[];
  readonly config: LogManagerConfig;
  /** The directories that take no new logs; absent: all do. */
  readonly cordoned?: () => readonly string[];
  /** Effective configs of a topic, asked at load and at creation. */
  readonly topicConfig: (topic: string) => LogConfig;
  /** A directory went offline; `partitions` are the logs it held. */
  readonly onDirectoryFailed: (directory: string, directoryId: string | null, partitions: readonly TopicPartitionKey[]) => void;
}

export class LogManager {
  readonly #env: Environment;
  readonly #options: LogManagerOptions;
  readonly #directories: LogDirectory[] = [];
  readonly #offline: string[] = [];
  readonly #logs = new Map<TopicPartitionKey, Log>();
  readonly #timers = new Map<string, Timer>();
  readonly #cleaner: LogCleaner;
  /** Names of logs that were moved away, until nothing on the disk is left of them: see `departures.ts`. */
  readonly #departures = new Departures();
  /** What goes on with a shutdown when a directory fails in the middle of it. */
  readonly #shuttingDown = new Map<LogDirectory, () => void>();
  #closed = false;

  constructor(env: Environment, options: LogManagerOptions) {
    this.#env = env;
    this.#options = options;
    this.#cleaner = new LogCleaner(env, options.config, this.#directories);
  }

  /**
   * Loads every log of every directory, at once. `ready` is called in a later event, when the clean shutdown markers are
   * durably gone: before it nothing may be appended. Then the timers run.
   */
  start(ready: () => void): void {
    for (const path of this.#options.directories) this.#loadDirectory(path);
    let left = this.#directories.length;
    const settled = (): void => {
      left--;
      if (left > 0 || this.#closed) return;
      this.#startTimers();
      this.#cleaner.start();
      ready();
    };
    if (left === 0) {
      left = 1;
      this.#env.timers.after(0, settled);
      return;
    }
    for (const directory of [...this.#directories]) {
      directory.settle((error) => {
        if (error !== null) this.#fail(directory, error);
        settled();
      });
    }
  }

  get(partition: TopicPartitionKey): Log | undefined {
    return this.#logs.get(partition);
  }

  /** What the cleaner has before it in a log; null if nobody compacts it. */
  compaction(partition: TopicPartitionKey): CompactionProgress | null {
    const directory = this.#directoryOf(partition);
    const log = this.#logs.get(partition);
    return directory === undefined || log === undefined ? null : this.#cleaner.progress(log, directory);
  }

  allLogs(): IterableIterator<Log> {
    return this.#logs.values();
  }

  /**
   * The log of a partition, created if need be in the directory with id `assigned` if that is live, else in the live
   * directory with the fewest logs. A log of another topic of the same name (KIP-516), or of nobody knows which, is moved away first.
   * Null: a log of that name is still on its way out; `onceGone` tells when to ask again. Throws StorageError if no directory is live.
   */
  getOrCreate(topic: string, partition: number, topicId: string, assigned?: string): Log | null {
    const key = topicPartitionKey(topic, partition);
    const existing = this.#logs.get(key);
    if (existing?.topicId === topicId) return existing;
    if (existing !== undefined) this.#moveAway(key, 'stray');
    while (!this.#departures.has(key)) {
      const directory = this.#withId(assigned) ?? this.#leastLoaded();
      if (directory === undefined) throw new StorageError('no log directory is online');
      directory.highWatermarks.delete(key);
      directory.cleanerOffsets.delete(key);
      const created = directory.attempt(() => {
        // A copy that the start passed over, because another directory had one too, may lie there: whose it is, its own file says.
        const isCopy = this.#env.disk.exists(`${directory.path}/${key}`);
        const from = { topicId: isCopy ? null : topicId, recoveryPoint: Offset(0), logStartOffset: Offset(0), clean: false };
        this.#open(directory, { topic, partition }, from);
      });
      const log = this.#logs.get(key);
      if (!created || log === undefined) continue;
      if (log.topicId === topicId) return log;
      this.#moveAway(key, 'stray');
    }
    return null;
  }

  /**
   * Calls back when nothing on the disk reminds of the logs of this name that were moved away. A new log comes no sooner: checkpoints
   * know partitions by name only, and after a crash the new log would be taken to begin, to be flushed and to be committed where the old one was.
   */
  onceGone(partition: TopicPartitionKey, then: () => void): void {
    this.#departures.whenGone(partition, then);
  }

  /**
   * May a log that is not here be created? Not while a directory is offline, unless the replica lies in a live one or in
   * none yet (`assigned` is UNASSIGNED): its log may be in the one that is offline.
   */
  mayCreate(partition: TopicPartitionKey, assigned: string | undefined): boolean {
    if (this.#logs.has(partition) || this.#offline.length === 0) return true;
    if (assigned === undefined || assigned === DIRECTORY_UNASSIGNED) return true;
    return this.#withId(assigned) !== undefined;
  }

  /** The id of the directory that holds a log; null if there is no such log or the directory has no meta.properties. */
  directoryIdOf(partition: TopicPartitionKey): string | null {
    return this.#directoryOf(partition)?.meta?.directoryId ?? null;
  }

  /** The directories that work, with their ids (null before formatting). */
  liveDirectories(): readonly {
    readonly path: string;
    readonly directoryId: string | null;
    readonly meta: MetaProperties | null;
  }[] {
    return this.#directories.map(({ path, meta }) => ({ path, directoryId: meta?.directoryId ?? null, meta }));
  }

  offlineDirectories(): readonly string[] {
    return this.#offline;
  }

  /** The high watermark that the last process checkpointed for a log, 0 if there is none. */
  checkpointedHighWatermark(partition: TopicPartitionKey): Offset {
    return this.#directoryOf(partition)?.highWatermarks.get(partition) ?? Offset(0);
  }

  /** Gives new effective configs to the logs of a topic. */
  updateConfig(topic: string, config: LogConfig): void {
    for (const log of this.#logs.values()) if (log.topicPartition.topic === topic) log.config = config;
  }

  /** Deletes a log: its directory is renamed to `-delete` now and removed after file.delete.delay.ms. */
  asyncDelete(partition: TopicPartitionKey): void {
    this.#moveAway(partition, 'delete');
  }

  /** Moves away every log that is not this broker's any more (asked once the metadata is known); returns them. */
  handleStrayLogs(isStray: (log: Log) => boolean): readonly TopicPartitionKey[] {
    const stray = [...this.#logs.values()].filter(isStray).map((log) => log.partition);
    for (const partition of stray) this.#moveAway(partition, 'stray');
    return stray;
  }

  checkpointHighWatermarks(): void {
    for (const directory of [...this.#directories]) directory.checkpoint('high-watermark');
  }

  checkpointRecoveryPoints(): void {
    for (const directory of [...this.#directories]) directory.checkpoint('recovery-point');
  }

  checkpointLogStartOffsets(): void {
    for (const directory of [...this.#directories]) directory.checkpoint('log-start');
  }

  /** Flushes every log, writes the checkpoints, then the clean shutdown markers; calls back at the end. Timers stop now. */
  shutdown(done: () => void, brokerEpoch: BrokerEpoch = NONE): void {
    this.#stopTimers();
    this.#cleaner.stop();
    let left = this.#directories.length;
    const finished = (): void => {
      left--;
      if (left > 0) return;
      this.close();
      done();
    };
    if (left === 0) {
      left = 1;
      this.#env.timers.after(0, finished);
      return;
    }
    for (const directory of [...this.#directories]) {
      const once = (): void => {
        if (this.#shuttingDown.delete(directory)) finished();
      };
      this.#shuttingDown.set(directory, once);
      this.#shutDirectory(directory, brokerEpoch, once);
    }
  }

  /** Drops everything as it is: nothing is written any more. */
  close(): void {
    this.#closed = true;
    this.#stopTimers();
    this.#departures.close();
    for (const log of this.#logs.values()) log.close();
    for (const directory of this.#directories) directory.close();
  }

  #loadDirectory(path: string): void {
    let directory: LogDirectory;
    try {
      directory = new LogDirectory(this.#env, path, (failed, error) => this.#fail(failed, error));
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'DiskError') throw error;
      this.#offline.push(path);
      this.#env.tracer.emit({ type: 'log-directory-failed', directory: path, error: error.message });
      this.#options.onDirectoryFailed(path, null, []);
      return;
    }
    this.#directories.push(directory);
    directory.attempt(() => {
      for (const name of this.#env.disk.list(path)) {
        if (isDoomedDirectory(name)) this.#removeLater(directory, `${path}/${name}`, 0);
        const topicPartition = parsePartitionDirectory(name);
        if (topicPartition === null || name === METADATA_PARTITION) continue;
        const key = topicPartitionKey(topicPartition.topic, topicPartition.partition);
        if (this.#logs.has(key)) continue;
        this.#open(directory, topicPartition, {
          topicId: null,
          recoveryPoint: directory.recoveryPoints.get(key) ?? Offset(0),
          logStartOffset: directory.logStartOffsets.get(key) ?? Offset(0),
          clean: directory.hadCleanShutdown,
        });
      }
    });
  }

  #open(
    directory: LogDirectory,
    topicPartition: TopicPartition,
    from: {
      readonly topicId: string | null;
      readonly recoveryPoint: Offset;
      readonly logStartOffset: Offset;
      readonly clean: boolean;
    },
  ): void {
    const { config } = this.#options;
    const partition = topicPartitionKey(topicPartition.topic, topicPartition.partition);
    const log = Log.load(this.#env, {
      directory: `${directory.path}/${partition}`,
      topicPartition,
      topicId: from.topicId,
      config: this.#options.topicConfig(topicPartition.topic),
      recoveryPoint: from.recoveryPoint,
      logStartOffset: from.logStartOffset,
      hadCleanShutdown: from.clean,
      isCompacted: directory.cleanerOffsets.has(partition),
      producerIdExpirationMs: () => config['producer.id.expiration.ms'],
      producerIdExpirationCheckMs: config['producer.id.expiration.check.interval.ms'],
      isVerificationEnabled: () => config['transaction.partition.verification.enable'],
      onStorageFailure: (error) => this.#fail(directory, error),
    });
    log.onCut = () => {
      directory.checkpoint('recovery-point');
      const clean = directory.cleanerOffsets.get(partition);
      const { activeSegmentBaseOffset } = log;
      if (clean !== undefined && clean > activeSegmentBaseOffset) directory.setCleanerOffset(partition, activeSegmentBaseOffset);
    };
    directory.logs.set(partition, log);
    this.#logs.set(partition, log);
  }

  #withId(id: string | undefined): LogDirectory | undefined {
    return id === undefined ? undefined : this.#directories.find(({ meta }) => meta?.directoryId === id);
  }

  /** Of those that take new logs. The replica may have been given to this broker just before all were cordoned: then the first. */
  #leastLoaded(): LogDirectory | undefined {
    const cordoned = this.#options.cordoned?.() ?? [];
    let least: LogDirectory | undefined;
    for (const directory of this.#directories.filter(({ path }) => !cordoned.includes(path)))
      if (least === undefined || directory.logs.size < least.logs.size) least = directory;
    return least ?? this.#directories[0];
  }

  #directoryOf(partition: TopicPartitionKey): LogDirectory | undefined {
    return this.#directories.find((directory) => directory.logs.has(partition));
  }

  #moveAway(partition: TopicPartitionKey, kind: 'delete' | 'stray'): void {
    const log = this.#logs.get(partition);
    const directory = this.#directoryOf(partition);
    if (log === undefined || directory === undefined) return;
    this.#logs.delete(partition);
    directory.logs.delete(partition);
    directory.highWatermarks.delete(partition);
    directory.cleanerOffsets.delete(partition);
    log.close();
    const random = this.#env.random.stream('log/delete');
    const hex = Array.from({ length: 8 }, () => random.below(0x1_0000, 'directory suffix').toString(16).padStart(4, '0')).join(
      '',
    );
    const doomed = `${directory.path}/${doomedDirectory(partition, hex, kind)}`;
    // In Kafka all of this is on the disk when the call returns (LogManager.asyncDelete).
    const files = ['recovery-point', 'log-start', 'high-watermark', 'cleaner'] as const;
    const done = this.#departures.begin(directory.path, partition, files.length + 1);
    directory.attempt(() => {
      this.#env.disk.rename(log.directory, doomed);
      directory.syncNames(done);
      for (const file of files) directory.checkpoint(file, done);
      this.#removeLater(directory, doomed, log.config['file.delete.delay.ms']);
    });
  }

  #removeLater(directory: LogDirectory, path: string, delayMs: number): void {
    this.#env.timers.after(delayMs, () => {
      if (this.#closed || directory.isOffline) return;
      directory.attempt(() => this.#env.disk.remove(path));
    });
  }

  #fail(directory: LogDirectory, error: DiskError): void {
    if (directory.isOffline || this.#closed) return;
    directory.isOffline = true;
    directory.close();
    this.#directories.splice(this.#directories.indexOf(directory), 1);
    this.#offline.push(directory.path);
    const partitions = [...directory.logs.keys()];
    for (const [partition, log] of directory.logs) {
      log.markOffline();
      this.#logs.delete(partition);
    }
    this.#env.tracer.emit({ type: 'log-directory-failed', directory: directory.path, error: error.message });
    this.#options.onDirectoryFailed(directory.path, directory.meta?.directoryId ?? null, partitions);
    // Whatever lies there lies there no more for this process.
    this.#env.timers.after(0, () => this.#departures.directoryFailed(directory.path));
    const goOn = this.#shuttingDown.get(directory);
    if (goOn !== undefined) this.#env.timers.after(0, goOn);
  }

  #shutDirectory(directory: LogDirectory, brokerEpoch: BrokerEpoch, finished: () => void): void {
    const logs = [...directory.logs.values()];
    let left = logs.length + 1;
    let isClean = true;
    const flushed = (): void => {
      left--;
      if (left > 0) return;
      if (!isClean || directory.isOffline) return finished();
      this.#checkpointThenMark(directory, brokerEpoch, finished);
    };
    for (const log of logs) {
      if (!directory.attempt(() => this.#quiet(() => log.takeProducerSnapshot()))) break;
      log.flush(log.logEndOffset, (error) => {
        if (error !== null || log.recoveryPoint < log.logEndOffset) isClean = false;
        flushed();
      });
    }
    if (directory.isOffline) return finished();
    this.#env.timers.after(0, flushed);
  }

  #checkpointThenMark(directory: LogDirectory, brokerEpoch: BrokerEpoch, finished: () => void): void {
    const kinds = ['recovery-point', 'log-start', 'high-watermark'] as const;
    let left: number = kinds.length;
    for (const kind of kinds) {
      directory.checkpoint(kind, () => {
        left--;
        if (left > 0) return;
        if (directory.isOffline) return finished();
        directory.writeMarker(brokerEpoch, finished);
      });
    }
    if (directory.isOffline) finished();
  }

  /** A StorageError has been reported by its log already. */
  #quiet(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }

  #startTimers(): void {
    const { config } = this.#options;
    const initialMs = config['log.initial.task.delay.ms'];
    this.#every('retention', initialMs, config['log.retention.check.interval.ms'], () =>
      // What is compacted is left to the cleaner.
      this.#eachLog((log) => hasPolicy(log.config, 'compact') || log.isBeingCleaned || log.deleteOldSegments()),
    );
    this.#every('flush', initialMs, config['log.flush.scheduler.interval.ms'], () => this.#flushDue());
    this.#every('recovery-points', initialMs, config['log.flush.offset.checkpoint.interval.ms'], () =>
      this.checkpointRecoveryPoints(),
    );
    this.#every('log-starts', initialMs, config['log.flush.start.offset.checkpoint.interval.ms'], () =>
      this.checkpointLogStartOffsets(),
    );
    const highWatermarkMs = config['replica.high.watermark.checkpoint.interval.ms'];
    this.#every('high-watermarks', highWatermarkMs, highWatermarkMs, () => this.checkpointHighWatermarks());
  }

  #every(name: string, firstMs: number, intervalMs: number, task: () => void): void {
    if (intervalMs > LONGEST_TIMER_MS) return;
    const run = (): void => {
      this.#timers.set(name, this.#env.timers.after(intervalMs, run));
      if (!this.#env.random.sometimes('log/late-housekeeping')) task();
    };
    this.#timers.set(name, this.#env.timers.after(firstMs, run));
  }

  #stopTimers(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #eachLog(act: (log: Log) => void): void {
    for (const log of [...this.#logs.values()]) if (!log.isOffline) this.#quiet(() => act(log));
  }

  /** flush.ms: logs that were not flushed for so long. */
  #flushDue(): void {
    const nowMs = this.#env.clock.monotonicMs();
    this.#eachLog((log) => {
      if (log.recoveryPoint >= log.logEndOffset || nowMs - log.lastFlushMs < log.config['flush.ms']) return;
      log.flush(log.logEndOffset, () => {});
    });
  }
}
