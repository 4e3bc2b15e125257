/** How a run ends before its time, and whose fault that is. */
import { InvariantViolation } from '../ports/invariant.ts';
import type { Micros } from '../ports/time.ts';

/** Which kind of thing failed: an assertion, code that threw, a promise, an application, or all progress. */
export type FailureKind = 'invariant' | 'exception' | 'rejection' | 'application' | 'watchdog';

/** A process, an application or the harness failed at a point of virtual time. The original error is the `cause`. */
export class SimulationFailure extends Error {
  override readonly name: string = 'SimulationFailure';
  readonly kind: FailureKind;
  /** The process it happened in; null: the harness. */
  readonly process: string | null;
  readonly incarnation: number;
  readonly timeUs: Micros;

  constructor(kind: FailureKind, process: string | null, incarnation: number, timeUs: Micros, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`${process ?? 'the harness'} at ${(timeUs / 1e6).toFixed(6)} s: ${what}`, { cause });
    this.kind = kind;
    this.process = process;
    this.incarnation = incarnation;
    this.timeUs = timeUs;
  }
}

/** The run made no progress: in virtual time over many events, or it took too long in real time. */
export class WatchdogError extends SimulationFailure {
  override readonly name = 'WatchdogError';
  /** The last events, oldest first: `12.000345 s p1#0 timer`. */
  readonly lastEvents: readonly string[];

  constructor(message: string, process: string | null, timeUs: Micros, lastEvents: readonly string[]) {
    super('watchdog', process, 0, timeUs, message);
    this.lastEvents = lastEvents;
  }
}

/** Another thread has found that a run does not get on; the message says where. */
export class StallError extends Error {
  override readonly name = 'StallError';
}

/** An application, code that only uses what is on trial, ended with the error that is the `cause`. */
export class ApplicationError extends Error {
  override readonly name = 'ApplicationError';

  constructor(cause: unknown) {
    super('an application ended with an error', { cause });
  }
}

/** A checker threw the `cause`: the judge is at fault, neither who is judged nor the application that was just heard. */
export class CheckerError extends Error {
  override readonly name = 'CheckerError';

  constructor(cause: unknown) {
    super(
      `a checker of properties ended with an error: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`,
      { cause },
    );
  }
}

/** Whose error it is that code of an application threw: an impossible state is a fault of what it uses, all else its own. */
export function blamed(error: unknown): unknown {
  return error instanceof InvariantViolation ? error : new ApplicationError(error);
}

/** Which kind of failure an error is that was thrown inside an event, or by an async function of a process. */
export function failureKind(error: unknown, otherwise: FailureKind = 'exception'): FailureKind {
  if (error instanceof InvariantViolation) return 'invariant';
  return error instanceof ApplicationError ? 'application' : otherwise;
}
