/**
 * How a group gets from one generation to the next, as Kafka's classic group state machine: members are asked to join again
 * and waited for, a generation is made of those who came, and its members are waited for once more until they ask for their
 * assignment (KIP-134).
 */
import { invariant } from '../../ports/invariant.ts';
import { nothing } from '../coordinator/coordinator-shard.ts';
import type { ClientEnvironment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { currentGeneration, joinError, syncError } from './answers.ts';
import type { GroupConfig } from './config.ts';
import type { Group } from './group.ts';
import type { GroupShard } from './groups.ts';
import type { Member } from './member.ts';
import { groupRecord } from './records.ts';
import type { Sessions } from './sessions.ts';

type RemovalReason = 'left' | 'session-expired' | 'rebalance-timeout' | 'fenced' | 'sync-timeout' | 'not-recorded';

/** As long as the thread that makes the generation may be behind. */
const LATE_MS = 20;

export class Rebalance {
  readonly #env: ClientEnvironment;
  readonly #config: GroupConfig;
  readonly #sessions: Sessions;

  constructor(env: ClientEnvironment, config: GroupConfig, sessions: Sessions) {
    this.#env = env;
    this.#config = config;
    this.#sessions = sessions;
  }

  /** Begins a rebalance, or sees whether the one under way can end. */
  begin(shard: GroupShard, group: Group): void {
    if (group.is('Stable', 'CompletingRebalance', 'Empty')) this.#prepare(shard, group);
    else this.tryCompleteJoin(shard, group);
  }

  #prepare(shard: GroupShard, group: Group): void {
    if (group.is('CompletingRebalance')) this.#failSyncs(shard, group, ErrorCode.REBALANCE_IN_PROGRESS);
    const wasEmpty = group.is('Empty');
    const rebalanceTimeoutMs = group.rebalanceTimeoutMs();
    const delayMs = this.#config['group.initial.rebalance.delay.ms'];
    const timer = this.#env.timers.after(wasEmpty ? delayMs : rebalanceTimeoutMs, () => this.#joinTimedOut(shard, group));
    const initial = wasEmpty ? { remainingMs: Math.max(rebalanceTimeoutMs - delayMs, 0), newMember: false } : null;
    this.transition(group, { name: 'PreparingRebalance', timer, initial });
    this.tryCompleteJoin(shard, group);
  }

  /** Makes the generation if nobody is waited for any more. */
  tryCompleteJoin(shard: GroupShard, group: Group): void {
    if (group.state.name !== 'PreparingRebalance' || group.state.initial !== null) return;
    if (!group.allMembersJoined()) return;
    if (!this.#env.random.sometimes('group/late-generation')) this.#completeJoin(shard, group);
    else
      this.#env.timers.after(LATE_MS, () => {
        if (shard.status === 'active') this.tryCompleteJoin(shard, group);
      });
  }

  #joinTimedOut(shard: GroupShard, group: Group): void {
    if (group.state.name !== 'PreparingRebalance' || shard.status !== 'active') return;
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

  #completeJoin(shard: GroupShard, group: Group): void {
    for (const member of [...group.members.values()]) {
      if (member.awaitingJoin === null && member.groupInstanceId === null) this.remove(group, member, 'rebalance-timeout');
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
      this.transition(group, { name: 'Empty' });
      // If this write fails the next one tells of the same: nobody is answered by it.
      shard.write([groupRecord(group, new Map(), this.#env.clock.wallMs())], nothing, nothing);
      return;
    }
    const members = new Set(group.members.keys());
    invariant(
      group.leader !== null && members.has(group.leader),
      () => `group ${group.id}: generation ${group.generation} is led by ${group.leader}, who is no member`,
    );
    const generation = group.generation;
    const timer = this.#env.timers.after(group.rebalanceTimeoutMs(), () => this.#syncTimedOut(shard, group, generation));
    this.transition(group, { name: 'CompletingRebalance', pendingSync: { timer, members } });
    for (const member of [...group.members.values()]) {
      const answer = member.awaitingJoin;
      member.awaitingJoin = null;
      member.isNew = false;
      this.#sessions.extend(shard, group, member, member.sessionTimeoutMs);
      answer?.(currentGeneration(group, member, group.leader === member.memberId));
    }
  }

  #syncTimedOut(shard: GroupShard, group: Group, generation: number): void {
    if (!('pendingSync' in group.state) || group.generation !== generation || shard.status !== 'active') return;
    const late = [...(group.state.pendingSync?.members ?? [])];
    if (late.length === 0) return;
    for (const memberId of late) {
      const member = group.members.get(memberId);
      if (member !== undefined) this.remove(group, member, 'sync-timeout');
    }
    this.#prepare(shard, group);
  }

  /** The assignment of a generation could not be stored: its members are told so, and join again. */
  failAssignment(shard: GroupShard, group: Group, error: number): void {
    this.#failSyncs(shard, group, error);
    this.#prepare(shard, group);
  }

  #failSyncs(shard: GroupShard, group: Group, error: number): void {
    group.clearAssignments();
    for (const member of [...group.members.values()]) {
      const answer = member.awaitingSync;
      member.awaitingSync = null;
      if (answer === null) continue;
      // Its session may have run out unnoticed while it waited.
      this.#sessions.extend(shard, group, member, member.sessionTimeoutMs);
      answer(syncError(error));
    }
  }

  /** A member id that was handed out is not waited for any more. */
  forgetPending(shard: GroupShard, group: Group, memberId: string): void {
    group.forgetPending(memberId);
    if (shard.status === 'active') this.tryCompleteJoin(shard, group);
  }

  /** Takes a member out of its group and answers what it waits for. What that means for a rebalance is up to the caller. */
  remove(group: Group, member: Member, reason: RemovalReason): void {
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

  /** The first record of the group was refused: there is no such group, and never was (4.3.1). */
  dismiss(shard: GroupShard, group: Group, error: number): void {
    if (group.isRecorded || shard.state.get(group.id) !== group) return;
    shard.state.delete(group.id);
    for (const memberId of [...group.pendingMembers.keys()]) group.forgetPending(memberId);
    for (const member of [...group.members.values()]) {
      const { awaitingJoin, awaitingSync } = member;
      member.awaitingJoin = null;
      member.awaitingSync = null;
      this.remove(group, member, 'not-recorded');
      awaitingJoin?.(joinError(error, ''));
      awaitingSync?.(syncError(error));
    }
    this.transition(group, { name: 'Dead' });
  }

  /** A member is gone: the others share out its partitions. */
  removeAndRebalance(shard: GroupShard, group: Group, member: Member, reason: RemovalReason): void {
    this.remove(group, member, reason);
    this.afterRemoval(shard, group);
  }

  /** Members are gone, or are not waited for any more. */
  afterRemoval(shard: GroupShard, group: Group): void {
    if (group.is('Stable', 'CompletingRebalance')) this.#prepare(shard, group);
    else if (group.is('PreparingRebalance')) this.tryCompleteJoin(shard, group);
  }

  /** Enters a state, and says so in the trace. */
  transition(group: Group, to: Group['state']): void {
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
