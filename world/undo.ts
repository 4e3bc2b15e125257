/** Faults of the world are taken back by the function that making them returned. */

/** Takes a fault back: that one alone, whatever else is under way. Calling it again does nothing. */
export type Undo = () => void;

/** An Undo that acts at its first call only. */
export function once(undo: () => void): Undo {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    undo();
  };
}

/** Several causes of one thing, of which the worst counts. */
export class Causes {
  readonly #under = new Set<{ readonly by: number }>();
  readonly #changed: (worst: number | null) => void;

  /** `changed` hears the largest of those that are under way, null if none is. */
  constructor(changed: (worst: number | null) => void) {
    this.#changed = changed;
  }

  /** One more, until it is taken back. */
  add(by: number): Undo {
    const cause = { by };
    this.#under.add(cause);
    this.#tell();
    return once(() => {
      this.#under.delete(cause);
      this.#tell();
    });
  }

  #tell(): void {
    let worst: number | null = null;
    for (const { by } of this.#under) if (worst === null || by > worst) worst = by;
    this.#changed(worst);
  }
}
