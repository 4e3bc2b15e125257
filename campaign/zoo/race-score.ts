/**
 * Who finds mutants sooner: explorers that set out from the same seeds, with the same limit. Where one found nothing it is counted as if it
 * had found it with the last seed that it was given, which flatters it.
 */
import { EXPLORER_NAMES, type ExplorerName } from '../explore/registry.ts';

/** What an explorer came to from one starting seed. */
export interface RaceRun {
  readonly mutant: string;
  readonly difficulty: string;
  readonly explorer: ExplorerName;
  readonly start: number;
  readonly found: boolean;
  /** To the detection, or in all. */
  readonly seeds: number;
  readonly cpuMs: number;
}

/** Of an explorer over all mutants. */
export interface RaceScore {
  readonly explorer: ExplorerName;
  /** Starting seeds of mutants from which there was a detection, and all. */
  readonly found: number;
  readonly of: number;
  /** Over mutants, of their medians over starting seeds. */
  readonly medianSeeds: number | null;
  readonly medianCpuMs: number | null;
  /**
   * How many times faster than `random`, in the geometric mean over the mutants that one of the two found. Null: there is none.
   */
  readonly seedsRatio: number | null;
  readonly cpuRatio: number | null;
}

interface Place {
  readonly found: boolean;
  readonly seeds: number;
  readonly cpuMs: number;
}

export function raceScores(runs: readonly RaceRun[]): readonly RaceScore[] {
  const places = [...new Set(runs.map(({ mutant }) => mutant))].map((name) => {
    const of = runs.filter(({ mutant }) => mutant === name);
    const explorers = EXPLORER_NAMES.filter((explorer) => of.some((run) => run.explorer === explorer));
    return new Map(explorers.map((explorer) => [explorer, placeOf(of.filter((run) => run.explorer === explorer))]));
  });
  return EXPLORER_NAMES.map((explorer) => {
    const its = runs.filter((run) => run.explorer === explorer);
    const own = places.flatMap((place) => place.get(explorer) ?? []);
    const pairs = places.flatMap((place) => {
      const [mine, randoms] = [place.get(explorer), place.get('random')];
      return mine !== undefined && randoms !== undefined && (mine.found || randoms.found) ? [{ mine, randoms }] : [];
    });
    return {
      explorer,
      found: its.filter(({ found }) => found).length,
      of: its.length,
      medianSeeds: medianOf(own.map(({ seeds }) => seeds)),
      medianCpuMs: medianOf(own.map(({ cpuMs }) => cpuMs)),
      seedsRatio: geometricMean(pairs.map(({ mine, randoms }) => randoms.seeds / mine.seeds)),
      cpuRatio: geometricMean(pairs.map(({ mine, randoms }) => randoms.cpuMs / Math.max(1, mine.cpuMs))),
    };
  });
}

function placeOf(runs: readonly RaceRun[]): Place {
  return {
    found: runs.some(({ found }) => found),
    seeds: medianOf(runs.map(({ seeds }) => seeds)) ?? 0,
    cpuMs: medianOf(runs.map(({ cpuMs }) => cpuMs)) ?? 0,
  };
}

/** The lower one of the two in the middle. */
function medianOf(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null;
}

function geometricMean(ratios: readonly number[]): number | null {
  if (ratios.length === 0) return null;
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}
