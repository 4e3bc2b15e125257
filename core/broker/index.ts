/** Nodes of a cluster. */
export { formatStorage } from './format-storage.ts';
export type {} from './inspection.ts';
export { type RunningNode, startNode } from './node.ts';
