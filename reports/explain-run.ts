/** `trial explain`: why a seed or a bundle fails, as a story. */
import type { Bundle } from '../campaign/bundle.ts';
import { type Explanation, explain } from '../campaign/explain/explain.ts';
import type { Share } from '../campaign/explain/decided.ts';
import { narrateTime } from '../campaign/narrate.ts';
import { printable } from '../campaign/printable.ts';
import { shrinkFailure } from '../campaign/shrink-failure.ts';
import { EXIT, type ExitStatus } from '../campaign/usage.ts';
import { PROPERTY_TITLES } from '../properties/registry.ts';
import type { FaultPlan } from '../sim/plan.ts';
import { planInShort } from './failure-message.ts';
import { plural } from './format.ts';
import { seedOrBundle } from './single-run.ts';

interface ExplainRunOptions {
  readonly scenario?: string;
  readonly property?: string;
  /** Explain the plan as it is, without making it small first. */
  readonly asIs: boolean;
  readonly continuations?: number;
  readonly workers?: number;
  readonly stallLimitMs?: number;
  readonly signal: AbortSignal;
}

/** Real time between two lines of progress, ms. */
const TELL_EVERY_MS = 2_000;

export async function explainRun(what: string, options: ExplainRunOptions): Promise<ExitStatus> {
  const { bundle } = await seedOrBundle(what, options.scenario);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  // What a regression holds has been made small already.
  const small = options.asIs || bundle.kept !== null ? bundle : await shrunk(bundle, options, say);
  let lastMs = performance.now();
  try {
    const explanation = await explain(small, {
      ...given(options, 'property', 'stallLimitMs', 'continuations', 'workers'),
      signal: options.signal,
      onProgress: (runs) => {
        if (performance.now() - lastMs < TELL_EVERY_MS) return;
        lastMs = performance.now();
        say(`${plural(runs, 'run')} ...`);
      },
    });
    process.stdout.write(`${explanationText(explanation)}\n`);
    return EXIT.held;
  } catch (error) {
    if (options.signal.aborted) return EXIT.interrupted;
    throw error;
  }
}

async function shrunk(bundle: Bundle, options: ExplainRunOptions, say: (text: string) => void): Promise<Bundle> {
  say(`Making the plan small first: ${planInShort(bundle.plan)}`);
  const { plan, decisions, runs } = await shrinkFailure(bundle, {
    ...given(options, 'property', 'stallLimitMs'),
    signal: options.signal,
  });
  say(`After ${plural(runs, 'run')}: ${planInShort(plan)}`);
  return { ...bundle, plan, driven: decisions === undefined ? {} : { decisions } };
}

function given<K extends keyof ExplainRunOptions>(options: ExplainRunOptions, ...keys: readonly K[]): Pick<ExplainRunOptions, K> {
  return Object.fromEntries(keys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]])) as Pick<
    ExplainRunOptions,
    K
  >;
}

function explanationText({ plan, violation, story, decided, blame }: Explanation): string {
  const title = PROPERTY_TITLES.get(violation.property);
  const decisive = decided === null ? -1 : story.indexOf(decided.moment);
  const lines = [
    `${violation.property}${title === undefined ? '' : `: ${title}`}`,
    `  ${violation.message.split('\n')[0]}`,
    `In ${planInShort(plan)}.`,
    '',
    ...decidedText(decided),
    '',
    'What it depends on:',
    ...story.map(({ line, sentence }, index) => `${narrateTime(line.timeUs)} ${index === decisive ? '*' : ' '} ${sentence}`),
    `${narrateTime(Math.round(violation.atMs * 1_000))} * ${violation.property} is violated`,
    '',
    ...blameText(blame),
  ];
  return printable(lines.join('\n'));
}

function decidedText(decided: Explanation['decided']): string[] {
  if (decided === null) {
    return ['No step of the story decides it: whatever had happened, it could still have gone otherwise.'];
  }
  const { moment, after, before } = decided;
  const at = narrateTime(moment.line.timeUs).trim();
  const followed = `From then on the violation follows in ${shareText(after)}, however things are scheduled`;
  return [
    `Decided at ${at}: ${moment.sentence}.`,
    before === null
      ? `${followed}; that is the first step of the story.`
      : `${followed}; a step before, at ${narrateTime(before.moment.line.timeUs).trim()}, in ${shareText(before.after)}.`,
  ];
}

function blameText({ withAll, without }: Explanation['blame']): string[] {
  const all = `from the beginning of the chaos on, scheduled anew each time, it fails in ${shareText(withAll)}`;
  if (without.length === 0) return [`No fault is needed: ${all}.`];
  return [
    `The faults: with all of them, ${all};`,
    ...without.map(({ fault, share }) => `  without ${faultText(fault)}: in ${shareText(share)}`),
  ];
}

function faultText({ kind, target, atMs, on, forMs }: FaultPlan): string {
  const { role, ...rest } = target;
  const whom = [role, ...Object.values(rest)].join(' ');
  const when = on === undefined ? `at ${atMs ?? 0} ms` : `at ${on.event} ${on.nth}${on.afterMs > 0 ? ` + ${on.afterMs} ms` : ''}`;
  return `${kind} on ${whom} ${when}${forMs > 0 ? ` for ${forMs} ms` : ''}`;
}

function shareText({ failed, of }: Share): string {
  return `${failed} of ${of} runs`;
}
