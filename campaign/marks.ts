/** All rare states worth reaching, by their names. */
import { CORE_MARKS } from '../core/marks.ts';
import { PROPERTY_MARKS } from '../properties/marks.ts';
import { RUN_MARKS } from '../sim/marks.ts';

export const MARKS: ReadonlyMap<string, string> = new Map(Object.entries({ ...CORE_MARKS, ...RUN_MARKS, ...PROPERTY_MARKS }));
