/** What a consumer group is, told in the trace. */
import type { Tracer } from '../../environment.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { NEW_STATE, stateName } from './consumer-group-state.ts';
import { regexOf } from './consumer-member.ts';
import { NO_PARTITIONS, type PartitionEpochs, type Partitions } from './partitions.ts';

/** Tells of what is committed of it. `logOffset`: of the last record; -1: a coordinator found it so. */
export function tellGroup(tracer: Tracer, offsetsPartition: number, group: ConsumerGroup, logOffset: number): void {
  const state = group.committed ?? NEW_STATE;
  tracer.emit({
    type: 'consumer-group-changed',
    group: group.id,
    offsetsPartition,
    logOffset,
    state: stateName(state),
    epoch: state.epoch,
    metadataHash: String(state.metadataHash),
    assignmentEpoch: state.assignmentEpoch,
    members: [...state.members.values()].map((member) => ({
      member: member.memberId,
      instanceId: member.instanceId,
      subscription: [...member.subscribedTopicNames, `/${regexOf(member) ?? ''}/`].join(' '),
      epoch: member.memberEpoch,
      assigned: keysOf(member.assigned),
      pendingRevocation: keysOf(member.pendingRevocation),
      target: keysOf(state.target.get(member.memberId) ?? NO_PARTITIONS),
    })),
  });
}

function keysOf(partitions: Partitions | PartitionEpochs): string[] {
  return [...partitions].flatMap(([topicId, of]) => [...of.keys()].map((partition) => `${topicId}-${partition}`)).sort();
}
