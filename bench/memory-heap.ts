/**
 * Does anything stay from seed to seed? Runs many short seeds one after the other in this thread and reports what is still
 * reachable after a full collection: `node --expose-gc memory-heap.ts SCENARIO SEEDS`.
 */
import { SCENARIOS } from '../scenarios/registry.ts';
import { type HeapReport, REPORTS, SHORT_CHAOS_MS } from './memory.ts';
import { runSeed } from './seeds.ts';

const [name = '', seeds = '0'] = process.argv.slice(2);
const scenario = SCENARIOS.get(name);
if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
const short = { ...scenario, spec: { ...scenario.spec, chaosMs: SHORT_CHAOS_MS } };

const every = Math.max(1, Math.floor(Number(seeds) / REPORTS));
for (let seed = 1; seed <= Number(seeds); seed++) {
  await runSeed(short, seed);
  if (seed % every === 0) report(seed);
}
process.disconnect?.();

function report(seed: number): void {
  // The first collection only finds what the second can free.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const message: HeapReport = { seeds: seed, liveBytes: heapUsed + arrayBuffers };
  process.send?.(message);
}
