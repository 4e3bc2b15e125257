import type { Command } from 'commander';
import { open } from '../reports/open-run.ts';
import { exitWith } from './outcome.ts';
import { STALL_LIMIT, stallLimitMs } from './stall-limit.ts';

export function openCommand(program: Command): void {
  program
    .command('open')
    .description('write a run as one HTML file that runs it again in a browser: see it, scrub through it, change it')
    .argument('<SEED|BUNDLE>', "a seed, the folder of a failure's bundle, or a plan file")
    .option('--scenario <NAME>', 'the scenario of the seed (default: standard)')
    .option('--out <FILE>', "the file to write (default: page.html in a bundle's folder, or trial-SCENARIO-SEED.html here)")
    .option('--mutant <NAME>', 'put this bug of the zoo into Kafka first (in a checkout of the repository)')
    .option(...STALL_LIMIT)
    .action(async (what, options) => exitWith(await open(what, stallLimitMs(options))));
}
