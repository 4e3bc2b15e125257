/**
 * The durability budget (docs/guarantees.md, "The durability budget"): says of a fault that is about to happen whether it may, unless the
 * plan goes beyond the budget on purpose. It is asked before the act, so that a bug cannot excuse its own loss.
 *
 * The rules, per partition:
 * - A broker may lose stored records only while a clean member of the in-sync set lives that no fault endangers.
 * - While a dirty replica is in the in-sync set or eligible (KIP-966), nothing may happen to the set's last clean member that could end
 *   its session: no crash, no pause, no cut, no slowness.
 *
 * So the last leader of a partition, which is elected when nobody is in sync or eligible, has lost nothing either: it led when the set
 * lost its last member, and while nobody leads no replica may lose records.
 */
import { BROKER_CONFIG, numberGiven } from '../../core/config/index.ts';
import { micros } from '../../ports/time.ts';
import type { NodePlan } from '../cluster.ts';
import type { ClusterState } from '../cluster-state.ts';
import type { DurabilityGhost, PartitionGhost } from '../durability.ts';
import type { Plan } from '../plan.ts';
import { once, type Undo } from '../../world/undo.ts';
import type { World } from '../../world/world.ts';
import type { Stake } from './definition.ts';

export interface BudgetOptions {
  readonly plan: Plan;
  readonly world: World;
  readonly nodes: readonly NodePlan[];
  readonly state: ClusterState;
  readonly ghost: DurabilityGhost;
}

export class DurabilityBudget {
  readonly #options: BudgetOptions;
  readonly #ids: ReadonlyMap<string, number>;
  /** Nodes whose sessions are in danger, and by how many faults. */
  readonly #endangered = new Map<string, number>();
  /** Brokers that started and whose registration is not yet committed: the controller will drop them from every in-sync set. */
  readonly #unregistered = new Set<number>();
  readonly #sessionMs: number;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#ids = new Map(options.nodes.map(({ name, nodeId }) => [name, nodeId]));
    this.#sessionMs = numberGiven(BROKER_CONFIG, options.plan.cluster.properties, 'broker.session.timeout.ms');
  }

  onStarted(nodeId: number): void {
    this.#unregistered.add(nodeId);
  }

  onRegistered(nodeId: number): void {
    this.#unregistered.delete(nodeId);
  }

  /** May this be put at stake for these nodes now? */
  admits(stake: Stake, nodes: readonly string[]): boolean {
    if (this.#options.plan.budget === 'beyond') return true;
    const ids = new Set(nodes.map((name) => this.#ids.get(name)).filter((id) => id !== undefined));
    switch (stake) {
      case 'nothing':
        return true;
      case 'process':
      case 'session':
        return this.#mayEndanger(ids);
      case 'storage':
        return this.#mayEndanger(ids) && this.#mayLoseRecords(ids);
      case 'beyond':
        return false;
    }
  }

  /** A fault is under way by which these nodes may lose their sessions. The function: it is over. */
  endanger(nodes: readonly string[]): Undo {
    for (const node of nodes) this.#endangered.set(node, (this.#endangered.get(node) ?? 0) + 1);
    return once(() => {
      // A last heartbeat may be nearly as old as a session: they are safe again when a new one has surely arrived.
      this.#options.world.after(micros(this.#sessionMs), () => {
        for (const node of nodes) this.#endangered.set(node, Math.max(0, (this.#endangered.get(node) ?? 1) - 1));
      });
    });
  }

  /** No fault is under way any more. */
  allOver(): void {
    this.#endangered.clear();
  }

  #isSafe(broker: number): boolean {
    const name = this.#options.state.nameOf(broker);
    if (name === null || this.#unregistered.has(broker)) return false;
    const process = this.#options.world.process(name);
    return process.alive && !process.paused && (this.#endangered.get(name) ?? 0) === 0;
  }

  #mayEndanger(ids: ReadonlySet<number>): boolean {
    for (const partition of this.#options.ghost.partitions) {
      const { isr, elr, dirty } = partition;
      const mayBeElected = (replica: number): boolean => dirty.has(replica) && (isr.includes(replica) || elr.includes(replica));
      if (!partition.replicas.some(mayBeElected)) continue;
      if (isr.some((replica) => ids.has(replica)) && !this.#keepsOne(partition, ids)) return false;
    }
    return true;
  }

  #mayLoseRecords(ids: ReadonlySet<number>): boolean {
    for (const partition of this.#options.ghost.partitions) {
      if (partition.replicas.some((replica) => ids.has(replica)) && !this.#keepsOne(partition, ids)) return false;
    }
    return true;
  }

  /** Is there a clean in-sync member, besides these, that is in no danger? */
  #keepsOne({ isr, dirty }: PartitionGhost, besides: ReadonlySet<number>): boolean {
    return isr.some((replica) => !dirty.has(replica) && !besides.has(replica) && this.#isSafe(replica));
  }
}
