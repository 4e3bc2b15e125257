/**
 * What the page knows of a run from its first pass: who did what when, as plain data that crosses from the worker to the page at little
 * cost. Times are simulated microseconds. Processes, types of lines and APIs are indexes into the lists beside them. A column of a
 * track tells what holds from its time on; of rows with the same time there is one, the last.
 */
import type { ViolationFacts } from '../../../sim/observe.ts';

export interface RunRecord {
  /** False: the run goes on, and this is what it came to so far; hash, excuses, marks and fingerprints are not known yet. */
  readonly isWhole: boolean;
  readonly verdict: 'pass' | 'fail' | 'error';
  readonly error: string | null;
  readonly traceHash: string;
  readonly endUs: number;
  /** Real time of the run with the recording, and of putting this together, ms. */
  readonly wallMs: number;
  readonly events: number;
  readonly violations: readonly ViolationMark[];
  readonly phases: readonly { readonly phase: string; readonly us: number }[];
  readonly processes: readonly ProcessTrack[];
  readonly faults: readonly FaultSpan[];
  readonly lines: LineColumns;
  readonly frames: FrameColumns;
  readonly partitions: readonly PartitionTrack[];
  readonly groups: readonly GroupTrack[];
  readonly transactions: readonly TransactionTrack[];
  /** Null: nothing was violated. */
  readonly story: Story | null;
  readonly excuses: Readonly<Record<string, string>>;
  /** Rare states that were reached, and how often. */
  readonly marks: Readonly<Record<string, number>>;
}

export interface ViolationMark {
  readonly property: string;
  readonly title: string;
  readonly message: string;
  readonly us: number;
  readonly facts: ViolationFacts;
  /** What makes two failures one (campaign/fingerprint.ts). */
  readonly fingerprint: string;
  /** Its line; -1: it has none. */
  readonly line: number;
}

export interface Story {
  /** Partitions, groups or processes that the violation is about. */
  readonly subjects: readonly string[];
  readonly told: readonly StorySentence[];
}

interface StorySentence {
  readonly us: number;
  /** Of its line. */
  readonly line: number;
  readonly sentence: string;
}

export type ProcessState = 'down' | 'up' | 'paused' | 'slow';

export interface ProcessTrack {
  readonly name: string;
  readonly kind: 'broker' | 'controller' | 'broker and controller' | 'client' | 'harness';
  /** -1: no node of the cluster. */
  readonly nodeId: number;
  readonly rack: string | null;
  readonly states: readonly { readonly us: number; readonly state: ProcessState; readonly why: string }[];
  /** Its role in the quorum, and whether it is the active controller. */
  readonly quorum: readonly { readonly us: number; readonly role: string; readonly epoch: number; readonly isActive: boolean }[];
  /** Whom it voted for as leader of the quorum, by Kafka node id; itself too. */
  readonly votes: readonly { readonly us: number; readonly epoch: number; readonly candidate: number }[];
}

export interface FaultSpan {
  readonly kind: string;
  readonly processes: readonly number[];
  readonly fromUs: number;
  /** As `fromUs`: it was over at once. */
  readonly toUs: number;
  readonly isRefused: boolean;
  /** Index of the plan's fault that it is, as far as can be told; -1: none. */
  readonly planIndex: number;
}

interface LineColumns {
  readonly count: number;
  readonly us: Float64Array;
  readonly type: Uint16Array;
  /** NOBODY: of no process. */
  readonly process: Uint8Array;
  readonly types: readonly string[];
}

/** In `LineColumns.process`. */
export const NOBODY = 255;

export interface FrameColumns {
  readonly count: number;
  readonly sentUs: Float64Array;
  /** -1: never read. */
  readonly readUs: Float64Array;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly sizeBytes: Uint32Array;
  readonly api: Uint8Array;
  /** 1: a request. */
  readonly isRequest: Uint8Array;
  /** Of a request its response and the other way round; -1: there is none. */
  readonly pair: Int32Array;
  readonly apis: readonly string[];
}

/** What a replica is, in `ReplicaTrack.role`. */
export const ROLE = { none: 0, follower: 1, leader: 2, stopped: 3 } as const;

export interface ReplicaTrack {
  readonly process: number;
  readonly us: Float64Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly highWatermark: Float64Array;
  readonly lastStable: Float64Array;
  readonly role: Uint8Array;
  readonly leaderEpoch: Int32Array;
  /** Into `epochLists`. */
  readonly epochs: Uint32Array;
  /** Each from where on a leader epoch's records are. */
  readonly epochLists: readonly (readonly EpochStart[])[];
}

export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

export interface PartitionTrack {
  readonly name: string;
  readonly isInternal: boolean;
  readonly replicas: readonly ReplicaTrack[];
  /** What the newest committed metadata says, as any node has applied it. */
  readonly registrations: readonly {
    readonly us: number;
    /** Node id; -1: nobody. */
    readonly leader: number;
    readonly leaderEpoch: number;
    readonly isr: readonly number[];
    readonly replicas: readonly number[];
  }[];
  /** Truncations that took records. */
  readonly cuts: readonly {
    readonly us: number;
    readonly process: number;
    readonly from: number;
    readonly to: number;
    readonly reason: string;
  }[];
}

export interface GroupTrack {
  readonly name: string;
  readonly states: readonly {
    readonly us: number;
    /** The coordinator that tells it. */
    readonly process: number;
    readonly state: string;
    readonly generation: number;
    readonly members: readonly string[];
  }[];
  /** Which application had which partition, as it knew itself. */
  readonly owners: readonly {
    readonly partition: string;
    readonly process: number;
    readonly generation: number;
    readonly fromUs: number;
    readonly toUs: number;
  }[];
  readonly commits: readonly { readonly us: number; readonly partition: string; readonly offset: number }[];
}

export interface TransactionTrack {
  readonly id: string;
  /** As its coordinator has it. */
  readonly states: readonly {
    readonly us: number;
    readonly process: number;
    readonly state: string;
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly partitions: readonly string[];
    readonly reason: string;
  }[];
  /** From its first record in a leader's log to its marker there. */
  readonly bars: readonly {
    readonly partition: string;
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly fromUs: number;
    readonly toUs: number;
    readonly outcome: 'committed' | 'aborted' | 'open';
    readonly firstOffset: number;
    /** -1: it has none. */
    readonly markerOffset: number;
  }[];
}
