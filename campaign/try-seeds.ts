/** The smallest campaign there is: any function of a seed, seed after seed in this thread, until one fails. */
import type { Host } from '../world/host.ts';
import { createNodeHost } from './host-node.ts';
import { type SeedRange, seedsOf } from './seeds.ts';

/** A seed, and what its run failed with. */
export interface SeedFailure {
  readonly seed: number;
  readonly error: unknown;
}

/**
 * Calls `run` for one seed after the other, each with a host of its own for `World.run`, and stops at the first that fails:
 * whose function rejects, waits for the real world, or leaves behind a rejection that nobody handles. Null: none did.
 * `{ from: 7, to: 7 }` runs seed 7 again.
 */
export async function trySeeds(seeds: SeedRange, run: (seed: number, host: Host) => Promise<void>): Promise<SeedFailure | null> {
  for (const seed of seedsOf(seeds)) {
    const host = createNodeHost();
    try {
      await host.within(null, () => run(seed, host));
      // The platform tells of rejections that nobody handles in a turn of its own.
      await new Promise<void>((resolve) => host.yieldToHost(resolve));
      const escape = host.reachedOut ?? host.escapes()[0];
      if (escape !== undefined) return { seed, error: escape.error };
    } catch (error) {
      return { seed, error };
    } finally {
      host.close();
    }
  }
  return null;
}
