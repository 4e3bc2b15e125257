/** What groups, their coordinators and their members did, as sentences. */
import { errorName } from '../../../core/protocol/errors.ts';
import type { TraceEventOf } from '../../../core/trace.ts';
import { listed } from './listed.ts';
import type { What } from './what.ts';

/** Null: it is none of theirs. */
export function groupSentence(node: string, what: What): string | null {
  switch (what.type) {
    case 'group-transition':
      return `${node} takes group ${what.group} from ${what.from} to ${what.to}, generation ${what.generation}, with ${members(what.members.map(memberName))}`;
    case 'group-member-joined':
      return `${node} takes ${memberName(what.member)}${what.instanceId === null ? '' : ` (static: ${what.instanceId})`} into group ${what.group}, generation ${what.generation}`;
    case 'group-member-removed':
      return `${node} removes ${memberName(what.member)} from group ${what.group}: ${REMOVED[what.reason]}; it was last heard of ${what.sinceHeartbeatMs} ms ago, and its session lasts ${what.sessionTimeoutMs} ms`;
    case 'group-assignment':
      return `${node} has the assignment of group ${what.group}, generation ${what.generation}, by ${memberName(what.leader)}: ${what.assignments.map(({ member, partitions }) => `${memberName(member)} gets ${listed(partitions)}`).join('; ')}`;
    case 'group-sync-answered':
      return `${node} tells ${memberName(what.member)} that it has ${listed(what.partitions)} in generation ${what.generation} of group ${what.group}`;
    case 'group-heartbeat-received':
      return `${node} hears ${memberName(what.member)} of group ${what.group}, generation ${what.generation}${what.error === 0 ? '' : `, and refuses it: ${errorName(what.error)}`}`;
    case 'consumer-group-changed':
      return `${node} has group ${what.group} in ${what.state}, epoch ${what.epoch}, assignment of epoch ${what.assignmentEpoch}, with ${members(what.members.map(({ member, epoch }) => `${memberName(member)} (epoch ${epoch})`))}`;
    case 'offset-committed':
      return `${node} commits ${what.partition}@${what.offset} of group ${what.group} for ${committer(what)}`;
    case 'offset-commit-rejected':
      return `${node} refuses a commit of ${listed(what.partitions)} of group ${what.group} by ${memberName(what.member)}, generation ${what.generation}: ${errorName(what.error)}`;
    case 'transactional-offset-written':
      return `${node} writes ${what.partition}@${what.offset} of group ${what.group} for the transaction of ${what.transactionalId}: it counts when that is committed`;
    case 'transactional-offsets-ended':
      return `${node} ${what.isCommitted ? 'lets the offsets count' : 'forgets the offsets'} of producer ${what.producerId}'s transaction: ${listed(what.offsets.map(({ group, partition, offset }) => `${partition}@${offset} of group ${group}`))}`;
    case 'offset-fetched':
      return `${node} answers that group ${what.group} has ${what.offset === -1 ? `committed nothing of ${what.partition}` : `committed ${what.partition}@${what.offset}`}${what.error === 0 ? '' : ` (${errorName(what.error)})`}`;
    case 'offset-removed':
      return `${node} removes the committed offset of ${what.partition} of group ${what.group} (${what.reason})`;
    case 'group-request-rejected':
      return `${node} refuses ${what.api} of ${memberName(what.member)} in group ${what.group}${what.generation === -1 ? '' : `, generation ${what.generation}`}: ${errorName(what.error)}`;
    case 'group-deleted':
      return `${node} deletes group ${what.group}`;
    case 'coordinator-loading':
      return `${node} begins to load __consumer_offsets-${what.offsetsPartition}, up to ${what.endOffset}, as its leader in epoch ${what.leaderEpoch}`;
    case 'coordinator-loaded':
      return `${node} coordinates the groups of __consumer_offsets-${what.offsetsPartition}, as its leader in epoch ${what.leaderEpoch}; of these it has read ${listed(what.offsets.map(({ group, partition, offset }) => `${partition}@${offset} of group ${group}`))}`;
    case 'coordinator-unloaded':
      return `${node} coordinates the groups of __consumer_offsets-${what.offsetsPartition} no more (leader epoch ${what.leaderEpoch})`;
    case 'coordinator-load-failed':
      return `${node} can't load __consumer_offsets-${what.offsetsPartition}: nobody coordinates its groups in leader epoch ${what.leaderEpoch}`;
    case 'consumer-rebalanced':
      return `${node} has ${listed(what.partitions)} in generation ${what.generation} of group ${what.group}, as ${memberName(what.member)}`;
    case 'consumer-lost-partitions':
      return `${node} has lost ${listed(what.partitions)} of group ${what.group}: ${what.reason}`;
    case 'consumer-commit-unanswered':
      return `${node} gets no answer to its commit of ${listed(what.offsets.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`))} of group ${what.group}: it may be applied, now or later`;
    case 'consumer-position-reset':
      return `${node} goes from ${what.partition}@${what.from} to ${what.to} (${what.reason})`;
    case 'consumer-truncation-detected':
      return `${node} finds that the log of ${what.partition} was cut at ${what.divergentOffset}, below its position ${what.position}`;
    default:
      return null;
  }
}

const REMOVED: Readonly<Record<TraceEventOf<'group-member-removed'>['reason'], string>> = {
  left: 'it left',
  'session-expired': 'its session has expired',
  'rebalance-timeout': 'it did not rejoin in time',
  fenced: 'another one has its instance id',
  'sync-timeout': 'it did not ask for its assignment in time',
  'not-recorded': 'that it joined could not be written',
};

/** A client's id with the beginning of what the coordinator added to it: enough to tell two lives of a client apart. */
function memberName(member: string): string {
  return member === '' ? 'no member' : member.replace(/^(.+-[\w-]{4})[\w-]{18}$/, '$1…');
}

function members(names: readonly string[]): string {
  return names.length === 0 ? 'no members' : `${names.length} ${names.length === 1 ? 'member' : 'members'}: ${names.join(', ')}`;
}

function committer({ member, generation, groupGeneration, isCurrentMember }: TraceEventOf<'offset-committed'>): string {
  if (member === '') return 'a consumer that is no member';
  const standing = isCurrentMember ? '' : ', which is no member of it now';
  const own =
    generation === groupGeneration ? `generation ${generation}` : `generation ${generation} (the group's is ${groupGeneration})`;
  return `${memberName(member)} of ${own}${standing}`;
}
