/**
 * Which seeds a mutant is run on, and what is known of it after each. A seed is run once; from several starting seeds, spread over the
 * range, it is counted how many it takes to the first detection, going round at the end of the range.
 */
import type { SeedRange } from '../seeds.ts';

/** What one seed came to. */
export interface MutantRun {
  readonly seed: number;
  /** Ids of the properties that failed; `error` if the run came to no result. None: it passed. */
  readonly detectedBy: readonly string[];
  /** Why the run came to no result. */
  readonly error: string | null;
  readonly ran: number;
  readonly differed: number;
  readonly cpuMs: number;
}

/** From one starting seed to the first detection. */
export interface Distance {
  readonly start: number;
  readonly seeds: number;
  readonly cpuMs: number;
}

export type MutantVerdict =
  /** A property failed, or the run died, and the code without the mutant passes the same seed. */
  | 'found'
  /** It made a difference and nobody saw. */
  | 'unseen'
  /** Its line ran, and the right code would have done the same. */
  | 'same outcome'
  | 'never reached'
  | 'not run';

export class MutantSearch {
  readonly #range: SeedRange;
  readonly #starts: readonly number[];
  readonly #runs = new Map<number, MutantRun>();

  constructor(range: SeedRange, starts: number) {
    this.#range = range;
    const size = range.to - range.from + 1;
    const count = Math.min(starts, size);
    this.#starts = Array.from({ length: count }, (_, at) => range.from + Math.floor((at * size) / count));
  }

  get runs(): readonly MutantRun[] {
    return [...this.#runs.values()];
  }

  /** The seed to run next: of the starting seed that has been followed least and has not come to a detection. Null: there is none. */
  next(): number | null {
    let best: { readonly seed: number; readonly followed: number } | null = null;
    for (const start of this.#starts) {
      const end = this.#follow(start);
      if (end.seed !== null && (best === null || end.followed < best.followed)) best = { seed: end.seed, followed: end.followed };
    }
    return best?.seed ?? null;
  }

  took(run: MutantRun): void {
    this.#runs.set(run.seed, run);
  }

  get verdict(): MutantVerdict {
    const runs = this.runs;
    if (runs.length === 0) return 'not run';
    if (runs.some(isDetection)) return 'found';
    if (runs.some(({ differed }) => differed > 0)) return 'unseen';
    return runs.some(({ ran }) => ran > 0) ? 'same outcome' : 'never reached';
  }

  /** The properties that failed first, in the lowest seed that was detected. */
  get detection(): MutantRun | null {
    return this.runs.filter(isDetection).toSorted((a, b) => a.seed - b.seed)[0] ?? null;
  }

  /** Of the starting seeds from which a detection was come to. */
  get distances(): readonly Distance[] {
    return this.#starts.flatMap((start) => {
      const { followed, cpuMs, detected } = this.#follow(start);
      return detected ? [{ start, seeds: followed, cpuMs }] : [];
    });
  }

  /** How far what was run goes from a starting seed, and the seed to run then; null at a detection, and when it has gone round. */
  #follow(start: number) {
    const { from, to } = this.#range;
    let cpuMs = 0;
    for (let followed = 0; followed <= to - from; followed++) {
      const seed = start + followed <= to ? start + followed : start + followed - (to - from + 1);
      const run = this.#runs.get(seed);
      if (run === undefined) return { seed, followed, cpuMs, detected: false };
      cpuMs += run.cpuMs;
      if (isDetection(run)) return { seed: null, followed: followed + 1, cpuMs, detected: true };
    }
    return { seed: null, followed: to - from + 1, cpuMs, detected: false };
  }
}

function isDetection({ detectedBy }: MutantRun): boolean {
  return detectedBy.length > 0;
}
