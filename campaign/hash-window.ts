/** Events between two entries of RunResult.hashWindows (sim/run.ts). */
export const HASH_WINDOW = 4_096;
