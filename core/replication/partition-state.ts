/** What a broker knows of one of its partitions: the log, its own role, and what metadata and controller have said last. */
import type { Environment } from '../environment.ts';
import type { Log } from '../log/log.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type BrokerEpoch, type BrokerId, type LeaderEpoch, NONE, type PartitionEpoch } from '../protocol/numbers.ts';
import { type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import type { AlterPartitionManager } from './alter-partition-manager.ts';
import type { PartitionRole } from './partition-role.ts';
import type { ClusterView } from './ports.ts';
import type { TopicSettings } from './types.ts';

/** What all partitions of a broker share. */
export interface PartitionContext {
  readonly env: Environment;
  readonly brokerId: BrokerId;
  readonly brokerEpoch: () => BrokerEpoch;
  readonly cluster: () => ClusterView;
  readonly alterPartitions: AlterPartitionManager;
  readonly replicaLagMaxMs: number;
  readonly settings: (topic: string) => TopicSettings;
  /** Operations that wait for this partition may be able to go on. */
  readonly wake: (key: TopicPartitionKey) => void;
}

export class PartitionState {
  readonly key: TopicPartitionKey;
  readonly topic: string;
  readonly index: number;
  readonly topicId: string;
  readonly log: Log;
  role: PartitionRole = { kind: 'new' };
  leaderEpoch: LeaderEpoch = NONE;
  partitionEpoch: PartitionEpoch = NONE;
  /** The assignment. */
  replicas: readonly BrokerId[] = [];
  /** min.insync.replicas of the topic. */
  minInsyncReplicas: number;

  constructor(topic: string, index: number, topicId: string, log: Log, minInsyncReplicas: number) {
    this.topic = topic;
    this.index = index;
    this.key = topicPartitionKey(topic, index);
    this.topicId = topicId;
    this.log = log;
    this.minInsyncReplicas = minInsyncReplicas;
  }

  /** min.insync.replicas, but never more than there are replicas. */
  get effectiveMinIsr(): number {
    return Math.min(this.minInsyncReplicas, Math.max(1, this.replicas.length));
  }

  /** What is answered to a request for the leader, which this broker is not. */
  get notLeaderError(): number {
    return this.role.kind === 'offline' ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** May a request of this leader epoch (-1: not given) be served here? An error code, 0 for yes. */
  checkAccess(currentLeaderEpoch: LeaderEpoch, onlyLeader: boolean): number {
    const { kind } = this.role;
    if (kind === 'offline') return ErrorCode.KAFKA_STORAGE_ERROR;
    if (kind === 'new' || kind === 'stopped') return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    if (currentLeaderEpoch !== NONE) {
      if (currentLeaderEpoch < this.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
      if (currentLeaderEpoch > this.leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH;
    }
    return onlyLeader && kind !== 'leader' ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.NONE;
  }
}
