/** What a run finds out: violations, how often each property was put to the test, marks, and what was not promised. */
import { ApplicationError, SimulationFailure } from '../../world/failures.ts';
import { RealWorldError } from '../../world/guards.ts';
import { errorText } from '../error-text.ts';
import type { RunGuarantees, Violation, ViolationFacts } from '../observe.ts';
import type { World } from '../../world/world.ts';
import type { Narration } from './narration.ts';

export class Findings {
  readonly #world: World;
  readonly #narration: Narration;
  readonly #permits: RunGuarantees['permits'];
  readonly #rolesOf: (facts: ViolationFacts) => string;
  readonly #stopAt: (violation: Violation) => boolean;
  readonly #evaluations = new Map<string, { count: number }>();
  readonly violations: Violation[] = [];
  readonly marks: Record<string, number> = {};
  readonly excuses: Record<string, string> = {};

  constructor(
    world: World,
    narration: Narration,
    permits: RunGuarantees['permits'],
    rolesOf: (facts: ViolationFacts) => string,
    stopAt: (violation: Violation) => boolean = () => false,
  ) {
    this.#stopAt = stopAt;
    this.#world = world;
    this.#narration = narration;
    this.#permits = permits;
    this.#rolesOf = rolesOf;
  }

  /** The first violation of each property is kept, unless the property is not promised in this run. */
  violated(property: string, message: string, facts: ViolationFacts = {}): void {
    const permitted = this.#permits(property, facts);
    if (permitted !== null) {
      this.excuses[property] ??= `${permitted}; ${message}`;
      return;
    }
    if (this.violations.some((violation) => violation.property === property)) return;
    this.#narration.line('', 0, { type: 'violation', property, message, facts });
    const violation = { property, message, atMs: this.#world.now / 1_000, facts, roles: this.#rolesOf(facts) };
    this.violations.push(violation);
    if (this.#stopAt(violation)) this.#narration.stop();
  }

  evaluated(property: string, count = 1): void {
    const evaluations = this.#evaluations.get(property);
    if (evaluations === undefined) this.#evaluations.set(property, { count });
    else evaluations.count += count;
  }

  mark(name: string): void {
    this.marks[name] = (this.marks[name] ?? 0) + 1;
  }

  excuse(property: string, reason: string): void {
    this.excuses[property] ??= reason;
  }

  /** Non-trivial evaluations by property. */
  get evaluations(): Record<string, number> {
    return Object.fromEntries([...this.#evaluations].map(([property, { count }]) => [property, count]));
  }

  /**
   * An exception ended the run: of core or of an application, then it is a violation and null is returned; of the harness,
   * then the run is in error, and what is returned says how.
   */
  failed(failure: unknown): string | null {
    if (failure instanceof SimulationFailure && failure.cause instanceof ApplicationError) {
      this.violated(
        'A1',
        `${failure.process ?? 'an application'}: ${textOf(failure.cause.cause)}`,
        failure.process === null ? {} : { client: failure.process },
      );
      return null;
    }
    if (
      failure instanceof SimulationFailure &&
      (failure.kind === 'invariant' || (failure.kind === 'exception' && failure.process !== null))
    ) {
      this.violated('X1', `${failure.message}\n${errorText(failure.cause)}`);
      return null;
    }
    if (failure instanceof SimulationFailure) {
      return failure.cause instanceof Error ? `${failure.message}\n${errorText(failure.cause)}` : failure.message;
    }
    return errorText(failure);
  }
}

/** An application's error, and what its scenario has in place of the real world. */
function textOf(error: unknown): string {
  const instead =
    'Instead of the real world a scenario has context.sleep, context.nowMs, context.random and the clients of the context.';
  return error instanceof RealWorldError ? `${errorText(error)}\n${instead}` : errorText(error);
}
