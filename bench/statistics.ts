/** Medians with their spread, and two clocks: real time, and the time processors worked for this process. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median, least and greatest of a list that is not empty. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

export interface Elapsed {
  readonly wallMs: number;
  /** Processor time of this thread alone. */
  readonly threadMs: number;
  /** Processor time of the whole process: this thread, and V8's compiler and garbage collector beside it. */
  readonly processMs: number;
}

/** Starts the clocks; the function reads them. */
export function stopwatch(): () => Elapsed {
  const wall = performance.now();
  const thread = process.threadCpuUsage();
  const whole = process.cpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(thread);
    const all = process.cpuUsage(whole);
    return { wallMs: performance.now() - wall, threadMs: (user + system) / 1000, processMs: (all.user + all.system) / 1000 };
  };
}
