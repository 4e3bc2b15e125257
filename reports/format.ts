/** Numbers, times and messages for people. */
import { clipped, printable } from '../campaign/printable.ts';
import type { Unseen } from '../campaign/sightings.ts';

export function thousands(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `850 ms`, `12.3 s`, `4 m 05 s`, `3 h 20 m`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} m`;
  const hours = Math.floor(minutes / 60);
  return `${thousands(Math.floor(hours / 24))} d ${hours % 24} h`;
}

export function rate(count: number, ms: number): string {
  const perSecond = ms > 0 ? (count * 1_000) / ms : 0;
  return perSecond >= 100 ? thousands(perSecond) : perSecond.toFixed(1);
}

/** `1 seed`, `2 seeds`. */
export function plural(count: number, noun: string, several = `${noun}s`): string {
  return `${thousands(count)} ${count === 1 ? noun : several}`;
}

/** Longest line that a list of failures has for one of them. */
const LINE_MAX = 500;

/** The first line of a message from a run, of bounded length and fit for a terminal. */
export function firstLine(text: string): string {
  return printable(clipped(text.split('\n', 1)[0] ?? '', LINE_MAX));
}

/** `2.5 %` */
export function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

/** What Good and Turing say of the next seed. */
export function unseenText(what: string, { runs, seen, once, expectedNew, chanceOfNew }: Unseen): string {
  if (runs === 0) return `${what}: nothing ran`;
  return (
    `${what}: ${thousands(seen)} seen in ${plural(runs, 'seed')}, ${thousands(once)} of them in one alone. ` +
    `The next seed shows ${expectedNew.toFixed(expectedNew < 0.1 ? 3 : 2)} new ones on average, and any at all with a chance of ${percent(chanceOfNew)}`
  );
}
