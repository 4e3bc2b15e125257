/** How a run ends before its time. */
import { InvariantViolation } from '../core/environment.ts';

export type FailureKind = 'invariant' | 'exception' | 'rejection' | 'watchdog';

/** Core, an application or the harness failed at a point of virtual time. The original error is the `cause`. */
export class SimulationFailure extends Error {
  override readonly name: string = 'SimulationFailure';
  readonly kind: FailureKind;
  /** The process it happened in; null: the harness. */
  readonly process: string | null;
  readonly incarnation: number;
  readonly timeUs: number;

  constructor(kind: FailureKind, process: string | null, incarnation: number, timeUs: number, cause: unknown) {
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
  /** The last events, oldest first: `12.000345 s b1 timer`. */
  readonly lastEvents: readonly string[];

  constructor(message: string, process: string | null, timeUs: number, lastEvents: readonly string[]) {
    super('watchdog', process, 0, timeUs, message);
    this.lastEvents = lastEvents;
  }
}

/** Which kind of failure an error thrown inside an event is. */
export function failureKind(error: unknown): FailureKind {
  return error instanceof InvariantViolation ? 'invariant' : 'exception';
}
