import type { Command } from 'commander';
import { replay } from '../reports/replay-run.ts';
import { exitWith } from './outcome.ts';
import { STALL_LIMIT, stallLimitMs } from './stall-limit.ts';

export function replayCommand(program: Command): void {
  program
    .command('replay')
    .description('run a seed or a bundle again, and show its first violation with what led to it')
    .argument('<SEED|BUNDLE>', "a seed, the folder of a failure's bundle, or a plan file")
    .option('--scenario <NAME>', 'the scenario of the seed (default: standard)')
    .option(
      '--until <EVENT>',
      'stop there and show every node: an event number, a time (12.5s, 12.345678s), or a type of event (log-truncated:2; see "trial list events")',
    )
    .option('--partition <NAME>', 'tell of what concerns this partition alone, like orders-2')
    .option('--node <NAME>', 'tell of this node alone')
    .option('--around <TIME>', 'tell of what happened a quarter of a second before and after, like 2.512s')
    .option('--all', 'tell the whole run', false)
    .option('--verbose', 'tell the whole run and leave nothing out', false)
    .option(...STALL_LIMIT)
    .action(async (what, options) => exitWith(await replay(what, stallLimitMs(options))));
}
