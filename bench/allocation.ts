/** What seeds allocate: between two collections the heap grows by what was made meanwhile. */
import { GCProfiler, getHeapStatistics } from 'node:v8';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Figure } from './figure.ts';
import { runSeed } from './seeds.ts';

const MIB = 1024 * 1024;

interface Collection {
  readonly beforeGC: Statistics;
  readonly afterGC: Statistics;
}

interface Statistics {
  readonly heapStatistics: { readonly usedHeapSize: number; readonly externalMemory: number };
}

/** Of one seed and of one frame, after so many seeds that count for nothing. */
export async function measureAllocation(scenario: Scenario, warmUp: number, seeds: number): Promise<Figure[]> {
  for (let seed = 1; seed <= warmUp; seed++) await runSeed(scenario, 1_000_000 + seed);
  const profiler = new GCProfiler();
  let used = usedNow();
  profiler.start();
  let frames = 0;
  for (let seed = 1; seed <= seeds; seed++) frames += (await runSeed(scenario, seed))?.frames ?? 0;
  const end = usedNow();
  const { statistics } = profiler.stop() as unknown as { readonly statistics: readonly Collection[] };
  let bytes = 0;
  for (const { beforeGC, afterGC } of statistics) {
    bytes += Math.max(0, usedIn(beforeGC) - used);
    used = usedIn(afterGC);
  }
  bytes += Math.max(0, end - used);
  const figure = (id: string, title: string, unit: string, value: number): Figure => ({
    id: `allocation.${scenario.name}.${id}`,
    title,
    unit,
    clock: '',
    value: { median: value, min: value, max: value },
  });
  return [
    figure('seed', `allocated by a seed of ${scenario.name}`, 'MiB', bytes / seeds / MIB),
    figure('frame', 'allocated for a network frame', 'KiB', bytes / frames / 1024),
  ];
}

function usedIn({ heapStatistics }: Statistics): number {
  return heapStatistics.usedHeapSize + heapStatistics.externalMemory;
}

function usedNow(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
