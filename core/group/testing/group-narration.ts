/** Trace events of the group coordinator as short lines for transcripts; answers to members are told as the members hear them. */
import type { TraceEvent } from '../../trace.ts';

/** Null: a transcript does not tell of it. `nameOf`: what a member id is called. */
export function narrateGroup(event: TraceEvent, nameOf: (id: string) => string): string | null {
  switch (event.type) {
    case 'group-transition': {
      const members = event.members.length === 0 ? 'nobody' : event.members.map(nameOf).join(' ');
      return `${event.from} -> ${event.to}, generation ${event.generation} of ${members}`;
    }
    case 'group-member-joined':
      return `takes in ${nameOf(event.member)}${event.instanceId === null ? '' : `, instance ${event.instanceId}`}`;
    case 'group-member-removed':
      return `takes out ${nameOf(event.member)}: ${event.reason}, ${event.sinceHeartbeatMs} ms after its last sign of life`;
    case 'group-assignment': {
      const shares = event.assignments.map(({ member, partitions }) => `${nameOf(member)} ${partitions.join(' ') || 'nothing'}`);
      return `generation ${event.generation} is assigned: ${shares.join(', ')}`;
    }
    case 'offset-committed':
      return `${event.partition} is committed at ${event.offset}`;
    case 'offset-removed':
      return `${event.partition} is forgotten: ${event.reason}`;
    case 'coordinator-loading':
      return `loads the offsets partition up to ${event.endOffset}, in epoch ${event.leaderEpoch}`;
    case 'coordinator-loaded': {
      const offsets = event.offsets.map(({ partition, offset }) => `, ${partition} at ${offset}`).join('');
      return `has loaded ${event.groups === 1 ? '1 group' : `${event.groups} groups`}${offsets}`;
    }
    case 'coordinator-load-failed':
      return 'cannot load the offsets partition';
    case 'coordinator-unloaded':
      return `gives up the offsets partition, which it had in epoch ${event.leaderEpoch}`;
    default:
      return null;
  }
}
