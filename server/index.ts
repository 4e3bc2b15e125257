/** A cluster for real clients, as a library. */
export type { ClusterNode } from './cluster-node.ts';
export { globalSetup, globalTeardown } from './global-setup.ts';
export type { ServedTopic } from './topics.ts';
export { type Cluster, type ServeOptions, serve } from './serve.ts';
