import type { Command } from 'commander';
import { parseCount, parseDuration, parseSeedRange } from '../campaign/seeds.ts';
import { UsageError } from '../campaign/usage.ts';
import { raceRun } from '../reports/race-run.ts';
import { zooRun } from '../reports/zoo-run.ts';
import { onInterrupt } from './interrupt.ts';
import { exitWith } from './outcome.ts';
import { STALL_LIMIT, stallLimitMs } from './stall-limit.ts';

export function zooCommand(program: Command): void {
  program
    .command('zoo')
    .description('put known bugs into Kafka, one at a time, and see whether the properties find them')
    .argument('[ID...]', 'mutants, by the names of their files in zoo/ (default: all)')
    .option('--seeds <A..B>', 'from A to B, both included (default: 1..500)', parseSeedRange)
    .option('--starts <N>', 'seeds, spread over the range, from which a detection is looked for (default: 5)', (text) =>
      parseCount('--starts', text, 1),
    )
    .option('--for <TIME>', 'begin no run after this time, like 60s, 10m or 1h', parseDuration)
    .option('--workers <N>', 'mutants that run side by side (default: one for each processor)', (text) =>
      parseCount('--workers', text, 1),
    )
    .option('--compare', 'let the explorers race for those rated medium and hard (default: 1..100, 3 starting seeds)', false)
    .option('--json', 'print a JSON object for each mutant, and the score', false)
    .option('--resume <DIR>', 'keep what was run in this folder, and go on from what it holds')
    .option(...STALL_LIMIT)
    .action(async (ids, { for: forMs, json, compare, ...options }) => {
      if (compare && options.resume !== undefined)
        throw new UsageError('"--compare" keeps nothing that "--resume" could go on from');
      const zoo = { ...stallLimitMs(options), ...(forMs && { forMs }), ids, signal: onInterrupt() };
      exitWith(compare ? await raceRun(zoo, { json }) : await zooRun(zoo, { json }));
    });
}
