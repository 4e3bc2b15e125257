/**
 * A broker whose registration an earlier life of its own has made void. The request of a process that died may arrive when the next
 * one is registered already; until that one has sent a heartbeat it has no session, and the registration is taken
 * (ClusterControlManager.registerBroker, BrokerHeartbeatManager.hasValidSession, 4.3.1). Its heartbeats are then refused,
 * STALE_BROKER_EPOCH, and it never registers again by itself: Kafka's broker neither. The operator restarts it.
 */
export class VoidRegistrations {
  /** Incarnation of the running process of each node, and the nodes of all that ever were. */
  readonly #running = new Map<string, string>();
  readonly #nodes = new Map<string, string>();
  readonly #accepted = new Set<string>();

  onStarted(node: string, incarnationId: string): void {
    this.#running.set(node, incarnationId);
    this.#nodes.set(incarnationId, node);
  }

  /** The controller has taken a registration; it may be about to be committed. */
  onAccepted(incarnationId: string): void {
    this.#accepted.add(incarnationId);
  }

  /** A registration was committed. The node whose running process has lost its own by that; null: nobody's. */
  onCommitted(incarnationId: string): string | null {
    const node = this.#nodes.get(incarnationId);
    const running = node === undefined ? undefined : this.#running.get(node);
    if (node === undefined || running === undefined || running === incarnationId) return null;
    return this.#accepted.has(running) ? node : null;
  }
}
