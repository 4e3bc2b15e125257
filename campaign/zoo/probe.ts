/** Counts what a mutant does in a run: how often its line ran, and how often with another outcome than the right code. */

export interface ProbeCounts {
  readonly ran: number;
  readonly differed: number;
}

export class Probe {
  #ran = 0;
  #differed = 0;

  /** The wrong value; counts if the right one is another. Both are computed, so neither may change anything. */
  instead<T>(right: T, wrong: T): T {
    this.#ran++;
    if (!Object.is(right, wrong)) this.#differed++;
    return wrong;
  }

  /** Counts a place where statements are wrong; `condition` tells if they make a difference this time. */
  differs(condition = true): void {
    this.#ran++;
    if (condition) this.#differed++;
  }

  /** What was counted since the last call. */
  take(): ProbeCounts {
    const counts = { ran: this.#ran, differed: this.#differed };
    this.#ran = 0;
    this.#differed = 0;
    return counts;
  }
}
