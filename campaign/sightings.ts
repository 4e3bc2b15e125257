/**
 * In how many runs of a campaign something was seen, and what that says of what nobody has seen yet: what was seen in a single run is like
 * what the next run will be the first to see (Good and Turing; for runs that see many things at once, Chao and Colwell).
 */

/** An estimate of what is unseen, after some runs. */
export interface Unseen {
  readonly runs: number;
  /** Different things that were seen. */
  readonly seen: number;
  /** Of these, in one run alone. */
  readonly once: number;
  /** How many things that nobody has seen the next run is expected to show: things seen once, by run. */
  readonly expectedNew: number;
  /** The chance that the next run shows anything new: runs that saw something that no other run did, by run. */
  readonly chanceOfNew: number;
}

export class Sightings {
  #runs = 0;
  /** By name: in how many runs; of one that was seen once, in which. */
  readonly #seen = new Map<string, { runs: number; only: string | null }>();

  /** A run saw these, each named once. The order of runs does not matter. */
  add(run: string, names: Iterable<string>): void {
    this.#runs++;
    for (const name of names) {
      const known = this.#seen.get(name);
      if (known === undefined) this.#seen.set(name, { runs: 1, only: run });
      else {
        known.runs++;
        known.only = null;
      }
    }
  }

  /** In how many runs each was seen. */
  get runsByName(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.#seen, ([name, { runs }]) => [name, runs]));
  }

  /** What is unseen after these runs; of no runs nothing can be said, and everything is new. */
  get unseen(): Unseen {
    const alone = [...this.#seen.values()].flatMap(({ only }) => (only === null ? [] : [only]));
    const runs = this.#runs;
    return {
      runs,
      seen: this.#seen.size,
      once: alone.length,
      expectedNew: runs === 0 ? Number.POSITIVE_INFINITY : alone.length / runs,
      chanceOfNew: runs === 0 ? 1 : new Set(alone).size / runs,
    };
  }
}
