/** Nodes of a cluster. */
export { formatStorage } from './format-storage.ts';
export type {} from './inspection.ts';
export { type NodeOptions, type NodeOperations, type RunningNode, startNode } from './node.ts';
export { highestLevel, OLDER_RELEASES, type OlderRelease } from './releases.ts';
