import type { Command } from 'commander';
import { parseCount } from '../campaign/seeds.ts';
import { explainRun } from '../reports/explain-run.ts';
import { onInterrupt } from './interrupt.ts';
import { exitWith } from './outcome.ts';
import { STALL_LIMIT, stallLimitMs } from './stall-limit.ts';

export function explainCommand(program: Command): void {
  program
    .command('explain')
    .description(
      'tell why a seed or a bundle fails: what the violation depends on, when it was decided, and which faults it takes',
    )
    .argument('<SEED|BUNDLE>', "a seed, the folder of a failure's bundle, or a plan file")
    .option('--scenario <NAME>', 'the scenario of the seed (default: standard)')
    .option('--property <ID>', 'the violation to explain (default: the first)')
    .option('--as-is', 'explain the plan as it is, instead of making it small first', false)
    .option('--continuations <N>', 'differently scheduled runs from each moment (default: 20)', (text) =>
      parseCount('--continuations', text, 1),
    )
    .option('--workers <N>', 'worker threads (default: one for each processor)', (text) => parseCount('--workers', text, 1))
    .option(...STALL_LIMIT)
    .action(async (what, options) => exitWith(await explainRun(what, { ...stallLimitMs(options), signal: onInterrupt() })));
}
