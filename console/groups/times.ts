/** Points in time as the group tools take them: dates of ISO 8601, and durations back from now. */
import { durationMs } from '../../core/config/duration.ts';
import { UsageError } from '../errors.ts';

const DATE_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3})(Z|[+-]\d{2}(?::?\d{2})?)?$/;

/** YYYY-MM-DDTHH:mm:ss.sss, in UTC or with an offset, as milliseconds since the epoch. Throws UsageError. */
export function parseDateTime(text: string): number {
  const [, local = '', zone = 'Z'] = DATE_TIME.exec(text) ?? [];
  const offset = zone.length === 3 ? `${zone}:00` : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const time = Date.parse(`${local}${offset}`);
  // Days that a month does not have would be counted on into the next.
  const isReal = new Date(Date.parse(`${local}Z`)).getTime() >= 0 && new Date(`${local}Z`).toISOString().startsWith(local);
  if (Number.isNaN(time) || !isReal)
    throw new UsageError(`--to-datetime ${text} must be YYYY-MM-DDTHH:mm:ss.sss, with an offset like +02:00 if it is not UTC`);
  return time;
}

/** PnDTnHnMnS as milliseconds. Throws UsageError. */
export function parseDuration(text: string): number {
  const ms = durationMs(text);
  if (ms === null) throw new UsageError(`--by-duration ${text} must be PnDTnHnMnS, such as P1DT2H or PT30M`);
  return ms;
}
