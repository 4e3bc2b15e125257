/** Makes the failures small that mutants were found by: how good `trial shrink` is, over bugs of every kind. */
import type { Plan } from '../../sim/plan.ts';
import { loadScenario } from '../load-scenario.ts';
import { workerCount } from '../pool.ts';
import { planOf } from '../run-scenario.ts';
import { type ShrunkFailure, shrinkFailure } from '../shrink-failure.ts';
import { mutantRunner } from './mutant-url.ts';
import type { ZooEntry } from './zoo.ts';

/** What is left of a mutant's failure. */
export interface ShrunkMutant {
  readonly mutant: string;
  readonly property: string;
  readonly plan: Plan;
  /** Of all clients until the violation, but polls that returned nothing. */
  readonly operations: number;
  /** Decisions that differ from the simplest; null: some streams still draw, or nothing is known. */
  readonly forced: number | null;
  readonly runs: number;
  readonly cpuMs: number;
}

interface ShrinkZooOptions {
  readonly workers?: number;
  readonly stallLimitMs?: number;
  readonly signal?: AbortSignal;
  readonly onShrunk?: (shrunk: ShrunkMutant) => void;
}

/** Of those that were found by a violation: a run that came to no result has nothing by which a smaller one is told to be the same. */
export async function shrinkZoo(entries: readonly ZooEntry[], options: ShrinkZooOptions = {}): Promise<readonly ShrunkMutant[]> {
  const found = entries.filter(({ search }) => search.detection !== null && search.detection.error === null);
  const shrunk: ShrunkMutant[] = [];
  const waiting = found.values();
  const isInterrupted = (): boolean => options.signal?.aborted === true;
  const lane = async (): Promise<void> => {
    for (const entry of waiting) {
      if (isInterrupted()) return;
      const one = await shrinkMutant(entry, options);
      // What an interrupt has left half done says nothing of how small it gets.
      if (isInterrupted()) return;
      shrunk.push(one);
      options.onShrunk?.(one);
    }
  };
  await Promise.all(Array.from({ length: workerCount(options.workers, found.length) }, lane));
  return shrunk;
}

async function shrinkMutant({ mutant, scenario, search }: ZooEntry, options: ShrinkZooOptions): Promise<ShrunkMutant> {
  const plan = planOf(await loadScenario(scenario), search.detection?.seed ?? 0);
  const { signal, stallLimitMs } = options;
  const small = await shrinkFailure(
    { scenario, plan, driven: {} },
    {
      runner: mutantRunner(mutant.id),
      ...(signal === undefined ? {} : { signal }),
      ...(stallLimitMs === undefined ? {} : { stallLimitMs }),
    },
  );
  return {
    mutant: mutant.id,
    property: small.property,
    plan: small.plan,
    operations: small.operations,
    forced: forcedOf(small),
    runs: small.runs,
    cpuMs: small.cpuMs,
  };
}

function forcedOf({ decisions, drawing }: ShrunkFailure): number | null {
  return decisions === undefined || (drawing ?? []).length > 0 ? null : decisions.forced.length;
}
