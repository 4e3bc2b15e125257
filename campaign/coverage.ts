/**
 * Was the chaos worth anything? A property that was never put to the test, or a rare state that was never reached, in a
 * campaign large enough, means that the harness is blind there.
 */
import { PROPERTY_TITLES } from '../properties/registry.ts';
import { MARKS } from './marks.ts';
import type { Totals } from './totals.ts';

/** Standard seeds from which on a property or mark without a single hit fails the coverage check. */
export const COVERAGE_SEEDS_MIN = 1_000;

export interface PropertyCoverage {
  readonly id: string;
  readonly title: string;
  readonly evaluations: number;
  readonly failures: number;
  /** Runs in which Kafka did not promise it. */
  readonly excused: number;
}

export interface Coverage {
  readonly properties: readonly PropertyCoverage[];
  readonly marks: readonly { readonly name: string; readonly reached: number }[];
  /** Large enough that vacuity fails it. */
  readonly binding: boolean;
  readonly vacuousProperties: readonly string[];
  readonly unreachedMarks: readonly string[];
}

/** Properties that are broken by an event that a sound system never has: they count no evaluations. */
const ALWAYS_ON: ReadonlySet<string> = new Set(['X1']);

export function coverageOf(totals: Totals): Coverage {
  const own = [...totals.evaluations.keys()].filter((id) => !PROPERTY_TITLES.has(id));
  const properties = [...PROPERTY_TITLES.keys(), ...own].map((id) => ({
    id,
    title: PROPERTY_TITLES.get(id) ?? '',
    evaluations: ALWAYS_ON.has(id) ? totals.seeds : (totals.evaluations.get(id) ?? 0),
    failures: totals.failuresByProperty.get(id) ?? 0,
    excused: totals.excuses.get(id) ?? 0,
  }));
  const names = [...new Set([...MARKS.keys(), ...totals.marks.keys()])].sort();
  const marks = names.map((name) => ({ name, reached: totals.marks.get(name) ?? 0 }));
  return {
    properties,
    marks,
    binding: (totals.seedsByScenario.get('standard') ?? 0) >= COVERAGE_SEEDS_MIN,
    vacuousProperties: properties.filter(({ evaluations }) => evaluations === 0).map(({ id }) => id),
    unreachedMarks: marks.filter(({ reached }) => reached === 0).map(({ name }) => name),
  };
}

/** True when the campaign was large enough and still left something untested. */
export function coverageFails(coverage: Coverage): boolean {
  return coverage.binding && (coverage.vacuousProperties.length > 0 || coverage.unreachedMarks.length > 0);
}
