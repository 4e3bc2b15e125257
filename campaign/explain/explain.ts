/**
 * From a failing plan to its cause: the story of what the violation depends on, the step at which the outcome was decided, and what each
 * of the plan's faults has to do with it.
 */
import type { Bundle } from '../bundle.ts';
import { fingerprint } from '../fingerprint.ts';
import { loadScenario } from '../load-scenario.ts';
import { WorkerPool, workerCount } from '../pool.ts';
import { runWatched } from '../run-watched.ts';
import { TraceMemory } from '../trace-memory.ts';
import { UsageError } from '../usage.ts';
import type { Violation } from '../../sim/observe.ts';
import type { FaultPlan, Plan } from '../../sim/plan.ts';
import type { TraceLine } from '../../sim/run.ts';
import type { CauseLog } from '../../world/cause-log.ts';
import { Continuations } from './continuations.ts';
import { type Decided, decidedAt, type Share } from './decided.ts';
import { storyOf, subjectsOf, type Told } from './story.ts';

interface ExplainOptions {
  /** Continuations that are tried from each moment. Default 20. */
  readonly continuations?: number;
  readonly workers?: number;
  readonly property?: string;
  readonly stallLimitMs?: number;
  readonly signal?: AbortSignal;
  /** So many runs were made. */
  readonly onProgress?: (runs: number) => void;
}

export interface Explanation {
  readonly plan: Plan;
  readonly violation: Violation;
  readonly story: readonly Told[];
  /** Null: no step of the story decides it. */
  readonly decided: Decided<Told> | null;
  readonly blame: Blame;
  readonly runs: number;
}

interface Blame {
  /** How often the failure comes with all faults, from the beginning of the chaos on, however things are scheduled. */
  readonly withAll: Share;
  readonly without: readonly { readonly fault: FaultPlan; readonly share: Share }[];
}

/** What is explained. */
type Subject = Pick<Bundle, 'scenario' | 'plan' | 'driven'>;

const CONTINUATIONS = 20;

/** Throws UsageError if the plan does not violate a property, or not the one that was asked for. */
export async function explain(bundle: Subject, options: ExplainOptions = {}): Promise<Explanation> {
  const { plan } = bundle;
  const run = await watchedRun(bundle, options);
  const { violation } = run;
  const story = storyOfRun(run, plan);
  let runs = 1;
  const count = options.continuations ?? CONTINUATIONS;
  const pool = new WorkerPool({ workers: workerCount(options.workers, count) });
  try {
    const continuations = new Continuations(pool, {
      scenario: bundle.scenario,
      driven: bundle.driven,
      failure: fingerprint(violation),
      failedAtMs: violation.atMs,
      count,
      signal: options.signal,
      onRun: () => {
        runs++;
        options.onProgress?.(runs);
      },
    });
    const decided = await decidedAt(momentsOf(story), ({ line }) => continuations.shareUntilClear(plan, line.timeUs));
    const withAll = await continuations.share(plan, run.chaosUs);
    const without: Blame['without'][number][] = [];
    for (const fault of plan.faults) {
      const rest = { ...plan, faults: plan.faults.filter((each) => each !== fault) };
      without.push({ fault, share: await continuations.share(rest, run.chaosUs) });
    }
    return { plan, violation, story, decided, blame: { withAll, without }, runs };
  } finally {
    await pool.close();
  }
}

/** The story alone, by one run. Throws UsageError if the plan violates nothing. */
export async function tell(bundle: Subject): Promise<readonly Told[]> {
  return storyOfRun(await watchedRun(bundle, {}), bundle.plan);
}

function storyOfRun({ lines, causes, memory }: WatchedRun, plan: Plan): readonly Told[] {
  const last = lines.at(-1);
  if (last?.what.type !== 'violation') throw new Error('a run that stopped at a violation ends with its line');
  return storyOf(lines, causes, plan, subjectsOf(last.what, memory, plan), last.what.facts);
}

/** What is told first of each time: a run is diverted when that time is over. */
function momentsOf(story: readonly Told[]): readonly Told[] {
  return story.filter(({ line }, index) => line.timeUs !== story[index - 1]?.line.timeUs);
}

interface WatchedRun {
  readonly violation: Violation;
  readonly causes: CauseLog;
  /** Up to the violation's, which is the last. */
  readonly lines: readonly TraceLine[];
  readonly memory: TraceMemory;
  /** When the chaos began. */
  readonly chaosUs: number;
}

async function watchedRun(bundle: Subject, { property, stallLimitMs }: ExplainOptions): Promise<WatchedRun> {
  const scenario = await loadScenario(bundle.scenario);
  const { plan, driven } = bundle;
  const memory = new TraceMemory(plan);
  const lines: TraceLine[] = [];
  let causes = null as CauseLog | null;
  let violation = null as Violation | null;
  let chaosUs = 0;
  await runWatched(scenario, plan, {
    ...(stallLimitMs === undefined ? {} : { stallLimitMs }),
    chance: driven,
    onCauses: (log) => void (causes = log),
    onTrace: (line) => {
      if (violation !== null) return;
      memory.add(line);
      lines.push(line);
      if (line.what.type === 'phase' && line.what.phase === 'chaos') chaosUs = line.timeUs;
    },
    stopAt: (found) => {
      if (violation !== null || (property !== undefined && found.property !== property)) return false;
      violation = found;
      return true;
    },
  });
  if (violation === null || causes === null) {
    const which = property === undefined ? 'no property' : `not the property ${property}`;
    throw new UsageError(`seed ${plan.seed} of ${bundle.scenario} violates ${which}: there is nothing to explain`);
  }
  return { violation, causes, lines, memory, chaosUs };
}
