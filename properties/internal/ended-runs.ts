/**
 * How the lives of nodes ended, by their incarnation: which did not end in order. One that is killed when all its logs are flushed, and it has
 * begun to say so on its disk (`.kafka_cleanshutdown`), has lost nothing, and its successor may find that file: it ended in order.
 */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { CheckContext } from '../../sim/observe.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';

export class EndedRuns {
  readonly #ghost: ClusterGhost;
  /** By process name. */
  readonly #running = new Map<string, string>();
  readonly #broken = new Set<string>();
  /** Processes that have closed their logs with all of it flushed. */
  readonly #flushed = new Set<string>();

  constructor(context: CheckContext) {
    this.#ghost = ghostOf(context);
    context.on('node-started', ({ incarnationId }, { node }) => {
      this.#running.set(node, incarnationId);
      this.#flushed.delete(node);
    });
    context.on('clean-shutdown-marked', (_event, { node, nodeId }) => {
      if (this.#isFlushed(nodeId)) this.#flushed.add(node);
    });
    context.on('log-appended', ({ partition }, { node }) => {
      if (this.#flushed.size > 0 && partition !== METADATA_PARTITION) this.#flushed.delete(node);
    });
    context.onWorld(({ type, node }) => {
      if (type === 'stopped') this.#running.delete(node);
      const isBreak = type === 'crashed' || type === 'power-lost';
      const incarnation = isBreak && !this.#flushed.has(node) ? this.#running.get(node) : undefined;
      if (incarnation !== undefined) this.#broken.add(incarnation);
    });
  }

  /** Was this incarnation of a node killed, or did it lose power, while its logs had something to lose? */
  isBroken(incarnationId: string): boolean {
    return this.#broken.has(incarnationId);
  }

  #isFlushed(nodeId: number): boolean {
    for (const partition of this.#ghost.partitions.values()) {
      const replica = partition.replicas.get(nodeId);
      if (replica === undefined || partition.removed || partition.name === METADATA_PARTITION || replica.role === 'stopped')
        continue;
      if (replica.flushedTo < replica.log.end) return false;
    }
    return true;
  }
}
