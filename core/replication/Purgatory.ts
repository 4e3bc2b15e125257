/** Operations that wait for something to happen to a partition, or for their time to run out (Kafka's DelayedOperationPurgatory). */
import type { Timer, Timers } from '../environment.ts';

export abstract class DelayedOperation {
  private timer: Timer | null = null;
  private watched: { readonly sets: Set<DelayedOperation>[]; readonly owner: Purgatory } | null = null;
  private completed = false;

  /** Looks whether the condition holds; if so calls `complete`. */
  abstract tryComplete(): void;
  /** The answer, given exactly once. */
  protected abstract onComplete(): void;
  /** The time ran out; called just before onComplete. */
  protected onExpiration(): void {}

  get isCompleted(): boolean {
    return this.completed;
  }

  /** Answers now. A second call does nothing. */
  complete(): void {
    if (this.completed) return;
    this.leave();
    this.onComplete();
  }

  /** Drops the operation without an answer (the node stops). */
  cancel(): void {
    if (!this.completed) this.leave();
  }

  /** For Purgatory only. */
  enter(owner: Purgatory, sets: Set<DelayedOperation>[], timers: Timers, timeoutMs: number): void {
    this.watched = { sets, owner };
    this.timer = timers.after(timeoutMs, () => {
      this.timer = null;
      if (this.completed) return;
      this.onExpiration();
      this.complete();
    });
  }

  private leave(): void {
    this.completed = true;
    this.timer?.cancel();
    this.timer = null;
    if (this.watched === null) return;
    for (const set of this.watched.sets) set.delete(this);
    this.watched.owner.size--;
    this.watched = null;
  }
}

export class Purgatory {
  /** Operations waiting. */
  size = 0;
  private readonly timers: Timers;
  private readonly waiting = new Map<string, Set<DelayedOperation>>();

  constructor(timers: Timers) {
    this.timers = timers;
  }

  /** Tries the operation; if it must wait, it is tried again at each `check` of one of its keys, until `timeoutMs` have passed. */
  tryCompleteElseWatch(operation: DelayedOperation, keys: Iterable<string>, timeoutMs: number): void {
    operation.tryComplete();
    if (operation.isCompleted) return;
    const sets: Set<DelayedOperation>[] = [];
    for (const key of keys) {
      let set = this.waiting.get(key);
      if (set === undefined) {
        set = new Set();
        this.waiting.set(key, set);
      }
      set.add(operation);
      sets.push(set);
    }
    this.size++;
    operation.enter(this, sets, this.timers, timeoutMs);
  }

  /** Something happened to `key`. */
  check(key: string): void {
    const set = this.waiting.get(key);
    if (set === undefined) return;
    for (const operation of set) operation.tryComplete();
    if (set.size === 0) this.waiting.delete(key);
  }

  hasWaiting(key: string): boolean {
    return (this.waiting.get(key)?.size ?? 0) > 0;
  }

  /** Drops all that waits, without answers. */
  close(): void {
    for (const set of this.waiting.values()) for (const operation of set) operation.cancel();
    this.waiting.clear();
  }
}
