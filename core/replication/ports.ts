/**
 * What replication needs of its neighbours, no more: the parts of the metadata image and of the broker's configuration it
 * reads, and the two ways it talks to other nodes. The real MetadataImage, BrokerConfig and RpcClient fit these shapes.
 */
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { BrokerEpoch, BrokerId, LeaderEpoch, PartitionEpoch } from '../protocol/numbers.ts';
import type { TopicPartition, TopicPartitionKey } from '../protocol/partition.ts';
import type { Draft } from '../protocol/schema.ts';
import type { WritingTransaction } from './types.ts';

/** A partition as the committed metadata has it. `leader` -1: none. */
export interface PartitionView {
  readonly replicas: readonly BrokerId[];
  /** Log directory id of each replica, in the order of `replicas`. */
  readonly directories: readonly string[];
  readonly isr: readonly BrokerId[];
  readonly removingReplicas: readonly BrokerId[];
  readonly addingReplicas: readonly BrokerId[];
  readonly leader: BrokerId;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
}

interface TopicView {
  readonly name: string;
  readonly id: string;
  readonly partitions: ReadonlyMap<number, PartitionView>;
}

export interface BrokerView {
  readonly id: BrokerId;
  readonly epoch: BrokerEpoch;
  readonly endpoints: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
  readonly rack: string | null;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
}

export interface ClusterView {
  readonly brokers: ReadonlyMap<BrokerId, BrokerView>;
  readonly topicsById: ReadonlyMap<string, TopicView>;
  /** Name to id. */
  readonly topicIds: ReadonlyMap<string, string>;
  /** Finalized levels by name. */
  readonly features: ReadonlyMap<string, number>;
}

/** What changed since the last image (metadata/delta.ts). */
export interface TopicsDelta {
  readonly changedTopics: ReadonlyMap<
    string,
    {
      readonly name: string;
      readonly changedPartitions: ReadonlyMap<number, PartitionView>;
      readonly removedPartitions: ReadonlySet<number>;
    }
  >;
  readonly deletedTopicIds: ReadonlySet<string>;
}

/** The broker's settings that replication reads, by Kafka's names. */
export interface ReplicationConfig {
  readonly 'replica.lag.time.max.ms': number;
  readonly 'replica.fetch.backoff.ms': number;
  readonly 'replica.fetch.wait.max.ms': number;
  readonly 'replica.fetch.min.bytes': number;
  readonly 'replica.fetch.max.bytes': number;
  readonly 'replica.fetch.response.max.bytes': number;
  readonly 'fetch.max.bytes': number;
  readonly 'max.incremental.fetch.session.cache.slots': number;
  readonly 'replica.selector.class'?: string | null;
  readonly 'request.timeout.ms': number;
  readonly 'transaction.partition.verification.enable': boolean;
  readonly 'add.partitions.to.txn.retry.backoff.ms': number;
  readonly 'add.partitions.to.txn.retry.backoff.max.ms': number;
}

export interface Endpoint {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

export type RpcResult<T> =
  | { readonly ok: true; readonly response: T; readonly version: number }
  | {
      readonly ok: false;
      readonly reason: 'disconnected' | 'timed-out' | 'unsupported-version' | 'closed' | 'authentication-failed';
      readonly sent: boolean;
    };

/** Connections to the other brokers (core/rpc RpcClient). */
export interface InterBrokerRpc {
  send<A extends ApiName>(
    to: Endpoint,
    api: A,
    request: Draft<RequestTypes[A]>,
    options: { readonly timeoutMs?: number; readonly minVersion?: number; readonly maxVersion?: number },
    done: (result: RpcResult<ResponseTypes[A]>) => void,
  ): void;
}

/** How a request to the controller ended, however often it was sent. */
export type ControllerResult<T> = RpcResult<T> & {
  /** Attempts before the one that ended so which were sent and never answered: a controller may still receive them. */
  readonly unanswered: number;
};

/** The way to the active controller: finds it, follows NOT_CONTROLLER, gives up after a time. */
export interface ControllerChannel {
  send<A extends ApiName>(
    api: A,
    request: Draft<RequestTypes[A]>,
    done: (result: ControllerResult<ResponseTypes[A]>) => void,
    versions?: { readonly minVersion?: number },
  ): void;
}

/** Asks the coordinators of transactions (core/broker/add-partitions-to-txn-manager.ts). */
export interface TransactionVerifier {
  /** `done` is told the partitions that do not take part in the transaction, or that nobody could tell of, with an error each. */
  addOrVerify(
    transaction: WritingTransaction,
    partitions: readonly TopicPartition[],
    done: (errors: ReadonlyMap<TopicPartitionKey, number>) => void,
  ): void;
}
