/** `trial shrink`: from a failing seed or bundle to the small plan that is kept as a regression. */
import { writeFileSync } from 'node:fs';
import { planCommand } from '../campaign/commands.ts';
import { prepareFile } from '../campaign/files.ts';
import { planDifference } from '../campaign/plan-difference.ts';
import { type Smallest, shrinkFailure } from '../campaign/shrink-failure.ts';
import type { DecisionLog } from '../world/chance.ts';
import { EXIT, type ExitStatus } from '../campaign/usage.ts';
import { planInShort } from './failure-message.ts';
import { duration, plural } from './format.ts';
import { seedOrBundle } from './single-run.ts';

export interface ShrinkRunOptions {
  readonly scenario?: string;
  readonly property?: string;
  readonly out?: string;
  readonly runs?: number;
  readonly stallLimitMs?: number;
  readonly signal: AbortSignal;
}

/** Real time between two lines of progress, ms. */
const TELL_EVERY_MS = 1_000;

export async function shrinkRun(what: string, options: ShrinkRunOptions): Promise<ExitStatus> {
  if (options.out !== undefined) prepareFile(options.out);
  const { bundle, plan: start } = await seedOrBundle(what, options.scenario);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  say(`From: ${planInShort(start)}`);
  let told: Smallest = { plan: start, decisions: bundle.driven.decisions ?? null };
  let lastMs = performance.now();
  const {
    runs: tried,
    cpuMs,
    drawing,
    operations,
    ...regression
  } = await shrinkFailure(bundle, {
    signal: options.signal,
    ...(options.property === undefined ? {} : { property: options.property }),
    ...(options.stallLimitMs === undefined ? {} : { stallLimitMs: options.stallLimitMs }),
    ...(options.runs === undefined ? {} : { runsMax: options.runs }),
    onProgress: (done, best) => {
      if (performance.now() - lastMs < TELL_EVERY_MS) return;
      const smaller = differenceText(told, best);
      if (smaller === '') return;
      say(`${plural(done, 'run')}: ${smaller}`);
      lastMs = performance.now();
      told = best;
    },
  });
  const { aborted } = options.signal;
  const how = aborted ? 'interrupted after' : 'after';
  say(
    `To:   ${planInShort(regression.plan)}, ${how} ${plural(tried, 'run')} and ${duration(cpuMs)} of processor time; it still violates ${regression.property}`,
  );
  say(
    `      its clients begin ${plural(operations, 'operation')} until then; ${decisionsText(regression.decisions ?? null, drawing)}`,
  );
  const json = `${JSON.stringify(regression, null, 2)}\n`;
  if (options.out === undefined) process.stdout.write(json);
  else {
    writeFileSync(options.out, json);
    say(`Written to ${options.out}; run it by: ${planCommand(options.out, bundle.scenario, regression.plan.scenario)}`);
  }
  return aborted ? EXIT.interrupted : EXIT.held;
}

function differenceText(before: Smallest, { plan, decisions }: Smallest): string {
  const smaller = planDifference(before.plan, plan);
  const decided = decisions === null ? '' : decisionsInShort(decisions);
  if (decided !== '' && (before.decisions === null || decided !== decisionsInShort(before.decisions))) smaller.push(decided);
  return smaller.join('; ');
}

function decisionsInShort({ plain, forced }: DecisionLog): string {
  const simple = `${plural(plain.length, 'stream')} of chance decide in the simplest way`;
  return forced.length === 0 ? simple : `${simple}, but for ${plural(forced.length, 'decision')}`;
}

/** What is left of chance, in a sentence. */
function decisionsText(decisions: DecisionLog | null, drawing: readonly string[] | null): string {
  if (decisions === null) return 'what chance decides is left to the seed';
  if (decisions.forced.length > 0) {
    const all = decisions.forced.map(({ stream, ordinal, label, value }) => `${label} of ${stream} (${ordinal}) is ${value}`);
    return `what chance decides is at its simplest, but for ${plural(all.length, 'decision')}: ${all.join('; ')}`;
  }
  if (drawing === null || drawing.length === 0) return 'what chance decides is at its simplest';
  return `what chance decides is at its simplest, but for what is drawn for ${drawing.join(', ')}`;
}
