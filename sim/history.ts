/**
 * What the applications saw: invocations of client operations and how they ended. It is recorded by the wrappers of
 * `sim/workload/`, at the boundary between application and client, and knows nothing of the servers. Checkers of client
 * histories (properties J*, N*, GR5, ...) read this and nothing else.
 *
 * `step` is the kernel's event number: a total order without clocks.
 */
import type { ClientConfigName, GivenConfigs } from '../core/config/index.ts';
import type { Micros } from '../ports/time.ts';

/** What an application is: one client object of one incarnation of one process. */
export interface Session {
  readonly id: number;
  /** Process name, e.g. `writer-2`. */
  readonly client: string;
  readonly incarnation: number;
  /** `program`: what an application that brings its own clients does with Kafka besides sending. `service`: what others ask by HTTP. */
  readonly kind: 'producer' | 'consumer' | 'admin' | 'program' | 'service';
  /** The Kafka properties it was made with. */
  readonly properties: GivenConfigs<ClientConfigName>;
  /** Read off the frames of a client that is not Trial's: each request is an operation, also one that the client makes again by itself. */
  readonly isOfFrames?: true;
}

export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Of which topic of that name the broker read it; null where it was asked by name alone. Sends and offsets are by name: nobody knows. */
  readonly topicId: string | null;
  readonly leaderEpoch: number;
  /** The value as text; every produced value is unique and says who produced it. A tombstone has none: what it is known by (workload/tombstone.ts). */
  readonly value: string;
}

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A value of JSON, as text, that a service keeps under a key; null: it was removed. */
export interface StoredChange {
  readonly key: string;
  readonly value: string | null;
}

/** Arguments of an operation, given with its invocation. */
export type Invocation =
  | {
      readonly f: 'send';
      readonly topic: string;
      readonly partition: number | null;
      readonly key: string | null;
      readonly value: string;
      /** The transaction that it is a part of: the number of that operation. */
      readonly transaction?: number;
      /** The value of the record that it was made of, of one that a transaction consumes, transforms and produces. */
      readonly input?: string;
    }
  | { readonly f: 'init-transactions'; readonly transactionalId: string }
  /** From `beginTransaction` to the answer that tells what became of it; `attempt` counts those of its session, from 1. */
  | { readonly f: 'transaction'; readonly transactionalId: string; readonly attempt: number }
  | {
      readonly f: 'send-offsets';
      readonly transactionalId: string;
      readonly transaction: number;
      readonly group: string;
      readonly offsets: readonly PartitionOffset[];
    }
  /** `commitTransaction` or `abortTransaction`; an application may call it again after an error. */
  | {
      readonly f: 'end-transaction';
      readonly transactionalId: string;
      readonly transaction: number;
      readonly commit: boolean;
    }
  /** What it may return is the session's `isolation.level`. */
  | { readonly f: 'poll' }
  | {
      readonly f: 'commit';
      readonly mode: 'sync' | 'async';
      readonly offsets: readonly PartitionOffset[] | null;
      /** What a commit without offsets commits: a partition whose position was not known at the last poll may have one again. */
      readonly positions?: readonly PartitionOffset[];
    }
  | { readonly f: 'seek'; readonly topic: string; readonly partition: number; readonly offset: number | 'beginning' | 'end' }
  | { readonly f: 'subscribe'; readonly topics: readonly string[] }
  | { readonly f: 'assign'; readonly partitions: readonly { readonly topic: string; readonly partition: number }[] }
  | { readonly f: 'committed'; readonly partitions: readonly { readonly topic: string; readonly partition: number }[] }
  | { readonly f: 'list-offsets'; readonly topic: string; readonly partition: number; readonly at: 'earliest' | 'latest' }
  | { readonly f: 'admin'; readonly operation: string; readonly detail: string };

/** Results of an operation that ended well. */
export type Completion =
  | {
      readonly f: 'send';
      readonly partition: number /** -1 under acks=0, or for a duplicate whose offset is not known any more. */;
      readonly offset: number;
    }
  | {
      readonly f: 'poll';
      readonly records: readonly ReadRecord[] /** Positions after the poll. */;
      readonly positions: readonly PartitionOffset[];
    }
  | { readonly f: 'commit'; readonly offsets: readonly PartitionOffset[] }
  | { readonly f: 'transaction'; readonly outcome: 'committed' | 'aborted' }
  | { readonly f: 'init-transactions' | 'send-offsets' | 'end-transaction' }
  | { readonly f: 'seek' | 'subscribe' | 'assign' | 'admin' }
  | { readonly f: 'committed'; readonly offsets: readonly PartitionOffset[] }
  | { readonly f: 'list-offsets'; readonly offset: number; readonly leaderEpoch: number };

export type HistoryEvent = { readonly step: number; readonly timeUs: Micros; readonly session: Session } & (
  | { readonly type: 'invoke'; readonly op: number; readonly call: Invocation }
  /** It took effect. */
  | { readonly type: 'ok'; readonly op: number; readonly call: Invocation; readonly result: Completion }
  /** It certainly did not and never will take effect. */
  | { readonly type: 'fail'; readonly op: number; readonly call: Invocation; readonly error: string }
  /** Anything else: it may or may not have taken effect, or still may. */
  | { readonly type: 'info'; readonly op: number; readonly call: Invocation; readonly error: string }
  /** Group membership as the application's listener saw it. */
  | {
      readonly type: 'assigned' | 'revoked' | 'lost';
      readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
      readonly generation: number;
    }
  /** The application finished processing these records, in this order. */
  | { readonly type: 'processed'; readonly records: readonly ReadRecord[] }
  /** A program's client was answered that these are committed; of a transaction, when it was. */
  | { readonly type: 'offsets-committed'; readonly group: string; readonly offsets: readonly PartitionOffset[] }
  /** A simulated service has made these durable, as one transaction. */
  | { readonly type: 'stored'; readonly service: string; readonly changes: readonly StoredChange[] }
  /** The consumer was closed in order, or its process died. */
  | { readonly type: 'closed' | 'crashed' }
  | { readonly type: 'opened' }
);

/** Whoever wants to hear of operations as they happen. */
export type HistoryListener = (event: HistoryEvent) => void;
