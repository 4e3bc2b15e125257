import type { Command } from 'commander';
import { parseSeed } from '../campaign/seeds.ts';
import { runOne } from '../reports/single-run.ts';
import { exitWith } from './outcome.ts';
import { STALL_LIMIT, stallLimitMs } from './stall-limit.ts';

export function runCommand(program: Command): void {
  program
    .command('run')
    .description('run one seed or plan')
    .option('--seed <N>', 'the seed (default: 1)', parseSeed)
    .option('--scenario <NAME>', 'a scenario, or the path of a .ts, .js or .mjs file (default: standard)')
    .option('--plan <FILE>', 'run the plan in this JSON file')
    .option('--trace <FILE>', 'write what happens to this file, or to the standard output (-)')
    .option('--verbose', 'leave nothing out of the trace', false)
    .option('--json', 'print the result as JSON', false)
    .option(...STALL_LIMIT)
    .action(async (options) => exitWith(await runOne(stallLimitMs(options))));
}
