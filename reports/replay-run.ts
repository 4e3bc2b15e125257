/** `trial replay`: a seed or a bundle again, as a page about its first violation, or narrated. */
import type { Bundle } from '../campaign/bundle.ts';
import { concerning } from '../campaign/concerns.ts';
import { isNoise, narrate } from '../campaign/narrate.ts';
import { TraceFile } from '../campaign/trace-file.ts';
import { TraceMemory } from '../campaign/trace-memory.ts';
import { parseTimeUs, parseUntil } from '../campaign/until.ts';
import { EXIT, type ExitStatus, UsageError } from '../campaign/usage.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { ClusterView } from '../sim/observe.ts';
import type { Plan } from '../sim/plan.ts';
import type { TraceLine } from '../sim/run.ts';
import { describeCluster } from './cluster-view.ts';
import { failurePage, isViolation } from './failure-page.ts';
import { planInShort } from './failure-message.ts';
import { type Again, againOf, compareWith, type DrivenOutcome, outcomeText, runDriven, seedOrBundle } from './single-run.ts';

export interface ReplayOptions {
  readonly scenario?: string;
  /** Stop there and show every node, or what led to it, if it is a violation. */
  readonly until?: string;
  /** Tell of this node alone. */
  readonly node?: string;
  /** Tell of what concerns this partition alone. */
  readonly partition?: string;
  /** Tell of what happened around this time, and stop. */
  readonly around?: string;
  /** Tell the whole run. */
  readonly all: boolean;
  /** Leave nothing out. */
  readonly verbose: boolean;
  readonly stallLimitMs?: number;
}

/** What is run again. */
interface Subject {
  readonly scenario: Scenario;
  readonly plan: Plan;
  readonly bundle: Bundle;
  readonly again: Again;
}

/** Without an option that says what to tell: a page about the first violation, if there is one. */
export async function replay(what: string, options: ReplayOptions): Promise<ExitStatus> {
  const view = viewOf(options);
  const { scenario, plan, bundle } = await seedOrBundle(what, options.scenario);
  checkNames(plan, options);
  const subject = { scenario, plan, bundle, again: againOf(what, bundle, options.scenario) };
  process.stdout.write(`Scenario ${scenario.name}, seed ${plan.seed}: ${planInShort(plan)}\n`);
  return view === null ? await replayPage(subject, options) : await replayTold(subject, options, view);
}

/** Two runs: one to its end, which is what the bundle is compared with, and one that stops at the violation. */
async function replayPage(subject: Subject, options: ReplayOptions): Promise<ExitStatus> {
  const run = await runDriven(subject.scenario, subject.plan, subject.bundle.driven, limitOf(options));
  if (run.outcome.violations.length === 0) return ended(subject, run, options);
  await tell(subject, options, { tells: () => null, until: isViolation });
  return compareWith(subject.bundle, run);
}

async function replayTold(subject: Subject, options: ReplayOptions, view: View): Promise<ExitStatus> {
  let concerned = 0;
  const tells = (line: TraceLine): TraceLine | null => {
    const told = view.tells(line);
    if (told !== null && told.node !== '') concerned++;
    return told;
  };
  const run = await tell(subject, options, { ...view, tells });
  // A partition may belong to a topic that an application makes: what it is is known at the end only.
  if (options.partition !== undefined && concerned === 0) {
    process.stdout.write(`\nNothing that was to be told concerned ${options.partition}: is that the partition you mean?\n`);
  }
  return run === null ? EXIT.held : ended(subject, run, options);
}

function ended({ plan, bundle, again }: Subject, run: DrivenOutcome, { until, around }: ReplayOptions): ExitStatus {
  process.stdout.write(`\n${outcomeText(run.outcome, plan, again)}\n`);
  const asked = until ?? around;
  if (asked !== undefined) process.stdout.write(`The run ended before "${asked}" came.\n`);
  return compareWith(bundle, run);
}

/** Null if the run was stopped where the view says. */
async function tell(
  { scenario, plan, bundle, again }: Subject,
  options: ReplayOptions,
  view: View,
): Promise<DrivenOutcome | null> {
  const out = new TraceFile('-', options.verbose);
  const memory = new TraceMemory(plan);
  let stoppedAt = null as TraceLine | null;
  try {
    const run = await runDriven(scenario, plan, bundle.driven, {
      ...limitOf(options),
      onTrace: (line) => {
        if (stoppedAt !== null) return;
        memory.add(line);
        const told = view.tells(line);
        if (told !== null) out.text(narrate(told));
      },
      until: (line) => {
        if (stoppedAt === null && view.until(line)) stoppedAt = line;
        return stoppedAt !== null;
      },
      onStopped: (cluster) => out.text(`\n${stoppedText(stoppedAt, memory, cluster, options, again.reproduce)}`),
    });
    return stoppedAt === null ? run : null;
  } finally {
    out.close();
  }
}

function limitOf({ stallLimitMs }: ReplayOptions): { readonly stallLimitMs?: number } {
  return stallLimitMs === undefined ? {} : { stallLimitMs };
}

interface View {
  /** The line, or as much of it as is to be told; null: nothing. */
  readonly tells: (line: TraceLine) => TraceLine | null;
  readonly until: (line: TraceLine) => boolean;
}

/** Simulated time before and after the moment of `--around`, µs. */
const AROUND_US = 250_000;

/** Null: nothing was said of what to tell. */
function viewOf({ until, around, all, verbose, node, partition }: ReplayOptions): View | null {
  if (around !== undefined && until !== undefined) {
    throw new UsageError('--around and --until exclude each other: both say where the run is to stop');
  }
  if (
    !all &&
    !verbose &&
    [until === 'violation' ? undefined : until, around, node, partition].every((value) => value === undefined)
  )
    return null;
  const aroundUs = around === undefined ? null : parseTimeUs(around);
  const subjects = partition === undefined ? null : new Set([partition]);
  const tells = (line: TraceLine): TraceLine | null => {
    if (node !== undefined && line.node !== node && line.node !== '') return null;
    if (aroundUs !== null && line.timeUs < aroundUs - AROUND_US) return null;
    // What was asked for so narrowly is told in full.
    if (subjects === null || line.node === '') return verbose || aroundUs !== null || !isNoise(line) ? line : null;
    const what = concerning(line.what, subjects);
    return what === null ? null : { ...line, what };
  };
  if (aroundUs !== null) return { tells, until: (line) => line.timeUs > aroundUs + AROUND_US };
  return { tells, until: until === undefined ? () => false : parseUntil(until) };
}

function stoppedText(
  at: TraceLine | null,
  memory: TraceMemory,
  cluster: ClusterView,
  { node, around }: ReplayOptions,
  again: string,
): string {
  if (at !== null && isViolation(at)) return failurePage(at, memory, cluster, again);
  return around === undefined ? describeCluster(cluster, node ?? null) : `So far around ${around}; --until shows every node.`;
}

/** Throws UsageError if the run has no such node, or if that is no partition. */
function checkNames({ cluster, clients, topics }: Plan, { node, partition }: ReplayOptions): void {
  const { brokers, controllers, combined } = cluster;
  const nodes = [
    ...Array.from({ length: brokers }, (_, i) => `b${i + 1}`),
    ...(combined ? [] : Array.from({ length: controllers }, (_, i) => `c${i + 1}`)),
    ...clients.map((client) => client.name),
  ];
  if (node !== undefined && !nodes.includes(node)) {
    throw new UsageError(`there is no node "${node}" in this run: give one of ${nodes.join(', ')}`);
  }
  if (partition !== undefined && !/^.+-\d+$/.test(partition)) {
    const example = `${topics[0]?.name ?? 'orders'}-0`;
    throw new UsageError(`"${partition}" is no partition: give a topic and a number, like ${example} or __consumer_offsets-3`);
  }
}
