/** Where `replay --until` stops. */
import { meant } from '../core/config/index.ts';
import type { TraceLine } from '../sim/run.ts';
import { EVENT_TYPES } from './event-types.ts';
import { UsageError } from './usage.ts';

const UNIT_US: Readonly<Record<string, number>> = { s: 1e6, ms: 1e3, us: 1 };

/**
 * `4711`: the kernel's event number; `12.5s`, `12.345678 s`, `800ms`, `17us`: virtual time; `log-truncated`: the first such event; `log-truncated:3`
 * the third; a phase (`heal`) its beginning. Throws UsageError. The function that is returned counts: use it for one run.
 */
export function parseUntil(text: string): (line: TraceLine) => boolean {
  const us = timeUs(text);
  if (us !== null) return (line) => line.timeUs >= us;
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
  const type = named[1] as string;
  if (!EVENT_TYPES.has(type)) {
    const hint = meant(EVENT_TYPES.keys(), type) || '; see "trial list events"';
    throw new UsageError(`"${type}" is no type of event${hint}`);
  }
  let left = Number(named[2] ?? 1);
  return ({ what }) => (what.type === type || (what.type === 'phase' && what.phase === type)) && --left <= 0;
}

/** Virtual time in µs, given as `12.5s`, `12.345678 s`, `800ms` or `17us`. Throws UsageError. */
export function parseTimeUs(text: string): number {
  const us = timeUs(text);
  if (us === null) throw new UsageError(`"${text}" is no time: give one like 12.5s, 800ms or 12.345678s`);
  return us;
}

function timeUs(text: string): number | null {
  const time = /^(\d+(?:\.\d+)?) ?(us|ms|s)$/.exec(text);
  // Rounded, or the microsecond that a message tells would be missed by a trillionth.
  return time === null ? null : Math.round(Number(time[1]) * (UNIT_US[time[2] as string] as number));
}
