/**
 * Settings of V8 for threads that run seeds. They change how fast a run is and how much memory it takes, never what it does.
 * V8 takes them for the whole process, for threads that are started afterwards.
 */
import { setFlagsFromString } from 'node:v8';

const FLAGS = [
  // Workers share the processors among each other: helpers that collect one's garbage only take time from another.
  '--no-parallel-scavenge',
  // A seed runs thousands of functions a few hundred times each: compiled plainly at once they are never interpreted.
  '--always-sparkplug',
];

/** For the process of a worker pool, before its first worker is started. */
export function tuneEngine(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
