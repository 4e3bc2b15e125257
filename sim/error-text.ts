/** Errors as texts that do not differ from run to run. */
/** Modules that call simulated code: what stands below them in a stack differs with the turns that the host has taken. */
const CALLERS = ['../world/kernel', '../world/process', 'run/applications'].map(
  (module) => new URL(module, import.meta.url).href,
);

/**
 * An error with its stack and causes, the same whenever the same seed runs: the frames of the simulation itself and of the
 * platform below them are left out.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const lines = (error.stack ?? `${error.name}: ${error.message}`).split('\n');
  const end = lines.findIndex((line) => /^\s+at /.test(line) && CALLERS.some((module) => line.includes(`${module}.`)));
  const own = lines.slice(0, end === -1 ? lines.length : end).filter((line) => !/^\s+at .*\bnode:internal\//.test(line));
  const { cause } = error;
  return cause === undefined ? own.join('\n') : `${own.join('\n')}\ncaused by ${errorText(cause)}`;
}
