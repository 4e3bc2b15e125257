/**
 * What a plan is drawn from: values with names. A seed draws each of them from a stream that is named after it (world/chance.ts), so that
 * a value more or less leaves all others as they were. And all of them are one flat record to fast-check, because chained arbitraries do
 * not shrink.
 */
import fc from 'fast-check';
import { Chance } from '../world/chance.ts';

/** What was drawn, by name. */
export type Draws = (name: string) => unknown;

export class Sections {
  readonly #arbitraries: Record<string, fc.Arbitrary<unknown>> = {};

  /** There is a value of this name. Returns how to read what was drawn for it. */
  add<T>(name: string, values: fc.Arbitrary<T>): (drawn: Draws) => T {
    if (name in this.#arbitraries) throw new Error(`two sections of a plan are called ${name}`);
    this.#arbitraries[name] = values;
    return (drawn) => drawn(name) as T;
  }

  /** What `make` makes of all that is drawn together. */
  arbitrary<T>(make: (drawn: Draws) => T): fc.Arbitrary<T> {
    return fc.record(this.#arbitraries).map((values) => make((name) => values[name]));
  }

  /** What `make` makes of one sample of each: unbiased, the same on every machine with this version. */
  ofSeed<T>(seed: number, make: (drawn: Draws) => T): T {
    const chance = new Chance(seed);
    return make((name) => {
      const values = this.#arbitraries[name];
      if (values === undefined) throw new Error(`no section of a plan is called ${name}`);
      const own = chance.stream(`plan/${name}`).below(0x1_0000_0000, 'seed') | 0;
      return fc.sample(fc.noBias(values), { seed: own, numRuns: 1 })[0];
    });
  }
}
