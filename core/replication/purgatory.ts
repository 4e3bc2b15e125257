/** Operations that wait for something to happen to a partition, or for their time to run out (Kafka's DelayedOperationPurgatory). */
import type { Timer, Timers } from '../../ports/time.ts';
import type { Environment } from '../environment.ts';
import type { TopicPartitionKey } from '../protocol/partition.ts';

export abstract class DelayedOperation {
  #timer: Timer | null = null;
  #owner: Purgatory | null = null;
  #completed = false;

  /**
   * Looks whether the condition holds; if so calls `complete`. `woken` is the place among the operation's keys of the one to which something
   * has happened since; null: nothing was looked at yet.
   */
  abstract tryComplete(woken: number | null): void;
  /** The answer, given exactly once. */
  protected abstract onComplete(): void;
  /** The time ran out; called just before onComplete. */
  protected onExpiration(): void {}

  get isCompleted(): boolean {
    return this.#completed;
  }

  /** Answers now. A second call does nothing. */
  complete(): void {
    if (this.#completed) return;
    this.#leave();
    this.onComplete();
  }

  /** Drops the operation without an answer (the node stops). */
  cancel(): void {
    if (!this.#completed) this.#leave();
  }

  /** For Purgatory only. */
  enter(owner: Purgatory, timers: Timers, timeoutMs: number): void {
    this.#owner = owner;
    this.#timer = timers.after(timeoutMs, () => {
      this.#timer = null;
      if (this.#completed) return;
      this.onExpiration();
      this.complete();
    });
  }

  #leave(): void {
    this.#completed = true;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#owner === null) return;
    this.#owner.size--;
    this.#owner = null;
  }
}

/** A key's list this long is looked through for completed operations before it grows; and again whenever it has doubled. */
const SWEEP_AT = 8;

/** As long as the thread that looks for what has expired may be behind. */
const LATE_MS = 100;

/**
 * Operations that are completed stay in the lists of their keys until somebody comes by: a fetch waits for many partitions,
 * and to take it out of all their lists would cost more than to wait.
 */
export class Purgatory {
  /** Operations waiting. */
  size = 0;
  readonly #env: Pick<Environment, 'timers' | 'random'>;
  readonly #waiting = new Map<TopicPartitionKey, Watchers>();

  constructor(env: Pick<Environment, 'timers' | 'random'>) {
    this.#env = env;
  }

  /** Tries the operation; if it must wait, it is tried again at each `check` of one of its keys, until `timeoutMs` have passed. */
  tryCompleteElseWatch(operation: DelayedOperation, keys: Iterable<TopicPartitionKey>, timeoutMs: number): void {
    operation.tryComplete(null);
    if (operation.isCompleted) return;
    let place = 0;
    for (const key of keys) {
      const watchers = this.#waiting.get(key);
      if (watchers === undefined) {
        this.#waiting.set(key, { list: [operation], places: [place++], isChecked: false });
        continue;
      }
      const { list, places } = watchers;
      const hasDoubled = list.length >= SWEEP_AT && (list.length & (list.length - 1)) === 0;
      const mustSweep = hasDoubled && !watchers.isChecked;
      if (mustSweep) sweep(watchers);
      list.push(operation);
      places.push(place++);
    }
    this.size++;
    const lateMs = this.#env.random.sometimes('replication/late-expiry') ? LATE_MS : 0;
    operation.enter(this, this.#env.timers, timeoutMs + lateMs);
  }

  /** Something happened to `key`. */
  check(key: TopicPartitionKey): void {
    const watchers = this.#waiting.get(key);
    if (watchers === undefined) return;
    const { list, places } = watchers;
    const isOutermost = !watchers.isChecked;
    watchers.isChecked = true;
    // An answer may bring the next operation of the same key: it is looked at as well.
    for (let i = 0; i < list.length; i++) {
      const operation = list[i] as DelayedOperation;
      if (!operation.isCompleted) operation.tryComplete(places[i] as number);
    }
    if (!isOutermost) return;
    watchers.isChecked = false;
    sweep(watchers);
  }

  hasWaiting(key: TopicPartitionKey): boolean {
    return this.#waiting.get(key)?.list.some((operation) => !operation.isCompleted) ?? false;
  }

  /** Drops all that waits, without answers. */
  close(): void {
    for (const { list } of this.#waiting.values()) for (const operation of list) operation.cancel();
    this.#waiting.clear();
  }
}

/** What waits for one key. When it is empty it stays: the key will be waited for again. */
interface Watchers {
  readonly list: DelayedOperation[];
  /** Of each: which of its keys this is. */
  readonly places: number[];
  /** It is being gone through: nothing may move in it. */
  isChecked: boolean;
}

/** Takes the completed operations out; the others stay in order. */
function sweep({ list, places }: Watchers): void {
  let kept = 0;
  for (let i = 0; i < list.length; i++) {
    const operation = list[i] as DelayedOperation;
    if (operation.isCompleted) continue;
    list[kept] = operation;
    places[kept++] = places[i] as number;
  }
  // Shorter by a few at most: to set the length would give the arrays another form.
  while (list.length > kept) {
    list.pop();
    places.pop();
  }
}
