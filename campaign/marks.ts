/** All rare states worth reaching, by their names: those that core, the simulation and checkers tell of, and those that events tell. */
import { COMPACTION_MARKS, CORE_MARKS } from '../core/marks.ts';
import { DIRECTED_PROPERTY_MARKS, PROPERTY_MARKS } from '../properties/marks.ts';
import { RUN_MARKS } from '../sim/marks.ts';
import type { Mark } from '../sim/marks/mark.ts';
import { EVENT_MARKS } from '../sim/marks/registry.ts';

/** What a mark says, and from how many runs of what on it must be reached. */
export type MarkAbout = Omit<Mark, 'watch'>;

const TOLD = Object.entries({ ...CORE_MARKS, ...RUN_MARKS, ...PROPERTY_MARKS });

export const MARKS: ReadonlyMap<string, MarkAbout> = new Map<string, MarkAbout>([
  ...TOLD.map(([name, why]): [string, MarkAbout] => [name, { why }]),
  ...Object.entries({ ...COMPACTION_MARKS, ...DIRECTED_PROPERTY_MARKS }).map(([name, why]): [string, MarkAbout] => [
    name,
    { why, isDirected: true },
  ]),
  ...EVENT_MARKS,
]);
