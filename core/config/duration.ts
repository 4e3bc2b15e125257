/** Durations as ISO 8601 and Java's Duration write them: PnDTnHnMn.nS. */

const DURATION = /^([+-])?P(?:([+-]?\d+)D)?(T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:[.,]\d{0,9})?)S)?)?$/i;

/** A duration in milliseconds, which may be negative; null if `text` is none. */
export function durationMs(text: string): number | null {
  const [whole, sign, days, time, hours, minutes, seconds] = DURATION.exec(text) ?? [];
  const isEmpty = [days, hours, minutes, seconds].every((part) => part === undefined);
  if (whole === undefined || isEmpty || time?.toUpperCase() === 'T') return null;
  const of = (part: string | undefined): number => (part === undefined ? 0 : Number(part.replace(',', '.')));
  const ms = ((of(days) * 24 + of(hours)) * 60 + of(minutes)) * 60_000 + of(seconds) * 1000;
  return Math.trunc(sign === '-' ? -ms : ms);
}
