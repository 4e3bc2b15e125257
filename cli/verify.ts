import type { Command } from 'commander';
import { parseCount, parseSeedRange } from '../campaign/seeds.ts';
import { verifyRun } from '../reports/verify-run.ts';
import { onInterrupt } from './interrupt.ts';
import { exitWith } from './outcome.ts';
import { scenarioNames } from './scenario-names.ts';
import { STALL_LIMIT, stallLimitMs } from './stall-limit.ts';

export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check determinism: run every seed twice, in different threads and order')
    .option('--seeds <A..B>', 'from A to B, both included (default: 1..20)', parseSeedRange)
    .option('--scenario <NAME,...>', 'scenarios, by name or path of a file (default: standard)', scenarioNames)
    .option('--workers <N>', 'threads (default: one for each processor; at most four for each, and one a run)', (text) =>
      parseCount('--workers', text, 1),
    )
    .option(...STALL_LIMIT)
    .action(async ({ scenario: scenarios, ...options }) =>
      exitWith(await verifyRun({ ...stallLimitMs(options), ...(scenarios && { scenarios }), signal: onInterrupt() })),
    );
}
