/** `trial shrink`: from a failing seed or bundle to the small plan that is kept as a regression. */
import { writeFileSync } from 'node:fs';
import { shellWord } from '../campaign/commands.ts';
import { checkWritable } from '../campaign/files.ts';
import { shrinkFailure } from '../campaign/shrink-failure.ts';
import { EXIT, type ExitStatus } from '../campaign/usage.ts';
import { planInShort } from './failure-message.ts';
import { plural } from './format.ts';
import { seedOrBundle } from './single-run.ts';

export interface ShrinkRunOptions {
  readonly scenario?: string;
  readonly property?: string;
  readonly out?: string;
  readonly runs?: number;
  readonly stallLimitMs?: number;
  readonly signal: AbortSignal;
}

export async function shrinkRun(what: string, options: ShrinkRunOptions): Promise<ExitStatus> {
  if (options.out !== undefined) checkWritable(options.out);
  const { bundle, plan: start } = await seedOrBundle(what, options.scenario);
  const told = (text: string): void => void process.stderr.write(`${text}\n`);
  told(`From: ${planInShort(start)}`);
  let lastMs = performance.now();
  const { runs: tried, ...regression } = await shrinkFailure(bundle, {
    signal: options.signal,
    ...(options.property === undefined ? {} : { property: options.property }),
    ...(options.stallLimitMs === undefined ? {} : { stallLimitMs: options.stallLimitMs }),
    ...(options.runs === undefined ? {} : { runsMax: options.runs }),
    onProgress: (done, best) => {
      if (performance.now() - lastMs < 2_000) return;
      lastMs = performance.now();
      told(`${plural(done, 'run')}: ${planInShort(best)}`);
    },
  });
  const { aborted } = options.signal;
  const how = aborted ? 'interrupted after' : 'after';
  told(`To:   ${planInShort(regression.plan)}, ${how} ${plural(tried, 'run')}; it still violates ${regression.property}`);
  const json = `${JSON.stringify(regression, null, 2)}\n`;
  if (options.out === undefined) process.stdout.write(json);
  else {
    writeFileSync(options.out, json);
    told(`Written to ${options.out}; run it by: npx trial run --plan ${shellWord(options.out)}`);
  }
  return aborted ? EXIT.interrupted : EXIT.held;
}
