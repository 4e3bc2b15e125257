import type { Command } from 'commander';
import { replay } from '../reports/single-run.ts';
import { exitWith } from './outcome.ts';
import { STALL_LIMIT, stallLimitMs } from './stall-limit.ts';

export function replayCommand(program: Command): void {
  program
    .command('replay')
    .description('run a seed or a bundle again, and tell what happens')
    .argument('<SEED|BUNDLE>', "a seed, the folder of a failure's bundle, or a plan file")
    .option('--scenario <NAME>', 'the scenario of the seed (default: standard)')
    .option(
      '--until <EVENT>',
      'stop there and show every node: an event number, a time (12.5s, 12.345678s), or a type of event (log-truncated:2; see "trial list events")',
    )
    .option('--node <NAME>', 'tell of this node alone')
    .option('--verbose', 'leave nothing out', false)
    .option(...STALL_LIMIT)
    .action(async (what, options) => exitWith(await replay(what, stallLimitMs(options))));
}
