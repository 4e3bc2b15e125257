/** What a node shows an operator, and the checkers of a simulation's final state. Views only: nothing here changes the node. */
import type { ActiveProducer, OpenTransaction } from '../log/types.ts';
import { type MetadataImage, topicByName } from '../metadata/image.ts';
import type { MetadataLoader } from '../metadata/loader.ts';
import { Offset } from '../protocol/numbers.ts';
import type { RaftClient } from '../raft/raft-client.ts';
import type { Partition } from '../replication/partition.ts';
import type { CompactionProgress } from '../log/cleaner/log-cleaner.ts';
import type { BrokerState } from './broker-lifecycle-manager.ts';
import type { BrokerServer } from './broker-server.ts';
import type { GroupSummary } from '../group/api.ts';
import type { TransactionSummary } from '../transaction/transaction-coordinator.ts';
import type { NodeSettings } from './node-settings.ts';

/** One hosted replica. */
export interface ReplicaInspection {
  readonly partition: string;
  readonly topicId: string;
  readonly role: 'leader' | 'follower' | 'new' | 'offline' | 'stopped';
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  /** The ISR by the metadata that this broker has. */
  readonly isr: readonly number[];
  /** As leader: an ISR change waits for the controller. */
  readonly isrChangePending: boolean;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** With flush.messages due: the end of what has been synced. */
  readonly logEndOffset: number;
  /** By where they begin. */
  readonly openTransactions: readonly OpenTransaction[];
  /** As leader: the oldest of them has been left alone for longer than its coordinator may take to end it. */
  readonly hasLateTransaction: boolean;
  readonly epochs: readonly { readonly epoch: number; readonly startOffset: number }[];
  /** What its cleaner has before it; null if nobody compacts it. */
  readonly compaction: CompactionProgress | null;
  /** What the log remembers of those who write to it. */
  producers(): readonly ActiveProducer[];
  /** Whole batches from an offset on, at least one if there is any; empty at the end of the log. Not to be written to. */
  read(fromOffset: number, maxBytes: number): Uint8Array;
}

interface QuorumInspection {
  readonly role: string;
  readonly leaderId: number;
  readonly epoch: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
}

export interface BrokerInspection {
  readonly state: BrokerState;
  readonly brokerEpoch: number;
  readonly replicas: readonly ReplicaInspection[];
  readonly groups: readonly GroupSummary[];
  /** The transactional ids that this broker coordinates. */
  readonly transactions: readonly TransactionSummary[];
  /** The metadata that the broker's parts were told of; it may lag behind `metadata`. */
  readonly publishedOffset: number;
  readonly offlineDirectories: readonly string[];
  /** Requests that wait for something. */
  readonly waiting: { readonly produce: number; readonly fetch: number; readonly deleteRecords: number };
  readonly controllerRequests: { readonly alterPartition: number; readonly forwarded: number };
}

export interface NodeInspection {
  readonly nodeId: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  readonly quorum: QuorumInspection;
  /** The committed metadata as far as this node has applied them. */
  readonly metadata: MetadataImage;
  /** Null on a pure controller. */
  readonly broker: BrokerInspection | null;
}

export interface InspectedParts {
  readonly settings: NodeSettings;
  readonly raft: RaftClient;
  readonly loader: MetadataLoader;
  readonly broker: BrokerServer | null;
}

/** A view of a node as it is now. */
export function inspectNode({ settings, raft, loader, broker }: InspectedParts): NodeInspection {
  return {
    nodeId: settings.nodeId,
    isBroker: settings.isBroker,
    isController: settings.isController,
    quorum: {
      role: raft.roleName,
      ...raft.leaderAndEpoch,
      highWatermark: raft.highWatermark,
      logStartOffset: raft.logStartOffset,
      logEndOffset: raft.logEndOffset,
    },
    metadata: loader.image,
    broker: broker === null ? null : inspectBroker(broker),
  };
}

function inspectBroker(broker: BrokerServer): BrokerInspection {
  return {
    state: broker.lifecycle.state,
    brokerEpoch: broker.lifecycle.brokerEpoch,
    replicas: Array.from(broker.replicas.allPartitions(), (partition) => inspectReplica(partition, broker)),
    groups: broker.groups.groups(),
    transactions: broker.transactions.transactions(),
    publishedOffset: broker.image.provenance.offset,
    offlineDirectories: broker.logs.offlineDirectories(),
    waiting: broker.replicas.delayedOperations,
    controllerRequests: broker.pendingControllerRequests,
  };
}

function inspectReplica(partition: Partition, { image, logs, transactionMaxTimeoutMs }: BrokerServer): ReplicaInspection {
  const { log, role } = partition;
  const registration = topicByName(image, partition.topic)?.partitions.get(partition.index);
  return {
    partition: partition.key,
    topicId: partition.topicId,
    role: role.kind,
    leaderEpoch: partition.leaderEpoch,
    partitionEpoch: partition.partitionEpoch,
    isr: registration?.isr ?? [],
    isrChangePending: role.kind === 'leader' && role.isr.kind !== 'committed',
    highWatermark: log.highWatermark,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.logStartOffset,
    logEndOffset: log.visibleEndOffset,
    openTransactions: log.openTransactions(),
    hasLateTransaction: role.kind === 'leader' && log.hasLateTransaction(transactionMaxTimeoutMs),
    epochs: log.epochEntries(),
    compaction: logs.compaction(partition.key),
    producers: () => log.activeProducers(),
    read: (fromOffset, maxBytes) => {
      const read = log.read(Offset(fromOffset), { maxBytes, minOneMessage: true, upperBound: 'log-end' });
      return read === 'out-of-range' ? new Uint8Array(0) : read.records;
    },
  };
}
