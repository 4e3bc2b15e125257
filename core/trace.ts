/**
 * The typed events that core emits about itself, a file a part in `trace/`. Checkers, reports, event-triggered faults and
 * coverage read these and nothing else of a node's inner life. An event is emitted in the same step as the state change it
 * tells of. The world adds the node, the incarnation and the time.
 *
 * `partition` is `topic-index`, e.g. `orders-0`; the metadata log is `__cluster_metadata-0`. `batch` fields are the bytes of
 * one record batch v2, by reference: read them, never write.
 */
import type { CoreMark } from './marks.ts';
import type { BrokerEvent } from './trace/broker-events.ts';
import type { ClientEvent } from './trace/client-events.ts';
import type { GroupEvent } from './trace/group-events.ts';
import type { LogEvent } from './trace/log-events.ts';
import type { MetadataEvent } from './trace/metadata-events.ts';
import type { QuorumEvent } from './trace/quorum-events.ts';
import type { ReplicationEvent } from './trace/replication-events.ts';
import type { SecurityEvent } from './trace/security-events.ts';
import type { TransactionEvent } from './trace/transaction-events.ts';

/** A rare state worth reaching (TigerBeetle's marks, Antithesis' sometimes): a campaign counts each name. */
interface MarkEvent {
  readonly type: 'mark';
  readonly name: CoreMark;
}

export type TraceEvent =
  | LogEvent
  | ReplicationEvent
  | QuorumEvent
  | MetadataEvent
  | BrokerEvent
  | GroupEvent
  | TransactionEvent
  | ClientEvent
  | SecurityEvent
  | MarkEvent;

export type TraceEventType = TraceEvent['type'];
export type TraceEventOf<T extends TraceEventType> = Extract<TraceEvent, { type: T }>;
