/** The group coordinator: GR1, GR2, GR4, GR6-GR8, GR12, GR13 (the inner half; what members see is in the history's properties). */
import type { PropertyId } from '../registry.ts';
import { ErrorCode } from '../../core/protocol/errors.ts';
import { ZERO_UUID } from '../../core/protocol/uuid.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import { MAX_MONOTONIC_DRIFT_PPM } from '../../world/clock.ts';
import type { Checker, Occurrence, PropertyDefinition, ViolationFacts } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type OffsetAt, type OffsetRemovals, offsetRemovalsOf } from '../offset-removals.ts';
import { Stalls } from '../stalls.ts';
import { AssignmentHistory } from './assignments.ts';
import { type CommittedMetadata, committedOf } from './committed.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { logOf, type PartitionGhost } from './replica-ghost.ts';

const OFFSETS_TOPIC = '__consumer_offsets';

/** A committed offset as it must be answered. */
interface Committed {
  /** Of the topic that it was committed for; ZERO_UUID: by name. */
  topicId: string;
  offset: number;
  logOffset: number;
}

/** What one partition of `__consumer_offsets` holds. Another topic of that name, with another id, holds nothing of it. */
class OffsetsPartition {
  readonly ghost: PartitionGhost;
  /** By group. */
  readonly assignments = new Map<string, AssignmentHistory>();
  /** By group, then partition. */
  readonly offsets = new Map<string, Map<string, Committed>>();
  /** Only what was acknowledged: a coordinator may have loaded, and show, what never gets committed. */
  readonly acknowledged = new Map<string, Map<string, Committed>>();

  constructor(ghost: PartitionGhost) {
    this.ghost = ghost;
  }

  assignmentsOf(group: string): AssignmentHistory {
    let history = this.assignments.get(group);
    if (history === undefined) {
      history = new AssignmentHistory();
      this.assignments.set(group, history);
    }
    return history;
  }
}

/** How much more of its own time than true time may pass at a node. */
const FASTEST_CLOCK = 1 + MAX_MONOTONIC_DRIFT_PPM / 1_000_000;
/** A coordinator reads its clock in whole milliseconds, as Kafka's does: what it takes for a session may be shorter by nearly one. */
const CLOCK_GRANULARITY_MS = 1;
/** How much later than a session ends its member may be taken out by a coordinator that is at work all the time. */
const SWEEP_MS = 1_000;
/** How a commit is refused that is not of a current member. */
const FENCED: ReadonlySet<number> = new Set([
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
]);
/** How a request is refused that comes while its group is not loaded here. */
const NOT_SERVED: ReadonlySet<number> = new Set([ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.NOT_COORDINATOR]);

/** A coordinator of one partition: which it is by what its own node knows. */
interface Shard {
  state: 'loading' | 'loaded';
  readonly holds: OffsetsPartition;
}

class Groups {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #metadata: CommittedMetadata;
  readonly #removals: OffsetRemovals;
  readonly #stalls: Stalls;
  readonly #partitions = new Map<PartitionGhost, OffsetsPartition>();
  /** By `node/incarnation/offsets partition`. */
  readonly #shards = new Map<string, Shard>();
  /** Live static members, by `node/incarnation/group/instance`. */
  readonly #instances = new Map<string, string>();
  readonly #membersAlive = new Map<string, string>();
  /** Keys of the ghosts of `__consumer_offsets`, by partition: they are asked for with every commit. */
  readonly #offsetsKeys: string[] = [];
  /** When each member was last heard of, by its coordinator's `node/incarnation/group/member`. */
  readonly #heard = new Map<string, number>();
  /** Groups with static members: one that comes back goes on in its generation under another member id. */
  readonly #hasStatic = new Set<string>();
  /** Who made the last assignment of each group. */
  readonly #assigners = new Map<string, string>();
  #offsetsTopicId = '';

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#metadata = committedOf(context);
    this.#stalls = new Stalls(context);
    context.on('group-transition', (event, at) => this.#onTransition(event, at));
    context.on('group-assignment', (event, at) => this.#onAssignment(event, at));
    context.on('group-sync-answered', (event, at) => this.#onSync(event, at));
    context.on('offset-committed', (event, at) => this.#onCommitted(event, at));
    context.on('transactional-offset-written', (event, at) => {
      this.#checkGeneration(event, at);
      this.#checkServing(event.group, at, `took a commit of group ${event.group} in a transaction`, false);
    });
    context.on('transactional-offsets-ended', (event, at) => this.#onTransactionEnded(event, at));
    context.on('offset-commit-rejected', ({ error }) => {
      if (FENCED.has(error)) context.evaluated('GR4');
      if (NOT_SERVED.has(error)) context.evaluated('GR7');
    });
    context.on('group-request-rejected', ({ error }) => {
      if (NOT_SERVED.has(error)) context.evaluated('GR7');
      if (error === ErrorCode.FENCED_INSTANCE_ID) context.evaluated('GR8');
    });
    context.on('offset-fetched', (event, at) => this.#onFetched(event, at));
    this.#removals = offsetRemovalsOf(context);
    this.#removals.onDoubt((group, partition) => {
      for (const held of this.#partitions.values()) held.acknowledged.get(group)?.delete(partition);
    });
    context.on('offset-removed', (event, at) => this.#onOffsetRemoved(event, at));
    context.on('group-deleted', ({ group, logOffset }, at) => this.#heldBy(group, at)?.assignmentsOf(group).deleted(logOffset));
    context.on('coordinator-loading', (event, at) => this.#onLoading(event, at));
    context.on('coordinator-loaded', (event, at) => this.#onLoaded(event, at));
    context.on('coordinator-unloaded', (event, at) => {
      this.#shards.delete(shardKey(at, event.offsetsPartition));
      this.#instances.clear();
      this.#membersAlive.clear();
    });
    context.on('group-heartbeat-received', ({ group, member, error }, at) => {
      const isTaken = error === ErrorCode.NONE || error === ErrorCode.REBALANCE_IN_PROGRESS;
      if (isTaken) this.#heard.set(memberKey(at, group, member), at.timeUs);
    });
    context.on('group-member-joined', (event, at) => this.#onJoined(event, at));
    context.on('group-member-removed', (event, at) => this.#onRemoved(event, at));
  }

  #onTransition(event: TraceEventOf<'group-transition'>, at: Occurrence): void {
    this.#checkServing(event.group, at, `moved group ${event.group} to ${event.to}`, event.to === 'Dead');
  }

  /** GR1: in the log an assignment is never followed by one of an older generation. GR2: nor by another of the same. */
  #onAssignment(event: TraceEventOf<'group-assignment'>, at: Occurrence): void {
    const { group, generation, logOffset } = event;
    // What another coordinator had made must have been read from the log.
    if ((this.#assigners.get(group) ?? at.node) !== at.node) this.#context.evaluated('GR1');
    this.#assigners.set(group, at.node);
    this.#context.evaluated('GR2');
    const owners = new Map<string, string>();
    const members = new Map<string, string>();
    for (const { member, partitions } of event.assignments) {
      members.set(member, [...partitions].sort().join(' '));
      for (const partition of partitions) {
        const other = owners.get(partition);
        if (other !== undefined && other !== member) {
          const message = `in generation ${generation} of group ${group} both ${other} and ${member} are assigned ${partition}`;
          this.#report('GR2', group, at, message, { generation, member, partition });
        }
        owners.set(partition, member);
      }
    }
    const fault = this.#heldBy(group, at)?.assignmentsOf(group).add({ logOffset, generation, members }) ?? null;
    if (fault?.kind === 'generation-decreased') {
      const message = `${at.node} assigned generation ${generation} of group ${group} at log offset ${logOffset}: there generation ${fault.later} follows ${fault.earlier}`;
      this.#report('GR1', group, at, message, { generation });
    } else if (fault?.kind === 'assigned-differently') {
      this.#report(
        'GR2',
        group,
        at,
        `${at.node} assigned generation ${generation} of group ${group} a second time, differently`,
        {
          generation,
        },
      );
    }
  }

  #onSync(event: TraceEventOf<'group-sync-answered'>, at: Occurrence): void {
    this.#checkServing(event.group, at, `answered SyncGroup of group ${event.group}`, false);
    const assignment = this.#heldBy(event.group, at)?.assignmentsOf(event.group).of(event.generation);
    if (assignment === undefined) return;
    this.#context.evaluated('GR2');
    const told = [...event.partitions].sort().join(' ');
    const expected = assignment.members.get(event.member);
    // A static member that came back has another member id, and the assignment of the old one.
    const isRight = expected === undefined ? told === '' || [...assignment.members.values()].includes(told) : expected === told;
    if (isRight) return;
    const message = `${at.node} told member ${event.member} of group ${event.group} [${told}] for generation ${event.generation}; the assignment has [${expected ?? ''}]`;
    this.#report('GR2', event.group, at, message, { generation: event.generation, member: event.member });
  }

  #onCommitted(event: TraceEventOf<'offset-committed'>, at: Occurrence): void {
    const isMember = event.isCurrentMember && (event.generation === event.groupGeneration || isOfOldAssignment(event));
    const isSimple = event.generation < 0 && event.groupState === 'Empty';
    if (!isMember && !isSimple) {
      const message = `${at.node} took a commit for ${event.partition} from member '${event.member}' of generation ${event.generation}; group ${event.group} is ${event.groupState} in generation ${event.groupGeneration}`;
      this.#context.violated('GR4', message, {
        nodeId: at.nodeId,
        group: event.group,
        generation: event.generation,
        member: event.member,
        partition: event.partition,
        offset: event.offset,
      });
    }
    this.#checkGeneration(event, at);
    this.#checkServing(event.group, at, `took a commit of group ${event.group}`, false);
    const held = this.#heldBy(event.group, at);
    if (held === null) return;
    this.#hold(held, event, at);
  }

  /** With the marker of its transaction an offset is committed, at its own place in the log: a later plain commit stays. */
  #onTransactionEnded({ isCommitted, offsets }: TraceEventOf<'transactional-offsets-ended'>, at: Occurrence): void {
    if (!isCommitted) return;
    for (const each of offsets) {
      const held = this.#heldBy(each.group, at);
      if (held !== null) this.#hold(held, each, at);
    }
  }

  #hold(held: OffsetsPartition, commit: Committed & OffsetAt, at: Occurrence): void {
    if (this.#removals.isRemoved(commit)) return;
    const { group, partition, topicId, offset, logOffset } = commit;
    for (const ghost of this.#removals.isDoomed(at, commit) ? [held.offsets] : [held.offsets, held.acknowledged]) {
      let offsets = ghost.get(group);
      if (offsets === undefined) {
        offsets = new Map();
        ghost.set(group, offsets);
      }
      const before = offsets.get(partition);
      if (before === undefined || before.logOffset < logOffset) offsets.set(partition, { topicId, offset, logOffset });
    }
  }

  /** GR4, by the log and not by what the coordinator believes: a commit's generation is that of the assignment before it. */
  #checkGeneration(event: TraceEventOf<'offset-committed' | 'transactional-offset-written'>, at: Occurrence): void {
    const { group, member, generation, logOffset } = event;
    const assignment = generation < 0 ? null : (this.#heldBy(group, at)?.assignmentsOf(group).before(logOffset) ?? null);
    if (assignment === null) return;
    const isOld = assignment.generation > generation;
    const isStranger = assignment.generation === generation && !assignment.members.has(member) && !this.#hasStatic.has(group);
    if (!isOld && !isStranger) return;
    const which = isOld ? `generation ${assignment.generation} had been assigned` : 'that generation was assigned to others';
    const message = `${at.node} took a commit for ${event.partition} from member '${member}' of generation ${generation} of group ${group} at log offset ${logOffset}, where ${which}`;
    this.#report('GR4', group, at, message, { generation, member, partition: event.partition, offset: event.offset });
  }

  /** Of a removal that is told late, after later commits, these are not concerned. */
  #onOffsetRemoved(event: TraceEventOf<'offset-removed'>, at: Occurrence): void {
    const held = this.#heldBy(event.group, at);
    if (held === null) return;
    for (const ghost of [held.offsets, held.acknowledged]) {
      const offsets = ghost.get(event.group);
      const known = offsets?.get(event.partition);
      if (known !== undefined && known.logOffset < event.logOffset) offsets?.delete(event.partition);
    }
  }

  /**
   * GR6: the current coordinator answers with the last commit. A deposed one that has not heard of it may be behind. What was committed
   * for another topic of the name is none for the one that was asked for by its id (`OffsetMetadataManager.fetchOffsets`, 4.3.1).
   */
  #onFetched(event: TraceEventOf<'offset-fetched'>, at: Occurrence): void {
    if (event.error !== 0) return;
    this.#checkServing(event.group, at, `answered OffsetFetch of group ${event.group}`, false);
    const held = this.#heldBy(event.group, at);
    if (held === null || held.ghost.removed || held.ghost.committed?.leader !== at.nodeId) return;
    const last = held.offsets.get(event.group)?.get(event.partition);
    const expected = last === undefined || isOfAnotherTopic(last.topicId, event.topicId) ? undefined : last;
    if (last === undefined && event.offset === -1) return;
    this.#context.evaluated('GR6');
    if (expected === undefined && event.offset === -1) return;
    if (expected !== undefined && expected.offset === event.offset) return;
    const latest = expected === undefined ? 'nothing is committed' : `the last commit is ${expected.offset}`;
    this.#report(
      'GR6',
      event.group,
      at,
      `${at.node} answered offset ${event.offset} for ${event.partition} of group ${event.group}; ${latest}`,
      { partition: event.partition, offset: event.offset },
    );
  }

  /** GR7: a coordinator loads up to the end that the log had at the election. */
  #onLoading(event: TraceEventOf<'coordinator-loading'>, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, `${OFFSETS_TOPIC}-${event.offsetsPartition}`);
    const partition = replica?.partition ?? this.#committedPartition(event.offsetsPartition);
    if (partition === null) return;
    this.#shards.set(shardKey(at, event.offsetsPartition), { state: 'loading', holds: this.#holding(partition) });
    if (replica === undefined) return;
    if (event.endOffset >= replica.log.end && replica.role === 'leader') return;
    const message = `${at.node} loads ${OFFSETS_TOPIC}-${event.offsetsPartition} up to ${event.endOffset} as ${replica.role}; its log ends at ${replica.log.end}`;
    this.#context.violated('GR7', message, { ...logOf(replica), offset: event.endOffset });
  }

  /** GR13: what was committed and acknowledged is there again with a new coordinator, or something later; what was removed is not. */
  #onLoaded(event: TraceEventOf<'coordinator-loaded'>, at: Occurrence): void {
    const shard = this.#shards.get(shardKey(at, event.offsetsPartition));
    if (shard === undefined) return;
    shard.state = 'loaded';
    const { ghost: partition, offsets: shown, acknowledged } = shard.holds;
    // A zombie of an old epoch may load less than was committed after it.
    const isCurrent = partition.committed?.leader === at.nodeId && partition.committed.leaderEpoch === event.leaderEpoch;
    if (!isCurrent) return;
    // The coordinator that wrote them may never have heard that they were committed.
    for (const { group, logOffset } of event.deletedGroups) shard.holds.assignmentsOf(group).deleted(logOffset);
    const loaded = new Map<string, Map<string, Committed>>();
    for (const { group, partition: key, topicId, offset, logOffset } of event.offsets) {
      let offsets = loaded.get(group);
      if (offsets === undefined) {
        offsets = new Map();
        loaded.set(group, offsets);
      }
      offsets.set(key, { topicId, offset, logOffset });
      if (!this.#removals.isRemoved({ group, partition: key, logOffset })) continue;
      const message = `${at.node} loaded ${offset} (log offset ${logOffset}) for ${key} of group ${group}, which was removed after it was committed`;
      const facts = { nodeId: at.nodeId, leaderEpoch: event.leaderEpoch, group, partition: key, offset };
      this.#ghost.violatedWithinBudget('GR13', partition, message, facts);
    }
    for (const [group, offsets] of acknowledged) {
      for (const [key, expected] of offsets) {
        this.#context.evaluated('GR13');
        const found = loaded.get(group)?.get(key);
        const isKept =
          found !== undefined &&
          (found.logOffset > expected.logOffset || (found.logOffset === expected.logOffset && found.offset === expected.offset));
        if (isKept) continue;
        const what = found === undefined ? 'nothing' : `${found.offset} (log offset ${found.logOffset})`;
        const message = `${at.node} loaded ${what} for ${key} of group ${group}; ${expected.offset} (log offset ${expected.logOffset}) was committed and acknowledged`;
        this.#ghost.violatedWithinBudget('GR13', partition, message, {
          nodeId: at.nodeId,
          leaderEpoch: event.leaderEpoch,
          group,
          partition: key,
          offset: expected.offset,
        });
      }
    }
    shown.clear();
    for (const [group, offsets] of loaded) shown.set(group, offsets);
  }

  /** GR7: nothing is answered from a cache that is not loaded, or was unloaded. */
  #checkServing(group: string, at: Occurrence, what: string, isLeaving: boolean): void {
    const index = this.#indexOf(group);
    if (index === null || isLeaving) return;
    const state = this.#shards.get(shardKey(at, index))?.state;
    if (state === 'loaded') return;
    const is = state === 'loading' ? 'is still loading' : 'does not coordinate';
    this.#context.violated('GR7', `${at.node} ${what}, but it ${is} ${OFFSETS_TOPIC}-${index}`, {
      nodeId: at.nodeId,
      group,
      partition: `${OFFSETS_TOPIC}-${index}`,
    });
  }

  #onJoined(event: TraceEventOf<'group-member-joined'>, at: Occurrence): void {
    this.#checkServing(event.group, at, `let a member join group ${event.group}`, false);
    if (event.instanceId === null) return;
    this.#hasStatic.add(event.group);
    const key = `${at.node}/${at.incarnation}/${event.group}/${event.instanceId}`;
    const other = this.#instances.get(key);
    if (other !== undefined && other !== event.member) {
      const message = `${at.node} let ${event.member} join group ${event.group} as ${event.instanceId}, while ${other} still was a member as such`;
      this.#context.violated('GR8', message, { nodeId: at.nodeId, group: event.group, member: event.member });
    }
    this.#instances.set(key, event.member);
    this.#membersAlive.set(`${at.node}/${event.group}/${event.member}`, key);
  }

  #onRemoved(event: TraceEventOf<'group-member-removed'>, at: Occurrence): void {
    const member = `${at.node}/${event.group}/${event.member}`;
    const instance = this.#membersAlive.get(member);
    if (instance !== undefined) {
      // It came back under another id.
      if (event.reason === 'fenced') this.#context.evaluated('GR8');
      this.#instances.delete(instance);
      this.#membersAlive.delete(member);
    }
    const key = memberKey(at, event.group, event.member);
    const heardUs = this.#heard.get(key);
    this.#heard.delete(key);
    if (event.reason !== 'session-expired') return;
    this.#context.evaluated('GR12');
    // By its coordinator's own clock, and by the heartbeats that came to it.
    const silentMs = heardUs === undefined ? event.sinceHeartbeatMs : (at.timeUs - heardUs) / 1_000;
    const isPassed =
      event.sinceHeartbeatMs >= event.sessionTimeoutMs &&
      silentMs >= (event.sessionTimeoutMs - CLOCK_GRANULARITY_MS) / FASTEST_CLOCK;
    if (!isPassed) {
      const since = Math.floor(Math.min(silentMs, event.sinceHeartbeatMs));
      const message = `${at.node} removed ${event.member} of group ${event.group} ${since} ms after its last heartbeat; its session is ${event.sessionTimeoutMs} ms`;
      this.#context.violated('GR12', message, { nodeId: at.nodeId, group: event.group, member: event.member });
    }
    // Who never sent a heartbeat has the longer time that a new member is given.
    const lateMs =
      event.sinceHeartbeatMs - event.sessionTimeoutMs - this.#stalls.between(at.node, heardUs ?? at.timeUs, at.timeUs);
    if (heardUs === undefined || lateMs <= SWEEP_MS) return;
    const message = `${at.node} kept ${event.member} of group ${event.group} for ${Math.floor(event.sinceHeartbeatMs)} ms after its last sign of life; its session is ${event.sessionTimeoutMs} ms`;
    this.#context.violated('GR12', message, { nodeId: at.nodeId, group: event.group, member: event.member });
  }

  /** The `__consumer_offsets` partition of a group (Java's String.hashCode), null before the topic exists. */
  #indexOf(group: string): number | null {
    const topicId = this.#metadata.topicIds.get(OFFSETS_TOPIC);
    if (topicId === undefined) return null;
    if (topicId !== this.#offsetsTopicId) {
      this.#offsetsTopicId = topicId;
      this.#offsetsKeys.length = 0;
    }
    const keys = this.#offsetsKeys;
    let count = 0;
    for (;;) {
      const key = (keys[count] ??= `${topicId}/${OFFSETS_TOPIC}-${count}`);
      if (this.#ghost.partitions.get(key)?.committed == null) break;
      count += 1;
    }
    if (count === 0) return null;
    let hash = 0;
    for (let at = 0; at < group.length; at++) hash = (Math.imul(31, hash) + group.charCodeAt(at)) | 0;
    // Kafka's Utils.abs: the smallest integer, which has no positive, counts as 0.
    return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % count;
  }

  #committedPartition(index: number): PartitionGhost | null {
    const topicId = this.#metadata.topicIds.get(OFFSETS_TOPIC);
    return topicId === undefined ? null : this.#ghost.partition(`${OFFSETS_TOPIC}-${index}`, topicId);
  }

  #holding(partition: PartitionGhost): OffsetsPartition {
    let holding = this.#partitions.get(partition);
    if (holding === undefined) {
      holding = new OffsetsPartition(partition);
      this.#partitions.set(partition, holding);
    }
    return holding;
  }

  /** The partition that this node answers for a group from; null if it coordinates none for it. */
  #heldBy(group: string, at: Occurrence): OffsetsPartition | null {
    const index = this.#indexOf(group);
    return index === null ? null : (this.#shards.get(shardKey(at, index))?.holds ?? null);
  }

  /** These hold as long as the group's `__consumer_offsets` partition is within the durability budget. */
  #report(property: PropertyId, group: string, at: Occurrence, message: string, more: ViolationFacts): void {
    const held = this.#heldBy(group, at);
    const facts = { nodeId: at.nodeId, group, ...more };
    if (held === null) this.#context.violated(property, message, facts);
    else this.#ghost.violatedWithinBudget(property, held.ghost, message, facts);
  }
}

/** By the consumer protocol an older member epoch will do, for what was assigned to the member in that epoch or before. */
function isOfOldAssignment({ generation, groupGeneration, assignedIn }: TraceEventOf<'offset-committed'>): boolean {
  return assignedIn !== undefined && assignedIn <= generation && generation < groupGeneration;
}

/** Do these two ids belong to different topics? ZERO_UUID says of none. */
function isOfAnotherTopic(one: string, other: string): boolean {
  return one !== ZERO_UUID && other !== ZERO_UUID && one !== other;
}

function memberKey(at: Occurrence, group: string, member: string): string {
  return `${at.node}/${at.incarnation}/${group}/${member}`;
}

function shardKey(at: Occurrence, index: number): string {
  return `${at.node}/${at.incarnation}/${index}`;
}

export const groups = {
  properties: [
    { id: 'GR1', title: 'assigned generations of a group never decrease' },
    { id: 'GR2', title: 'one assignment a generation, each partition to one member' },
    { id: 'GR4', title: 'commits are taken only from current members, or for an empty group' },
    { id: 'GR6', title: 'the coordinator answers with the last commit' },
    { id: 'GR7', title: 'a coordinator serves a group only with the whole partition loaded' },
    { id: 'GR8', title: 'one live member per group.instance.id' },
    { id: 'GR12', title: 'a member that is not heard of is removed when its session has passed, not before, and not much later' },
    { id: 'GR13', title: 'acknowledged commits are there again when a coordinator has loaded, and removed ones are not' },
  ],
  create: (context): Checker => {
    new Groups(context);
    return {};
  },
} as const satisfies PropertyDefinition;
