/** Chance from the operating system. */
import { randomInt } from 'node:crypto';
import type { Random, RandomStream } from '../ports/random.ts';

const stream: RandomStream = {
  below: (bound) => randomInt(bound),
  between: (min, max) => randomInt(min, max + 1),
  chance: (numerator, denominator) => randomInt(denominator) < numerator,
  pick: (items) => {
    if (items.length === 0) throw new RangeError('a pick from an empty list');
    return items[randomInt(items.length)] as (typeof items)[number];
  },
};

export const systemRandom: Random = { stream: () => stream, sometimes: () => false };
