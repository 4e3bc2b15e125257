/** What the page asks its worker, and is answered. All of it is plain data. */
import type { Driven } from '../../campaign/job.ts';
import type { Plan } from '../../sim/plan.ts';
import type { DecodedFrame } from '../../sim/wire/frame-log.ts';
import type { RunRecord } from './record/run-record.ts';

/** A run to be made. */
export interface RunOrder {
  readonly plan: Plan;
  readonly driven: Driven;
}

/** What is asked, and what the answer is. */
export interface Requests {
  /** Runs the plan and keeps it: what is asked later is about this run. */
  record: { readonly ask: RunOrder; readonly answer: RunRecord };
  /** Texts of lines, by their indexes. */
  lines: { readonly ask: { readonly indexes: readonly number[] }; readonly answer: readonly LineText[] };
  /** Indexes of the lines that concern any of these partitions, groups or processes. */
  about: { readonly ask: { readonly subjects: readonly string[] }; readonly answer: Uint32Array };
  frame: { readonly ask: { readonly index: number }; readonly answer: DecodedFrame };
  /** A node as it is after all that happens at a time. */
  node: {
    readonly ask: RunOrder & { readonly us: number; readonly node: string; readonly endUs: number };
    readonly answer: NodeState;
  };
  /** Records of a replica's log, where the node was looked at last. */
  log: {
    readonly ask: { readonly node: string; readonly partition: string; readonly fromOffset: number };
    readonly answer: LogPage;
  };
  /** Puts one run to where it may be needed; false: there is nothing left to do. */
  prepare: { readonly ask: Record<string, never>; readonly answer: boolean };
  /** How often the failure comes of a plan, if it is scheduled anew from the beginning of the chaos on. */
  share: {
    readonly ask: RunOrder & {
      readonly fingerprint: string;
      readonly fromUs: number;
      readonly failedAtUs: number;
      readonly schedules: number;
    };
    readonly answer: { readonly failed: number; readonly of: number };
  };
  /** The smallest plan that still fails so. */
  shrink: {
    readonly ask: RunOrder & { readonly fingerprint: string };
    readonly answer: { readonly plan: Plan; readonly runs: number };
  };
}

export type RequestKind = keyof Requests;

export interface RequestMessage<K extends RequestKind = RequestKind> {
  readonly id: number;
  readonly kind: K;
  readonly ask: Requests[K]['ask'];
}

export type WorkerMessage =
  | { readonly id: number; readonly answer: unknown }
  /** One sentence. */
  | { readonly id: number; readonly error: string }
  | { readonly id: number; readonly progress: Progress };

/** How far it is: simulated time, or runs. */
export interface Progress {
  readonly simulatedMs?: number;
  /** Of a run that takes long: what it came to so far. */
  readonly record?: RunRecord;
  readonly runs?: number;
  /** The smallest plan so far. */
  readonly plan?: Plan;
}

export interface LineText {
  readonly index: number;
  readonly text: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** A table of a node's state. */
export interface StateTable {
  readonly title: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What is to be known of it, under the title. */
  readonly note?: string;
  /** By row, the partition whose log can be opened. */
  readonly logs?: readonly string[];
}

export interface NodeState {
  readonly node: string;
  readonly us: number;
  readonly summary: readonly (readonly [name: string, value: string])[];
  readonly tables: readonly StateTable[];
}

export interface LogPage {
  readonly partition: string;
  readonly batches: readonly LogBatch[];
  /** Where the next page begins; null: the log ends here. */
  readonly nextOffset: number | null;
}

export interface LogBatch {
  /** In words: offsets, epoch, producer, what kind. */
  readonly title: string;
  readonly leaderEpoch: number;
  readonly records: readonly { readonly offset: number; readonly key: string | null; readonly value: string | null }[];
}
