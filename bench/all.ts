/**
 * `npm run bench`: the figures of Trial, as medians of several runs with their spread.
 *
 *     npm run bench -- [--quick] [--json] [--only SECTION,...] [--memory-seeds N]
 *     npm run bench -- --against COMMIT [--rounds N] [--quick] [--json] [--only SECTION,...]
 *
 * With --against the sections (those that have targets, if none is named) are measured in this tree and in the one of the commit in turns, and told
 * as pairs. Sections: reference, shares, standard, allocation, first, workers, memory, kernel, codec, cycles, partitions, page, apps, serve. Figures marked [wall]
 * are real time, and suffer from whatever else the machine does; those marked [cpu] are processor time of the thread that did the work.
 */
import { parseArgs } from 'node:util';
import { availableParallelism } from 'node:os';
import { SCENARIOS } from '../scenarios/registry.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { measureAgainst, pairLine } from './against.ts';
import { type Figure, line } from './figure.ts';
import { measureSeeds, notPassed } from './seeds.ts';
import { TARGETED_SECTIONS } from './targets.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    'memory-seeds': { type: 'string' },
    against: { type: 'string' },
    rounds: { type: 'string', default: '3' },
  },
});

const quick = flags.quick;
const reference = SCENARIOS.get('reference') as Scenario;
const memorySeeds = Number(flags['memory-seeds'] ?? (quick ? 40 : 1_000));

interface Section {
  readonly title: string;
  readonly measure: () => Figure[] | Promise<Figure[]>;
}

const SECTIONS: ReadonlyMap<string, Section> = new Map<string, Section>([
  [
    'reference',
    {
      title: 'reference, one worker, all checkers on',
      measure: () =>
        measureSeeds(
          reference,
          quick ? { warmUp: 8, rounds: 3, seedsPerRound: 4 } : { warmUp: 60, rounds: 5, seedsPerRound: 20 },
        ),
    },
  ],
  [
    'shares',
    {
      title: 'where processor time goes',
      measure: async () => (await import('./shares.ts')).measureShares(reference, quick ? 4 : 20),
    },
  ],
  [
    'standard',
    {
      title: 'standard, one worker, all checkers on',
      measure: () =>
        measureSeeds(
          SCENARIOS.get('standard') as Scenario,
          quick ? { warmUp: 4, rounds: 1, seedsPerRound: 10 } : { warmUp: 20, rounds: 3, seedsPerRound: 40 },
        ),
    },
  ],
  [
    'allocation',
    {
      title: 'allocation',
      measure: async () => (await import('./allocation.ts')).measureAllocation(reference, quick ? 4 : 20, quick ? 4 : 20),
    },
  ],
  [
    'first',
    {
      title: 'a fresh campaign',
      measure: async () => (await import('./first-seeds.ts')).measureFirstSeeds('standard', quick ? 10 : 100, quick ? 1 : 3),
    },
  ],
  [
    'workers',
    {
      title: 'campaigns',
      measure: async () => (await import('./workers.ts')).measureWorkers('reference', quick ? 8 : 60, quick ? 1 : 3),
    },
  ],
  [
    'memory',
    {
      title: 'memory',
      measure: async () =>
        (await import('./memory.ts')).measureMemory('reference', { seedsPerWorker: quick ? 8 : 30, shortSeeds: memorySeeds }),
    },
  ],
  [
    'kernel',
    {
      title: 'the kernel alone',
      measure: async () => (await import('./kernel.ts')).measureKernel(quick ? 200_000 : 1_000_000, quick ? 3 : 7),
    },
  ],
  [
    'codec',
    {
      title: 'the codec alone',
      measure: async () => (await import('./codec.ts')).measureCodec(quick ? 20_000 : 100_000, quick ? 3 : 7),
    },
  ],
  [
    'cycles',
    {
      title: 'the search for cycles alone',
      measure: async () => (await import('./cycles.ts')).measureCycles(quick ? 10_000 : 100_000, quick ? 3 : 7),
    },
  ],
  [
    'partitions',
    {
      title: 'partitions that do nothing',
      measure: async () =>
        (await import('./partitions.ts')).measurePartitions(reference, quick ? [3, 100] : [3, 100, 1_000, 3_000], quick ? 1 : 3),
    },
  ],
  [
    'page',
    {
      title: 'the time machine, seed 81 of standard',
      measure: async () => (await import('./page.ts')).measurePage(SCENARIOS.get('standard') as Scenario, quick ? 1 : 5),
    },
  ],
  ['apps', { title: 'applications of users', measure: async () => (await import('./apps.ts')).measureApps(quick) }],
  ['serve', { title: 'the served cluster', measure: async () => (await import('./serve.ts')).measureServe(quick) }],
]);

const only = flags.only?.split(',') ?? [...SECTIONS.keys()];
const unknown = only.find((name) => !SECTIONS.has(name));
if (unknown !== undefined || !(memorySeeds >= 1)) {
  console.error(unknown !== undefined ? `there is no section ${unknown}` : '--memory-seeds needs a number of at least 1');
  process.exit(2);
}

if (flags.against !== undefined) {
  const rounds = Number(flags.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    console.error(`--rounds needs a number of at least 1, not ${flags.rounds}`);
    process.exit(2);
  }
  const sections = ['--only', flags.only ?? TARGETED_SECTIONS, ...(quick ? ['--quick'] : [])];
  const pairs = measureAgainst(flags.against, sections, rounds);
  if (flags.json) console.log(JSON.stringify({ node: process.version, against: flags.against, quick, pairs }));
  else for (const pair of pairs) console.log(pairLine(pair));
  process.exit(0);
}

const figures: Figure[] = [];
if (!flags.json) console.log(`Node ${process.version}, ${availableParallelism()} processors. Median (least..greatest).`);
for (const name of only) {
  const section = SECTIONS.get(name) as Section;
  if (!flags.json) console.log(`\n${section.title}`);
  const measured = await section.measure();
  figures.push(...measured);
  if (!flags.json) for (const figure of measured) console.log(line(figure));
}
if (!flags.json && notPassed.size > 0) {
  console.log(`\n${notPassed.size} seeds did not pass and are in no figure of this process:`);
  for (const [seed, why] of notPassed) console.log(`  ${seed}: ${why.split('\n', 1)[0]}`);
}
if (flags.json) console.log(JSON.stringify({ node: process.version, processors: availableParallelism(), quick, figures }));
