import type { Command } from 'commander';
import { reportFiles } from '../reports/merge-run.ts';
import { exitWith } from './outcome.ts';

export function reportCommand(program: Command): void {
  program
    .command('report')
    .description('merge the results of several campaigns or shards')
    .argument('<FILE...>', 'results.ndjson files, or what campaigns with --json printed')
    .option('--json', 'print the totals as JSON', false)
    .option('--junit <FILE>', 'write a JUnit report')
    .option('--html <FILE>', 'write a summary page')
    .option('--coverage', 'print how often each property was put to the test', false)
    .action((files, options) => exitWith(reportFiles(files, options)));
}
