/** Which seeds a campaign runs: ranges, durations, shards. Seeds are non-negative safe integers. */
import { UsageError } from './usage.ts';

/** Both ends included; `to` may be Infinity for a campaign that ends by time. */
export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

/** Part `index` of `count`: the seeds with seed mod count = index mod count. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

const DIGITS = /^\d+$/;

function wholeNumber(text: string): number | null {
  const value = DIGITS.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

/** Throws UsageError unless the text is a seed. */
export function parseSeed(text: string): number {
  const seed = wholeNumber(text);
  if (seed === null) {
    throw new UsageError(`"${text}" is not a seed: a seed is a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
  return seed;
}

/** `A..B`, both included, or one seed. */
export function parseSeedRange(text: string): SeedRange {
  const [first, last, ...more] = text.split('..');
  const from = wholeNumber(first ?? '');
  const to = last === undefined ? from : wholeNumber(last);
  if (from === null || to === null || more.length > 0) {
    throw new UsageError(`"${text}" is not a range of seeds: give A..B with whole numbers from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
  if (to < from) throw new UsageError(`"${text}" is an empty range of seeds: in A..B, A is at most B`);
  return { from, to };
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `90s`, `10m`, `1h`, `1.5h`, `500ms`: milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const ms = match === null ? 0 : Math.round(Number(match[1]) * (UNIT_MS[match[2] as string] as number));
  if (ms <= 0 || !Number.isSafeInteger(ms)) {
    throw new UsageError(`"${text}" is not a duration: give a number above 0 and a unit, like 90s, 10m or 1h`);
  }
  return ms;
}

/** `I/N`: part I of N; 0/N is the same part as N/N. */
export function parseShard(text: string): Shard {
  const [first, second, ...more] = text.split('/');
  const index = wholeNumber(first ?? '');
  const count = wholeNumber(second ?? '');
  if (index === null || count === null || more.length > 0 || count < 1 || index > count) {
    throw new UsageError(`"${text}" is not a shard: give I/N with I from 1 to N, like 2/4`);
  }
  return { index, count };
}

/** A whole number of at least `min`, for the option called `name`. */
export function parseCount(name: string, text: string, min: number): number {
  const value = wholeNumber(text);
  if (value === null || value < min) {
    throw new UsageError(`${name} "${text}" is not usable: give a whole number of at least ${min}`);
  }
  return value;
}

/** Is it one of a shard's seeds? Without a shard all are. */
export function belongsTo(seed: number, shard: Shard = { index: 0, count: 1 }): boolean {
  return seed % shard.count === shard.index % shard.count;
}

/** How many seeds of a range belong to a shard; Infinity for a range without end. */
export function countSeeds({ from, to }: SeedRange, shard: Shard = { index: 0, count: 1 }): number {
  const first = seedsOf({ from, to }, shard).next();
  return first.done === true ? 0 : Math.floor((to - first.value) / shard.count) + 1;
}

/** The seeds of a range, upward, that belong to a shard. */
export function* seedsOf(range: SeedRange, shard: Shard = { index: 0, count: 1 }): Generator<number> {
  const wanted = shard.index % shard.count;
  const ahead = (wanted - (range.from % shard.count) + shard.count) % shard.count;
  for (let seed = range.from + ahead; seed <= range.to && Number.isSafeInteger(seed); seed += shard.count) yield seed;
}
