/** Timers of a node on the machine's event loop. */
import type { Timer, Timers } from '../ports/time.ts';
import type { NodeProcess, Resource } from './process.ts';

/** Node's timers take no longer delay; longer ones are made of several. */
const LONGEST_MS = 2 ** 31 - 1;

export class SystemTimers implements Timers {
  readonly #process: NodeProcess;

  constructor(process: NodeProcess) {
    this.#process = process;
  }

  after(delayMs: number, callback: () => void): Timer {
    return new SystemTimer(this.#process, delayMs, callback);
  }
}

class SystemTimer implements Timer, Resource {
  readonly #process: NodeProcess;
  readonly #callback: () => void;
  #leftMs: number;
  #timeout: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;
  #cancelled = false;

  constructor(process: NodeProcess, delayMs: number, callback: () => void) {
    this.#process = process;
    this.#callback = callback;
    this.#leftMs = delayMs;
    if (!process.alive) return;
    process.hold(this);
    if (delayMs <= 0) this.#immediate = setImmediate(() => this.#fire());
    else this.#wait();
  }

  cancel(): void {
    this.#process.letGo(this);
    this.release();
  }

  release(): void {
    this.#cancelled = true;
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timeout = null;
    this.#immediate = null;
  }

  #wait(): void {
    const stepMs = Math.min(this.#leftMs, LONGEST_MS);
    this.#leftMs -= stepMs;
    this.#timeout = setTimeout(() => {
      if (this.#leftMs > 0) this.#wait();
      else this.#fire();
    }, stepMs);
  }

  #fire(): void {
    this.#process.letGo(this);
    this.#timeout = null;
    this.#immediate = null;
    // A paused process runs it later, and may cancel it before.
    this.#process.run(() => {
      if (!this.#cancelled) this.#callback();
    });
  }
}
