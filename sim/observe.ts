/**
 * How a run is watched. The simulation tells observers what happens and does not know the properties: checkers are handed
 * to it as factories, subscribe to what they need, and report.
 */
import type { NodeInspection } from '../core/broker/inspection.ts';
import type { TraceEventOf, TraceEventType } from '../core/trace.ts';
import type { Micros } from '../ports/time.ts';
import type { DurabilityGhost } from './durability.ts';
import type { HistoryEvent } from './history.ts';
import type { Plan } from './plan.ts';

/** A plan as checkers see it: which faults it names proves nothing, they judge by what happened. */
type CheckedPlan = Omit<Plan, 'faults'>;

export type Phase = 'boot' | 'warm-up' | 'chaos' | 'heal' | 'settle' | 'verify' | 'done';

/** Where and when a trace event was emitted. One object is reused for all: read it, do not keep it. */
export interface Occurrence {
  /** Process name, e.g. `b2`. */
  node: string;
  /** Kafka node id of the process, -1 for clients. */
  nodeId: number;
  /** Which life of the process, from 1. */
  incarnation: number;
  timeUs: Micros;
  /** The kernel's event number. */
  step: number;
}

/** What became of a disk. */
export type StorageFact =
  /** Memory lost, and what was not synced may be lost. */
  | { readonly type: 'power-lost' }
  | { readonly type: 'disk-wiped'; readonly directory: string | null }
  /** It is as it was so long ago. */
  | { readonly type: 'disk-restored'; readonly ageMs: number }
  /** Durable bytes changed under the system: bit rot, torn writes. */
  | { readonly type: 'disk-corrupted'; readonly path: string };

/** What the world did to a process or its storage, as it happened (not as planned). */
export type WorldChange = { readonly timeUs: Micros; readonly step: number; readonly node: string; readonly nodeId: number } & (
  | { readonly type: 'started'; readonly incarnation: number }
  /** Memory lost, page cache kept. */
  | { readonly type: 'crashed'; readonly reason: string }
  | StorageFact
  /** Bytes of this file that a sync was to make durable count as clean and are not on the medium: power loss takes them. */
  | { readonly type: 'sync-lied'; readonly path: string }
  | { readonly type: 'stopped' }
  | { readonly type: 'paused' | 'resumed' }
  /**
   * All that its process does takes so many times as long from now on, across restarts (1: as long as ever), but for what is under way until
   * `busyUntilUs`.
   */
  | { readonly type: 'slowed'; readonly factor: number; readonly busyUntilUs: Micros }
);

/** A fault of the plan took effect, ended, or was refused by the budget or the state of the world. */
export interface FaultChange {
  readonly type: 'fault';
  readonly kind: string;
  /** Process names. */
  readonly targets: readonly string[];
  readonly change: 'begins' | 'ends' | 'refused';
  /** How long it lasts, of one that begins; null: nothing is to be undone. */
  readonly forMs: number | null;
}

/** What a violation rests on: what its sentence names, as values. Of one that is said of a single log: nodeId, partition and topicId. */
export interface ViolationFacts {
  /** Who did what is wrong, or has it. */
  readonly nodeId?: number;
  /** The other one of two that do not agree, or whom the first one asked, told or voted for. */
  readonly otherNodeId?: number;
  /** Whom a controller's decision concerns. */
  readonly brokerId?: number;
  /** `topic-partition`. */
  readonly partition?: string;
  readonly topicId?: string;
  readonly offset?: number;
  /** Of the metadata log: the epoch of the quorum. */
  readonly leaderEpoch?: number;
  readonly group?: string;
  readonly generation?: number;
  /** Member id. */
  readonly member?: string;
  /** Process name of an application. */
  readonly client?: string;
  readonly producerId?: number;
}

export interface Violation {
  /** Id of the property, as in `trial list properties`. */
  readonly property: string;
  /** One sentence with the facts. */
  readonly message: string;
  /** With three decimals: to the microsecond. */
  readonly atMs: number;
  /** Absent in files that older versions wrote. */
  readonly facts?: ViolationFacts | undefined;
  /** What the facts are in the cluster, without names and numbers: `the leader, a topic`. Absent in files that older versions wrote. */
  readonly roles?: string | undefined;
}

/** The cluster as an operator could see it, between two events. */
export interface ClusterView {
  readonly plan: CheckedPlan;
  readonly phase: Phase;
  readonly timeUs: Micros;
  /** Nodes whose process is alive, by process name. */
  readonly nodes: ReadonlyMap<string, NodeInspection>;
  /** All nodes of the cluster: process name to Kafka node id. */
  readonly nodeIds: ReadonlyMap<string, number>;
  /** Group consumers that are at work (open, and polled): session id, group, topics subscribed. */
  readonly consumers: readonly {
    readonly session: number;
    readonly client: string;
    readonly group: string;
    readonly topics: readonly string[];
  }[];
  /** Sessions of open consumers that nobody polls: of them nothing can be expected. */
  readonly idle: ReadonlySet<number>;
  /** Every partition read from its beginning to its end by a fresh consumer; only in the verify phase. */
  readonly finalReads: ReadonlyMap<string, FinalRead> | null;
  /** The same with `isolation.level=read_committed`; where nobody began a transaction, the same reads. */
  readonly finalCommittedReads: ReadonlyMap<string, FinalRead> | null;
  /** `; last refused: ...` about any of these partitions, groups and APIs; '' if nothing was. The end of a sentence about what does not come. */
  readonly lastRefused: (concerns: readonly string[]) => string;
  /** Why a partition can't be expected to be available, in Kafka's own terms, if so; null otherwise. */
  readonly excusedPartitions: ReadonlyMap<string, string>;
}

export interface FinalRead {
  readonly topic: string;
  readonly partition: number;
  /** Before the reading. */
  readonly beginningOffset: number;
  /** After the reading: retention goes on meanwhile. */
  readonly beginningOffsetAfter: number;
  readonly endOffset: number;
  readonly records: readonly {
    readonly offset: number;
    /** As in `ReadRecord`. */
    readonly topicId: string | null;
    readonly value: string;
    readonly key: string | null;
  }[];
}

/** What a checker is given. */
export interface CheckContext {
  readonly plan: CheckedPlan;
  on<T extends TraceEventType>(type: T, handler: (event: TraceEventOf<T>, at: Occurrence) => void): void;
  onHistory(handler: (event: HistoryEvent) => void): void;
  onWorld(handler: (change: WorldChange) => void): void;
  onFault(handler: (fault: FaultChange) => void): void;
  /** Reports a violation and what it rests on; the first one of each property is kept, the run goes on to the end of its phase. */
  violated(property: string, message: string, facts?: ViolationFacts): void;
  /**
   * Counts one time when what a property guards could have gone wrong: the guard had to act, or the states that it compares could have
   * differed. What is looked at in every run and never at risk is not counted: a campaign in which a property counts nothing says so
   * (docs/simulated-world.md, "What is told, and how it is judged").
   */
  evaluated(property: string, count?: number): void;
  /** Counts a mark. */
  mark(name: string): void;
  /** The guarantee is not promised in this run from here on; the sentence says why. Listed in the result. */
  excuse(property: string, reason: string): void;
  /** Who lost stored records, and for which partitions that leaves the durability budget. */
  readonly durability: DurabilityGhost;
}

/** What is not promised in this run. The run asks, whoever knows the properties answers. */
export interface RunGuarantees {
  /** Why this violation is none in this run, as a sentence; null if it counts. */
  permits(property: string, facts: ViolationFacts): string | null;
  /** Partitions that can't be expected to be available, by `topic-partition`, each with the reason. */
  unavailablePartitions(): ReadonlyMap<string, string>;
  /** May what was decided of transactions of this id be lost? Then the property is excused: nobody may be able to end them, or to begin others. */
  decisionExcused(property: string, transactionalId: string): boolean;
  /** The partition that the state of transactions of this id is in; null before there is a topic for it. */
  statePartition(transactionalId: string): string | null;
}

/** What a healed cluster has not come to yet. */
export interface Unmet {
  readonly property: string;
  readonly message: string;
  /** As with `violated`. */
  readonly facts?: ViolationFacts;
  /** Partitions, groups and APIs by which it may be held up: the message tells what of theirs was refused last. */
  readonly concerns?: readonly string[];
  /** Who is on the way, and how far: while that grows nobody is stuck. */
  readonly progress?: { readonly of: string; readonly at: number };
}

export interface Checker {
  /** Polled once per simulated second in the settle phase: what is not yet as it must be, or null. */
  unsettled?(view: ClusterView): Unmet | null;
  /** After the verify phase. */
  atEnd?(view: ClusterView): void;
}

/** One property, or a family of them that share their state. */
export interface PropertyDefinition<Id extends string = string> {
  /** Ids with one line each, as `trial list properties` prints them. */
  readonly properties: readonly { readonly id: Id; readonly title: string }[];
  create(context: CheckContext): Checker;
}

/** These, of a type that knows their ids and leaves out their checkers, whose classes are nobody else's concern. */
export function propertyDefinitions<const Definitions extends readonly PropertyDefinition[]>(
  ...definitions: Definitions
): readonly PropertyDefinition<Definitions[number]['properties'][number]['id']>[] {
  return definitions;
}
