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
import type { ConsumerRequestContext } from '../api.ts';
import { hostAsJava } from '../client-host.ts';
import type { Group } from '../group.ts';
import type { GroupShard } from '../groups.ts';
import { ClassicMembership } from './classic-membership.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { tellGroup } from './consumer-group-events.ts';
import { NEW_STATE, regexCounts } from './consumer-group-state.ts';
import type { ConsumerGroupSettings } from './consumer-group-settings.ts';
import { type ClassicGroups, ConsumerGroupWriter } from './consumer-group-writer.ts';
import { JOIN_EPOCH } from './consumer-member.ts';
import { mayUpgrade, upgraded } from './conversion.ts';
import { Draft } from './draft.ts';
import { decideHeartbeat, type HeartbeatDecision } from './heartbeat.ts';
import { type HeartbeatRequest, unknownGroup } from './heartbeat-checks.ts';
import { decideLeave, leaversOf } from './leaving.ts';
import { topicPartitionsOf } from './partitions.ts';
import { decideResolved, lookUp, needsLookUp } from './regexes.ts';

type HeartbeatAnswer = Drafted<ResponseTypes['ConsumerGroupHeartbeat']>;
type Answered = (answer: HeartbeatAnswer) => void;

export class ConsumerMembership {
  readonly #env: ClientEnvironment;
  readonly #settings: ConsumerGroupSettings;
  readonly #ids: RandomStream;
  readonly #writer: ConsumerGroupWriter;
  readonly #classicGroups: ClassicGroups;
  /** Members of the classic protocol. */
  readonly classic: ClassicMembership;
  /** Of the metadata that last had a new topic. */
  #newTopicsVersion = 0;

  constructor(env: ClientEnvironment, settings: ConsumerGroupSettings, classicGroups: ClassicGroups) {
    this.#env = env;
    this.#settings = settings;
    this.#classicGroups = classicGroups;
    this.#writer = new ConsumerGroupWriter(env, settings, classicGroups);
    this.classic = new ClassicMembership(env, settings, this.#writer);
    this.#ids = env.random.stream('group/member-ids');
  }

  /**
   * A heartbeat, whose request is in order. Who joins makes the group if there is none, or of a classic one, which then ends: if that has nobody in
   * it, or if groups with members may be upgraded.
   */
  heartbeat(shard: GroupShard, context: ConsumerRequestContext, given: HeartbeatRequest, done: Answered): void {
    const existing = shard.state.get(given.groupId);
    if (given.memberEpoch < JOIN_EPOCH) {
      this.#leave(shard, shard.state.consumer(given.groupId), given, done);
      return;
    }
    const ended = existing?.kind === 'classic' ? existing : null;
    const beginning = ended === null ? null : this.#upgraded(ended, given);
    if (ended !== null && beginning === null) {
      done(unknownGroup(given.groupId));
      return;
    }
    const group = existing?.kind === 'consumer' ? existing : new ConsumerGroup(given.groupId, existing);
    const state = beginning === null || beginning.records.length === 0 ? group.state : beginning.state;
    const request = given.memberId === '' ? { ...given, memberId: randomUuid(this.#ids) } : given;
    const { topics, group: settings } = this.#settings;
    const { maxSize, defaultAssignor, regexRefreshMs, assignmentIntervalMs, heartbeatIntervalMs } = settings(group.id);
    const wallMs = this.#env.clock.wallMs();
    const heartbeatContext = {
      clientId: context.clientId ?? '',
      clientHost: hostAsJava(context.clientHost),
      topics: topics(),
      wallMs,
      maxSize,
      assignmentIntervalMs,
      defaultAssignor,
      needsTopicsRefresh: group.needsTopicsRefresh,
    };
    const decided = decideHeartbeat(state, request, heartbeatContext, beginning ?? new Draft(state));
    const { memberId, memberEpoch: generation } = request;
    const error = 'errorCode' in decided ? decided.errorCode : ErrorCode.NONE;
    this.#env.tracer.emit({ type: 'group-heartbeat-received', group: group.id, member: memberId, generation, error });
    if ('errorCode' in decided) {
      done(decided);
      return;
    }
    const { member, draft } = decided;
    shard.state.set(group.id, group);
    if (ended !== null) this.#classicGroups.release(ended);
    this.#writer.write(shard, group, { draft, ended }, (errorCode) => {
      if (errorCode !== ErrorCode.NONE) done({ errorCode });
      else done(heartbeatAnswer(decided, heartbeatIntervalMs));
    });
    if (decided.sawTopics) group.sawTopicsIn(draft.state.epoch);
    if (decided.replaced !== null) this.#writer.stopTimers(group, decided.replaced.memberId);
    for (const { memberId: id, sessionTimeoutMs } of ended?.members.values() ?? [])
      this.#writer.extendSession(shard, group, id, sessionTimeoutMs);
    this.#writer.extendSession(shard, group, member.memberId);
    if (decided.hasReconciled) this.#writer.timeRebalance(shard, group, member);
    const due = { wallMs, newTopicsVersion: this.#newTopicsVersion, maxIntervalMs: regexRefreshMs };
    if (!group.isResolving && group.state !== null && needsLookUp(group.state, decided.hasNewRegex, due))
      this.#resolve(shard, group, context.maySeeTopic);
  }

  /** What a classic group begins as by the consumer protocol: nothing, if nobody is in it. Null: it stays a classic one. */
  #upgraded(group: Group, { groupId, memberEpoch }: HeartbeatRequest): Draft | null {
    if (memberEpoch !== JOIN_EPOCH) return null;
    if (group.isEmpty) return new Draft(null);
    const { migration, group: settings, topics } = this.#settings;
    const fits = group.protocolType === 'consumer' && group.members.size <= settings(groupId).maxSize;
    return mayUpgrade(migration().policy) && fits && !group.is('Dead') ? upgraded(group, topics()) : null;
  }

  #leave(shard: GroupShard, group: ConsumerGroup | undefined, request: HeartbeatRequest, done: Answered): void {
    const decided = decideLeave(group?.state ?? null, request);
    if (group === undefined || group.state === null || 'errorCode' in decided) {
      done('errorCode' in decided ? decided : unknownGroup(request.groupId));
      return;
    }
    const { member, absence } = decided;
    const { memberId } = member;
    const answer = (errorCode: number): void => {
      if (errorCode !== ErrorCode.NONE) done({ errorCode });
      else done({ errorCode, memberId, memberEpoch: request.memberEpoch });
    };
    if (absence !== null) this.#writer.write(shard, group, { draft: absence }, answer);
    else this.#writer.takeOut(shard, group, group.state, new Set([member]), 'left', answer);
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
    this.#writer.takeOut(shard, group, group.state, members, 'left', (error) => done(errors, error));
  }

  /** There are topics that were not there before: some may be what a regular expression stands for. */
  onNewTopics(version: number): void {
    this.#newTopicsVersion = version;
  }

  /** After a load: members that were there get a full session to be heard from, and to give up what they were told to. */
  resume(shard: GroupShard, group: ConsumerGroup): void {
    tellGroup(this.#env.tracer, shard.partition, group, -1);
    this.#writer.resume(shard, group);
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
      this.#writer.write(shard, group, { draft }, () => undefined);
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
