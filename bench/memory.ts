/**
 * Memory of a campaign. Peak memory per worker is what the whole process took at most (resident set, with the code of V8's
 * compilers and all that is shared), less what it took before it started its workers, divided by their number.
 */
import { fork } from 'node:child_process';
import type { Figure } from './figure.ts';

/** One report of the process of many short seeds (memory-heap.ts). */
export interface HeapReport {
  readonly seeds: number;
  /** What is reachable, after a full collection: objects and the bytes of buffers. */
  readonly liveBytes: number;
}

/** The report of a process with a worker pool (memory-pool.ts). */
export interface PoolReport {
  readonly workers: number;
  /** Resident before the workers were started. */
  readonly baseBytes: number;
  readonly peakBytes: number;
}

export interface MemoryOptions {
  /** Whole seeds that each worker of a pool runs. */
  readonly seedsPerWorker: number;
  /** Short seeds over which what stays reachable is watched. */
  readonly shortSeeds: number;
}

export const REPORTS = 10;
/** Chaos of a short seed, in simulated time; all else is as in the scenario. */
export const SHORT_CHAOS_MS = 2_000;
const MIB = 1024 * 1024;
/** Over fewer seeds the compiler's own growth drowns everything else. */
const BINDING_SEEDS = 500;

/** Peak memory with one worker and with two, and whether what stays reachable grows from seed to seed. */
export async function measureMemory(scenario: string, { seedsPerWorker, shortSeeds }: MemoryOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (id: string, title: string, unit: string, value: number, target?: Figure['target']): void => {
    const figure = { id: `memory.${id}`, title, unit, clock: '', value: { median: value, min: value, max: value } } as const;
    figures.push(target === undefined ? figure : { ...figure, target });
  };
  for (const workers of [1, 2]) {
    const [report] = await reportsOf<PoolReport>('memory-pool.ts', [scenario, String(seedsPerWorker), String(workers)]);
    if (report === undefined) throw new Error('the process with a worker pool reported nothing');
    const { baseBytes, peakBytes } = report;
    const seeds = `${workers * seedsPerWorker} seeds`;
    if (workers === 1) add('base', 'a campaign without workers, resident', 'MiB', baseBytes / MIB);
    add(`peak-${workers}`, `peak of the process, workers: ${workers}, ${seeds}`, 'MiB', peakBytes / MIB);
    const each = (peakBytes - baseBytes) / workers / MIB;
    add(`per-worker-${workers}`, `peak per worker, workers: ${workers}`, 'MiB', each, { at: 'most', value: 200 });
  }
  const reports = await reportsOf<HeapReport>('memory-heap.ts', [scenario, String(shortSeeds)]);
  for (const { seeds, liveBytes } of reports) add(`live-${seeds}`, `live after ${seeds} short seeds`, 'MiB', liveBytes / MIB);
  const last = reports.at(-1) as HeapReport;
  // The first report still lacks what V8 compiles in the first seeds.
  const settled = reports[1] ?? last;
  const growthKib = (last.liveBytes - settled.liveBytes) / 1024 / Math.max(1, last.seeds - settled.seeds);
  add('growth', 'growth per seed', 'KiB', growthKib, shortSeeds >= BINDING_SEEDS ? { at: 'most', value: 1 } : undefined);
  return figures;
}

function reportsOf<R>(module: string, parameters: readonly string[]): Promise<R[]> {
  const reports: R[] = [];
  const child = fork(new URL(module, import.meta.url), parameters, { execArgv: ['--expose-gc'] });
  return new Promise((resolve, reject) => {
    child.on('message', (report) => reports.push(report as R));
    child.on('error', reject);
    child.on('exit', (status) => {
      if (status === 0 && reports.length > 0) resolve(reports);
      else reject(new Error(`${module} ended with status ${status}`));
    });
  });
}
