/**
 * `npm run bench`: the figures of Trial, as medians of several runs with their spread.
 *
 *     npm run bench -- [--quick] [--json] [--only SECTION,...] [--memory-seeds N]
 *     npm run bench -- --against COMMIT [--rounds N] [--quick] [--json] [--only SECTION,...]
 *
 * With --against the sections (reference, if none is named) are measured in this tree and in the one of the commit in turns, and told as pairs.
 * Sections: reference, shares, workers, memory, kernel, codec, cycles, apps, serve. Figures marked [wall] are real time, and suffer from whatever
 * else the machine does; those marked [cpu] are processor time of the thread that did the work.
 */
import { parseArgs } from 'node:util';
import { availableParallelism } from 'node:os';
import { SCENARIOS } from '../scenarios/registry.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { measureApps } from './apps.ts';
import { measureAgainst, pairLine } from './against.ts';
import { measureCodec } from './codec.ts';
import { measureCycles } from './cycles.ts';
import { type Figure, line } from './figure.ts';
import { measureKernel } from './kernel.ts';
import { measureMemory } from './memory.ts';
import { measurePartitions } from './partitions.ts';
import { measureSeeds, notPassed } from './seeds.ts';
import { measureServe } from './serve.ts';
import { measureShares } from './shares.ts';
import { measureWorkers } from './workers.ts';

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
  ['shares', { title: 'where processor time goes', measure: () => measureShares(reference, quick ? 4 : 20) }],
  ['workers', { title: 'campaigns', measure: () => measureWorkers('reference', quick ? 8 : 60, quick ? 1 : 3) }],
  [
    'memory',
    { title: 'memory', measure: () => measureMemory('reference', { seedsPerWorker: quick ? 8 : 30, shortSeeds: memorySeeds }) },
  ],
  ['kernel', { title: 'the kernel alone', measure: () => measureKernel(quick ? 200_000 : 1_000_000, quick ? 3 : 7) }],
  ['codec', { title: 'the codec alone', measure: () => measureCodec(quick ? 20_000 : 100_000, quick ? 3 : 7) }],
  ['cycles', { title: 'the search for cycles alone', measure: () => measureCycles(quick ? 10_000 : 100_000, quick ? 3 : 7) }],
  [
    'partitions',
    {
      title: 'partitions that do nothing',
      measure: () => measurePartitions(reference, quick ? [3, 100] : [3, 100, 1_000, 3_000], quick ? 1 : 3),
    },
  ],
  ['apps', { title: 'applications of users', measure: () => measureApps(quick) }],
  ['serve', { title: 'the served cluster', measure: () => measureServe(quick) }],
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
  const sections = ['--only', flags.only ?? 'reference', ...(quick ? ['--quick'] : [])];
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
