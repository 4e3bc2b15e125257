/**
 * The consumer protocol (KIP-848): heartbeats, which are all that a member sends, and what time does to members. Each is decided on as a value
 * (heartbeat.ts, leaving.ts, regexes.ts), counts for what is decided next, and is answered when it is in the log.
 */
import type { RandomStream } from '../../../ports/random.ts';
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft as Drafted } from '../../protocol/schema.ts';
import { randomUuid } from '../../protocol/uuid.ts';
import type { Offset } from '../../protocol/numbers.ts';
import type { ConsumerRequestContext } from '../api.ts';
import { hostAsJava } from '../client-host.ts';
import type { GroupShard } from '../groups.ts';
import type { Group } from '../group.ts';
import { groupTombstone } from '../records.ts';
import { type Change, ConsumerGroup } from './consumer-group.ts';
import { tellGroup } from './consumer-group-events.ts';
import { NEW_STATE, regexCounts } from './consumer-group-state.ts';
import type { ConsumerGroupSettings } from './consumer-group-settings.ts';
import { type ConsumerMember, JOIN_EPOCH, MemberState } from './consumer-member.ts';
import { encodeConsumerGroupRecord } from './consumer-records.ts';
import type { Draft } from './draft.ts';
import { decideHeartbeat, type HeartbeatDecision } from './heartbeat.ts';
import { type HeartbeatRequest, unknownGroup } from './heartbeat-checks.ts';
import { decideLeave, fence, leaversOf } from './leaving.ts';
import { MemberTimers } from './member-timers.ts';
import { topicPartitionsOf } from './partitions.ts';
import { decideResolved, lookUp, needsLookUp } from './regexes.ts';

type HeartbeatAnswer = Drafted<ResponseTypes['ConsumerGroupHeartbeat']>;
type Answered = (answer: HeartbeatAnswer) => void;

/** Why a member is one no more: it left, time put it out, or another took its place. */
type RemovalReason = 'left' | 'session-expired' | 'rebalance-timeout' | 'fenced';

interface Writing {
  readonly draft: Draft;
  /** The classic group that ends with it. */
  readonly ended?: Group | null;
  readonly reason?: RemovalReason;
}

/** A write that time asked for and that failed is tried again so much later, as by Kafka's CoordinatorTimer. */
const RETRY_MS = 500;

export class ConsumerMembership {
  readonly #env: ClientEnvironment;
  readonly #settings: ConsumerGroupSettings;
  readonly #ids: RandomStream;
  /** Of the metadata that last had a new topic. */
  #newTopicsVersion = 0;

  constructor(env: ClientEnvironment, settings: ConsumerGroupSettings) {
    this.#env = env;
    this.#settings = settings;
    this.#ids = env.random.stream('group/member-ids');
  }

  /**
   * A heartbeat, whose request is in order. Who joins makes the group if there is none, or if a classic one has nobody in it, which then
   * ends.
   */
  heartbeat(shard: GroupShard, context: ConsumerRequestContext, given: HeartbeatRequest, done: Answered): void {
    const existing = shard.state.get(given.groupId);
    if (given.memberEpoch < JOIN_EPOCH) {
      this.#leave(shard, shard.state.consumer(given.groupId), given, done);
      return;
    }
    const ended = existing?.kind === 'classic' ? existing : null;
    const isRefused = given.memberEpoch !== JOIN_EPOCH || !ended?.isEmpty;
    if (ended !== null && isRefused) {
      done(unknownGroup(given.groupId));
      return;
    }
    const group = existing?.kind === 'consumer' ? existing : new ConsumerGroup(given.groupId, existing);
    const request = given.memberId === '' ? { ...given, memberId: randomUuid(this.#ids) } : given;
    const { topics, group: settings } = this.#settings;
    const { maxSize, defaultAssignor, regexRefreshMs, assignmentIntervalMs, heartbeatIntervalMs } = settings(group.id);
    const wallMs = this.#env.clock.wallMs();
    const decided = decideHeartbeat(group.state, request, {
      clientId: context.clientId ?? '',
      clientHost: hostAsJava(context.clientHost),
      topics: topics(),
      wallMs,
      maxSize,
      assignmentIntervalMs,
      defaultAssignor,
      needsTopicsRefresh: group.needsTopicsRefresh,
    });
    const { memberId, memberEpoch: generation } = request;
    const error = 'errorCode' in decided ? decided.errorCode : ErrorCode.NONE;
    this.#env.tracer.emit({ type: 'group-heartbeat-received', group: group.id, member: memberId, generation, error });
    if ('errorCode' in decided) {
      done(decided);
      return;
    }
    const { member, draft } = decided;
    shard.state.set(group.id, group);
    this.#write(shard, group, { draft, ended }, (errorCode) => {
      if (errorCode !== ErrorCode.NONE) done({ errorCode });
      else done(heartbeatAnswer(decided, heartbeatIntervalMs));
    });
    if (decided.sawTopics) group.sawTopicsIn(draft.state.epoch);
    if (decided.replaced !== null) this.#stopTimers(group, decided.replaced.memberId);
    this.#extendSession(shard, group, member.memberId);
    if (decided.hasReconciled) this.#timeRebalance(shard, group, member);
    const due = { wallMs, newTopicsVersion: this.#newTopicsVersion, maxIntervalMs: regexRefreshMs };
    if (!group.isResolving && group.state !== null && needsLookUp(group.state, decided.hasNewRegex, due))
      this.#resolve(shard, group, context.maySeeTopic);
  }

  #leave(shard: GroupShard, group: ConsumerGroup | undefined, request: HeartbeatRequest, done: Answered): void {
    const decided = decideLeave(group?.state ?? null, request, this.#settings.topics());
    if (group === undefined || 'errorCode' in decided) {
      done('errorCode' in decided ? decided : unknownGroup(request.groupId));
      return;
    }
    const { memberId } = decided.member;
    this.#write(shard, group, { draft: decided.draft, reason: 'left' }, (errorCode) => {
      if (errorCode !== ErrorCode.NONE) done({ errorCode });
      else done({ errorCode, memberId, memberEpoch: request.memberEpoch });
    });
    if (!decided.isTemporary) this.#stopTimers(group, memberId);
  }

  /**
   * Members leave by the classic protocol's LeaveGroup, which an operator may send for any. `done` is told what each of them is answered, or
   * the error of all.
   */
  leaveAll(
    shard: GroupShard,
    group: ConsumerGroup,
    asked: readonly { readonly memberId: string; readonly groupInstanceId: string | null }[],
    done: (errors: readonly number[], error: number) => void,
  ): void {
    const { members, errors } = leaversOf(group.state ?? NEW_STATE, asked);
    if (group.state === null || members.size === 0) {
      done(errors, ErrorCode.NONE);
      return;
    }
    const draft = fence(group.state, members, this.#settings.topics());
    this.#write(shard, group, { draft, reason: 'left' }, (error) => done(errors, error));
    for (const { memberId } of members) this.#stopTimers(group, memberId);
  }

  /** There are topics that were not there before: some may be what a regular expression stands for. */
  onNewTopics(version: number): void {
    this.#newTopicsVersion = version;
  }

  /** After a load: members that were there get a full session to be heard from, and to give up what they were told to. */
  resume(shard: GroupShard, group: ConsumerGroup): void {
    tellGroup(this.#env.tracer, shard.partition, group, -1);
    for (const member of group.state?.members.values() ?? []) {
      this.#extendSession(shard, group, member.memberId);
      this.#timeRebalance(shard, group, member);
    }
  }

  /**
   * Writes what was decided, which counts from now on for the decisions after it. `done` is told when it is in the log, or is not.
   */
  #write(
    shard: GroupShard,
    group: ConsumerGroup,
    { draft, ended = null, reason = 'fenced' }: Writing,
    done: (error: number) => void,
  ): void {
    if (draft.records.length === 0) {
      shard.whenSettled(done);
      return;
    }
    const wallMs = this.#env.clock.wallMs();
    const change = group.change(draft.records);
    this.#tellMembers(group, change, reason);
    const records = draft.records.map((record) => encodeConsumerGroupRecord(group.id, record, wallMs));
    if (ended !== null) records.unshift(groupTombstone(group.id, wallMs));
    const settled = (error: number, baseOffset: Offset): void => {
      if (error === ErrorCode.NONE) {
        group.settle(change);
        tellGroup(this.#env.tracer, shard.partition, group, baseOffset + records.length - 1);
        if (ended !== null) this.#env.tracer.emit({ type: 'group-deleted', group: group.id, logOffset: baseOffset });
        return;
      }
      group.revert(change);
      if (ended !== null && shard.state.get(group.id) === group) shard.state.set(group.id, ended);
      shard.state.dropIfPristine(group);
    };
    shard.write(records, settled, done);
  }

  /** Who comes and who goes with a change, as of the decision. */
  #tellMembers(group: ConsumerGroup, { before, after }: Change, reason: RemovalReason): void {
    const was: ReadonlyMap<string, ConsumerMember> = before?.members ?? new Map();
    const is: ReadonlyMap<string, ConsumerMember> = after?.members ?? new Map();
    for (const memberId of was.keys()) {
      if (is.has(memberId)) continue;
      const timers = group.timers.get(memberId);
      this.#env.tracer.emit({
        type: 'group-member-removed',
        group: group.id,
        member: memberId,
        reason,
        sinceHeartbeatMs: this.#env.clock.monotonicMs() - (timers?.lastHeartbeatMs ?? 0),
        sessionTimeoutMs: timers?.sessionTimeoutMs ?? 0,
      });
    }
    for (const { memberId: member, instanceId } of is.values()) {
      if (was.has(member)) continue;
      const generation = after?.epoch ?? 0;
      this.#env.tracer.emit({ type: 'group-member-joined', group: group.id, member, instanceId, generation });
    }
  }

  #timersOf(group: ConsumerGroup, memberId: string): MemberTimers {
    let timers = group.timers.get(memberId);
    if (timers === undefined) {
      timers = new MemberTimers(this.#env);
      group.timers.set(memberId, timers);
    }
    return timers;
  }

  #stopTimers(group: ConsumerGroup, memberId: string): void {
    group.timers.get(memberId)?.stop();
    group.timers.delete(memberId);
  }

  #extendSession(shard: GroupShard, group: ConsumerGroup, memberId: string): void {
    const timeoutMs = this.#settings.group(group.id).sessionTimeoutMs;
    this.#timersOf(group, memberId).extendSession(timeoutMs, () => this.#fence(shard, group, memberId, 'session-expired'));
  }

  /** The time for giving up partitions begins when it is told to, and again with whatever else it is told to give up. */
  #timeRebalance(
    shard: GroupShard,
    group: ConsumerGroup,
    { memberId, memberEpoch, state, rebalanceTimeoutMs }: ConsumerMember,
  ): void {
    const timers = this.#timersOf(group, memberId);
    if (state !== MemberState.UNREVOKED_PARTITIONS) {
      timers.endRebalance();
      return;
    }
    timers.startRebalance(rebalanceTimeoutMs, () => {
      if (group.state?.members.get(memberId)?.memberEpoch === memberEpoch)
        this.#fence(shard, group, memberId, 'rebalance-timeout');
    });
  }

  /** Puts a member out of its group. */
  #fence(shard: GroupShard, group: ConsumerGroup, memberId: string, reason: RemovalReason): void {
    const member = group.state?.members.get(memberId);
    if (shard.status !== 'active' || group.state === null || member === undefined) return;
    this.#write(shard, group, { draft: fence(group.state, [member], this.#settings.topics()), reason }, (error) => {
      if (error === ErrorCode.NONE || shard.status !== 'active' || group.state?.members.has(memberId) !== true) return;
      const timers = this.#timersOf(group, memberId);
      timers.tryAgain(RETRY_MS, () => this.#fence(shard, group, memberId, reason));
    });
    if (group.state?.members.has(memberId) !== true) this.#stopTimers(group, memberId);
  }

  /** Looks the group's regular expressions up, apart from the heartbeat that made it necessary. */
  #resolve(shard: GroupShard, group: ConsumerGroup, maySeeTopic: (topic: string) => boolean): void {
    group.isResolving = true;
    const regexes = regexCounts(group.state?.members.values() ?? []).keys();
    const found = lookUp(regexes, this.#settings.topics(), maySeeTopic, this.#env.clock.wallMs());
    this.#env.timers.after(0, () => {
      group.isResolving = false;
      if (shard.status !== 'active' || group.state === null) return;
      const { epoch } = group.state;
      const draft = decideResolved(group.state, found, this.#settings.topics());
      this.#write(shard, group, { draft }, () => undefined);
      if (draft.state.epoch > epoch) group.sawTopicsIn(draft.state.epoch);
    });
  }
}

function heartbeatAnswer({ member, tellsAssignment }: HeartbeatDecision, heartbeatIntervalMs: number): HeartbeatAnswer {
  return {
    memberId: member.memberId,
    memberEpoch: member.memberEpoch,
    heartbeatIntervalMs,
    assignment: tellsAssignment ? { topicPartitions: topicPartitionsOf(member.assigned) } : null,
  };
}
