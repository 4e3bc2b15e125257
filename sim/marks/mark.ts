/**
 * A mark on a rare state that events tell of: what was reached, why few runs come to it, and how it is seen. The tables of marks are made of
 * these; what no event tells, core and checkers mark themselves.
 */
import type { TraceEventOf, TraceEventType } from '../../core/trace.ts';
import type { CheckContext, Occurrence, WorldChange } from '../observe.ts';
import type { Situation } from './situation.ts';

/** What is heard of a run. */
type Watching = Pick<CheckContext, 'on' | 'onWorld' | 'onFault'>;

/** Calls `reached` each time that the state is reached. Called once a run, so that it may remember what it saw. */
export type Watch = (run: Watching, situation: Situation, reached: () => void) => void;

export interface Mark {
  /** What was reached, and why that is rare. */
  readonly why: string;
  readonly watch: Watch;
  /** Fewer than one of a hundred seeds of `standard` reaches it. */
  readonly isSeldom?: true;
  /** `standard` never leads there. */
  readonly isDirected?: true;
}

type Holds<Type extends TraceEventType> = (event: TraceEventOf<Type>, at: Occurrence, now: Situation) => boolean;
type KeyOf<Type extends TraceEventType> = (event: TraceEventOf<Type>, at: Occurrence) => string;

/** An event of this type for which that holds; any, if nothing is said. */
export function when<Type extends TraceEventType>(type: Type, holds: Holds<Type> = () => true): Watch {
  return (run, situation, reached) =>
    run.on(type, (event, at) => {
      if (holds(event, at, situation)) reached();
    });
}

/** Types of events that tell an error, or that there was none. */
export type Answered = {
  [Type in TraceEventType]: TraceEventOf<Type> extends { readonly error: number } ? Type : never;
}[TraceEventType];

/** An event of this type with this error for which that holds. Most have none, and then nobody is asked. */
export function whenError<Type extends Answered>(type: Type, error: number, holds: Holds<Type> = () => true): Watch {
  return (_, situation, reached) =>
    situation.onError(type, error, (event, at) => {
      if (holds(event, at, situation)) reached();
    });
}

/** The world does this to a process. */
export function whenWorld(holds: (change: WorldChange, now: Situation) => boolean): Watch {
  return (run, situation, reached) =>
    run.onWorld((change) => {
      if (holds(change, situation)) reached();
    });
}

/** One of two that belong together. `key`: the same for both, by default the node. */
interface Step<Type extends TraceEventType> {
  readonly type: Type;
  readonly if?: Holds<Type>;
  readonly key?: KeyOf<Type>;
}

const nodeOf = (_: unknown, { node }: Occurrence): string => node;
const always = (): boolean => true;

/** An event that comes at most so many simulated milliseconds after another of the same key. */
export function follows<First extends TraceEventType, Then extends TraceEventType>(
  first: Step<First>,
  then: Step<Then>,
  withinMs: number,
): Watch {
  const { if: isFirst = always, key: firstKey = nodeOf } = first;
  const { if: isThen = always, key: thenKey = nodeOf } = then;
  return (run, situation, reached) => {
    const lastUs = new Map<string, number>();
    // Heard before the first of two that are of one type: an event does not follow itself.
    run.on(then.type, (event, at) => {
      if (!isThen(event, at, situation)) return;
      const sinceUs = at.timeUs - (lastUs.get(thenKey(event, at)) ?? Number.NEGATIVE_INFINITY);
      if (sinceUs <= withinMs * 1_000) reached();
    });
    run.on(first.type, (event, at) => {
      if (isFirst(event, at, situation)) lastUs.set(firstKey(event, at), at.timeUs);
    });
  };
}

/** The same for the same key, so many times within so many simulated milliseconds. */
export function repeated<Type extends TraceEventType>(
  { type, if: holds = always, key = nodeOf }: Step<Type>,
  times: number,
  withinMs: number,
): Watch {
  return (run, situation, reached) => {
    const lastUs = new Map<string, number[]>();
    run.on(type, (event, at) => {
      if (!holds(event, at, situation)) return;
      const of = key(event, at);
      const before = (lastUs.get(of) ?? []).filter((us) => at.timeUs - us <= withinMs * 1_000);
      before.push(at.timeUs);
      lastUs.set(of, before);
      if (before.length === times) reached();
    });
  };
}

/** A node ends or loses its memory within so many simulated milliseconds of an event of its own. */
export function diesAfter<Type extends TraceEventType>(type: Type, holds: Holds<Type>, withinMs: number): Watch {
  return (run, situation, reached) => {
    const lastUs = new Map<string, number>();
    run.on(type, (event, at) => {
      if (holds(event, at, situation)) lastUs.set(at.node, at.timeUs);
    });
    run.onWorld(({ type: change, node, timeUs }) => {
      if (change !== 'crashed' && change !== 'power-lost') return;
      const us = lastUs.get(node);
      lastUs.delete(node);
      if (us !== undefined && timeUs - us <= withinMs * 1_000) reached();
    });
  };
}
