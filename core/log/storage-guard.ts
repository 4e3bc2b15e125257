/**
 * Whether a log may be used, and what becomes of a disk error: it takes the log offline for good. The failed call and every
 * later one end with KAFKA_STORAGE_ERROR.
 */
import { DiskError } from '../../ports/disk.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type AppendError, StorageError } from './types.ts';

export class StorageGuard {
  readonly #directory: string;
  readonly #release: () => void;
  readonly #onFailure: ((error: DiskError) => void) | undefined;
  #state: 'open' | 'offline' | 'closed' = 'open';

  /** `release` is called once, when the log goes offline or is closed; `onFailure` after it, if a disk error was the cause. */
  constructor(directory: string, release: () => void, onFailure: ((error: DiskError) => void) | undefined) {
    this.#directory = directory;
    this.#release = release;
    this.#onFailure = onFailure;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isOffline(): boolean {
    return this.#state === 'offline';
  }

  /** Throws StorageError unless the log is open. */
  ensureOnline(): void {
    if (this.#state !== 'open') throw new StorageError(`${this.#directory} is ${this.#state}`);
  }

  /** Runs a step that touches the disk; a DiskError takes the log offline and becomes a StorageError. */
  run<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      const { message } = this.refusal(error);
      throw new StorageError(message);
    }
  }

  /** The same for a step whose caller learns of the failure otherwise. */
  runQuietly(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.refusal(error);
    }
  }

  /** What an append answers to a DiskError, which takes the log offline. Anything else is a fault of the program and thrown on. */
  refusal(error: unknown): AppendError {
    if (!(error instanceof DiskError)) throw error;
    this.fail(error);
    return { error: ErrorCode.KAFKA_STORAGE_ERROR, message: error.message };
  }

  /** A disk operation failed. */
  fail(error: DiskError): void {
    if (this.#state !== 'open') return;
    this.shut('offline');
    this.#onFailure?.(error);
  }

  /** Ends the log's use. The first call counts. */
  shut(state: 'offline' | 'closed'): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    this.#release();
  }
}
