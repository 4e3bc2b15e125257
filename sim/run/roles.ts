/** What the facts of a violation are in the cluster: roles in place of names, relations in place of numbers, so that two runs can be compared. */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { ClusterState } from '../cluster-state.ts';
import type { DurabilityGhost, PartitionGhost } from '../durability.ts';
import type { ViolationFacts } from '../observe.ts';

export interface RoleView {
  readonly state: ClusterState;
  readonly durability: DurabilityGhost;
}

/** In words, by commas; '' if there are no facts. What the controller has committed decides who is who. */
export function rolesOf(facts: ViolationFacts, view: RoleView): string {
  const partition = partitionOf(facts, view);
  const roles = [
    nodeRole(facts.nodeId, facts, partition, view),
    facts.otherNodeId === facts.nodeId ? null : nodeRole(facts.otherNodeId, facts, partition, view),
    facts.brokerId === facts.nodeId ? null : nodeRole(facts.brokerId, facts, partition, view),
    kindOfPartition(facts, partition),
    epochRelation(facts, partition),
    facts.group === undefined ? null : 'a group',
    facts.member === undefined ? null : 'a member',
    facts.client === undefined ? null : kindOfClient(facts.client),
    facts.producerId === undefined ? null : 'a producer with an id',
  ];
  return roles.filter((role) => role !== null).join(', ');
}

function partitionOf({ partition, topicId }: ViolationFacts, { durability }: RoleView): PartitionGhost | null {
  if (partition === undefined) return null;
  if (topicId !== undefined) return durability.partition(topicId, partition) ?? null;
  for (const ghost of durability.partitions) if (ghost.partition === partition) return ghost;
  return null;
}

function nodeRole(
  nodeId: number | undefined,
  facts: ViolationFacts,
  partition: PartitionGhost | null,
  { state }: RoleView,
): string | null {
  if (nodeId === undefined) return null;
  if (partition === null || facts.partition === METADATA_PARTITION) {
    return state.activeController() === state.nameOf(nodeId) ? 'the active controller' : 'a node';
  }
  if (partition.leader === nodeId) return 'the leader';
  if (partition.isr.includes(nodeId)) return 'an in-sync follower';
  if (partition.elr.includes(nodeId)) return 'an eligible replica';
  return partition.replicas.includes(nodeId) ? 'a replica out of sync' : 'no replica';
}

function kindOfPartition({ partition: name }: ViolationFacts, partition: PartitionGhost | null): string | null {
  if (name === undefined) return null;
  if (name === METADATA_PARTITION) return 'the metadata log';
  if (partition === null) return 'an unknown topic';
  const topic = partition.topic.startsWith('__') ? partition.topic : 'a topic';
  return partition.removed ? `${topic} that is gone` : topic;
}

function epochRelation({ leaderEpoch }: ViolationFacts, partition: PartitionGhost | null): string | null {
  if (leaderEpoch === undefined || partition === null) return null;
  if (leaderEpoch === partition.leaderEpoch) return 'in the present epoch';
  return leaderEpoch < partition.leaderEpoch ? 'in an older epoch' : 'in an epoch that is not committed';
}

/** `reader-3#2` is a reader. */
function kindOfClient(client: string): string {
  return client.replace(/-\d+(?:#\d+)?$/, '');
}
