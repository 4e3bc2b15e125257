/** When a cluster is ready: every broker that is up, and not paused, serves and has applied that all of them are unfenced. Learned from the trace. */
import type { TraceEvent } from '../core/trace.ts';
import type { ClusterNode } from './cluster-node.ts';

interface NodeView {
  running: boolean;
  /** Brokers that are unfenced by the metadata that this node has applied. */
  readonly unfenced: Set<number>;
}

export class Readiness {
  readonly #views = new Map<ClusterNode, NodeView>();
  readonly #waiting = new Set<{ check: () => void; fail: (reason: string) => void }>();

  onTrace(node: ClusterNode, event: TraceEvent): void {
    if (event.type === 'node-started') {
      this.#views.set(node, { running: false, unfenced: new Set() });
      return;
    }
    if (event.type !== 'broker-state-changed' && event.type !== 'metadata-applied') return;
    const view = this.#views.get(node);
    if (view === undefined) return;
    if (event.type === 'broker-state-changed') {
      view.running = event.to === 'RUNNING';
    } else {
      if (event.fromSnapshot) view.unfenced.clear();
      for (const { brokerId, fenced } of event.brokers) {
        if (fenced) view.unfenced.delete(brokerId);
        else view.unfenced.add(brokerId);
      }
      for (const brokerId of event.removedBrokers) view.unfenced.delete(brokerId);
    }
    for (const { check } of this.#waiting) check();
  }

  onFailed(node: ClusterNode, reason: string): void {
    for (const { fail } of this.#waiting) fail(`${node.name} ended: ${reason}`);
  }

  close(): void {
    for (const { fail } of this.#waiting) fail('The cluster was stopped.');
  }

  wait(nodes: readonly ClusterNode[], timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error: Error | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        if (error === null) resolve();
        else reject(error);
      };
      const waiter = {
        check: () => {
          if (this.#isReady(nodes)) finish(null);
        },
        fail: (reason: string) => finish(new Error(reason)),
      };
      const timer = setTimeout(() => {
        const late = nodes.filter((node) => isAwake(node) && !this.#views.get(node)?.running);
        const who = late.length === 0 ? 'the brokers have not all heard of each other' : late.map(({ name }) => name).join(', ');
        finish(new Error(`The cluster was not ready after ${timeoutMs} ms: ${who}.`));
      }, timeoutMs);
      this.#waiting.add(waiter);
      waiter.check();
    });
  }

  #isReady(nodes: readonly ClusterNode[]): boolean {
    const brokers = nodes.filter(isAwake);
    return brokers.every((node) => {
      const view = this.#views.get(node);
      return view?.running === true && brokers.every(({ nodeId }) => view.unfenced.has(nodeId));
    });
  }
}

function isAwake(node: ClusterNode): boolean {
  return node.isBroker && node.isUp && !node.isPaused;
}
