/** What a campaign keeps of one run: a RunResult without its plan and hashes and with bounded messages, small enough for hundreds of thousands. */
import type { Violation } from '../sim/observe.ts';
import type { RunResult } from '../sim/result.ts';
import { clipped } from './printable.ts';

export interface SeedOutcome {
  readonly seed: number;
  readonly scenario: string;
  readonly verdict: RunResult['verdict'];
  readonly violations: readonly Violation[];
  readonly marks: Readonly<Record<string, number>>;
  readonly traceHash: string;
  readonly simulatedMs: number;
  readonly wallMs: number;
  readonly events: number;
  readonly frames: number;
  readonly recordsAcknowledged: number;
  readonly recordsDelivered: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly evaluations: Readonly<Record<string, number>>;
  readonly excuses: Readonly<Record<string, string>>;
  /** As in the result. */
  readonly unmet: RunResult['unmet'];
  /** Why the harness failed, if it did. */
  readonly error: string | null;
}

export function outcomeOf(result: RunResult): SeedOutcome {
  const { plan: _, hashWindows: __, ...outcome } = result;
  return {
    ...outcome,
    violations: result.violations.map((violation) => ({ ...violation, message: clipped(violation.message) })),
    excuses: Object.fromEntries(Object.entries(result.excuses).map(([property, reason]) => [property, clipped(reason)])),
    error: result.error === null ? null : clipped(result.error),
    wallMs: Math.round(result.wallMs),
  };
}

/** The outcome of a seed whose run never came to a result. */
export function lostOutcome(scenario: string, seed: number, error: string, wallMs: number): SeedOutcome {
  return {
    seed,
    scenario,
    verdict: 'error',
    violations: [],
    marks: {},
    traceHash: '',
    simulatedMs: 0,
    wallMs: Math.round(wallMs),
    events: 0,
    frames: 0,
    recordsAcknowledged: 0,
    recordsDelivered: 0,
    faults: {},
    evaluations: {},
    excuses: {},
    unmet: {},
    error: clipped(error),
  };
}
