import type { Command } from 'commander';
import { EXPLORER_NAMES, explorerName } from '../campaign/explore/registry.ts';
import { parseCount, parseDuration, parseSeedRange, parseShard } from '../campaign/seeds.ts';
import { runCampaign } from '../reports/campaign-run.ts';
import { onInterrupt } from './interrupt.ts';
import { exitWith } from './outcome.ts';
import { scenarioNames } from './scenario-names.ts';
import { STALL_LIMIT, stallLimitMs } from './stall-limit.ts';

export function campaignCommand(program: Command): void {
  program
    .command('campaign')
    .description('run many seeds')
    .option('--seeds <A..B>', 'from A to B, both included (default: 1..100)', parseSeedRange)
    .option('--for <TIME>', 'as many seeds as fit into this time, like 90s, 10m or 1h', parseDuration)
    .option('--scenario <NAME,...>', 'scenarios, by name or path of a file (default: standard)', scenarioNames)
    .option('--workers <N>', 'threads (default: one for each processor; at most four for each, and one a run)', (text) =>
      parseCount('--workers', text, 1),
    )
    .option('--shard <I/N>', 'only part I of N of the seeds', parseShard)
    .option(
      '--from-failures <FILE>',
      'run first the seeds that this file lists, a line "SCENARIO SEED" each, and add those that fail now',
    )
    .option('--explore <HOW>', `who makes the plans of seeds: ${EXPLORER_NAMES.join(', ')} (default: random)`, explorerName)
    .option('--bail <N>', 'stop at N failing seeds', (text) => parseCount('--bail', text, 1))
    .option('--out <DIR>', 'write results, a summary page and the bundles of failing seeds there')
    .option('--json', 'print a JSON object for each seed, and the totals', false)
    .option('--junit <FILE>', 'write a JUnit report')
    .option(
      '--coverage',
      'print how often each property was put to the test; from 1,000 standard seeds on, none may be untested',
      false,
    )
    .option(...STALL_LIMIT)
    .action(async ({ for: forMs, scenario: scenarios, json, junit, coverage, ...options }) => {
      const signal = onInterrupt();
      const campaign = { ...stallLimitMs(options), ...(forMs && { forMs }), ...(scenarios && { scenarios }), signal };
      exitWith(await runCampaign(campaign, { json, junit, coverage }));
    });
}
