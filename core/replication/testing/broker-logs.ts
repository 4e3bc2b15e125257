/** A broker's logs without their manager, for tests of replication: a log is opened when it is asked for, and goes when a test says. */
import type { Environment } from '../../environment.ts';
import { Log } from '../../log/log.ts';
import type { LogManager } from '../../log/log-manager.ts';
import { DEFAULT_LOG_CONFIG } from '../../log/types.ts';
import { Offset } from '../../protocol/numbers.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import { type BatchHeader, forEachBatch } from '../../protocol/records.ts';

const EVERYTHING = { maxBytes: 1 << 30, minOneMessage: true, upperBound: 'log-end' } as const;

export class BrokerLogs {
  readonly logs = new Map<string, Log>();
  readonly checkpoints = new Map<string, Offset>();
  /** Names that are still taken by a log on its way out, with who waits for them. */
  readonly leaving = new Map<string, (() => void)[]>();
  #env: Environment | null = null;

  /** The broker has been started, and opens the logs that it had. */
  start(env: Environment): void {
    this.#env = env;
    env.disk.makeDirectory('data');
    for (const { topicPartition, topicId } of [...this.logs.values()])
      this.#open(topicPartition.topic, topicPartition.partition, topicId ?? '');
  }

  /** The broker died: what it had in memory only is gone. */
  crash(): void {
    for (const [key, log] of this.logs) log.updateHighWatermark(this.checkpointedHighWatermark(key));
  }

  get(key: string): Log | undefined {
    return this.logs.get(key);
  }
  getOrCreate(topic: string, partition: number, topicId: string): Log | null {
    const key = topicPartitionKey(topic, partition);
    if (this.leaving.has(key)) return null;
    return this.logs.get(key) ?? this.#open(topic, partition, topicId);
  }
  onceGone(key: string, then: () => void): void {
    this.leaving.get(key)?.push(then);
  }
  /** The log of that name is gone. */
  gone(key: string): void {
    const waiting = this.leaving.get(key) ?? [];
    this.leaving.delete(key);
    for (const then of waiting) then();
  }
  mayCreate(): boolean {
    return true;
  }
  directoryIdOf(): string | null {
    return 'd';
  }
  checkpointedHighWatermark(key: string): Offset {
    return this.checkpoints.get(key) ?? Offset(0);
  }
  checkpointHighWatermarks(): void {
    for (const [key, log] of this.logs) this.checkpoints.set(key, log.highWatermark);
  }
  asyncDelete(key: string): void {
    this.logs.delete(key);
    this.checkpoints.delete(key);
  }
  liveDirectories(): readonly { path: string; directoryId: string }[] {
    return [{ path: 'data', directoryId: 'd' }];
  }
  asLogManager(): LogManager {
    return this as unknown as LogManager;
  }

  #open(topic: string, partition: number, topicId: string): Log {
    const key = topicPartitionKey(topic, partition);
    const log = Log.load(this.#env as Environment, {
      directory: `data/${key}`,
      topicPartition: { topic, partition },
      topicId,
      config: DEFAULT_LOG_CONFIG,
      recoveryPoint: Offset(0),
      logStartOffset: Offset(0),
      hadCleanShutdown: false,
    });
    log.updateHighWatermark(this.checkpointedHighWatermark(key));
    this.logs.set(key, log);
    return log;
  }
}

/** The batches of a log: where each stands in these bytes. */
export function batchesOf(log: Log): { readonly header: BatchHeader; readonly bytes: Uint8Array }[] {
  const batches: { header: BatchHeader; bytes: Uint8Array }[] = [];
  for (let at = log.logStartOffset; at < log.logEndOffset; ) {
    const read = log.read(at, EVERYTHING);
    if (read === 'out-of-range' || read.endOffset === at) throw new Error(`nothing at ${at}`);
    forEachBatch(
      read.records,
      (header, position) => void batches.push({ header, bytes: read.records.subarray(position, position + header.sizeInBytes) }),
    );
    at = read.endOffset;
  }
  return batches;
}
