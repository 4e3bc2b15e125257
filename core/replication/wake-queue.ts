/**
 * Looks again at what waits for a partition once something has happened to it: after the state change that is under way, never
 * inside it.
 */
import type { TopicPartitionKey } from '../protocol/partition.ts';

export class WakeQueue {
  readonly #check: (key: TopicPartitionKey) => void;
  /** Partitions to whose waiting operations something happened. */
  #keys: TopicPartitionKey[] = [];
  #depth = 0;
  #closed = false;

  /** `check` looks at the operations that wait for one partition. */
  constructor(check: (key: TopicPartitionKey) => void) {
    this.#check = check;
  }

  /** Operations that wait for this partition may be able to go on. */
  wake(key: TopicPartitionKey): void {
    this.#keys.push(key);
    if (this.#depth === 0) this.#drain();
  }

  /** State changes between enter and leave are one step: what they wake runs after it. */
  enter(): void {
    this.#depth++;
  }

  leave(): void {
    this.#depth--;
    if (this.#depth === 0 && this.#keys.length > 0) this.#drain();
  }

  /** Nothing is looked at any more. */
  close(): void {
    this.#closed = true;
  }

  #drain(): void {
    this.#depth++;
    while (this.#keys.length > 0 && !this.#closed) {
      const keys = this.#keys;
      this.#keys = [];
      for (const key of keys) this.#check(key);
    }
    this.#depth--;
  }
}
