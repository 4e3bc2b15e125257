/** The checkers of what nodes do inside, as their trace events tell it. */
import type { PropertyDefinition } from '../sim/observe.ts';

export const INTERNAL_PROPERTIES: readonly PropertyDefinition[] = [];
