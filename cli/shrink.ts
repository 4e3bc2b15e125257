import type { Command } from 'commander';
import { parseCount } from '../campaign/seeds.ts';
import { shrinkRun } from '../reports/shrink-run.ts';
import { onInterrupt } from './interrupt.ts';
import { exitWith } from './outcome.ts';
import { STALL_LIMIT, stallLimitMs } from './stall-limit.ts';

export function shrinkCommand(program: Command): void {
  program
    .command('shrink')
    .description('reduce a failing plan to what is needed for the failure')
    .argument('<SEED|BUNDLE>', "a seed, the folder of a failure's bundle, or a plan file")
    .option('--scenario <NAME>', 'the scenario of the seed (default: standard)')
    .option('--property <ID>', 'the violation to keep (default: the first)')
    .option('--runs <N>', 'runs at most (default: 500)', (text) => parseCount('--runs', text, 1))
    .option('--out <FILE>', 'write the small plan there (default: standard output)')
    .option(...STALL_LIMIT)
    .action(async (what, options) => exitWith(await shrinkRun(what, { ...stallLimitMs(options), signal: onInterrupt() })));
}
