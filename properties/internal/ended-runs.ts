/** How the lives of nodes ended, by their incarnation: which did not end in order. */
import type { CheckContext } from '../../sim/observe.ts';

export class EndedRuns {
  /** By process name. */
  readonly #running = new Map<string, string>();
  readonly #broken = new Set<string>();

  constructor(context: CheckContext) {
    context.on('node-started', ({ incarnationId }, { node }) => void this.#running.set(node, incarnationId));
    context.onWorld(({ type, node }) => {
      if (type === 'stopped') this.#running.delete(node);
      const incarnation = type === 'crashed' || type === 'power-lost' ? this.#running.get(node) : undefined;
      if (incarnation !== undefined) this.#broken.add(incarnation);
    });
  }

  /** Was this incarnation of a node killed, or did it lose power while it ran? */
  isBroken(incarnationId: string): boolean {
    return this.#broken.has(incarnationId);
  }
}
