/**
 * A regression: a plan that once found a fault, with its story, as `trial shrink` writes it and `scenarios/regressions/` keeps it. Any
 * later change of what is drawn, or of when things happen, may lead the plan past the situation that it is kept for; it would pass then
 * whatever the code does. So a kept plan also says what must be seen of its situation, and its run is held to it.
 */
import { z } from 'zod';
import { meant } from '../core/config/closest-name.ts';
import {
  anything,
  forward,
  listOf,
  misfit,
  recordOf,
  scalar,
  sentence,
  strictObject,
  text,
  whole,
} from '../core/config/strict.ts';
import { FAULTS } from '../sim/faults/registry.ts';
import { type Plan, parsePlan } from '../sim/plan.ts';
import type { RunResult } from '../sim/result.ts';
import type { TraceLine } from '../sim/run.ts';
import { EVENT_TYPES } from './event-types.ts';
import { MARKS } from './marks.ts';
import { UsageError } from './usage.ts';

export interface Regression {
  readonly plan: Plan;
  /** The property that it violated. */
  readonly property: string;
  readonly note: string;
  /** What must be seen in a run for the plan's situation to be met: events and faults in this order, marks at any time. */
  readonly reaches?: readonly Condition[];
}

/** How often at least; without it, once. */
const times = whole(1, Number.MAX_SAFE_INTEGER).optional();
const eventSchema = strictObject({
  /** One of `trial list events`. */
  event: nameOf('event', () => EVENT_TYPES.keys()),
  /** The process that it is an event of. */
  node: text.optional(),
  /** The values that fields of it must have; a field within a field is `outer.inner`. */
  with: recordOf(scalar).optional(),
  times,
});
const faultSchema = strictObject({
  /** One of `trial list faults`: it takes effect. One that is refused doesn't count. */
  fault: nameOf('fault', () => FAULTS.keys()),
  times,
});
const markSchema = strictObject({ mark: nameOf('mark', () => MARKS.keys()), times });

/** One thing that must be seen. */
export type Condition = z.infer<typeof eventSchema> | z.infer<typeof faultSchema> | z.infer<typeof markSchema>;

const fileSchema = strictObject({
  plan: anything,
  property: text,
  note: text,
  reaches: listOf(
    anything.superRefine((condition, context) => {
      const isOf = (key: string): boolean => typeof condition === 'object' && condition !== null && key in condition;
      forward(isOf('fault') ? faultSchema : isOf('mark') ? markSchema : eventSchema, condition, context);
    }),
  ).optional(),
});

function nameOf(what: string, names: () => Iterable<string>): z.ZodType<string> {
  return text.superRefine((name, context) => {
    const known = new Set(names());
    if (!known.has(name)) context.addIssue(sentence(`there is no ${what} "${name}"${meant(known, name)}`));
  });
}

/** Checks what a regression's file holds. Throws UsageError or PlanError with one sentence. */
export function parseRegression(json: unknown): Regression {
  const wrong = misfit(fileSchema, json);
  if (wrong !== null) throw new UsageError(`the regression can't be used: ${wrong}`);
  const regression = json as Regression;
  return { ...regression, plan: parsePlan(regression.plan) };
}

/** Watches a run for what it must reach. */
export class Situation {
  readonly #marks: readonly z.infer<typeof markSchema>[];
  readonly #steps: readonly (z.infer<typeof eventSchema> | z.infer<typeof faultSchema>)[];
  #met = 0;
  #seen = 0;

  constructor(reaches: readonly Condition[]) {
    this.#marks = reaches.filter((each) => 'mark' in each);
    this.#steps = reaches.filter((each) => 'event' in each || 'fault' in each);
  }

  /** For a run's `onTrace`. */
  onLine(line: TraceLine): void {
    const step = this.#steps[this.#met];
    if (step === undefined || !('fault' in step ? isFault(step.fault, line) : isEvent(step, line))) return;
    this.#seen++;
    if (this.#seen < (step.times ?? 1)) return;
    this.#met++;
    this.#seen = 0;
  }

  /** What was not seen in the run, as a sentence; null if the situation was met. */
  missed({ marks }: Pick<RunResult, 'marks'>): string | null {
    const step = this.#steps[this.#met];
    if (step !== undefined) {
      const before = this.#steps[this.#met - 1];
      const seen = this.#seen === 0 ? 'was not seen' : `was seen ${this.#seen} of ${step.times} times`;
      return `the run misses the situation that it is kept for: ${told(step)} ${seen}${before === undefined ? '' : ` after ${told(before)}`}`;
    }
    const mark = this.#marks.find((each) => (marks[each.mark] ?? 0) < (each.times ?? 1));
    if (mark === undefined) return null;
    return `the run misses the situation that it is kept for: ${told(mark)} was reached ${marks[mark.mark] ?? 0} of ${mark.times ?? 1} times`;
  }
}

/** As it stands in the file, without its count. */
function told({ times: _, ...condition }: Condition): string {
  return JSON.stringify(condition);
}

function isFault(kind: string, { what }: TraceLine): boolean {
  return what.type === 'fault' && what.change === 'begins' && what.kind === kind;
}

function isEvent({ event, node, with: values = {} }: z.infer<typeof eventSchema>, { what, node: of }: TraceLine): boolean {
  // A phase goes by its name, as for "--until".
  const type = what.type === 'phase' ? what.phase : what.type;
  if (type !== event || (node !== undefined && node !== of)) return false;
  return Object.entries(values).every(([field, value]) => valueOf(what, field) === value);
}

function valueOf(what: object, field: string): unknown {
  return field.split('.').reduce<unknown>((outer, key) => (outer as Record<string, unknown> | null | undefined)?.[key], what);
}
