/** Events that wait for a busy or paused process, first come, first served. */
import type { EventTarget } from './event-queue.ts';

export class Inbox {
  #targets: (EventTarget | null)[] = [];
  #args: number[] = [];
  #head = 0;

  /** The event taken by the last `shift`. */
  target: EventTarget | null = null;
  arg = 0;

  get size(): number {
    return this.#targets.length - this.#head;
  }

  push(target: EventTarget, arg: number): void {
    this.#targets.push(target);
    this.#args.push(arg);
  }

  /** Moves the first event into `target` and `arg`. */
  shift(): void {
    const head = this.#head++;
    this.target = this.#targets[head] ?? null;
    this.arg = this.#args[head] as number;
    this.#targets[head] = null;
    if (this.#head === this.#targets.length) {
      // Setting the length calls into the runtime and gives the memory back.
      for (; this.#head > 0; this.#head--) {
        this.#targets.pop();
        this.#args.pop();
      }
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#targets.length) {
      this.#targets.splice(0, this.#head);
      this.#args.splice(0, this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#targets.length = 0;
    this.#args.length = 0;
    this.#head = 0;
  }
}
