/**
 * What a kind of fault is. A kind is one file in `kinds/`: what it is called, whom it can hit, what it can be told, what it puts at
 * stake, what it does to the world and what ends that, and the changes of the world that come of it. Its line in registry.ts makes it known.
 */
import type { TraceEventType } from '../../core/trace.ts';
import type { WorldChange } from '../observe.ts';
import type { FaultTarget } from '../plan.ts';
import type { Undo } from '../../world/undo.ts';
import type { FaultWorld } from './fault-world.ts';

/** A whole-number parameter of a fault, with the range it is drawn from and allowed in. */
interface FaultParameter {
  readonly about: string;
  readonly min: number;
  readonly max: number;
  /** What it is where a plan gives none. */
  readonly default: number;
}

export type TargetRole = FaultTarget['role'];

/**
 * What a fault puts at stake, by which the durability budget says whether it may happen (budget.ts):
 * - `nothing`: no session with the controller and no stored record.
 * - `process`: whom it hits may end, or stand still, and lose its session by that.
 * - `session`: whom it hits goes on, and may lose its session as long as the fault is under way.
 * - `storage`: whom it hits may lose stored records, and get them back from others.
 * - `beyond`: stored records are lost or changed in a way that Kafka does not promise to mend. Only in plans that leave the budget.
 */
export type Stake = 'nothing' | 'process' | 'session' | 'storage' | 'beyond';

/** A fault as it strikes. */
export interface Strike<Param extends string = string> {
  readonly world: FaultWorld;
  /** Names of the processes that it hits, at least one. */
  readonly targets: readonly string[];
  readonly params: Readonly<Record<Param, number>>;
  readonly forMs: number;
}

/** One of `oneIn` faults of a kind waits for one of these events, in plans whose faults wait for events, and hits its emitter. */
export interface FaultWindow {
  readonly moments: readonly Moment[];
  readonly oneIn: number;
}

export interface Moment {
  readonly event: TraceEventType;
  /** Fields that the event must have. */
  readonly where?: Readonly<Record<string, string | number | boolean>>;
  /** It waits for one of the first so many; for the first, if left out. */
  readonly nthAtMost?: number;
}

export interface FaultDefinition<Kind extends string = string, Param extends string = string> {
  readonly kind: Kind;
  /** One line for `trial list faults`. */
  readonly about: string;
  readonly targets: readonly TargetRole[];
  /** Shortest and longest time it lasts when drawn. The shortest is its stability: less, and nothing downstream ever happens. */
  readonly minMs: number;
  readonly maxMs: number;
  readonly params: Readonly<Record<Param, FaultParameter>>;
  readonly stake: Stake;
  /** Drawn less often than others. */
  readonly isRare?: true;
  /** Moments that random times miss, after which it strikes at once. */
  readonly window?: FaultWindow;
  /** What is told of the world because of it, from its beginning to its end. */
  readonly facts: readonly WorldChange['type'][];
  /** Who may lose its session, if that is not everybody whom it hits. */
  endangers?(strike: Strike<Param>): readonly string[];
  /** For each fault of the plan when the chaos begins: what must have been going on when it strikes. */
  prepare?(world: FaultWorld, params: Readonly<Record<Param, number>>): void;
  /**
   * Makes it happen. Returns what ends this fault and no other that is under way, DONE if there is nothing to end, or null if it was
   * refused: the state of the world does not allow it now, and nothing has happened.
   */
  inject(strike: Strike<Param>): Undo | null;
}

/** Of a fault that is over as soon as it has happened. */
export const DONE: Undo = () => undefined;

/** A definition, checked: its kind and the names of its parameters are known to the compiler. */
export function fault<const Kind extends string, Param extends string = never>(
  definition: FaultDefinition<Kind, Param>,
): FaultDefinition<Kind, Param> {
  return definition;
}

/** Does the same to each target. Null if all refuse it, else what ends it for those that did not. */
export function onEach(targets: readonly string[], act: (target: string) => Undo | null): Undo | null {
  return allOf(targets.map(act));
}

/** One fault made of several: null if all were refused. */
export function allOf(outcomes: readonly (Undo | null)[]): Undo | null {
  const ends = outcomes.filter((end) => end !== null);
  if (ends.length === 0) return null;
  return ends.every((end) => end === DONE) ? DONE : () => ends.forEach((end) => end());
}
