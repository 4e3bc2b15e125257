/** Nodes of a cluster. */
export { formatStorage, storageDirectories } from './format-storage.ts';
export type { NodeInspection, ReplicaInspection } from './inspection.ts';
export { type RunningNode, startNode } from './node.ts';
