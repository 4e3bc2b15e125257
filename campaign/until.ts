/** Where `replay --until` stops. */
import type { TraceLine } from '../sim/run.ts';
import { UsageError } from './usage.ts';

/**
 * `4711`: the kernel's event number; `12.5s`, `800ms`: virtual time; `log-truncated`: the first such event; `log-truncated:3`
 * the third; a phase (`heal`) its beginning. Throws UsageError. The function that is returned counts: use it for one run.
 */
export function parseUntil(text: string): (line: TraceLine) => boolean {
  const time = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  if (time !== null) {
    const us = Number(time[1]) * (time[2] === 's' ? 1e6 : 1e3);
    return (line) => line.timeUs >= us;
  }
  if (/^\d+$/.test(text)) {
    const step = Number(text);
    return (line) => line.step >= step;
  }
  const named = /^([a-z][a-z-]*)(?::([1-9]\d*))?$/.exec(text);
  if (named === null) {
    throw new UsageError(
      `"${text}" is not an event to stop at: give an event number, a time like 12.5s, or a type of event like log-truncated or log-truncated:3`,
    );
  }
  let left = Number(named[2] ?? 1);
  return ({ what }) => (what.type === named[1] || (what.type === 'phase' && what.phase === named[1])) && --left <= 0;
}
