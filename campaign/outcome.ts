/** What a campaign keeps of one run: a RunResult without its plan and hashes and with bounded messages, small enough for hundreds of thousands. */
import { z } from 'zod';
import type { Violation, ViolationFacts } from '../sim/observe.ts';
import type { RunResult } from '../sim/result.ts';
import { clipped } from './printable.ts';

export interface SeedOutcome {
  readonly seed: number;
  readonly scenario: string;
  /** Who made its plan (campaign/explore/); absent: it is the seed's own. */
  readonly explorer?: string | undefined;
  /** When its campaign had it, ms of real time from the campaign's beginning; absent: it is of none, or of an older version. */
  readonly endedAtMs?: number | undefined;
  readonly verdict: RunResult['verdict'];
  readonly violations: readonly Violation[];
  readonly marks: Readonly<Record<string, number>>;
  /** As in the result. */
  readonly states: readonly string[];
  /** As in the result. */
  readonly rarePaths: RunResult['rarePaths'];
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

/** How often each of some names. */
export const countsSchema = z.record(z.string(), z.number());

/** How often rare paths could be taken, and were. */
export const siteCountsSchema = z.record(z.string(), z.object({ reached: z.number(), taken: z.number() }));

const factsSchema: z.ZodType<ViolationFacts> = z.record(z.string(), z.union([z.string(), z.number()]));

/** An outcome that is read from a file. A line of `--json` leaves out what has a default here. */
export const outcomeSchema = z.object({
  seed: z.int().min(0),
  scenario: z.string(),
  explorer: z.string().optional(),
  endedAtMs: z.number().min(0).optional(),
  verdict: z.enum(['pass', 'fail', 'error']),
  violations: z.array(
    z.object({
      property: z.string(),
      message: z.string(),
      atMs: z.number(),
      facts: factsSchema.optional(),
      roles: z.string().optional(),
    }),
  ),
  marks: countsSchema,
  states: z.array(z.string()).default([]),
  rarePaths: siteCountsSchema.default({}),
  traceHash: z.string(),
  simulatedMs: z.number(),
  wallMs: z.number(),
  events: z.number(),
  frames: z.number(),
  recordsAcknowledged: z.number(),
  recordsDelivered: z.number(),
  faults: countsSchema,
  evaluations: countsSchema.default({}),
  excuses: z.record(z.string(), z.string()).default({}),
  unmet: z.record(z.string(), z.string()).default({}),
  error: z.string().nullable().default(null),
});

export function outcomeOf(result: RunResult): SeedOutcome {
  const { plan: _, hashWindows: __, sends: ___, begins: ____, operations: _____, ...outcome } = result;
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
    states: [],
    rarePaths: {},
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
