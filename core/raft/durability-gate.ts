/**
 * What must wait for a disk. While a write is under way the node has, to the world, not yet changed: what a step wanted to
 * send is held until the write is durable, and what arrives meanwhile waits behind it. So every handler may be written as
 * if writes were instant, as Kafka's raft thread is, which blocks on them; and a crash in between is the loss of both.
 */
import { takeFirst } from '../queues.ts';

export interface GateHooks {
  /** After each action: begin the writes that it asked for. */
  onActionEnd(): void;
  /** After the last input, when nothing is pending: do what is due. */
  onIdle(): void;
  /** An action threw. */
  onError(error: unknown): void;
}

export class DurabilityGate {
  #pending = 0;
  #running = false;
  #closed = false;
  #held: (() => void)[] = [];
  #arrived: (() => void)[] = [];
  readonly #hooks: GateHooks;

  constructor(hooks: GateHooks) {
    this.#hooks = hooks;
  }

  /** A write is under way, or a step is running: an input would have to wait. */
  get isBusy(): boolean {
    return this.#running || this.#pending > 0;
  }

  get isWriting(): boolean {
    return this.#pending > 0;
  }

  /** Does something that the world can see: now, or once all that this node wrote before is durable. */
  output(action: () => void): void {
    if (this.#pending === 0 && this.#held.length === 0) action();
    else this.#held.push(action);
  }

  /** Takes an input: now, or after the steps and writes before it. Never runs inside another input. */
  input(action: () => void): void {
    if (this.#closed) return;
    this.#arrived.push(action);
    if (!this.isBusy) this.#run();
  }

  /** A write begins. */
  hold(): void {
    this.#pending += 1;
  }

  /** A write is durable. */
  release(): void {
    if (this.#closed) return;
    this.#pending -= 1;
    if (!this.isBusy) this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#held = [];
    this.#arrived = [];
  }

  #run(): void {
    this.#running = true;
    try {
      let idle = false;
      while (!this.#closed && this.#pending === 0) {
        const action = takeFirst(this.#held) ?? takeFirst(this.#arrived);
        if (action === undefined) {
          if (idle) break;
          idle = true;
          this.#hooks.onIdle();
        } else {
          idle = false;
          action();
        }
        this.#hooks.onActionEnd();
      }
    } catch (error) {
      this.#hooks.onError(error);
    } finally {
      this.#running = false;
    }
  }
}
