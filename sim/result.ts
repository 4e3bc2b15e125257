/** What a run comes to. */
import type { SiteCount } from '../world/chance.ts';
import type { Violation } from './observe.ts';
import type { Plan } from './plan.ts';
import type { Unmet } from './run/unmet.ts';

export interface RunResult {
  readonly seed: number;
  readonly scenario: string;
  /** `error`: the harness failed (watchdog, a bug in it), which says nothing about the cluster. */
  readonly verdict: 'pass' | 'fail' | 'error';
  readonly violations: readonly Violation[];
  readonly error: string | null;
  /** How often each rare state was reached. */
  readonly marks: Readonly<Record<string, number>>;
  /** The states of the protocols that it came to (protocol-states.ts), in alphabetical order. */
  readonly states: readonly string[];
  /** How often a rare path of core could be taken, and was; nothing where they are switched off. */
  readonly rarePaths: Readonly<Record<string, SiteCount>>;
  /** Non-trivial evaluations by property. */
  readonly evaluations: Readonly<Record<string, number>>;
  /** Properties that Kafka did not promise in this run, and why. */
  readonly excuses: Readonly<Record<string, string>>;
  /** 16 hex digits over all events with their bytes. */
  readonly traceHash: string;
  /** Running hash at every `HASH_WINDOW` events, to find the first event in which two runs differ. */
  readonly hashWindows: readonly string[];
  readonly simulatedMs: number;
  readonly wallMs: number;
  readonly events: number;
  /** Network chunks delivered, which are whole Kafka frames unless a fault splits them. */
  readonly frames: number;
  readonly recordsAcknowledged: number;
  readonly recordsDelivered: number;
  /** By client, how many records it sent or would have sent that a plan can leave out (`onlySends`). */
  readonly sends: Readonly<Record<string, number>>;
  /** Faults that took effect, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** What was asked for and never happened, as a sentence each: no fault that took effect, nothing sent, nothing delivered. */
  readonly unmet: Readonly<Partial<Record<Unmet, string>>>;
  readonly plan: Plan;
}
