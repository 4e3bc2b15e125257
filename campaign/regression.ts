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
import type { DecisionLog } from '../world/chance.ts';
import { decisionLogSchema } from './decisions-file.ts';
import { EVENT_TYPES } from './event-types.ts';
import { MARKS } from './marks.ts';
import { UsageError } from './usage.ts';

export interface Regression {
  readonly plan: Plan;
  /** The property that it violated. */
  readonly property: string;
  /** Which violation of it (fingerprint.ts). */
  readonly fingerprint?: string;
  readonly note: string;
  /** The decisions that the failure needs, if there are any that matter: the run is driven by them. */
  readonly decisions?: DecisionLog;
  /** Of the run, to its end, in the tree that made the plan small. */
  readonly traceHash?: string;
  /** The commit since which it passes. */
  readonly mendedBy?: string;
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
  /**
   * The values that fields of it must have; a field within a field is `outer.inner`, one of a list's elements `outer.*`. Here and for
   * `node`, `$name` is a variable: the first event binds it, and everywhere after it stands for that value; `!$name` is any other value.
   */
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
/** One of those that have an order. */
type Step = z.infer<typeof eventSchema> | z.infer<typeof faultSchema>;
type Scalar = z.infer<typeof scalar>;
/** Variables, and the values that they stand for. */
type Bindings = ReadonlyMap<string, unknown>;

/** Any value, bound to nothing. */
const ANY = '$any';

const fileSchema = strictObject({
  plan: anything,
  property: text,
  fingerprint: text.optional(),
  note: text,
  decisions: decisionLogSchema.optional(),
  traceHash: hexDigits(16, 16).optional(),
  mendedBy: hexDigits(7, 40).optional(),
  reaches: listOf(
    anything.superRefine((condition, context) => {
      const isOf = (key: string): boolean => typeof condition === 'object' && condition !== null && key in condition;
      forward(isOf('fault') ? faultSchema : isOf('mark') ? markSchema : eventSchema, condition, context);
    }),
  ).optional(),
});

function hexDigits(min: number, max: number): z.ZodType<string> {
  const right = min === max ? String(min) : `${min} to ${max}`;
  return z.custom<string>(
    (value) => typeof value === 'string' && value.length >= min && value.length <= max && /^[0-9a-f]+$/.test(value),
    `${right} hexadecimal digits`,
  );
}

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
  const misused = misusedVariable(regression.reaches ?? []);
  if (misused !== null) throw new UsageError(`the regression can't be used: ${misused}`);
  return { ...regression, plan: parsePlan(regression.plan) };
}

/** A run that may still come to its situation: it has met what stands before `step`. */
interface Attempt {
  readonly seen: number;
  readonly bound: Bindings;
}

/** So many attempts are followed at once. */
const ATTEMPTS_MAX = 20_000;

/**
 * Watches a run for what it must reach. Where a variable might be bound by this event or by a later one, both are tried: an attempt for each
 * set of values that what is still to come speaks of.
 */
export class Situation {
  readonly #marks: readonly z.infer<typeof markSchema>[];
  readonly #steps: readonly Step[];
  /** Of each step, by what they were bound to, those that wait for it. */
  readonly #attempts: Map<string, Attempt>[];
  /** Of each step, the variables that it or a later one names. */
  readonly #needed: readonly ReadonlySet<string>[];
  #count = 1;
  #leftOut = false;

  constructor(reaches: readonly Condition[]) {
    this.#marks = reaches.filter((each) => 'mark' in each);
    this.#steps = reaches.filter((each) => 'event' in each || 'fault' in each);
    this.#needed = this.#steps.map((_, at) => new Set(this.#steps.slice(at).flatMap(variablesOf).map(nameOfVariable)));
    this.#attempts = [...this.#steps, null].map(() => new Map());
    this.#attempts[0]?.set('', { seen: 0, bound: new Map() });
  }

  /** For a run's `onTrace`. */
  onLine(line: TraceLine): void {
    // The last step first: no attempt takes two steps with one line.
    for (let at = this.#steps.length - 1; at >= 0; at--) {
      const step = this.#steps[at] as Step;
      const waiting = this.#attempts[at] as Map<string, Attempt>;
      if (waiting.size === 0 || !isOfType(step, line)) continue;
      for (const [key, attempt] of [...waiting]) this.#advance(at, step, key, attempt, line);
    }
  }

  #advance(at: number, step: Step, key: string, attempt: Attempt, line: TraceLine): void {
    const ways = 'fault' in step ? [attempt.bound] : bindingsOf(step, line, attempt.bound);
    // What binds nothing new is as well met now as later.
    if (ways.some((bound) => bound.size === attempt.bound.size)) {
      this.#attempts[at]?.delete(key);
      this.#count--;
    }
    const seen = attempt.seen + 1;
    for (const bound of ways) {
      if (seen < (step.times ?? 1)) this.#keep(at, seen, bound);
      else this.#keep(at + 1, 0, bound);
    }
  }

  #keep(at: number, seen: number, bound: Bindings): void {
    const needed = new Map([...bound].filter(([name]) => this.#needed[at]?.has(name)));
    const values = [...needed].map(([name, value]) => [name, typeof value, String(value)]);
    const key = `${seen} ${JSON.stringify(values.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)))}`;
    const waiting = this.#attempts[at] as Map<string, Attempt>;
    if (waiting.has(key)) return;
    if (this.#count >= ATTEMPTS_MAX) {
      this.#leftOut = true;
      return;
    }
    waiting.set(key, { seen, bound: needed });
    this.#count++;
  }

  /** What was not seen in the run, as a sentence; null if the situation was met. */
  missed({ marks }: Pick<RunResult, 'marks'>): string | null {
    const furthest = this.#attempts.findLastIndex((waiting) => waiting.size > 0);
    const step = this.#steps[furthest];
    if (step !== undefined) {
      const before = this.#steps[furthest - 1];
      const most = Math.max(...[...(this.#attempts[furthest] ?? []).values()].map(({ seen }) => seen));
      const seen = most === 0 ? 'was not seen' : `was seen ${most} of ${step.times} times`;
      const limit = this.#leftOut ? ` (of all ways to bind its variables only ${ATTEMPTS_MAX} were followed)` : '';
      return `the run misses the situation that it is kept for: ${told(step)} ${seen}${before === undefined ? '' : ` after ${told(before)}`}${limit}`;
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

function isOfType(step: Step, { what }: TraceLine): boolean {
  if ('fault' in step) return what.type === 'fault' && what.change === 'begins' && what.kind === step.fault;
  // A phase goes by its name, as for "--until".
  return (what.type === 'phase' ? what.phase : what.type) === step.event;
}

/** The ways in which a line is this event, each with all that is bound then; none if it isn't. */
function bindingsOf(
  { node, with: values = {} }: z.infer<typeof eventSchema>,
  line: TraceLine,
  bound: Bindings,
): readonly Bindings[] {
  let ways: readonly Bindings[] = [bound];
  const wanted = [...(node === undefined ? [] : [['', node] as const]), ...Object.entries(values)];
  // What must differ is looked at when everything of the event is bound.
  for (const [field, value] of wanted.sort((a, b) => Number(isOther(a[1])) - Number(isOther(b[1])))) {
    const found = field === '' ? [line.node] : valuesOf(line.what, field);
    ways = ways.flatMap((way) => found.flatMap((actual) => bind(way, value, actual)));
  }
  return ways;
}

function bind(bound: Bindings, wanted: Scalar, actual: unknown): readonly Bindings[] {
  if (!isVariable(wanted)) return actual === wanted ? [bound] : [];
  if (actual === undefined || (typeof actual === 'object' && actual !== null)) return [];
  if (wanted === ANY) return [bound];
  const name = nameOfVariable(wanted);
  if (isOther(wanted)) return bound.get(name) === actual ? [] : [bound];
  if (!bound.has(name)) return [new Map([...bound, [name, actual]])];
  return bound.get(name) === actual ? [bound] : [];
}

/** What a field holds; each element of a list for `*`. */
function valuesOf(what: object, field: string): readonly unknown[] {
  let found: readonly unknown[] = [what];
  for (const key of field.split('.'))
    found = found.flatMap((outer) => {
      if (key === '*') return Array.isArray(outer) ? outer : [];
      const value = (outer as Record<string, unknown> | null | undefined)?.[key];
      return value === undefined ? [] : [value];
    });
  return found;
}

function isVariable(value: Scalar): value is string {
  return typeof value === 'string' && /^!?\$/.test(value);
}

/** `!$name`: anything but what `$name` is bound to. */
function isOther(value: Scalar): boolean {
  return typeof value === 'string' && value.startsWith('!$');
}

function nameOfVariable(variable: string): string {
  return variable.replace('!', '');
}

function variablesOf(condition: Condition): readonly string[] {
  if (!('event' in condition)) return [];
  return [condition.node ?? '', ...Object.values(condition.with ?? {})].filter(isVariable).filter((each) => each !== ANY);
}

/** What is wrong with the variables of what must be reached; null if nothing is. */
function misusedVariable(reaches: readonly Condition[]): string | null {
  const all = reaches.flatMap(variablesOf);
  for (const [at, condition] of reaches.entries()) {
    for (const variable of variablesOf(condition)) {
      const name = nameOfVariable(variable);
      const where = `reaches.${at}: "${variable}"`;
      if (!/^\$[A-Za-z][A-Za-z0-9]*$/.test(name))
        return `${where} is not a variable: "$" is followed by a letter, and letters and digits`;
      if (
        isOther(variable) &&
        !reaches
          .slice(0, at + 1)
          .flatMap(variablesOf)
          .includes(name)
      )
        return `${where} differs from "${name}", which nothing up to here binds`;
      if (all.filter((each) => nameOfVariable(each) === name).length === 1)
        return `${where} appears only once, and says nothing then; any value is "${ANY}"`;
    }
  }
  return null;
}
