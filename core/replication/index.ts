/** Replication: partition leaders and followers, the in-sync replicas, the high watermark, and what waits for them. */
export { type CoordinatorLog, ReplicatedCoordinatorLog } from './CoordinatorLog.ts';
export type { DeleteRecordsResult } from './DelayedDeleteRecords.ts';
export { FetchHandler } from './FetchHandler.ts';
export type { IsrState } from './isrState.ts';
export type { ListOffsetsResult, OffsetIsolation } from './listOffsets.ts';
export type { Partition, PartitionRole } from './Partition.ts';
export type { ControllerChannel, InterBrokerRpc, ReplicationConfig } from './ports.ts';
export { type EpochEndResult, ReplicaManager, type ReplicaManagerOptions } from './ReplicaManager.ts';
export type { AppendEntry, AppendOptions, AppendResult, FetchParams, FetchPartition, FetchPartitionResult } from './types.ts';
