/** What a checker of Trial's own is given: the run's context, in which only declared properties can be spoken of, and none violated without facts. */
import type { CheckContext as RunContext, Unmet as RunUnmet, ViolationFacts } from '../sim/observe.ts';
import type { PropertyMark } from './marks.ts';
import type { PropertyId } from './registry.ts';

export interface CheckContext extends RunContext {
  violated(property: PropertyId, message: string, facts: ViolationFacts): void;
  evaluated(property: PropertyId, count?: number): void;
  excuse(property: PropertyId, reason: string): void;
  mark(name: PropertyMark): void;
}

/** What a checker of Trial's own waits for; never without facts. */
export interface Unmet extends RunUnmet {
  readonly facts: ViolationFacts;
}
