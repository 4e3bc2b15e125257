/**
 * The part of a coordinator that one partition of its topic is, while this broker leads it: the state that the records there stand
 * for, and the writes that change both. What the state is of (groups, transactions) is its user's affair.
 */
import { invariant } from '../../ports/invariant.ts';
import type { ClientEnvironment } from '../environment.ts';
import type { Timer } from '../../ports/time.ts';
import { type LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { type EndTxnMarker, type RecordInput, encodeBatch, encodeEndTxnMarker } from '../protocol/records.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { takeFirst } from '../queues.ts';
import type { CoordinatorLog, TransactionalAppend } from './coordinator-log.ts';

/** The log gives its own answer, however late: what a client is told after the time-out is this shard's affair. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/** The outcome of a write, once: 0 and the offset of its first record, or an error and nothing is in the log that counts. */
export type Settled = (error: number, baseOffset: Offset) => void;
/** What to answer whoever waits, once: the outcome's error, or before it COORDINATOR_NOT_AVAILABLE after the time-out. */
export type Answered = (error: number) => void;

/** Whose transaction a write is part of, and what its coordinator was asked with. */
export interface WritingProducer extends Pick<TransactionalAppend, 'verificationGuard'> {
  readonly producerId: number;
  readonly producerEpoch: number;
}

interface Write {
  /** It writes nothing, and waits for those before it. */
  readonly isRead: boolean;
  readonly settled: Settled;
  answered: Answered | null;
  /** What an error of the log means to whoever waits. */
  readonly errorFor: (error: number) => number;
  /** Monotonic milliseconds. */
  readonly deadlineMs: number;
  outcome: { readonly error: number; readonly baseOffset: Offset; readonly answer: number } | null;
}

export interface CoordinatorWrites {
  /** After so long whoever waits for a write is told COORDINATOR_NOT_AVAILABLE. */
  readonly timeoutMs: number;
  /**
   * How long writes are gathered for a batch. Up to 0 each is appended at once: -1 means, until no request waits for another, and none ever
   * does here (Kafka's adaptive linger).
   */
  readonly lingerMs: number;
  /** A batch that is gathered gets no larger than this. */
  readonly maxBatchBytes: number;
}

interface Gathered {
  readonly write: Write;
  readonly records: readonly RecordInput[];
}

/** A write in a batch, and how many of the batch's records are its own. */
interface Share {
  readonly write: Write;
  readonly count: number;
}

export class CoordinatorShard<State> {
  readonly partition: number;
  leaderEpoch: LeaderEpoch;
  status: 'loading' | 'active' | 'unloaded' = 'loading';
  /** What the records of the partition stand for, as far as they are replayed or settled. */
  readonly state: State;
  readonly #env: ClientEnvironment;
  readonly #log: CoordinatorLog;
  readonly #options: CoordinatorWrites;
  /** Writes that are not appended yet, how large their batch is, and the timer that ends the wait for more. */
  #gathered: Gathered[] = [];
  #gatheredBytes = 0;
  #linger: Timer | null = null;
  /** Writes without outcome, and finished ones behind them, in the order of the log. */
  #writes: Write[] = [];
  #isDraining = false;
  #isUncertain = false;
  /** What the last refused append means to clients; NONE if the operation that runs had none. */
  #refusal: number = ErrorCode.NONE;
  /** The last write whose outcome was told. */
  #settledTo: Offset = NONE;
  #timer: Timer | null = null;
  /** When the timer comes. */
  #wakeAtMs = 0;

  constructor(
    env: ClientEnvironment,
    { partition, leaderEpoch, state }: { readonly partition: number; readonly leaderEpoch: LeaderEpoch; readonly state: State },
    log: CoordinatorLog,
    options: CoordinatorWrites,
  ) {
    this.#env = env;
    this.partition = partition;
    this.leaderEpoch = leaderEpoch;
    this.state = state;
    this.#log = log;
    this.#options = options;
  }

  /** The log may hold something that memory does not know: a write is under way, or the epoch ended under one. */
  get isUncertain(): boolean {
    return this.#isUncertain || this.#writes.length > 0;
  }

  /**
   * Writes records in one batch. Outcomes come in the order of the log, so that what follows from them in memory is what a
   * replay would make of it; and only while this shard still is the one that wrote: an answer of an earlier leadership
   * completes nothing (KAFKA-20634). `timeoutMs`: how long whoever waits does; default: as the others of the shard.
   */
  write(
    records: readonly RecordInput[],
    settled: Settled,
    answered: Answered,
    timeoutMs: number = this.#options.timeoutMs,
  ): void {
    const sizeBytes = sizeOf(records);
    if (BATCH_OVERHEAD_BYTES + this.#gatheredBytes + sizeBytes > this.#options.maxBatchBytes) this.#flush();
    this.#gathered.push({ write: this.#enqueue(false, settled, answered, { timeoutMs }), records });
    this.#gatheredBytes += sizeBytes;
    const { lingerMs } = this.#options;
    if (lingerMs <= 0) this.#flush();
    else this.#linger ??= this.#env.timers.after(lingerMs, () => this.#flush());
  }

  /**
   * Writes records of a producer's transaction, in a batch of their own behind what was gathered: they count for nothing before the
   * transaction ends.
   */
  writeInTransaction(
    records: readonly RecordInput[],
    { producerId, producerEpoch, verificationGuard = null }: WritingProducer,
    settled: Settled,
    answered: Answered,
  ): void {
    this.#flush();
    const write = this.#enqueue(false, settled, answered);
    const batch = encodeBatch(records, { isTransactional: true, producerId, producerEpoch });
    this.#append(batch, [{ write, count: records.length }], [write], { verificationGuard });
  }

  /**
   * Ends a producer's transaction behind all that is under way. Whoever waits is told the log's own errors. `transactionVersion`: that it was
   * decided under.
   */
  writeMarker(marker: EndTxnMarker, transactionVersion: number, settled: Settled, answered: Answered): void {
    this.#flush();
    const write = this.#enqueue(false, settled, answered, { errorFor: (error) => error });
    this.#append(encodeEndTxnMarker(marker), [{ write, count: 1 }], [write], { transactionVersion });
  }

  /** Appends what is gathered. Whoever began to wait since the first of it, be it only to read, hears of the batch's refusal. */
  #flush(): void {
    const gathered = this.#gathered;
    const [first] = gathered;
    if (first === undefined) return;
    this.#forgetGathered();
    const shares = gathered.map(({ write, records }) => ({ write, count: records.length }));
    const affected = this.#writes.slice(this.#writes.indexOf(first.write));
    const records = gathered.length === 1 ? first.records : gathered.flatMap((each) => each.records);
    this.#append(encodeBatch(records), shares, affected);
  }

  /** `affected`: who hears of a refusal. */
  #append(batch: Uint8Array, shares: readonly Share[], affected: readonly Write[], transaction: TransactionalAppend = {}): void {
    const { write: first } = shares[0] as Share;
    const count = shares.reduce((sum, share) => sum + share.count, 0);
    const done = (error: number, lastOffset: Offset): void => {
      if (!this.#writes.includes(first)) return;
      // Behind the high watermark it counts, whatever else is wrong.
      const isDurable = error === ErrorCode.NONE || error === ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
      if (isDurable) {
        let next = lastOffset - count + 1;
        for (const { write, count: own } of shares) {
          write.outcome = { error: ErrorCode.NONE, baseOffset: Offset(next), answer: write.errorFor(error) };
          next += own;
        }
        this.#drain();
        return;
      }
      if (lastOffset >= 0) this.#isUncertain = true;
      this.#refusal = coordinatorError(error);
      this.#writes = this.#writes.filter((other) => !affected.includes(other));
      for (const write of affected) this.#finish(write, write.errorFor(error), NONE, write.errorFor(error));
      this.#drain();
    };
    this.#log.appendBatch(this.partition, this.leaderEpoch, batch, NO_TIMEOUT_MS, done, transaction);
  }

  #forgetGathered(): void {
    this.#linger?.cancel();
    this.#linger = null;
    this.#gathered = [];
    this.#gatheredBytes = 0;
  }

  /**
   * What was read of the log ends here, and may lie above the high watermark: until that has come so far it is as if it were being
   * written (CoordinatorLoaderImpl of 4.3.1).
   */
  loadedUpTo(endOffset: Offset): void {
    if (this.#log.highWatermark(this.partition) >= endOffset) return;
    const load = this.#enqueue(true, nothing, nothing);
    this.#log.whenCommitted(this.partition, this.leaderEpoch, endOffset, (error) => {
      if (!this.#writes.includes(load)) return;
      // Whoever leads now may not have it.
      if (error !== ErrorCode.NONE) this.#isUncertain = true;
      load.outcome = { error: ErrorCode.NONE, baseOffset: NONE, answer: ErrorCode.NONE };
      this.#drain();
    });
  }

  /**
   * Waits for the writes that are under way now. When one was lost with its epoch, memory is no answer any more: another broker leads,
   * and may have coordinated for long.
   */
  whenSettled(answered: Answered): void {
    if (this.#isUncertain || this.#writes.length === 0) {
      answered(this.#isUncertain ? ErrorCode.NOT_COORDINATOR : ErrorCode.NONE);
      return;
    }
    this.#enqueue(true, () => undefined, answered).outcome = { error: ErrorCode.NONE, baseOffset: NONE, answer: ErrorCode.NONE };
  }

  /**
   * Runs what may write, or not, and whose answer waits for that, and for what was under way before it (CoordinatorRuntime of
   * 4.3.1: an operation without records is answered like a read that must not overtake).
   */
  perform(operation: () => void, answered: Answered): void {
    this.#refusal = ErrorCode.NONE;
    operation();
    if (this.#refusal === ErrorCode.NONE) this.whenSettled(answered);
    else answered(this.#refusal);
  }

  /** It answers for nothing any more. */
  unload(): void {
    this.status = 'unloaded';
    this.#forgetGathered();
    this.#timer?.cancel();
    this.#timer = null;
    const writes = this.#writes;
    this.#writes = [];
    for (const write of writes) this.#finish(write, ErrorCode.NOT_COORDINATOR, NONE, ErrorCode.NOT_COORDINATOR);
  }

  #enqueue(
    isRead: boolean,
    settled: Settled,
    answered: Answered,
    {
      errorFor = coordinatorError,
      timeoutMs = this.#options.timeoutMs,
    }: Partial<Pick<Write, 'errorFor'> & { timeoutMs: number }> = {},
  ): Write {
    const deadlineMs = this.#env.clock.monotonicMs() + timeoutMs;
    const write: Write = { isRead, settled, answered, errorFor, deadlineMs, outcome: null };
    this.#writes.push(write);
    this.#wakeBy(deadlineMs);
    return write;
  }

  /** Looks for those who have waited too long at this time at the latest. */
  #wakeBy(deadlineMs: number): void {
    if (this.#timer !== null && this.#wakeAtMs <= deadlineMs) return;
    this.#timer?.cancel();
    this.#wakeAtMs = deadlineMs;
    this.#timer = this.#env.timers.after(deadlineMs - this.#env.clock.monotonicMs(), () => this.#expire());
  }

  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let write = this.#writes[0]; write !== undefined && write.outcome !== null; write = this.#writes[0]) {
      takeFirst(this.#writes);
      this.#finish(write, write.outcome.error, write.outcome.baseOffset, write.outcome.answer);
    }
    this.#isDraining = false;
    if (this.#writes.length === 0) {
      this.#timer?.cancel();
      this.#timer = null;
    }
  }

  #finish(write: Write, error: number, baseOffset: Offset, answer: number): void {
    if (baseOffset !== NONE) {
      invariant(
        baseOffset > this.#settledTo,
        () => `partition ${this.partition}: the outcome of the write at ${baseOffset} comes after that at ${this.#settledTo}`,
      );
      this.#settledTo = baseOffset;
    }
    const isGone = this.status !== 'active' || (write.isRead && this.#isUncertain);
    write.settled(isGone ? ErrorCode.NOT_COORDINATOR : error, isGone ? NONE : baseOffset);
    const { answered } = write;
    write.answered = null;
    answered?.(isGone ? ErrorCode.NOT_COORDINATOR : answer);
  }

  /** Who waits too long is told so; the writes themselves go on. */
  #expire(): void {
    this.#timer = null;
    const now = this.#env.clock.monotonicMs();
    for (const write of [...this.#writes]) {
      if (write.answered === null) continue;
      if (write.deadlineMs > now) {
        this.#wakeBy(write.deadlineMs);
        continue;
      }
      const { answered } = write;
      write.answered = null;
      answered(write.errorFor(ErrorCode.REQUEST_TIMED_OUT));
    }
  }
}

/** What a batch, and a record beside its key and value, take at most. */
const BATCH_OVERHEAD_BYTES = 61;
const RECORD_OVERHEAD_BYTES = 32;

/** Not less than the records take in a batch. */
function sizeOf(records: readonly RecordInput[]): number {
  return records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES, 0);
}

/** For a write that needs no follow-up. */
export function nothing(): void {
  // Nobody waits for it.
}

/** What a failed append means to a client of the coordinator, as CoordinatorOperationExceptionHelper maps it. */
export function coordinatorError(error: number): number {
  switch (error) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.FENCED_LEADER_EPOCH:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR;
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.UNKNOWN_SERVER_ERROR;
    default:
      return error;
  }
}
