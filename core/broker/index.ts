/** Nodes of a cluster. */
export type { GroupCoordinatorFactory, GroupCoordinatorParts } from './BrokerServer.ts';
export { coordinatorPartition } from './coordinatorPartition.ts';
export { formatStorage, storageDirectories } from './formatStorage.ts';
export type { GroupCoordinator, GroupRequestContext, GroupSummary } from './GroupCoordinatorApi.ts';
export type { NodeInspection, ReplicaInspection } from './inspection.ts';
export { type NodeParts, type RunningNode, startNode } from './node.ts';
