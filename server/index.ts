/** A cluster for real clients, as a library. */
export type { ClusterNode } from './ClusterNode.ts';
export { type Cluster, type ServeOptions, serve } from './serve.ts';
