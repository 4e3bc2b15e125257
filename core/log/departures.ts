/**
 * Logs on their way out, by `topic-partition`: they were moved away in memory, but the rename and the checkpoints without them are
 * not durable yet. A topic of the same name that comes meanwhile waits.
 */
import type { TopicPartitionKey } from '../protocol/partition.ts';

interface Departure {
  readonly directory: string;
  /** Steps to the disk that have not called back. */
  left: number;
}

export class Departures {
  readonly #underWay = new Map<TopicPartitionKey, Set<Departure>>();
  readonly #waiting = new Map<TopicPartitionKey, (() => void)[]>();

  has(partition: TopicPartitionKey): boolean {
    return this.#underWay.has(partition);
  }

  /** A log of `directory` goes, which takes so many steps; each is to call the function that is returned. */
  begin(directory: string, partition: TopicPartitionKey, steps: number): () => void {
    const departure = { directory, left: steps };
    const others = this.#underWay.get(partition);
    if (others === undefined) this.#underWay.set(partition, new Set([departure]));
    else others.add(departure);
    return () => {
      departure.left--;
      if (departure.left === 0) this.#end(partition, departure);
    };
  }

  /** Calls `then` when no log of this name is on its way out: at once if none is. */
  whenGone(partition: TopicPartitionKey, then: () => void): void {
    if (!this.#underWay.has(partition)) return then();
    const waiting = this.#waiting.get(partition);
    if (waiting === undefined) this.#waiting.set(partition, [then]);
    else waiting.push(then);
  }

  /** The directory is offline: nothing in it calls back any more, and nothing of it is read again in this life of the process. */
  directoryFailed(directory: string): void {
    for (const [partition, departures] of [...this.#underWay]) {
      for (const departure of [...departures]) if (departure.directory === directory) this.#end(partition, departure);
    }
  }

  /** Nobody is called any more. */
  close(): void {
    this.#underWay.clear();
    this.#waiting.clear();
  }

  #end(partition: TopicPartitionKey, departure: Departure): void {
    const departures = this.#underWay.get(partition);
    if (departures === undefined || !departures.delete(departure) || departures.size > 0) return;
    this.#underWay.delete(partition);
    const waiting = this.#waiting.get(partition) ?? [];
    this.#waiting.delete(partition);
    for (const then of waiting) then();
  }
}
