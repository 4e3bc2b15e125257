/** Which replica a consumer should read from (KIP-392). */
import { NONE, type Offset } from '../protocol/numbers.ts';
import type { Partition } from './partition.ts';
import type { ClusterView } from './ports.ts';

export const RACK_AWARE_SELECTOR = 'org.apache.kafka.common.replica.RackAwareReplicaSelector';

/**
 * On the leader: the most caught-up replica in the consumer's rack that is alive, in the ISR, and has the offset; -1 for the
 * leader itself. Kafka's RackAwareReplicaSelector.
 */
export function preferredReadReplica(
  partition: Partition,
  cluster: ClusterView,
  localBrokerId: number,
  client: { readonly rackId: string; readonly listener: string },
  fetchOffset: Offset,
): number {
  const { role } = partition;
  if (role.kind !== 'leader' || client.rackId === '') return NONE;
  if (cluster.brokers.get(localBrokerId)?.rack === client.rackId) return NONE;
  const committed = role.isr.isr;
  let best: number = NONE;
  let bestEndOffset: Offset = NONE;
  let bestCaughtUpMs = Number.NEGATIVE_INFINITY;
  for (const follower of role.followers.values()) {
    const broker = cluster.brokers.get(follower.brokerId);
    const isAlive = broker !== undefined && !broker.fenced && broker.endpoints.has(client.listener);
    const isInSync = committed.includes(follower.brokerId);
    if (!isAlive || !isInSync || broker.rack !== client.rackId) continue;
    const hasOffset = follower.logEndOffset >= fetchOffset && follower.logStartOffset <= fetchOffset;
    if (!hasOffset) continue;
    const isBetter =
      follower.logEndOffset > bestEndOffset ||
      (follower.logEndOffset === bestEndOffset && follower.lastCaughtUpMs >= bestCaughtUpMs);
    if (!isBetter) continue;
    best = follower.brokerId;
    bestEndOffset = follower.logEndOffset;
    bestCaughtUpMs = follower.lastCaughtUpMs;
  }
  return best;
}
