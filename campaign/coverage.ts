/**
 * Was the chaos worth anything? A property that was never put to the test, a rare state that was never reached, or a rare path
 * that was never taken, in a campaign large enough, means that the harness is blind there.
 */
import { RARE_PATHS } from '../core/rare-paths.ts';
import type { SiteCount } from '../world/chance.ts';
import { DIRECTED_PROPERTIES, PROPERTY_TITLES } from '../properties/registry.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { isStepMark, LEGAL_STEPS, stepMark, type TransactionStep } from '../sim/transaction-steps.ts';
import { excuseBoundOf } from './excuse-bounds.ts';
import { type MarkAbout, MARKS } from './marks.ts';
import type { Unseen } from './sightings.ts';
import type { Totals } from './totals.ts';

/** Standard seeds from which on a property, mark or rare path without a single hit fails the coverage check. */
export const COVERAGE_SEEDS_MIN = 1_000;

/** The same for marks that are seldom: fewer than one of a hundred seeds reaches them. */
export const SELDOM_SEEDS_MIN = 10_000;

/** Seeds of a scenario from which on something that it is there to reach, and never did, fails the coverage check. */
export const REACH_SEEDS_MIN = 100;

/** What the campaign's seeds of a scenario never reached of what it is there for. */
interface Unreached {
  readonly scenario: string;
  readonly seeds: number;
  readonly properties: readonly string[];
  readonly steps: readonly TransactionStep[];
}

interface MarkCoverage {
  readonly name: string;
  /** How often it was reached. */
  readonly reached: number;
  /** In how many runs. */
  readonly runs: number;
}

/** A state of the protocols (sim/protocol-states.ts), and how many runs came to it. */
interface StateCoverage {
  readonly name: string;
  readonly runs: number;
}

export interface PropertyCoverage {
  readonly id: string;
  readonly title: string;
  readonly evaluations: number;
  readonly failures: number;
  /** Runs in which Kafka did not promise it. */
  readonly excused: number;
  /** Why it was not promised, most frequent first. */
  readonly excuses: readonly { readonly reason: string; readonly runs: number }[];
}

/** A property that was excused in more standard runs than its bound allows. */
interface OverExcused {
  readonly id: string;
  readonly excused: number;
  readonly seeds: number;
  readonly share: number;
  /** Why the bound is where it is. */
  readonly reason: string;
}

export interface Coverage {
  readonly properties: readonly PropertyCoverage[];
  readonly marks: readonly MarkCoverage[];
  /** Most frequent first. */
  readonly states: readonly StateCoverage[];
  /** What is unseen of marks and of states. */
  readonly unseen: { readonly marks: Unseen; readonly states: Unseen };
  /** How often each legal transition of a transactional id was made. */
  readonly steps: ReadonlyMap<TransactionStep, number>;
  readonly rarePaths: readonly ({ readonly name: string } & SiteCount)[];
  /** Large enough that vacuity fails it. */
  readonly binding: boolean;
  readonly vacuousProperties: readonly string[];
  readonly unreachedMarks: readonly string[];
  readonly untakenPaths: readonly string[];
  readonly untakenSteps: readonly TransactionStep[];
  /** By scenario; empty lists do not occur. */
  readonly unreached: readonly Unreached[];
  readonly overExcused: readonly OverExcused[];
}

/** What a campaign over standard seeds must put to the test. */
const DIRECTED = new Set<string>(DIRECTED_PROPERTIES.flatMap(({ properties }) => properties.map(({ id }) => id)));
const STANDARD_PROPERTIES: readonly string[] = [...PROPERTY_TITLES.keys()].filter((id) => !DIRECTED.has(id));

/** Properties that are broken by an event that a sound system never has: they count no evaluations. */
const ALWAYS_ON: ReadonlySet<string> = new Set(['X1']);

/** `scenarios` say what they are there for. */
export function coverageOf(totals: Totals, scenarios: ReadonlyMap<string, Scenario> = SCENARIOS): Coverage {
  const own = [...totals.evaluations.keys()].filter((id) => !STANDARD_PROPERTIES.includes(id));
  const properties = [...STANDARD_PROPERTIES, ...own].map((id) => ({
    id,
    title: PROPERTY_TITLES.get(id) ?? '',
    evaluations: ALWAYS_ON.has(id) ? totals.seeds : (totals.evaluations.get(id) ?? 0),
    failures: totals.failuresByProperty.get(id) ?? 0,
    excused: totals.excuses.get(id) ?? 0,
    excuses: [...(totals.excuseKinds.get(id) ?? [])]
      .map(([reason, runs]) => ({ reason, runs }))
      .sort((a, b) => b.runs - a.runs || (a.reason < b.reason ? -1 : 1)),
  }));
  const seeds = totals.seedsByScenario.get('standard') ?? 0;
  const names = [...new Set([...MARKS.keys(), ...totals.marks.keys()])].filter((name) => !isStepMark(name)).sort();
  const steps = new Map(LEGAL_STEPS.map((step) => [step, totals.marks.get(stepMark(step)) ?? 0]));
  const runsOfMarks = totals.markSightings.runsByName;
  const marks = names.map((name) => ({ name, reached: totals.marks.get(name) ?? 0, runs: runsOfMarks.get(name) ?? 0 }));
  const rarePaths = Object.keys(RARE_PATHS)
    .sort()
    .map((name) => ({ name, ...(totals.rarePaths.get(name) ?? { reached: 0, taken: 0 }) }));
  return {
    properties,
    marks,
    states: Array.from(totals.stateSightings.runsByName, ([name, runs]) => ({ name, runs })).sort(
      (a, b) => b.runs - a.runs || (a.name < b.name ? -1 : 1),
    ),
    unseen: { marks: totals.markSightings.unseen, states: totals.stateSightings.unseen },
    steps,
    rarePaths,
    binding: seeds >= COVERAGE_SEEDS_MIN,
    vacuousProperties: properties.filter(({ evaluations }) => evaluations === 0).map(({ id }) => id),
    overExcused: [...totals.standardExcuses]
      .map(([id, excused]) => ({ id, excused, seeds, ...excuseBoundOf(id) }))
      .filter(({ excused, share }) => excused > share * seeds),
    unreachedMarks: [...MARKS].filter(([name, mark]) => !totals.marks.has(name) && isDue(mark, seeds)).map(([name]) => name),
    untakenPaths: rarePaths.filter(({ taken }) => taken === 0).map(({ name }) => name),
    untakenSteps: [...steps].filter(([, taken]) => taken === 0).map(([step]) => step),
    unreached: unreachedIn(totals, scenarios),
  };
}

/** Can it be expected of so many seeds? */
function isDue({ isSeldom, isDirected }: MarkAbout, seeds: number): boolean {
  return isDirected !== true && (isSeldom !== true || seeds >= SELDOM_SEEDS_MIN);
}

function unreachedIn(
  { seedsByScenario, evaluationsByScenario, marksByScenario }: Totals,
  scenarios: ReadonlyMap<string, Scenario>,
): Unreached[] {
  return Array.from(seedsByScenario, ([scenario, seeds]): Unreached => {
    const { properties = [], steps = [] } = scenarios.get(scenario)?.reaches ?? {};
    const isZero = (counts: ReadonlyMap<string, number> | undefined, name: string): boolean => (counts?.get(name) ?? 0) === 0;
    return {
      scenario,
      seeds,
      properties: properties.filter((id) => isZero(evaluationsByScenario.get(scenario), id)),
      steps: steps.filter((step) => isZero(marksByScenario.get(scenario), stepMark(step))),
    };
  }).filter(({ properties, steps }) => properties.length + steps.length > 0);
}

/** True when the campaign was large enough and still left something untested, or excused it too often. */
export function coverageFails(coverage: Coverage): boolean {
  const { vacuousProperties, unreachedMarks, untakenPaths, untakenSteps, overExcused, unreached } = coverage;
  const ofStandard = [vacuousProperties, unreachedMarks, untakenPaths, untakenSteps, overExcused];
  return (
    (coverage.binding && ofStandard.some((list) => list.length > 0)) || unreached.some(({ seeds }) => seeds >= REACH_SEEDS_MIN)
  );
}
