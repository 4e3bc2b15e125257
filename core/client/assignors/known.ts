/** The assignors there are, by the names that partition.assignment.strategy knows them by. */
import { ConfigError } from '../../config/index.ts';
import type { Assignor } from './assignor.ts';
import { cooperativeStickyAssignor } from './cooperative-sticky.ts';
import { rangeAssignor } from './range.ts';
import { roundRobinAssignor } from './roundrobin.ts';
import { stickyAssignor } from './sticky.ts';

const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map(
  [rangeAssignor, roundRobinAssignor, stickyAssignor, cooperativeStickyAssignor].map((assignor) => [assignor.name, assignor]),
);

/** The assignor of the protocol that the group agreed upon. */
export function assignorNamed(name: string): Assignor {
  return ASSIGNORS.get(name) ?? rangeAssignor;
}

/** The assignors of partition.assignment.strategy, in its order. Throws ConfigError for one that is not there. */
export function assignorsOf(names: readonly string[]): Assignor[] {
  return names.map((name) => {
    const assignor = ASSIGNORS.get(name);
    if (assignor === undefined)
      throw new ConfigError(`partition.assignment.strategy has ${name}, but there are only ${[...ASSIGNORS.keys()].join(', ')}.`);
    return assignor;
  });
}
