/** The voters of a quorum at one time, with where they listen, and what a majority of them is. A value: another set is another object. */
import type { BrokerId, Offset } from '../protocol/numbers.ts';
import type { Voter } from './types.ts';

export class VoterSet implements Iterable<Voter> {
  readonly #voters: ReadonlyMap<BrokerId, Voter>;
  /** In the order in which the voters were named. */
  readonly ids: readonly BrokerId[];

  constructor(voters: Iterable<Voter>) {
    this.#voters = new Map([...voters].map((voter) => [voter.id, voter]));
    this.ids = [...this.#voters.keys()];
  }

  get size(): number {
    return this.ids.length;
  }

  [Symbol.iterator](): Iterator<Voter> {
    return this.#voters.values();
  }

  has(id: BrokerId): boolean {
    return this.#voters.has(id);
  }

  get(id: BrokerId): Voter | null {
    return this.#voters.get(id) ?? null;
  }

  /** Are the voters of whom this is true a majority? */
  isMajority(isOne: (id: BrokerId) => boolean): boolean {
    let count = 0;
    for (const id of this.ids) if (isOne(id)) count += 1;
    return count >= this.#majority;
  }

  /** The highest offset that a majority has reached, from how far each voter is. */
  reachedByMajority(offsetOf: (id: BrokerId) => Offset): Offset {
    const offsets = this.ids.map(offsetOf).sort((a, b) => b - a);
    return offsets[this.#majority - 1] as Offset;
  }

  get #majority(): number {
    return Math.floor(this.size / 2) + 1;
  }
}
