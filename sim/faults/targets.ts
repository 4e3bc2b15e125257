/** Whom a fault hits: roles are resolved when it strikes. */
import type { NodePlan } from '../cluster.ts';
import type { ClusterState } from '../cluster-state.ts';
import type { FaultTarget } from '../plan.ts';
import type { FaultDefinition, TargetRole } from './definition.ts';

export interface TargetOptions {
  readonly nodes: readonly NodePlan[];
  readonly clients: readonly string[];
  readonly state: ClusterState;
  /** Partition of `__consumer_offsets` that a group belongs to. */
  readonly offsetsPartition: (group: string) => number;
  /** Partition of `__transaction_state` that a transactional id belongs to. */
  readonly transactionsPartition: (transactionalId: string) => number;
}

/** Names of the processes; none if there is nobody in that role now. `emitter`: who emitted the event that the fault waited for. */
export function resolveTarget(
  target: FaultTarget,
  definition: FaultDefinition,
  emitter: string | null,
  { nodes, clients, state, offsetsPartition, transactionsPartition }: TargetOptions,
): readonly string[] {
  const named = (list: readonly NodePlan[]): string[] => list.map(({ name }) => name);
  switch (target.role) {
    case 'node':
      return [...named(nodes), ...clients].includes(target.name) ? [target.name] : [];
    case 'broker':
      return nth(named(nodes.filter(({ isBroker }) => isBroker)), target.index);
    case 'controller':
      return nth(named(nodes.filter(({ isController }) => isController)), target.index);
    case 'client':
      return nth(clients, target.index);
    case 'active-controller':
      return someOne(state.activeController());
    case 'leader':
      return someOne(state.leaderOf(target.partition));
    case 'in-sync-follower':
      return state.inSyncFollowersOf(target.partition).slice(0, 1);
    case 'coordinator':
      return someOne(state.leaderOf(`__consumer_offsets-${offsetsPartition(target.group)}`));
    case 'transaction-coordinator':
      return someOne(state.leaderOf(`__transaction_state-${transactionsPartition(target.transactionalId)}`));
    case 'rack': {
      const racks = [...new Set(nodes.map((node) => node.rack))];
      const rack = racks[target.index % racks.length];
      return named(nodes.filter((node) => node.rack === rack));
    }
    case 'cluster':
      return named(nodes);
    case 'emitter': {
      const node = nodes.find(({ name }) => name === emitter);
      const roles: readonly TargetRole[] = [
        ...(node?.isBroker === true ? (['broker', 'leader'] as const) : []),
        ...(node?.isController === true ? (['controller'] as const) : []),
        ...(emitter !== null && clients.includes(emitter) ? (['client'] as const) : []),
      ];
      return roles.some((role) => definition.targets.includes(role)) ? someOne(emitter) : [];
    }
  }
}

function nth(names: readonly string[], index: number): readonly string[] {
  return someOne(names[index % Math.max(1, names.length)] ?? null);
}

function someOne(name: string | null): readonly string[] {
  return name === null ? [] : [name];
}
