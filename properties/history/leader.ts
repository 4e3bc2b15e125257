/** The leader of a partition among the nodes inspected. */
import type { ReplicaInspection } from '../../core/broker/inspection.ts';
import type { ClusterView } from '../../sim/observe.ts';

/** The replica that leads in the highest epoch; null if nobody alive believes to lead. */
export function leaderReplica(view: ClusterView, partition: string): ReplicaInspection | null {
  let leader: ReplicaInspection | null = null;
  for (const { broker } of view.nodes.values())
    for (const replica of broker?.replicas ?? [])
      if (replica.partition === partition && replica.role === 'leader' && replica.leaderEpoch > (leader?.leaderEpoch ?? -1))
        leader = replica;
  return leader;
}
