/** JoinGroup: who may be in a group, and what a member's coming or coming back begins (KIP-345, KIP-394, KIP-814). */
import { nothing } from '../coordinator/coordinator-shard.ts';
import type { ClientEnvironment } from '../environment.ts';
import type { RandomStream } from '../../ports/random.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { Offset } from '../protocol/numbers.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import { randomUuid } from '../protocol/uuid.ts';
import { currentGeneration, joinError, syncError, validateMember } from './answers.ts';
import type { GroupRequestContext } from './api.ts';
import type { GroupConfig } from './config.ts';
import type { Group } from './group.ts';
import type { GroupShard } from './groups.ts';
import { type JoinCallback, Member } from './member.ts';
import type { Rebalance } from './rebalance.ts';
import { groupRemoval } from './group-removal.ts';
import { groupRecord } from './records.ts';
import type { Sessions } from './sessions.ts';

/** How long a member that joins for the first time may take to see its first generation. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;

type JoinRequest = RequestTypes['JoinGroup'];

export class Joining {
  readonly #env: ClientEnvironment;
  readonly #config: GroupConfig;
  readonly #sessions: Sessions;
  readonly #rebalance: Rebalance;
  readonly #ids: RandomStream;

  constructor(env: ClientEnvironment, config: GroupConfig, sessions: Sessions, rebalance: Rebalance) {
    this.#env = env;
    this.#config = config;
    this.#sessions = sessions;
    this.#rebalance = rebalance;
    this.#ids = env.random.stream('group/member-ids');
  }

  /** `done` is called once: with a refusal, or when the generation that the member waits for exists. */
  join(shard: GroupShard, context: GroupRequestContext, request: JoinRequest, done: JoinCallback): void {
    const isUnknownMember = request.memberId === '';
    if (!isUnknownMember && !shard.state.has(request.groupId)) {
      done(joinError(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId));
      return;
    }
    const before = shard.state.consumer(request.groupId);
    const isNewGroup = shard.state.classic(request.groupId) === undefined;
    const group = isNewGroup ? shard.state.replaceByClassic(request.groupId) : (shard.state.classic(request.groupId) as Group);
    if (group.is('Dead')) {
      done(joinError(ErrorCode.COORDINATOR_NOT_AVAILABLE, request.memberId));
      return;
    }
    if (!isNewGroup) {
      this.#joinGroup(shard, group, context, request, done);
      return;
    }
    // A group exists from its first JoinGroup on, whatever becomes of that: the record tells of it without members.
    const nowMs = this.#env.clock.wallMs();
    group.currentStateTimestamp = nowMs;
    const removal = before === undefined ? null : groupRemoval(before, nowMs);
    const records = [...(removal?.records ?? []), groupRecord(group, new Map(), nowMs)];
    this.#joinGroup(shard, group, context, request, done);
    const settled = (error: number, baseOffset: Offset): void => {
      if (error === ErrorCode.NONE) {
        removal?.settle();
        if (removal !== null) {
          const logOffset = baseOffset + removal.records.length - 1;
          this.#env.tracer.emit({ type: 'group-deleted', group: group.id, logOffset });
        }
        group.isRecorded = true;
        return;
      }
      removal?.revert();
      if (shard.status !== 'active') return;
      this.#rebalance.dismiss(shard, group, error);
      if (before !== undefined && !shard.state.has(group.id)) shard.state.set(group.id, before);
    };
    shard.write(records, settled, nothing);
  }

  #joinGroup(shard: GroupShard, group: Group, context: GroupRequestContext, request: JoinRequest, done: JoinCallback): void {
    const isUnknownMember = request.memberId === '';
    if (!this.#acceptsMember(group, request.memberId)) {
      const member = group.members.get(request.memberId);
      // A rebalance that waits for nobody else now goes on waiting, until its time is out (4.3.1).
      if (member !== undefined) this.#rebalance.remove(group, member, 'fenced');
      done(joinError(ErrorCode.GROUP_MAX_SIZE_REACHED, ''));
      return;
    }
    if (
      !group.supports(
        request.protocolType,
        request.protocols.map((protocol) => protocol.name),
      )
    ) {
      done(joinError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, request.memberId));
      return;
    }
    if (isUnknownMember) this.#joinAsNew(shard, group, context, request, done);
    else this.#joinAsCurrent(shard, group, context, request, done);
  }

  #acceptsMember(group: Group, memberId: string): boolean {
    const member = group.members.get(memberId);
    const maxSize = this.#config['group.max.size'];
    switch (group.state.name) {
      case 'Empty':
      case 'Dead':
        return true;
      case 'PreparingRebalance':
        // Counted are those who wait: the group may be too large from before, and then the last to join again are refused.
        return (member !== undefined && member.awaitingJoin !== null) || group.awaitingJoin < maxSize;
      case 'CompletingRebalance':
      case 'Stable':
        return member !== undefined || group.members.size < maxSize;
    }
  }

  #joinAsNew(shard: GroupShard, group: Group, context: GroupRequestContext, request: JoinRequest, done: JoinCallback): void {
    const memberId = `${request.groupInstanceId ?? context.clientId ?? ''}-${randomUuid(this.#ids)}`;
    if (request.groupInstanceId !== null) {
      const oldId = group.staticMembers.get(request.groupInstanceId);
      if (oldId === undefined) this.#addAndRebalance(shard, group, memberId, context, request, done);
      else this.#replaceStatic(shard, group, oldId, memberId, context, request, done);
      return;
    }
    // KIP-394: since version 4 a member must come back with its id before it counts.
    if (context.version >= 4) {
      group.pendingMembers.set(
        memberId,
        this.#env.timers.after(request.sessionTimeoutMs, () => this.#rebalance.forgetPending(shard, group, memberId)),
      );
      done(joinError(ErrorCode.MEMBER_ID_REQUIRED, memberId));
      return;
    }
    this.#addAndRebalance(shard, group, memberId, context, request, done);
  }

  #joinAsCurrent(shard: GroupShard, group: Group, context: GroupRequestContext, request: JoinRequest, done: JoinCallback): void {
    if (group.pendingMembers.has(request.memberId)) {
      // Static members are never asked to come back with an id.
      if (request.groupInstanceId !== null) done(joinError(ErrorCode.UNKNOWN_SERVER_ERROR, request.memberId));
      else this.#addAndRebalance(shard, group, request.memberId, context, request, done);
      return;
    }
    const invalid = validateMember(group, request.memberId, request.groupInstanceId);
    if (invalid !== ErrorCode.NONE) {
      done(joinError(invalid, request.memberId));
      return;
    }
    const member = group.members.get(request.memberId) as Member;
    switch (group.state.name) {
      case 'PreparingRebalance':
        this.#updateAndRebalance(shard, group, member, context, request, done);
        return;
      case 'CompletingRebalance':
        // The answer of the join was lost: the same generation again.
        if (member.matches(request.protocols)) done(currentGeneration(group, member, group.leader === member.memberId));
        else this.#updateAndRebalance(shard, group, member, context, request, done);
        return;
      case 'Stable':
        // A leader that joins again may want another assignment (its topics changed); a follower only if its protocols changed.
        if (group.leader === member.memberId || !member.matches(request.protocols)) {
          this.#updateAndRebalance(shard, group, member, context, request, done);
        } else {
          done(currentGeneration(group, member, false));
        }
        return;
      case 'Empty':
      case 'Dead':
        done(joinError(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId));
    }
  }

  #addAndRebalance(
    shard: GroupShard,
    group: Group,
    memberId: string,
    context: GroupRequestContext,
    request: JoinRequest,
    done: JoinCallback,
  ): void {
    const member = new Member({
      memberId,
      groupInstanceId: request.groupInstanceId,
      clientId: context.clientId ?? '',
      clientHost: context.clientHost,
      rebalanceTimeoutMs: context.version === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
      sessionTimeoutMs: request.sessionTimeoutMs,
      protocols: request.protocols,
    });
    member.isNew = true;
    group.forgetPending(memberId);
    if (group.members.size === 0) group.protocolType = request.protocolType;
    group.add(member);
    member.awaitingJoin = done;
    if (group.state.name === 'PreparingRebalance' && group.state.initial !== null) group.state.initial.newMember = true;
    this.#sessions.extend(shard, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS);
    this.#env.tracer.emit({
      type: 'group-member-joined',
      group: group.id,
      member: memberId,
      instanceId: request.groupInstanceId,
      generation: group.generation,
    });
    this.#rebalance.begin(shard, group);
  }

  #updateAndRebalance(
    shard: GroupShard,
    group: Group,
    member: Member,
    context: GroupRequestContext,
    request: JoinRequest,
    done: JoinCallback,
  ): void {
    this.#update(member, context, request);
    const superseded = member.awaitingJoin;
    member.awaitingJoin = done;
    superseded?.(joinError(ErrorCode.REBALANCE_IN_PROGRESS, member.memberId));
    this.#rebalance.begin(shard, group);
  }

  #update(member: Member, context: GroupRequestContext, request: JoinRequest): void {
    member.protocols = request.protocols;
    member.rebalanceTimeoutMs = context.version === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;
    member.sessionTimeoutMs = request.sessionTimeoutMs;
  }

  /** A process with a known group.instance.id came back without its member id: it takes the old one's place (KIP-345). */
  #replaceStatic(
    shard: GroupShard,
    group: Group,
    oldId: string,
    newId: string,
    context: GroupRequestContext,
    request: JoinRequest,
    done: JoinCallback,
  ): void {
    const member = group.members.get(oldId) as Member;
    const sinceHeartbeatMs = this.#env.clock.monotonicMs() - member.lastHeartbeatMs;
    const before = {
      protocols: member.protocols,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
    };
    const fencedJoin = member.awaitingJoin;
    const fencedSync = member.awaitingSync;
    member.awaitingJoin = done;
    member.awaitingSync = null;
    member.isNew = false;
    group.rename(member, newId);
    // The first session is as long as that of the former process (4.3.1).
    this.#sessions.extend(shard, group, member, member.sessionTimeoutMs);
    this.#update(member, context, request);
    fencedJoin?.(joinError(ErrorCode.FENCED_INSTANCE_ID, oldId));
    fencedSync?.(syncError(ErrorCode.FENCED_INSTANCE_ID));
    this.#traceTakeover(group, member, oldId, sinceHeartbeatMs);
    if (group.state.name !== 'Stable' || group.selectProtocol() !== group.protocolName) {
      this.#rebalance.begin(shard, group);
      return;
    }
    // The generation stays; the new member id must be durable before it is answered (KAFKA-10284).
    const generation = group.generation;
    shard.write([groupRecord(group, new Map(), this.#env.clock.wallMs())], nothing, (error) => {
      // Answered meanwhile: it left, was replaced in its turn, or joined a rebalance that began and ended.
      if (member.awaitingJoin !== done) return;
      if (error === ErrorCode.NONE && !group.is('Stable')) return;
      member.awaitingJoin = null;
      if (error !== ErrorCode.NONE) {
        if (group.generation === generation) {
          group.rename(member, oldId);
          Object.assign(member, before);
          this.#traceTakeover(group, member, newId, sinceHeartbeatMs);
        }
        if (!group.is('Dead')) this.#sessions.extend(shard, group, member, member.sessionTimeoutMs);
        done(joinError(error, ''));
        return;
      }
      // Its session ended unnoticed while it waited.
      if (member.sessionTimer === null) this.#sessions.extend(shard, group, member, member.sessionTimeoutMs);
      const isLeader = group.leader === newId;
      done({
        ...currentGeneration(group, member, isLeader && context.version >= 9),
        // Before KIP-814 a leader must not compute the assignment again: it is told the old id leads.
        leader: isLeader && context.version < 9 ? oldId : (group.leader ?? ''),
        skipAssignment: isLeader && context.version >= 9,
      });
    });
  }

  /** A static member goes by another id now. */
  #traceTakeover(group: Group, member: Member, formerId: string, sinceHeartbeatMs: number): void {
    this.#env.tracer.emit({
      type: 'group-member-removed',
      group: group.id,
      member: formerId,
      reason: 'fenced',
      sinceHeartbeatMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
    });
    this.#env.tracer.emit({
      type: 'group-member-joined',
      group: group.id,
      member: member.memberId,
      instanceId: member.groupInstanceId,
      generation: group.generation,
    });
  }
}
