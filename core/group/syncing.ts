/** SyncGroup: the leader hands in the assignment of its generation, and every member asks for its part. */
import { invariant } from '../../ports/invariant.ts';
import type { ClientEnvironment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import type { Offset } from '../protocol/numbers.ts';
import { syncError, validateMember } from './answers.ts';
import { assignedPartitions } from './assignment.ts';
import type { Group } from './group.ts';
import type { GroupShard } from './groups.ts';
import { type Member, NO_BYTES, type SyncCallback } from './member.ts';
import type { Rebalance } from './rebalance.ts';
import { groupRecord } from './records.ts';
import type { Sessions } from './sessions.ts';

type SyncRequest = RequestTypes['SyncGroup'];

export class Syncing {
  readonly #env: ClientEnvironment;
  readonly #sessions: Sessions;
  readonly #rebalance: Rebalance;

  constructor(env: ClientEnvironment, sessions: Sessions, rebalance: Rebalance) {
    this.#env = env;
    this.#sessions = sessions;
    this.#rebalance = rebalance;
  }

  /** `done` is called once: with a refusal, or with the assignment when it is in the log. */
  sync(shard: GroupShard, group: Group | undefined, request: SyncRequest, done: SyncCallback): void {
    const error = this.#validateSync(group, request);
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
        // No sign of life, unlike in the Scala coordinator: its session goes on as it was (4.3.1).
        this.#answerSync(group, member, done);
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

  /** The leader's assignment is in the log before anybody is answered. */
  #storeAssignment(shard: GroupShard, group: Group, request: SyncRequest): void {
    const assignments = new Map<string, Uint8Array>();
    for (const memberId of group.members.keys()) assignments.set(memberId, NO_BYTES);
    for (const given of request.assignments)
      if (assignments.has(given.memberId)) assignments.set(given.memberId, given.assignment);
    const generation = group.generation;
    invariant(
      group.leader !== null && assignments.has(group.leader),
      () => `group ${group.id}: generation ${generation} is led by ${group.leader}, who is no member`,
    );
    let logOffset = -1;
    const settled = (_error: number, baseOffset: Offset): void => void (logOffset = baseOffset);
    shard.write([groupRecord(group, assignments, this.#env.clock.wallMs())], settled, (error) => {
      if (group.state.name !== 'CompletingRebalance' || group.generation !== generation) return;
      if (error !== ErrorCode.NONE) {
        this.#rebalance.failAssignment(shard, group, error);
        return;
      }
      for (const [memberId, assignment] of assignments) {
        const member = group.members.get(memberId);
        if (member !== undefined) member.assignment = assignment;
      }
      this.#rebalance.transition(group, { name: 'Stable', pendingSync: group.state.pendingSync });
      this.#env.tracer.emit({
        type: 'group-assignment',
        group: group.id,
        logOffset,
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
        this.#sessions.extend(shard, group, member, member.sessionTimeoutMs);
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
}
