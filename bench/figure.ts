/** One line of the bench's output: a quantity measured several times. */
import type { Spread } from './statistics.ts';

export interface Figure {
  /** Unique, for `--json`: `reference.frames-per-second.wall`. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** What the time is: `wall` real time, `cpu` processor time of the thread; empty where there is no time. */
  readonly clock: 'wall' | 'cpu' | '';
  readonly value: Spread;
  /** What is wanted, if anything is. */
  readonly target?: { readonly at: 'least' | 'most'; readonly value: number };
}

/** A figure's line: median, spread in brackets, and whether the median meets its target. */
export function line(figure: Figure): string {
  const { value, target } = figure;
  const single = value.min === value.max;
  const numbers = single ? number(value.median) : `${number(value.median)} (${number(value.min)}..${number(value.max)})`;
  const clock = figure.clock === '' ? '' : ` [${figure.clock}]`;
  return `  ${figure.title.padEnd(52)} ${numbers} ${figure.unit}${clock}${target === undefined ? '' : verdict(value.median, target)}`;
}

function verdict(median: number, target: NonNullable<Figure['target']>): string {
  const isMet = target.at === 'least' ? median >= target.value : median <= target.value;
  return `  target: ${target.at === 'least' ? '>=' : '<='} ${number(target.value)}, ${isMet ? 'met' : 'missed'}`;
}

function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
