/**
 * What a kind of fault is. Adding a kind is adding one file that exports a FaultDefinition and naming it in registry.ts.
 */
import type { FaultPlan, FaultTarget } from '../plan.ts';
import type { FaultContext } from './context.ts';

/** A whole-number parameter of a fault, with the range it is drawn from and allowed in. */
interface FaultParameter {
  readonly about: string;
  readonly min: number;
  readonly max: number;
}

export type TargetRole = FaultTarget['role'];

export interface FaultDefinition {
  readonly kind: string;
  /** One line for `trial list faults`. */
  readonly about: string;
  readonly targets: readonly TargetRole[];
  /** Shortest and longest time it lasts when drawn. The shortest is its stability: less, and nothing downstream ever happens. */
  readonly minMs: number;
  readonly maxMs: number;
  readonly params: Readonly<Record<string, FaultParameter>>;
  /** Drawn only into plans that may leave the durability budget. */
  readonly beyondBudget?: boolean;
  /**
   * Makes it happen to the processes that the target names. Returns how to end it, or null if there is nothing to end, or
   * 'refused' if the budget or the state of the world does not allow it now.
   */
  inject(context: FaultContext, fault: FaultPlan, targets: readonly string[]): (() => void) | null | 'refused';
}

/** The numbers from which the plan generator makes a fault: small is mild and early, so that fast-check shrinks well. */
export interface FaultDraw {
  readonly gapMs: number;
  readonly pick: number;
  readonly who: number;
  readonly howLong: number;
  readonly strength: readonly number[];
  readonly trigger: {
    readonly event: number;
    readonly nth: number;
    readonly afterMs: number;
    readonly atEmitter: boolean;
  } | null;
}

/** Does the same to each target; gives back what ends all of it. */
export function onEach(targets: readonly string[], act: (target: string) => () => void): () => void {
  const ends = targets.map(act);
  return () => ends.forEach((end) => end());
}
