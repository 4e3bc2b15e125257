import type { Environment } from '../environment.ts';
import type { Log } from './Log.ts';
import type { LogConfig } from './types.ts';
export interface MetaProperties { readonly version: number; readonly clusterId: string; readonly nodeId: number; readonly directoryId: string }
export interface LogManagerOptions {
  readonly directories: readonly string[];
  readonly config: {
    readonly 'log.retention.check.interval.ms': number;
    readonly 'log.initial.task.delay.ms': number;
    readonly 'log.flush.scheduler.interval.ms': number;
    readonly 'log.flush.offset.checkpoint.interval.ms': number;
    readonly 'log.flush.start.offset.checkpoint.interval.ms': number;
    readonly 'replica.high.watermark.checkpoint.interval.ms': number;
    readonly 'producer.id.expiration.ms': number;
    readonly 'producer.id.expiration.check.interval.ms'?: number;
  };
  /** Effective configs of a topic, asked at load and at creation. */
  readonly topicConfig: (topic: string) => LogConfig;
  /** A directory went offline: `partitions` are the logs it held. */
  readonly onDirectoryFailed: (directory: string, directoryId: string | null, partitions: readonly string[]) => void;
}
export declare class LogManager {
  constructor(env: Environment, options: LogManagerOptions);
  /** Loads every log of every directory; starts the timers. */
  start(): void;
  get(partition: string): Log | undefined;
  allLogs(): IterableIterator<Log>;
  getOrCreate(topic: string, partition: number, topicId: string): Log;
  directoryIdOf(partition: string): string | null;
  liveDirectories(): readonly { path: string; directoryId: string }[];
  offlineDirectories(): readonly string[];
  /** The checkpointed high watermark of a log, 0 if there is none. */
  checkpointedHighWatermark(partition: string): number;
  updateConfig(topic: string, config: LogConfig): void;
  /** Renames the directory to `-delete` and removes it after file.delete.delay.ms. */
  asyncDelete(partition: string): void;
  /** Renames to `-stray`, removed later, every log that `isStray` says is not this broker's any more. */
  handleStrayLogs(isStray: (partition: string, topicId: string | null) => boolean): readonly string[];
  checkpointHighWatermarks(): void;
  /** Flushes every log, writes the checkpoints and the clean shutdown marker. */
  shutdown(done: () => void): void;
  /** Drops everything without writing (a crash). */
  close(): void;
}
