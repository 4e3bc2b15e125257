/** Runs seeds one after the other and reports its memory: `node --expose-gc memory-worker.ts SCENARIO SEEDS`. */
import { SCENARIOS } from '../scenarios/registry.ts';
import { type MemoryReport, REPORTS } from './memory.ts';
import { runSeed } from './seeds.ts';

const [name = '', seeds = '0'] = process.argv.slice(2);
const scenario = SCENARIOS.get(name);
if (scenario === undefined) throw new Error(`there is no scenario ${name}`);

const every = Math.max(1, Math.floor(Number(seeds) / REPORTS));
for (let seed = 1; seed <= Number(seeds); seed++) {
  await runSeed(scenario, seed);
  if (seed % every === 0) report(seed);
}
process.disconnect?.();

function report(seed: number): void {
  // Before the collection, which would hide what the run needed.
  const rssBytes = process.memoryUsage.rss();
  globalThis.gc?.();
  const message: MemoryReport = {
    seeds: seed,
    heapBytes: process.memoryUsage().heapUsed,
    rssBytes,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  process.send?.(message);
}
