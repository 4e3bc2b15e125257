/**
 * The classic group protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup and the timers between them (KIP-62, KIP-134,
 * KIP-345, KIP-394, KIP-814), as Kafka's classic group state machine. Longer than most files because it is one state machine.
 */
import type { ClientEnvironment, RandomStream } from '../environment.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { randomUuid } from '../protocol/uuid.ts';
import type { GroupRequestContext } from './api.ts';
import { assignedPartitions } from './assignment.ts';
import type { Group } from './Group.ts';
import { type JoinCallback, type JoinResult, Member, NO_BYTES, type SyncCallback, type SyncResult } from './Member.ts';
import type { GroupConfig } from './config.ts';
import { groupRecord } from './records.ts';
import type { Shard } from './Shard.ts';

/** How long a member that joins for the first time may take to see its first generation. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;

type RemovalReason = 'left' | 'session-expired' | 'rebalance-timeout' | 'fenced' | 'sync-timeout';
type JoinRequest = RequestTypes['JoinGroup'];
type SyncRequest = RequestTypes['SyncGroup'];

export function joinError(errorCode: number, memberId: string): JoinResult {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

export function syncError(errorCode: number): SyncResult {
  return { errorCode, protocolType: null, protocolName: null, assignment: NO_BYTES };
}

export class Membership {
  readonly #env: ClientEnvironment;
  readonly #config: GroupConfig;
  readonly #ids: RandomStream;

  constructor(env: ClientEnvironment, config: GroupConfig) {
    this.#env = env;
    this.#config = config;
    this.#ids = env.random.stream('group/member-ids');
  }

  // --- JoinGroup ---

  join(shard: Shard, context: GroupRequestContext, request: JoinRequest, done: JoinCallback): void {
    const isUnknownMember = request.memberId === '';
    if (
      request.sessionTimeoutMs < this.#config['group.min.session.timeout.ms'] ||
      request.sessionTimeoutMs > this.#config['group.max.session.timeout.ms']
    ) {
      done(joinError(ErrorCode.INVALID_SESSION_TIMEOUT, request.memberId));
      return;
    }
    if (!isUnknownMember && !shard.groups.has(request.groupId)) {
      done(joinError(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId));
      return;
    }
    const isNewGroup = !shard.groups.has(request.groupId);
    const group = shard.getOrCreate(request.groupId);
    if (group.is('Dead')) {
      done(joinError(ErrorCode.COORDINATOR_NOT_AVAILABLE, request.memberId));
      return;
    }
    // A group exists from its first JoinGroup on. If this write fails, the first assignment's tells of it.
    if (isNewGroup) shard.write([groupRecord(group, new Map(), this.#env.clock.wallMs())], nothing, nothing);
    if (!this.#acceptsMember(group, request.memberId)) {
      const member = group.members.get(request.memberId);
      if (member !== undefined) this.#removed(group, member, 'fenced');
      done(joinError(ErrorCode.GROUP_MAX_SIZE_REACHED, ''));
      this.#tryCompleteJoin(shard, group);
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

  #joinAsNew(shard: Shard, group: Group, context: GroupRequestContext, request: JoinRequest, done: JoinCallback): void {
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
        this.#env.timers.after(request.sessionTimeoutMs, () => this.#dropPending(shard, group, memberId)),
      );
      done(joinError(ErrorCode.MEMBER_ID_REQUIRED, memberId));
      return;
    }
    this.#addAndRebalance(shard, group, memberId, context, request, done);
  }

  #joinAsCurrent(shard: Shard, group: Group, context: GroupRequestContext, request: JoinRequest, done: JoinCallback): void {
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
        if (member.matches(request.protocols)) done(this.#currentGeneration(group, member, group.leader === member.memberId));
        else this.#updateAndRebalance(shard, group, member, context, request, done);
        return;
      case 'Stable':
        // A leader that joins again may want another assignment (its topics changed); a follower only if its protocols changed.
        if (group.leader === member.memberId || !member.matches(request.protocols)) {
          this.#updateAndRebalance(shard, group, member, context, request, done);
        } else {
          done(this.#currentGeneration(group, member, false));
        }
        return;
      case 'Empty':
      case 'Dead':
        done(joinError(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId));
    }
  }

  #currentGeneration(group: Group, member: Member, withMembers: boolean): JoinResult {
    return {
      errorCode: ErrorCode.NONE,
      generationId: group.generation,
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      leader: group.leader ?? '',
      skipAssignment: false,
      memberId: member.memberId,
      members: withMembers ? group.memberMetadata() : [],
    };
  }

  #addAndRebalance(
    shard: Shard,
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
    group.pendingMembers.get(memberId)?.cancel();
    group.pendingMembers.delete(memberId);
    if (group.members.size === 0) group.protocolType = request.protocolType;
    group.add(member);
    member.awaitingJoin = done;
    if (group.state.name === 'PreparingRebalance' && group.state.initial !== null) group.state.initial.newMember = true;
    this.#extendSession(shard, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS);
    this.#env.tracer.emit({
      type: 'group-member-joined',
      group: group.id,
      member: memberId,
      instanceId: request.groupInstanceId,
      generation: group.generation,
    });
    this.#rebalance(shard, group);
  }

  #updateAndRebalance(
    shard: Shard,
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
    this.#rebalance(shard, group);
  }

  #update(member: Member, context: GroupRequestContext, request: JoinRequest): void {
    member.protocols = request.protocols;
    member.rebalanceTimeoutMs = context.version === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;
    member.sessionTimeoutMs = request.sessionTimeoutMs;
  }

  /** A process with a known group.instance.id came back without its member id: it takes the old one's place (KIP-345). */
  #replaceStatic(
    shard: Shard,
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
    this.#update(member, context, request);
    fencedJoin?.(joinError(ErrorCode.FENCED_INSTANCE_ID, oldId));
    fencedSync?.(syncError(ErrorCode.FENCED_INSTANCE_ID));
    this.#extendSession(shard, group, member, member.sessionTimeoutMs);
    this.#traceTakeover(group, member, oldId, sinceHeartbeatMs);
    if (group.state.name !== 'Stable' || group.selectProtocol() !== group.protocolName) {
      this.#rebalance(shard, group);
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
        if (!group.is('Dead')) this.#extendSession(shard, group, member, member.sessionTimeoutMs);
        done(joinError(error, ''));
        return;
      }
      this.#extendSession(shard, group, member, member.sessionTimeoutMs);
      const isLeader = group.leader === newId;
      done({
        ...this.#currentGeneration(group, member, isLeader && context.version >= 9),
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

  // --- the rebalance ---

  /** Begins a rebalance, or sees whether the one under way can end. */
  #rebalance(shard: Shard, group: Group): void {
    if (group.is('Stable', 'CompletingRebalance', 'Empty')) this.#prepare(shard, group);
    else this.#tryCompleteJoin(shard, group);
  }

  #prepare(shard: Shard, group: Group): void {
    if (group.is('CompletingRebalance')) this.#failSyncs(shard, group, ErrorCode.REBALANCE_IN_PROGRESS);
    const wasEmpty = group.is('Empty');
    const rebalanceTimeoutMs = group.rebalanceTimeoutMs();
    const delayMs = this.#config['group.initial.rebalance.delay.ms'];
    const timer = this.#env.timers.after(wasEmpty ? delayMs : rebalanceTimeoutMs, () => this.#joinTimedOut(shard, group));
    const initial = wasEmpty ? { remainingMs: Math.max(rebalanceTimeoutMs - delayMs, 0), newMember: false } : null;
    this.#transition(group, { name: 'PreparingRebalance', timer, initial });
    this.#tryCompleteJoin(shard, group);
  }

  #tryCompleteJoin(shard: Shard, group: Group): void {
    if (group.state.name !== 'PreparingRebalance' || group.state.initial !== null) return;
    if (group.allMembersJoined()) this.#completeJoin(shard, group);
  }

  #joinTimedOut(shard: Shard, group: Group): void {
    if (group.state.name !== 'PreparingRebalance' || shard.state !== 'active') return;
    const { initial } = group.state;
    if (initial !== null && initial.newMember && initial.remainingMs > 0) {
      // KIP-134: others keep coming; wait a little more, but not for ever.
      const delayMs = Math.min(this.#config['group.initial.rebalance.delay.ms'], initial.remainingMs);
      initial.newMember = false;
      initial.remainingMs -= delayMs;
      group.state.timer = this.#env.timers.after(delayMs, () => this.#joinTimedOut(shard, group));
      return;
    }
    this.#completeJoin(shard, group);
  }

  #completeJoin(shard: Shard, group: Group): void {
    for (const member of [...group.members.values()]) {
      if (member.awaitingJoin === null && member.groupInstanceId === null) this.#removed(group, member, 'rebalance-timeout');
    }
    if (group.members.size > 0 && !electJoinedLeader(group)) {
      // Only static members are left and none has joined again: they keep their places for another round.
      const timer = this.#env.timers.after(group.rebalanceTimeoutMs(), () => this.#joinTimedOut(shard, group));
      if (group.state.name === 'PreparingRebalance') {
        group.state.timer.cancel();
        group.state.timer = timer;
        group.state.initial = null;
      }
      return;
    }
    group.nextGeneration();
    if (group.members.size === 0) {
      this.#transition(group, { name: 'Empty' });
      // If this write fails the next one tells of the same: nobody is answered by it.
      shard.write([groupRecord(group, new Map(), this.#env.clock.wallMs())], nothing, nothing);
      return;
    }
    const members = new Set(group.members.keys());
    const generation = group.generation;
    const timer = this.#env.timers.after(group.rebalanceTimeoutMs(), () => this.#syncTimedOut(shard, group, generation));
    this.#transition(group, { name: 'CompletingRebalance', pendingSync: { timer, members } });
    for (const member of [...group.members.values()]) {
      const answer = member.awaitingJoin;
      member.awaitingJoin = null;
      member.isNew = false;
      this.#extendSession(shard, group, member, member.sessionTimeoutMs);
      answer?.(this.#currentGeneration(group, member, group.leader === member.memberId));
    }
  }

  #syncTimedOut(shard: Shard, group: Group, generation: number): void {
    if (!('pendingSync' in group.state) || group.generation !== generation || shard.state !== 'active') return;
    const late = [...(group.state.pendingSync?.members ?? [])];
    if (late.length === 0) return;
    for (const memberId of late) {
      const member = group.members.get(memberId);
      if (member !== undefined) this.#removed(group, member, 'sync-timeout');
    }
    this.#prepare(shard, group);
  }

  // --- SyncGroup ---

  sync(shard: Shard, version: number, group: Group | undefined, request: SyncRequest, done: SyncCallback): void {
    // Mandatory since KIP-559.
    const isIncomplete = version >= 5 && (request.protocolType === null || request.protocolName === null);
    const error = isIncomplete ? ErrorCode.INCONSISTENT_GROUP_PROTOCOL : this.#validateSync(group, request);
    if (error !== ErrorCode.NONE || group === undefined) {
      done(syncError(error));
      return;
    }
    const member = group.members.get(request.memberId) as Member;
    switch (group.state.name) {
      case 'PreparingRebalance':
        done(syncError(ErrorCode.REBALANCE_IN_PROGRESS));
        return;
      case 'CompletingRebalance': {
        const superseded = member.awaitingSync;
        member.awaitingSync = done;
        superseded?.(syncError(ErrorCode.REBALANCE_IN_PROGRESS));
        group.synced(member.memberId);
        if (group.leader === member.memberId) this.#storeAssignment(shard, group, request);
        return;
      }
      case 'Stable':
        group.synced(member.memberId);
        this.#answerSync(group, member, done);
        this.#extendSession(shard, group, member, member.sessionTimeoutMs);
        return;
      case 'Empty':
      case 'Dead':
        done(syncError(ErrorCode.UNKNOWN_MEMBER_ID));
    }
  }

  #validateSync(group: Group | undefined, request: SyncRequest): number {
    if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (group.is('Dead')) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const invalid = validateMember(group, request.memberId, request.groupInstanceId);
    if (invalid !== ErrorCode.NONE) return invalid;
    if (request.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
    if (request.protocolType !== null && request.protocolType !== group.protocolType)
      return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
    if (request.protocolName !== null && request.protocolName !== group.protocolName)
      return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
    return ErrorCode.NONE;
  }

  /** The leader's assignment is in the log before anybody is answered (zoo: assignment-answered-before-persist). */
  #storeAssignment(shard: Shard, group: Group, request: SyncRequest): void {
    const assignments = new Map<string, Uint8Array>();
    for (const memberId of group.members.keys()) assignments.set(memberId, NO_BYTES);
    for (const given of request.assignments)
      if (assignments.has(given.memberId)) assignments.set(given.memberId, given.assignment);
    const generation = group.generation;
    shard.write([groupRecord(group, assignments, this.#env.clock.wallMs())], nothing, (error) => {
      if (group.state.name !== 'CompletingRebalance' || group.generation !== generation) return;
      if (error !== ErrorCode.NONE) {
        this.#failSyncs(shard, group, error);
        this.#prepare(shard, group);
        return;
      }
      for (const [memberId, assignment] of assignments) {
        const member = group.members.get(memberId);
        if (member !== undefined) member.assignment = assignment;
      }
      this.#transition(group, { name: 'Stable', pendingSync: group.state.pendingSync });
      this.#env.tracer.emit({
        type: 'group-assignment',
        group: group.id,
        generation,
        protocol: group.protocolName ?? '',
        leader: group.leader ?? '',
        assignments: [...group.members.values()].map((member) => ({
          member: member.memberId,
          partitions: assignedPartitions(member.assignment),
        })),
      });
      for (const member of [...group.members.values()]) {
        const answer = member.awaitingSync;
        member.awaitingSync = null;
        if (answer === null) continue;
        this.#extendSession(shard, group, member, member.sessionTimeoutMs);
        this.#answerSync(group, member, answer);
      }
    });
  }

  #answerSync(group: Group, member: Member, done: SyncCallback): void {
    this.#env.tracer.emit({
      type: 'group-sync-answered',
      group: group.id,
      generation: group.generation,
      member: member.memberId,
      partitions: assignedPartitions(member.assignment),
    });
    done({
      errorCode: ErrorCode.NONE,
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      assignment: member.assignment,
    });
  }

  #failSyncs(shard: Shard, group: Group, error: number): void {
    group.clearAssignments();
    for (const member of [...group.members.values()]) {
      const answer = member.awaitingSync;
      member.awaitingSync = null;
      if (answer === null) continue;
      // Its session may have run out unnoticed while it waited.
      this.#extendSession(shard, group, member, member.sessionTimeoutMs);
      answer(syncError(error));
    }
  }

  // --- Heartbeat, LeaveGroup, sessions ---

  heartbeat(shard: Shard, group: Group | undefined, request: RequestTypes['Heartbeat']): number {
    if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (group.is('Dead')) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const invalid = validateMember(group, request.memberId, request.groupInstanceId);
    if (invalid !== ErrorCode.NONE) return invalid;
    if (request.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
    if (group.is('Empty')) return ErrorCode.UNKNOWN_MEMBER_ID;
    this.touch(shard, group, request.memberId);
    return group.is('PreparingRebalance') ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  /** A sign of life: a heartbeat or a commit. */
  touch(shard: Shard, group: Group, memberId: string): void {
    const member = group.members.get(memberId);
    if (member !== undefined) this.#extendSession(shard, group, member, member.sessionTimeoutMs);
  }

  /** Error code for one leaving member. An empty member id with an instance id names a static member (KIP-345). */
  leave(shard: Shard, group: Group, memberId: string, groupInstanceId: string | null): number {
    if (group.is('Dead')) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (group.pendingMembers.has(memberId)) {
      this.#dropPending(shard, group, memberId);
      return ErrorCode.NONE;
    }
    const id = memberId === '' && groupInstanceId !== null ? (group.staticMembers.get(groupInstanceId) ?? '') : memberId;
    const invalid = validateMember(group, id, groupInstanceId);
    if (invalid !== ErrorCode.NONE) return invalid;
    this.#removeAndRebalance(shard, group, group.members.get(id) as Member, 'left');
    return ErrorCode.NONE;
  }

  #dropPending(shard: Shard, group: Group, memberId: string): void {
    group.pendingMembers.get(memberId)?.cancel();
    group.pendingMembers.delete(memberId);
    if (shard.state === 'active') this.#tryCompleteJoin(shard, group);
  }

  #removed(group: Group, member: Member, reason: RemovalReason): void {
    group.remove(member.memberId);
    const join = member.awaitingJoin;
    const sync = member.awaitingSync;
    member.awaitingJoin = null;
    member.awaitingSync = null;
    join?.(joinError(ErrorCode.UNKNOWN_MEMBER_ID, ''));
    sync?.(syncError(ErrorCode.UNKNOWN_MEMBER_ID));
    this.#env.tracer.emit({
      type: 'group-member-removed',
      group: group.id,
      member: member.memberId,
      reason,
      sinceHeartbeatMs: this.#env.clock.monotonicMs() - member.lastHeartbeatMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
    });
  }

  #removeAndRebalance(shard: Shard, group: Group, member: Member, reason: RemovalReason): void {
    this.#removed(group, member, reason);
    if (group.is('Stable', 'CompletingRebalance')) this.#prepare(shard, group);
    else if (group.is('PreparingRebalance')) this.#tryCompleteJoin(shard, group);
  }

  /** The session ends `sessionMs` of monotonic time from now, unless something is heard before. */
  #extendSession(shard: Shard, group: Group, member: Member, sessionMs: number): void {
    const now = this.#env.clock.monotonicMs();
    member.lastHeartbeatMs = now;
    member.deadlineMs = now + sessionMs;
    // One timer a member: it is armed again when it fires early, so that a heartbeat costs no timer.
    if (member.timerServes(now)) return;
    member.sessionTimer?.cancel();
    member.armSession(this.#env.timers, sessionMs, now, () => this.#sessionTimerFired(shard, group, member));
  }

  #sessionTimerFired(shard: Shard, group: Group, member: Member): void {
    member.sessionTimer = null;
    if (shard.state !== 'active' || group.members.get(member.memberId) !== member) return;
    const now = this.#env.clock.monotonicMs();
    if (now < member.deadlineMs) {
      member.armSession(this.#env.timers, member.deadlineMs - now, now, () => this.#sessionTimerFired(shard, group, member));
      return;
    }
    // Waiting for an answer of ours is being alive, and the session starts anew with the answer. A member that never saw a
    // generation may be gone with its connection without anybody noticing: its long first session counts.
    if (!member.isNew && (member.awaitingJoin !== null || member.awaitingSync !== null)) return;
    this.#removeAndRebalance(shard, group, member, 'session-expired');
  }

  /** After a load: members that were there get a full session to be heard from. */
  resume(shard: Shard, group: Group): void {
    for (const member of group.members.values()) this.#extendSession(shard, group, member, member.sessionTimeoutMs);
    // The limit was lowered: a rebalance sorts out who stays.
    if (group.members.size > this.#config['group.max.size']) this.#prepare(shard, group);
  }

  /** The shard goes, or the group: nobody is answered by it any more but with an error. */
  abandon(group: Group): void {
    this.#transition(group, { name: 'Dead' });
    for (const timer of group.pendingMembers.values()) timer.cancel();
    group.pendingMembers.clear();
    for (const member of [...group.members.values()]) {
      member.sessionTimer?.cancel();
      member.sessionTimer = null;
      const join = member.awaitingJoin;
      const sync = member.awaitingSync;
      member.awaitingJoin = null;
      member.awaitingSync = null;
      join?.(joinError(ErrorCode.NOT_COORDINATOR, member.memberId));
      sync?.(syncError(ErrorCode.NOT_COORDINATOR));
    }
  }

  #transition(group: Group, to: Group['state']): void {
    const from = group.state.name;
    group.transitionTo(to, this.#env.clock.wallMs());
    this.#env.tracer.emit({
      type: 'group-transition',
      group: group.id,
      from,
      to: to.name,
      generation: group.generation,
      members: [...group.members.keys()],
    });
  }
}

/** NONE, or why a request of this member is refused: it is unknown, or another took its group.instance.id. */
export function validateMember(group: Group, memberId: string, groupInstanceId: string | null): number {
  if (groupInstanceId !== null) {
    const current = group.staticMembers.get(groupInstanceId);
    if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (current !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  }
  return group.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
}

/** The leader must be one that joined; false if nobody did. */
function electJoinedLeader(group: Group): boolean {
  if (group.leader !== null && group.members.get(group.leader)?.awaitingJoin != null) return true;
  for (const member of group.members.values()) {
    if (member.awaitingJoin !== null) {
      group.leader = member.memberId;
      return true;
    }
  }
  return false;
}

function nothing(): void {
  // The write needs no follow-up.
}
