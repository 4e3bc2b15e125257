/** A served cluster for a test file, and small helps for waiting. */
import type { TestFn } from 'ava';
import { type Cluster, type ServeOptions, serve } from '../../server/serve.ts';

export interface Served {
  cluster: Cluster;
  readonly brokers: string[];
}

/** Starts a cluster before the tests of a file and stops it after; a node that ended by itself fails the file. */
export function servedCluster(test: TestFn<Served>, options: ServeOptions): void {
  const failures: string[] = [];
  test.before(async (t) => {
    const cluster = await serve({
      port: 0,
      quiet: true,
      ...options,
      onRequestError: (node, api, error) => failures.push(`${node.name} could not handle ${api}: ${String(error)}`),
      onNodeFailed: (node, reason) => failures.push(`${node.name} ended: ${reason}`),
    });
    t.context.cluster = cluster;
    Object.assign(t.context, { brokers: cluster.bootstrapServers.split(',') });
  });
  test.after.always(async (t) => {
    await t.context.cluster.stop();
    t.deepEqual(failures, []);
  });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Resolves with the first value that is not null; rejects when `limitMs` have gone by. */
export async function eventually<T>(what: string, probe: () => T | null | Promise<T | null>, limitMs = 20_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await probe();
    if (value !== null) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`);
    await sleep(20);
  }
}
