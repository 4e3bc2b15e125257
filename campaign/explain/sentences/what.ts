import type { TraceLine } from '../../../sim/run.ts';

/** What a line of a trace tells of. */
export type What = TraceLine['what'];
