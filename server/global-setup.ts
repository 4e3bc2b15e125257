/** A cluster for all tests of a run, for the global setup of vitest and jest. */
import { type Cluster, type ServeOptions, serve } from './serve.ts';

/** Where tests, which run in other processes, find the servers. */
const VARIABLE = 'KAFKA_BOOTSTRAP_SERVERS';

/** On the global object: a runner may load this module once for the setup and once more for the teardown. */
const KEY = Symbol.for('kafka-trial/global-cluster');
const store = globalThis as { [KEY]?: Cluster };

/**
 * Makes the function that a global setup exports as its default. It starts a cluster on free ports, names its servers in the
 * environment variable `KAFKA_BOOTSTRAP_SERVERS`, and returns what stops it again, which vitest calls by itself.
 */
export function globalSetup(options: ServeOptions = {}): () => Promise<() => Promise<void>> {
  return async () => {
    const cluster = await serve({ port: 0, ...options });
    store[KEY] = cluster;
    process.env[VARIABLE] = cluster.bootstrapServers;
    return globalTeardown;
  };
}

/** The default export of jest's global teardown: stops the cluster that the setup started. */
export async function globalTeardown(): Promise<void> {
  const cluster = store[KEY];
  delete store[KEY];
  delete process.env[VARIABLE];
  await cluster?.stop();
}
