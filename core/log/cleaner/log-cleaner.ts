/**
 * Compacts the logs of a broker (Kafka's LogCleaner with its LogCleanerManager): each of `log.cleaner.threads` cleaners takes the dirtiest log that is
 * worth it, cleans it, deletes what retention does not keep of compacted logs, and rests for `log.cleaner.backoff.ms` if there was
 * nothing to do. Kafka pauses a cleaner around a truncation; here the truncation ends the cleaning itself (log-truncation.ts).
 */
import type { Timer } from '../../../ports/time.ts';
import type { Environment } from '../../environment.ts';
import { hasPolicy } from '../append-validation.ts';
import type { Log } from '../log.ts';
import type { LogDirectory } from '../log-directory.ts';
import { StorageError } from '../types.ts';
import { IoThrottle } from './io-throttle.ts';
import type { CleaningResult } from './log-cleaning.ts';
import { cleanableRatio, type LogToClean } from './log-to-clean.ts';

/** The largest map that one cleaner of Kafka has. */
const MAX_MAP_BYTES = 0x7fff_ffff;

export interface LogCleanerConfig {
  readonly 'log.cleaner.enable': boolean;
  readonly 'log.cleaner.threads': number;
  readonly 'log.cleaner.backoff.ms': number;
  readonly 'log.cleaner.dedupe.buffer.size': number;
  readonly 'log.cleaner.io.buffer.load.factor': number;
  readonly 'log.cleaner.io.buffer.size': number;
  readonly 'log.cleaner.io.max.bytes.per.second': number;
}

/** How far a log is compacted, and how far it should be. */
export interface CompactionProgress {
  /** Below, it is clean. */
  readonly cleanOffset: number;
  /** It is dirty enough to be cleaned up to here, or has been dirty for long enough; null: it is not. */
  readonly dueOffset: number | null;
}

interface Candidate {
  readonly log: Log;
  readonly directory: LogDirectory;
  readonly range: LogToClean;
}

export class LogCleaner {
  readonly #env: Environment;
  /** May change at any time. */
  readonly #config: LogCleanerConfig;
  readonly #directories: readonly LogDirectory[];
  readonly #throttle: IoThrottle;
  /** Logs that cannot be read. */
  readonly #uncleanable = new WeakSet<Log>();
  /** When each cleaner looks for work again; null while it is at work. */
  #cleaners: (Timer | null)[] = [];
  #isRunning = false;

  /** `directories` are those that work, as they are at any time. */
  constructor(env: Environment, config: LogCleanerConfig, directories: readonly LogDirectory[]) {
    this.#env = env;
    this.#config = config;
    this.#directories = directories;
    this.#throttle = new IoThrottle(env.clock.monotonicMs());
  }

  start(): void {
    if (!this.#config['log.cleaner.enable']) return;
    this.#isRunning = true;
    this.#rest(0, 0);
  }

  /** Nothing is cleaned any more. */
  stop(): void {
    this.#isRunning = false;
    for (const timer of this.#cleaners) timer?.cancel();
    for (const { logs } of this.#directories) for (const log of logs.values()) log.abortCleaning();
  }

  /** Null: it is not compacted, or cannot be. */
  progress(log: Log, directory: LogDirectory): CompactionProgress | null {
    const isCleaned = this.#isRunning && this.#config['log.cleaner.threads'] > 0 && hasPolicy(log.config, 'compact');
    if (!isCleaned || !log.isReadable || this.#uncleanable.has(log)) return null;
    const range = log.toClean(directory.cleanerOffsets.get(log.partition) ?? null);
    return { cleanOffset: range.firstDirtyOffset, dueOffset: isDue(log, range) ? range.firstUncleanableOffset : null };
  }

  #rest(cleaner: number, ms: number): void {
    this.#cleaners[cleaner] = this.#isRunning ? this.#env.timers.after(ms, () => this.#look(cleaner)) : null;
  }

  #look(cleaner: number): void {
    const threads = this.#config['log.cleaner.threads'];
    // The first one looks whether there are more to be.
    if (cleaner === 0) for (let added = this.#cleaners.length; added < threads; added++) this.#rest(added, 0);
    else if (cleaner >= threads) {
      this.#cleaners.splice(cleaner);
      return;
    }
    const found = threads === 0 ? null : this.#filthiest();
    if (found === null) {
      this.#deleteOldSegments();
      // In Kafka it may be 0, and a thread then loops.
      return this.#rest(cleaner, Math.max(1, this.#config['log.cleaner.backoff.ms']));
    }
    this.#cleaners[cleaner] = null;
    this.#clean(found, (isCleaned) => {
      this.#deleteOldSegments();
      this.#rest(cleaner, isCleaned ? 0 : Math.max(1, this.#config['log.cleaner.backoff.ms']));
    });
  }

  /** Of the logs that are worth it, the one with the largest dirty part. */
  #filthiest(): Candidate | null {
    let filthiest: Candidate | null = null;
    for (const directory of this.#directories) {
      for (const log of this.#compacted(directory)) {
        const range = this.#rangeOf(log, directory);
        if (!this.#isWorthIt(log, range)) continue;
        if (filthiest === null || cleanableRatio(range) > cleanableRatio(filthiest.range)) filthiest = { log, directory, range };
      }
    }
    return filthiest;
  }

  #compacted({ logs }: LogDirectory): Log[] {
    return [...logs.values()].filter(
      (log) => hasPolicy(log.config, 'compact') && log.isReadable && !log.isBeingCleaned && !this.#uncleanable.has(log),
    );
  }

  #rangeOf(log: Log, directory: LogDirectory): LogToClean {
    const range = log.toClean(directory.cleanerOffsets.get(log.partition) ?? null);
    if (range.isReset) directory.setCleanerOffset(log.partition, range.firstDirtyOffset);
    return range;
  }

  #isWorthIt(log: Log, range: LogToClean): boolean {
    if (range.cleanableBytes === 0) return false;
    if (range.isOverdue) this.#env.tracer.emit({ type: 'mark', name: 'log/cleaned-overdue' });
    return isDue(log, range) || this.#env.random.sometimes('log/early-cleaning');
  }

  #clean({ log, directory, range }: Candidate, done: (isCleaned: boolean) => void): void {
    const config = this.#config;
    const threads = Math.max(1, config['log.cleaner.threads']);
    const mapBytes = Math.min(config['log.cleaner.dedupe.buffer.size'] / threads, MAX_MAP_BYTES);
    log.clean(range, {
      mapBytes: Math.floor(mapBytes * config['log.cleaner.io.buffer.load.factor']),
      readBytes: Math.floor(config['log.cleaner.io.buffer.size'] / threads / 2),
      secure: (upTo, secured) => {
        log.flush(upTo, (error) => {
          if (error !== null || directory.isOffline) return;
          directory.checkpoint('recovery-point', (failed) => {
            if (failed === null) secured();
          });
        });
      },
      throttle: (bytes) => this.#pause(bytes),
      done: (result) => {
        this.#settle(log, directory, result);
        done(result.kind !== 'uncleanable');
      },
    });
  }

  #settle(log: Log, directory: LogDirectory, result: CleaningResult): void {
    if (result.kind === 'cleaned') directory.setCleanerOffset(log.partition, result.endOffset);
    if (result.kind !== 'uncleanable') return;
    this.#uncleanable.add(log);
    this.#env.tracer.emit({ type: 'log-uncleanable', partition: log.partition, problem: result.problem });
  }

  #pause(bytes: number): number {
    const waitMs = this.#throttle.note(bytes, this.#config['log.cleaner.io.max.bytes.per.second'], this.#env.clock.monotonicMs());
    if (waitMs > 0) this.#env.tracer.emit({ type: 'mark', name: 'log/cleaner-throttled' });
    return waitMs;
  }

  /** Retention of compacted logs: of others it has a timer of its own. */
  #deleteOldSegments(): void {
    for (const directory of [...this.#directories]) {
      for (const log of this.#compacted(directory)) {
        try {
          log.deleteOldSegments();
        } catch (error) {
          // Its log has reported it already.
          if (!(error instanceof StorageError)) throw error;
        }
      }
    }
  }
}

/** Dirty enough, or for long enough (KIP-354)? */
function isDue({ config }: Log, range: LogToClean): boolean {
  if (range.cleanableBytes === 0) return false;
  return range.isOverdue || cleanableRatio(range) > config['min.cleanable.dirty.ratio'];
}
