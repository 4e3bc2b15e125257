/**
 * The classic group protocol: JoinGroup, SyncGroup, Heartbeat and LeaveGroup, and what a shard's coming and going means for its
 * members (KIP-62, KIP-345). A member joins (joining.ts) and asks for its assignment (syncing.ts); the rebalance around both
 * is a state machine of its own (rebalance.ts), and so is being alive (sessions.ts).
 */
import type { ClientEnvironment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import { joinError, syncError, validateMember } from './answers.ts';
import type { GroupRequestContext } from './api.ts';
import type { GroupConfig } from './config.ts';
import { Group } from './group.ts';
import type { GroupShard } from './groups.ts';
import { Joining } from './joining.ts';
import type { JoinCallback, Member, SyncCallback } from './member.ts';
import { Rebalance } from './rebalance.ts';
import { Sessions } from './sessions.ts';
import { Syncing } from './syncing.ts';

export class Membership {
  readonly #config: GroupConfig;
  readonly #sessions: Sessions;
  readonly #rebalance: Rebalance;
  readonly #joining: Joining;
  readonly #syncing: Syncing;

  constructor(env: ClientEnvironment, config: GroupConfig) {
    this.#config = config;
    this.#sessions = new Sessions(env, (shard, group, member) =>
      this.#rebalance.removeAndRebalance(shard, group, member, 'session-expired'),
    );
    this.#rebalance = new Rebalance(env, config, this.#sessions);
    this.#joining = new Joining(env, config, this.#sessions, this.#rebalance);
    this.#syncing = new Syncing(env, this.#sessions, this.#rebalance);
  }

  /** `done` is called once: with a refusal, or when the generation that the member waits for exists. */
  join(shard: GroupShard, context: GroupRequestContext, request: RequestTypes['JoinGroup'], done: JoinCallback): void {
    this.#joining.join(shard, context, request, done);
  }

  /** `done` is called once: with a refusal, or with the assignment when it is in the log. */
  sync(shard: GroupShard, group: Group | undefined, request: RequestTypes['SyncGroup'], done: SyncCallback): void {
    this.#syncing.sync(shard, group, request, done);
  }

  /** Error code of a Heartbeat. */
  heartbeat(shard: GroupShard, group: Group | undefined, request: RequestTypes['Heartbeat']): number {
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
  touch(shard: GroupShard, group: Group, memberId: string): void {
    const member = group.members.get(memberId);
    if (member !== undefined) this.#sessions.extend(shard, group, member, member.sessionTimeoutMs);
  }

  /**
   * Error codes for the leaving members: all are taken out before anything follows from it. An empty member id with an instance id
   * names a static member (KIP-345).
   */
  leave(
    shard: GroupShard,
    group: Group,
    leaving: readonly { readonly memberId: string; readonly groupInstanceId: string | null }[],
  ): number[] {
    const errors = leaving.map(({ memberId, groupInstanceId }) => this.#takeOut(group, memberId, groupInstanceId));
    if (errors.includes(ErrorCode.NONE)) this.#rebalance.afterRemoval(shard, group);
    return errors;
  }

  #takeOut(group: Group, memberId: string, groupInstanceId: string | null): number {
    if (group.is('Dead')) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (group.forgetPending(memberId)) return ErrorCode.NONE;
    const id = memberId === '' && groupInstanceId !== null ? (group.staticMembers.get(groupInstanceId) ?? '') : memberId;
    const invalid = validateMember(group, id, groupInstanceId);
    if (invalid !== ErrorCode.NONE) return invalid;
    this.#rebalance.remove(group, group.members.get(id) as Member, 'left');
    return ErrorCode.NONE;
  }

  /** Its members are to join again, as when one comes or goes. */
  rebalance(shard: GroupShard, group: Group): void {
    this.#rebalance.begin(shard, group);
  }

  /** After a load: members that were there get a full session to be heard from. */
  resume(shard: GroupShard, group: Group): void {
    for (const member of group.members.values()) this.#sessions.extend(shard, group, member, member.sessionTimeoutMs);
    // The limit was lowered: a rebalance sorts out who stays.
    if (group.members.size > this.#config['group.max.size']) this.#rebalance.begin(shard, group);
  }

  /** A consumer group has become this one, with its members. */
  adopt(shard: GroupShard, group: Group, rebalances: boolean): void {
    for (const member of group.members.values()) this.#sessions.extend(shard, group, member, member.sessionTimeoutMs);
    if (rebalances) this.#rebalance.begin(shard, group);
  }

  /** A consumer group takes its place: whoever waits is told to join again. */
  release(group: Group): void {
    this.#end(group, ErrorCode.REBALANCE_IN_PROGRESS);
  }

  /** No consumer group took its place, after all: it is as the log has it, and rebalances, as those who waited join again. */
  restore(shard: GroupShard, released: Group): void {
    const group = new Group(released.id, released);
    group.protocolType = released.protocolType;
    group.generation = released.generation;
    for (const member of released.members.values()) group.add(member);
    group.leader = released.leader;
    group.protocolName = released.protocolName;
    group.currentStateTimestamp = released.currentStateTimestamp;
    group.noteSubscriptions();
    shard.state.set(group.id, group);
    if (group.members.size === 0) return;
    group.state = { name: 'Stable', pendingSync: null };
    this.adopt(shard, group, true);
  }

  /** The shard goes, or the group: nobody is answered by it any more but with an error. */
  abandon(group: Group): void {
    this.#end(group, ErrorCode.NOT_COORDINATOR);
  }

  #end(group: Group, error: number): void {
    this.#rebalance.transition(group, { name: 'Dead' });
    for (const timer of group.pendingMembers.values()) timer.cancel();
    group.pendingMembers.clear();
    for (const member of [...group.members.values()]) {
      member.sessionTimer?.cancel();
      member.sessionTimer = null;
      const join = member.awaitingJoin;
      const sync = member.awaitingSync;
      member.awaitingJoin = null;
      member.awaitingSync = null;
      join?.(joinError(error, member.memberId));
      sync?.(syncError(error));
    }
  }
}
