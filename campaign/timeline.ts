/**
 * What a campaign came to when: seeds, failures, and what was new. Adding is commutative: of what many runs saw, the run counts that ended first.
 * Times are real ones, ms from the campaign's beginning; of shards side by side, each from its own.
 */
import { isStepMark } from '../sim/transaction-steps.ts';
import { kindOf } from './failure-kinds.ts';
import type { SeedOutcome } from './outcome.ts';

/** Sums up to a moment. */
export interface CampaignMoment {
  readonly atMs: number;
  readonly seeds: number;
  readonly failures: number;
  /** Different ones. */
  readonly kinds: number;
  readonly marks: number;
  readonly states: number;
}

export class Timeline {
  readonly #seeds: number[] = [];
  readonly #failures: number[] = [];
  /** By name: when it was seen first. */
  readonly #kinds = new Map<string, number>();
  readonly #marks = new Map<string, number>();
  readonly #states = new Map<string, number>();

  /** An outcome that does not say when it came is left out. */
  add(outcome: SeedOutcome): void {
    const { endedAtMs } = outcome;
    if (endedAtMs === undefined) return;
    this.#seeds.push(endedAtMs);
    if (outcome.verdict !== 'pass') {
      this.#failures.push(endedAtMs);
      sawAt(this.#kinds, kindOf(outcome), endedAtMs);
    }
    for (const name of Object.keys(outcome.marks)) if (!isStepMark(name)) sawAt(this.#marks, name, endedAtMs);
    for (const name of outcome.states) sawAt(this.#states, name, endedAtMs);
  }

  /** So many moments, evenly spread from the beginning, where nothing is, to the end of the last seed; none if no seed says when it ended. */
  moments(count: number): readonly CampaignMoment[] {
    const seeds = this.#seeds.toSorted((a, b) => a - b);
    const endMs = seeds.at(-1);
    if (endMs === undefined) return [];
    const failures = this.#failures.toSorted((a, b) => a - b);
    const kinds = firstTimes(this.#kinds);
    const marks = firstTimes(this.#marks);
    const states = firstTimes(this.#states);
    return Array.from({ length: count }, (_, index) => {
      const atMs = (endMs * index) / (count - 1);
      // Nothing has ended at the very beginning.
      const upTo = (times: readonly number[]): number => (index === 0 ? 0 : countUpTo(times, atMs));
      return {
        atMs,
        seeds: upTo(seeds),
        failures: upTo(failures),
        kinds: upTo(kinds),
        marks: upTo(marks),
        states: upTo(states),
      };
    });
  }

  /** When each kind of failure was found first, in the order of time, and how many had failed until then, with it. */
  get kinds(): readonly { readonly kind: string; readonly atMs: number; readonly failures: number }[] {
    const failures = this.#failures.toSorted((a, b) => a - b);
    return Array.from(this.#kinds, ([kind, atMs]) => ({ kind, atMs, failures: countUpTo(failures, atMs) })).sort(
      (a, b) => a.atMs - b.atMs || (a.kind < b.kind ? -1 : 1),
    );
  }
}

function sawAt(first: Map<string, number>, name: string, atMs: number): void {
  const before = first.get(name);
  if (before === undefined || atMs < before) first.set(name, atMs);
}

function firstTimes(first: ReadonlyMap<string, number>): readonly number[] {
  return [...first.values()].sort((a, b) => a - b);
}

/** How many of ascending times are not after one. */
function countUpTo(times: readonly number[], atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
