/** What a connection has sent and its line still holds back, in order. */
import type { Line } from './traffic.ts';

export class Outbox {
  readonly #line: Line;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #onEmptied: () => void;
  readonly #held: { readonly dueMs: number; readonly bytes: Uint8Array }[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(line: Line, write: (bytes: Uint8Array) => void, onEmptied: () => void) {
    this.#line = line;
    this.#write = write;
    this.#onEmptied = onEmptied;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  send(bytes: Uint8Array): void {
    const delayMs = this.#line.delayMs();
    if (this.isEmpty && delayMs === 0 && !this.#line.isCut()) {
      this.#write(bytes);
      return;
    }
    this.#held.push({ dueMs: performance.now() + delayMs, bytes });
    this.#heldBytes += bytes.length;
    this.flush();
  }

  /** Passes on what is due, now that time has gone or the line has changed. */
  flush(): void {
    this.#forgetTimer();
    if (this.isEmpty || this.#line.isCut()) return;
    const nowMs = performance.now();
    for (let first = this.#held[0]; first !== undefined && first.dueMs <= nowMs; first = this.#held[0]) {
      this.#held.shift();
      this.#heldBytes -= first.bytes.length;
      this.#write(first.bytes);
    }
    const [next] = this.#held;
    if (next === undefined) this.#onEmptied();
    else this.#timer = setTimeout(() => this.flush(), Math.ceil(next.dueMs - nowMs));
  }

  /** What is held is lost. */
  drop(): void {
    this.#forgetTimer();
    this.#held.length = 0;
    this.#heldBytes = 0;
  }

  #forgetTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
