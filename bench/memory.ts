/** Memory of one worker: a process of its own runs seeds one after the other and reports now and then. */
import { fork } from 'node:child_process';
import type { Figure } from './figure.ts';

/** One report of the process (memory-worker.ts). */
export interface MemoryReport {
  readonly seeds: number;
  /** What is reachable, after a full collection. */
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** The most the process ever had. */
  readonly peakRssBytes: number;
}

const MIB = 1024 * 1024;
export const REPORTS = 8;

/** Peak memory, and whether what stays reachable grows from seed to seed. */
export async function measureMemory(scenario: string, seeds: number): Promise<Figure[]> {
  const reports = await reportsOf(scenario, seeds);
  const last = reports.at(-1) as MemoryReport;
  // The first reports still hold what V8 and the module loader set up once.
  const settled = reports[Math.floor(reports.length / 4)] as MemoryReport;
  const growthKib = (last.heapBytes - settled.heapBytes) / 1024 / Math.max(1, last.seeds - settled.seeds);
  const figure = (id: string, title: string, unit: string, value: number, target?: Figure['target']): Figure => ({
    id: `memory.${id}`,
    title,
    unit,
    clock: '',
    value: { median: value, min: value, max: value },
    ...(target === undefined ? {} : { target }),
  });
  return [
    figure('peak-rss', `peak resident memory of a process with one worker, ${seeds} seeds`, 'MiB', last.peakRssBytes / MIB, {
      at: 'most',
      value: 200,
    }),
    ...reports.map((report) =>
      figure(`heap-after-${report.seeds}`, `heap after ${report.seeds} seeds`, 'MiB', report.heapBytes / MIB),
    ),
    // Over few seeds the compiler's own growth drowns everything else.
    figure('growth', 'heap growth per seed', 'KiB', growthKib, seeds >= 500 ? { at: 'most', value: 1 } : undefined),
  ];
}

function reportsOf(scenario: string, seeds: number): Promise<MemoryReport[]> {
  const reports: MemoryReport[] = [];
  const worker = fork(new URL('memory-worker.ts', import.meta.url), [scenario, String(seeds)], { execArgv: ['--expose-gc'] });
  return new Promise((resolve, reject) => {
    worker.on('message', (report) => reports.push(report as MemoryReport));
    worker.on('error', reject);
    worker.on('exit', (status) => {
      if (status === 0 && reports.length > 0) resolve(reports);
      else reject(new Error(`the memory worker ended with status ${status}`));
    });
  });
}
