/** One run with a person looking on: `trial run`, and what `trial replay` shares with it. */
import { type Bundle, readBundle, readPlanFile } from '../campaign/bundle.ts';
import { reproduceCommand, shellWord, shrinkCommand } from '../campaign/commands.ts';
import { checkPlan } from '../campaign/check-plan.ts';
import { compared } from '../campaign/compare.ts';
import { prepareFile } from '../campaign/files.ts';
import { loadScenario, scenarioReference } from '../campaign/load-scenario.ts';
import { outcomeOf, type SeedOutcome } from '../campaign/outcome.ts';
import { printable } from '../campaign/printable.ts';
import { planOf } from '../campaign/run-scenario.ts';
import { type RunWatchedOptions, runWatched } from '../campaign/run-watched.ts';
import { parseSeed } from '../campaign/seeds.ts';
import { TraceFile } from '../campaign/trace-file.ts';
import { EXIT, type ExitStatus, UsageError } from '../campaign/usage.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Plan } from '../sim/plan.ts';
import type { ReplayReport } from '../world/chance.ts';
import { type FailureContext, failureMessage, planInShort } from './failure-message.ts';
import { duration, rate, thousands } from './format.ts';
import { seedLine } from './json-lines.ts';

export interface RunOptions {
  readonly seed?: number;
  readonly scenario?: string;
  readonly plan?: string;
  /** A file, or `-` for the standard output. */
  readonly trace?: string;
  readonly verbose: boolean;
  readonly stallLimitMs?: number;
  readonly json: boolean;
}

/** `trial run`: a seed or a plan, the result in a few lines. */
export async function runOne(options: RunOptions): Promise<ExitStatus> {
  if (options.plan !== undefined && options.seed !== undefined) {
    throw new UsageError('--seed and --plan exclude each other: a plan has its seed in it');
  }
  if (options.trace !== undefined) prepareFile(options.trace);
  const given = options.plan === undefined ? null : readPlanFile(options.plan);
  const reference = scenarioReference(options.scenario ?? given?.scenario ?? 'standard');
  const scenario = await loadScenario(reference);
  const plan = given?.plan ?? planOf(scenario, options.seed ?? 1);
  if (given !== null) checkPlan(plan, scenario);
  const file = options.trace === undefined ? null : new TraceFile(options.trace, options.verbose);
  let driven: DrivenOutcome;
  try {
    driven = await runDriven(scenario, plan, given?.driven ?? {}, {
      ...(options.stallLimitMs === undefined ? {} : { stallLimitMs: options.stallLimitMs }),
      ...(file === null ? {} : { onTrace: (line) => file.line(line) }),
    });
  } finally {
    file?.close();
  }
  const { outcome } = driven;
  const again = options.plan === undefined ? againOfSeed(reference, plan.seed) : againOfFile(options.plan, options.scenario);
  print(options.json ? seedLine(outcome) : outcomeText(outcome, plan, again));
  if (given === null || options.json) return statusOf(outcome);
  return compareWith({ ...given, outcome: null, made: null }, driven);
}

/** What a run came to, and how well what drove it fitted. */
export interface DrivenOutcome {
  readonly outcome: SeedOutcome;
  readonly report: ReplayReport;
}

/** Runs a plan to its end, with what decides in it beside its seed. */
export async function runDriven(
  scenario: Scenario,
  plan: Plan,
  driven: Bundle['driven'],
  options: Omit<RunWatchedOptions, 'chance' | 'onChance'>,
): Promise<DrivenOutcome> {
  let report: ReplayReport = { outcome: 'exact', divergence: null, unused: 0 };
  const result = await runWatched(scenario, plan, {
    ...options,
    chance: driven,
    onChance: (chance) => void (report = chance.replayReport()),
  });
  return { outcome: outcomeOf(result), report };
}

/** A seed of a scenario, or a bundle or plan file. */
export async function seedOrBundle(
  what: string,
  scenarioName: string | undefined,
): Promise<{ readonly scenario: Scenario; readonly plan: Plan; readonly bundle: Bundle }> {
  if (/^\d+$/.test(what)) {
    const reference = scenarioReference(scenarioName ?? 'standard');
    const scenario = await loadScenario(reference);
    const plan = planOf(scenario, parseSeed(what));
    return { scenario, plan, bundle: { scenario: reference, plan, outcome: null, made: null, kept: null, driven: {} } };
  }
  const found = readBundle(what);
  const bundle = scenarioName === undefined ? found : { ...found, scenario: scenarioReference(scenarioName) };
  const scenario = await loadScenario(bundle.scenario);
  checkPlan(bundle.plan, scenario);
  return { scenario, plan: bundle.plan, bundle };
}

function statusOf({ verdict }: SeedOutcome): ExitStatus {
  return verdict === 'pass' ? EXIT.held : verdict === 'fail' ? EXIT.violated : EXIT.harness;
}

/** Says what is not as the bundle or regression has it, and gives the exit status. */
export function compareWith(bundle: Bundle, { outcome, report }: DrivenOutcome): ExitStatus {
  const { verdict, sentences, isUnsteady } = compared(bundle, outcome, report);
  if (sentences.length > 0) print(`\n${sentences.join('\n')}`);
  if (isUnsteady) return EXIT.harness;
  // That another run passes says nothing of the recorded one.
  return verdict === 'diverged' && outcome.verdict === 'pass' ? EXIT.unusable : statusOf(outcome);
}

/** Commands that run it again, and make it small. */
export type Again = Pick<FailureContext, 'reproduce' | 'shrink'>;

/** Of what `replay` was given. */
export function againOf(what: string, bundle: Bundle, scenario: string | undefined): Again {
  return /^\d+$/.test(what) ? againOfSeed(bundle.scenario, bundle.plan.seed) : againOfFile(what, scenario);
}

function againOfSeed(scenario: string, seed: number): Again {
  return { reproduce: reproduceCommand(scenario, seed), shrink: shrinkCommand(scenario, seed) };
}

/** Of a plan file or a bundle; the scenario only if it was given besides. */
function againOfFile(path: string, scenario: string | undefined): Again {
  const rest = `${shellWord(path)}${scenario === undefined ? '' : ` --scenario ${shellWord(scenario)}`}`;
  return { reproduce: `npx trial replay ${rest}`, shrink: `npx trial shrink ${rest}` };
}

export function outcomeText(outcome: SeedOutcome, plan: Plan, again: Again): string {
  if (outcome.verdict !== 'pass') return failureMessage(outcome, { runs: 1, ...again, plan });
  const faults = Object.entries(outcome.faults).map(([kind, count]) => `${kind} x${count}`);
  return [
    `PASSED${Object.values(outcome.unmet)
      .map((sentence) => `, but ${sentence}`)
      .join('')}: scenario ${outcome.scenario}, seed ${outcome.seed}`,
    `  ${planInShort(plan)}`,
    `  ${duration(outcome.simulatedMs)} simulated in ${duration(outcome.wallMs)} (${rate(outcome.simulatedMs / 1_000, outcome.wallMs)} times real time), ` +
      `${thousands(outcome.events)} events, ${thousands(outcome.frames)} frames`,
    `  ${thousands(outcome.recordsAcknowledged)} records acknowledged, ${thousands(outcome.recordsDelivered)} delivered`,
    `  faults that took effect: ${faults.length === 0 ? 'none' : faults.join(', ')}`,
    ...Object.entries(outcome.excuses).map(([property, reason]) => `  ${property} was not promised: ${printable(reason)}`),
    `  trace hash ${outcome.traceHash}`,
  ].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
