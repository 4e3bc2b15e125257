/**
 * How much of core runs do, without any test: `npm run core-coverage`, or `node tools/core-coverage.ts [--scenario NAME,...] [--seeds A..B]`.
 * The seeds run in this process under c8, which tells of each file the lines that none of them came to.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { loadScenario } from '../campaign/load-scenario.ts';
import { planOf, runScenario } from '../campaign/run-scenario.ts';
import { parseSeedRange, type SeedRange, seedsOf } from '../campaign/seeds.ts';

const program = new Command('core-coverage')
  .description('print which lines of core the seeds of scenarios run')
  .option('--scenario <NAME,...>', 'scenarios (default: standard)', 'standard')
  .option('--seeds <A..B>', 'from A to B, both included (default: 1..50)', parseSeedRange, { from: 1, to: 50 })
  .parse();
const { scenario, seeds } = program.opts<{ scenario: string; seeds: SeedRange }>();

/** Files of core that runs load: those that hold types alone are none. What is generated and what only tests use does not count. */
const C8 = [
  ...['--no-all', '--include', 'core/**/*.ts'],
  ...['core/protocol/messages/**', '**/testing/**', '**/*.test.ts'].flatMap((path) => ['--exclude', path]),
  ...['--reporter', 'text', '--reporter', 'text-summary', '--skip-full'],
];

if (process.env['NODE_V8_COVERAGE'] === undefined) {
  const c8 = fileURLToPath(import.meta.resolve('c8/bin/c8.js'));
  const { status } = spawnSync(process.execPath, [c8, ...C8, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    // What a cache of compiled code serves is not counted.
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  process.exit(status ?? 3);
}

for (const name of scenario.split(',')) {
  const loaded = await loadScenario(name);
  for (const seed of seedsOf(seeds)) {
    const { verdict } = await runScenario(loaded, planOf(loaded, seed));
    if (verdict !== 'pass') process.stderr.write(`Seed ${seed} of ${name} ended with "${verdict}".\n`);
  }
}
