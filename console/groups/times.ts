/** Points in time as the group tools take them: dates of ISO 8601, and durations back from now. */
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

const DURATION = /^([+-])?P(?:([+-]?\d+)D)?(T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:\.\d{1,9})?)S)?)?$/i;

/** PnDTnHnMnS as milliseconds. Throws UsageError. */
export function parseDuration(text: string): number {
  const [, sign, days, time, hours, minutes, seconds] = DURATION.exec(text) ?? [];
  const isEmpty = [days, hours, minutes, seconds].every((part) => part === undefined);
  if (isEmpty || time === 'T' || time === 't')
    throw new UsageError(`--by-duration ${text} must be PnDTnHnMnS, such as P1DT2H or PT30M`);
  const of = (part: string | undefined) => (part === undefined ? 0 : Number(part));
  const ms = ((of(days) * 24 + of(hours)) * 60 + of(minutes)) * 60_000 + of(seconds) * 1000;
  return Math.trunc(sign === '-' ? -ms : ms);
}
