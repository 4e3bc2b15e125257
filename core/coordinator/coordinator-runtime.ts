/**
 * The partitions of a coordinator's topic that this broker leads, a shard for each: loaded when it is elected, kept or read again
 * when it goes on in another epoch, given up when it resigns. A key is answered for only when its shard is loaded
 * (COORDINATOR_LOAD_IN_PROGRESS before, NOT_COORDINATOR without). What the records mean is the kind's affair (Kafka's
 * CoordinatorRuntime).
 */
import { greater } from '../../ports/brand.ts';
import { invariant } from '../../ports/invariant.ts';
import type { ClientEnvironment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { DecodeError } from '../protocol/reader.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import { CoordinatorShard, type CoordinatorWrites } from './coordinator-shard.ts';
import { type Replay, replayBatches } from './replay.ts';

/** A kind of coordinator: what becomes of its records, and what it does when a shard comes and goes. */
export interface CoordinatorKind<State, R extends Replay<State>> {
  /** What is in memory goes on when the same broker leads in the next epoch; false: it is read anew. */
  readonly goesOnInNextEpoch: boolean;
  /** A shard is active as soon as its log is read; false: not before what was read is committed. */
  readonly servesUncommitted: boolean;
  /** Begins with the state of a partition without records. */
  newReplay(): R;
  /** A load up to the offset begins. */
  onLoading(shard: CoordinatorShard<State>, endOffset: Offset): void;
  /** All is replayed: the shard is active from now on. */
  onLoaded(shard: CoordinatorShard<State>, replay: R): void;
  /** The log cannot be read, or holds what is no record of this coordinator. The shard is unloaded next. */
  onLoadFailed(shard: CoordinatorShard<State>): void;
  /** It answers for nothing any more; writes under way are told afterwards. */
  onUnloaded(shard: CoordinatorShard<State>): void;
}

export interface CoordinatorRuntimeOptions<State, R extends Replay<State>> {
  readonly kind: CoordinatorKind<State, R>;
  readonly log: CoordinatorLog;
  /** The partition, of so many, that a key belongs to. */
  readonly partitionOf: (key: string, partitions: number) => number;
  readonly loadBufferBytes: number;
  readonly writes: CoordinatorWrites;
}

/** As long as it takes to read one buffer from a slow disk. */
const SLOW_READ_MS = 100;

export class CoordinatorRuntime<State, R extends Replay<State>> {
  readonly #env: ClientEnvironment;
  readonly #options: CoordinatorRuntimeOptions<State, R>;
  readonly #kind: CoordinatorKind<State, R>;
  readonly #log: CoordinatorLog;
  readonly #shards = new Map<number, CoordinatorShard<State>>();
  #partitions: () => number = () => 1;
  #isClosed = false;

  constructor(env: ClientEnvironment, options: CoordinatorRuntimeOptions<State, R>) {
    this.#env = env;
    this.#options = options;
    this.#kind = options.kind;
    this.#log = options.log;
  }

  /** Called once, when the broker's logs are loaded. `partitions`: how many the topic has, or would get. */
  startup(partitions: () => number): void {
    this.#partitions = partitions;
  }

  /** Gives up all shards, for good. */
  shutdown(): void {
    for (const partition of [...this.#shards.keys()]) this.onResignation(partition, null);
    this.#isClosed = true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Is there a shard whose load is not finished? */
  get isLoading(): boolean {
    return [...this.#shards.values()].some(({ status }) => status === 'loading');
  }

  /** The shards that are loaded. */
  *active(): Iterable<CoordinatorShard<State>> {
    for (const shard of this.#shards.values()) if (shard.status === 'active') yield shard;
  }

  /** The partition of the topic that holds a key. */
  partitionFor(key: string): number {
    return this.#options.partitionOf(key, this.#partitions());
  }

  /** The loaded shard of a key, or the error to answer with. */
  shardFor(key: string): CoordinatorShard<State> | number {
    return this.shardOf(this.partitionFor(key));
  }

  /** The loaded shard of a partition, or the error to answer with. */
  shardOf(partition: number): CoordinatorShard<State> | number {
    if (this.#isClosed) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const shard = this.#shards.get(partition);
    if (shard === undefined) return ErrorCode.NOT_COORDINATOR;
    return shard.status === 'loading' ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : shard;
  }

  /** This broker leads a partition from now on: load it, then answer for its keys. */
  onElection(partition: number, leaderEpoch: LeaderEpoch): void {
    const current = this.#shards.get(partition);
    if (current !== undefined) {
      if (leaderEpoch <= current.leaderEpoch) return;
      // Nobody led in between, unless an epoch was skipped: metadata may come as one step from A by B to A.
      const wasAlwaysLeader = leaderEpoch === current.leaderEpoch + 1;
      if (this.#kind.goesOnInNextEpoch && wasAlwaysLeader && !current.isUncertain) {
        // What is in memory is the log's state, it goes on with the new epoch.
        current.leaderEpoch = leaderEpoch;
        return;
      }
      // The log may hold what memory does not know: only reading it again shows what holds.
      this.#unload(current);
    }
    if (this.#log.isLeader(partition) !== leaderEpoch) return;
    this.#load(partition, leaderEpoch);
  }

  /** This broker no longer leads it; the epoch is null when the replica was removed. What waits is answered NOT_COORDINATOR. */
  onResignation(partition: number, leaderEpoch: LeaderEpoch | null): void {
    const shard = this.#shards.get(partition);
    if (shard === undefined || (leaderEpoch !== null && leaderEpoch < shard.leaderEpoch)) return;
    this.#unload(shard);
  }

  #load(partition: number, leaderEpoch: LeaderEpoch): void {
    invariant(!this.#shards.has(partition), () => `partition ${partition} is loaded while a shard of it is there`);
    const startOffset = this.#log.logStart(partition);
    const endOffset = this.#log.logEnd(partition);
    const replay = this.#kind.newReplay();
    const { state } = replay;
    const shard = new CoordinatorShard(this.#env, { partition, leaderEpoch, state }, this.#log, this.#options.writes);
    this.#shards.set(partition, shard);
    this.#kind.onLoading(shard, endOffset);
    this.#env.timers.after(this.#readMs(), () => this.#loadOn(shard, replay, startOffset, endOffset));
  }

  /** Kafka reads on a thread of its own, from a disk that may be slow: now and then a buffer takes its time. */
  #readMs(): number {
    return this.#env.random.sometimes('coordinator/slow-load') ? SLOW_READ_MS : 0;
  }

  /** One buffer a step, so that the broker goes on working while a long partition loads. */
  #loadOn(shard: CoordinatorShard<State>, replay: R, fromOffset: Offset, endOffset: Offset): void {
    if (shard.status !== 'loading' || this.#isClosed) return;
    let next = greater(fromOffset, this.#log.logStart(shard.partition));
    if (next < endOffset) {
      const maxBytes = this.#env.random.sometimes('coordinator/small-load') ? 1 : this.#options.loadBufferBytes;
      const read = this.#log.read(shard.partition, next, maxBytes);
      if (read === null || !this.#isReplayed(replay, read.records)) {
        // Kafka's coordinator is FAILED then, until somebody is elected leader of the partition (CoordinatorRuntime, 4.3.1).
        this.#kind.onLoadFailed(shard);
        this.#unload(shard);
        return;
      }
      next = read.endOffset > next ? read.endOffset : endOffset;
    }
    if (next < endOffset) {
      this.#env.timers.after(this.#readMs(), () => this.#loadOn(shard, replay, next, endOffset));
      return;
    }
    invariant(
      this.#shards.get(shard.partition) === shard,
      () => `partition ${shard.partition}: a shard is loaded that is not the one there is`,
    );
    replay.finish();
    if (this.#kind.servesUncommitted) {
      shard.status = 'active';
      shard.loadedUpTo(endOffset);
      this.#kind.onLoaded(shard, replay);
      return;
    }
    this.#log.whenCommitted(shard.partition, shard.leaderEpoch, endOffset, (error) => {
      // Otherwise the epoch is over: what comes next is a resignation, or another election.
      if (error !== ErrorCode.NONE || shard.status !== 'loading') return;
      shard.status = 'active';
      this.#kind.onLoaded(shard, replay);
    });
  }

  /** False: the log holds what is no record of a coordinator; nobody compares checksums on the way (CoordinatorLoaderImpl, 4.3.1). */
  #isReplayed(replay: R, batches: Uint8Array): boolean {
    try {
      replayBatches(batches, this.#env.compression, replay);
      return true;
    } catch (error) {
      if (error instanceof DecodeError) return false;
      throw error;
    }
  }

  #unload(shard: CoordinatorShard<State>): void {
    invariant(
      this.#shards.get(shard.partition) === shard,
      () => `partition ${shard.partition}: a shard ends that is not the one there is`,
    );
    this.#shards.delete(shard.partition);
    shard.status = 'unloaded';
    this.#kind.onUnloaded(shard);
    shard.unload();
  }
}
