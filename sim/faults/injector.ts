/**
 * Strikes with the faults of a plan, at their times or at the trace events they wait for, and ends them. What a fault does is its own affair
 * (`kinds/`), whether it may happen now the durability budget's (budget.ts).
 */
import type { TraceEvent } from '../../core/trace.ts';
import type { FaultChange } from '../observe.ts';
import type { FaultPlan, Plan } from '../plan.ts';
import { once, type Undo } from '../../world/undo.ts';
import { type BudgetOptions, DurabilityBudget } from './budget.ts';
import { DONE, type FaultDefinition } from './definition.ts';
import { FaultWorld, type FaultWorldOptions } from './fault-world.ts';
import { FAULTS } from './registry.ts';
import { resolveTarget, type TargetOptions } from './targets.ts';
import type { Twin } from './twin.ts';

export interface InjectorOptions extends BudgetOptions, FaultWorldOptions, TargetOptions {
  readonly plan: Plan;
  /** Tells that a fault began, ended or was refused, for the trace. */
  readonly log: (change: FaultChange) => void;
}

export class FaultInjector {
  /** Faults that took effect, by kind. One that was refused is not among them. */
  readonly counts: Record<string, number> = {};
  readonly budget: DurabilityBudget;
  readonly #options: InjectorOptions;
  readonly #world: FaultWorld;
  readonly #underWay = new Set<Undo>();
  readonly #waiting: { readonly fault: FaultPlan; seen: number }[] = [];
  #isChaos = false;

  constructor(options: InjectorOptions) {
    this.#options = options;
    this.budget = new DurabilityBudget(options);
    this.#world = new FaultWorld(options, this.budget);
  }

  get twin(): Twin {
    return this.#world.twin;
  }

  /** The chaos phase begins. */
  begin(): void {
    this.#isChaos = true;
    this.#world.begin();
    for (const fault of this.#options.plan.faults) {
      const definition = definitionOf(fault);
      definition.prepare?.(this.#world, paramsOf(fault, definition));
      if (fault.on !== undefined) this.#waiting.push({ fault, seen: 0 });
      else this.#world.later(fault.atMs ?? 0, () => void this.strike(fault));
    }
  }

  /** A trace event was emitted: a fault may wait for it. */
  onTraceEvent(event: TraceEvent, emitter: string): void {
    if (!this.#isChaos || this.#waiting.length === 0) return;
    for (let index = 0; index < this.#waiting.length; index++) {
      const entry = this.#waiting[index] as { fault: FaultPlan; seen: number };
      const on = entry.fault.on as NonNullable<FaultPlan['on']>;
      if (on.event !== event.type || !hasFields(event, on.where) || ++entry.seen < on.nth) continue;
      this.#waiting.splice(index--, 1);
      // Not in the middle of the step that emitted it.
      this.#world.later(on.afterMs, () => void this.strike(entry.fault, emitter));
    }
  }

  /** The chaos phase is over: every fault ends. */
  end(): void {
    this.#isChaos = false;
    this.#waiting.length = 0;
    this.#world.end();
    for (const end of [...this.#underWay]) end();
    this.budget.allOver();
  }

  /** Strikes now. Returns what ends it, as its time will; null if it was refused. */
  strike(fault: FaultPlan, emitter: string | null = null): Undo | null {
    const definition = definitionOf(fault);
    const targets = resolveTarget(fault.target, definition, emitter, this.#options);
    const strike = { world: this.#world, targets, params: paramsOf(fault, definition), forMs: fault.forMs };
    const inDanger = targets.length === 0 ? [] : (definition.endangers?.(strike) ?? targets);
    const isAdmitted = targets.length > 0 && this.budget.admits(definition.stake, inDanger);
    const undo = isAdmitted ? definition.inject(strike) : null;
    if (undo === null) {
      this.#log(fault, targets, 'refused');
      return null;
    }
    this.counts[fault.kind] = (this.counts[fault.kind] ?? 0) + 1;
    this.#log(fault, targets, 'begins', undo === DONE ? null : fault.forMs);
    if (undo === DONE) return DONE;
    const isSafe = definition.stake === 'session' ? this.budget.endanger(inDanger) : DONE;
    const end = once(() => {
      this.#underWay.delete(end);
      this.#log(fault, targets, 'ends');
      undo();
      isSafe();
    });
    this.#underWay.add(end);
    this.#world.later(fault.forMs, end);
    return end;
  }

  #log({ kind }: FaultPlan, targets: readonly string[], change: FaultChange['change'], forMs: number | null = null): void {
    this.#options.log({ type: 'fault', kind, targets, change, forMs });
  }
}

function hasFields(event: object, where: NonNullable<FaultPlan['on']>['where'] = {}): boolean {
  const fields = event as Readonly<Record<string, unknown>>;
  return Object.entries(where).every(([name, value]) => fields[name] === value);
}

function definitionOf({ kind }: FaultPlan): FaultDefinition {
  const definition = FAULTS.get(kind);
  if (definition === undefined) throw new Error(`no such kind of fault: ${kind}`);
  return definition;
}

/** All parameters of the kind, those that the plan leaves out by their defaults. */
function paramsOf(fault: FaultPlan, definition: FaultDefinition): Record<string, number> {
  return Object.fromEntries(
    Object.entries(definition.params).map(([name, parameter]) => [name, fault.params[name] ?? parameter.default]),
  );
}
