/**
 * What is decided on consumer groups goes into the log here, and counts from then on for the decisions after it; and time runs here for their
 * members: who is not heard of, or does not do in time what it is told to, is put out. With its last member of the consumer protocol a group may
 * become a classic one.
 */
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { Offset } from '../../protocol/numbers.ts';
import { assignedPartitions } from '../assignment.ts';
import { Group } from '../group.ts';
import type { GroupShard } from '../groups.ts';
import { groupRecord, groupTombstone } from '../records.ts';
import { type Change, ConsumerGroup } from './consumer-group.ts';
import { tellGroup } from './consumer-group-events.ts';
import type { ConsumerGroupSettings } from './consumer-group-settings.ts';
import type { ConsumerGroupState } from './consumer-group-state.ts';
import { type ConsumerMember, MemberState } from './consumer-member.ts';
import { encodeConsumerGroupRecord } from './consumer-records.ts';
import { downgrade, downgrades } from './conversion.ts';
import { Draft } from './draft.ts';
import { fence } from './leaving.ts';
import { MemberTimers } from './member-timers.ts';

/** Why a member is one no more: it left, time put it out, or another took its place. */
export type RemovalReason = 'left' | 'session-expired' | 'rebalance-timeout' | 'sync-timeout' | 'fenced';

/** What classic groups are handed, and give. */
export interface ClassicGroups {
  /** The group is one of the consumer protocol from now on: whoever waits is told to join again. */
  release(group: Group): void;
  /** It is a classic one from now on, with members that are there. */
  adopt(shard: GroupShard, group: Group, rebalances: boolean): void;
  /** It is a classic one as it was before it was released. */
  restore(shard: GroupShard, group: Group): void;
  abandon(group: Group): void;
}

interface Writing {
  readonly draft: Draft;
  /** The classic group that ends with it. */
  readonly ended?: Group | null;
  readonly reason?: RemovalReason;
}

interface Downgrading {
  /** The group with all that is written before it ends. */
  readonly draft: Draft;
  readonly members: readonly ConsumerMember[];
  readonly rebalances: boolean;
  readonly reason: RemovalReason;
}

/** A write that time asked for and that failed is tried again so much later, as by Kafka's CoordinatorTimer. */
const RETRY_MS = 500;

export class ConsumerGroupWriter {
  readonly #env: ClientEnvironment;
  readonly #settings: ConsumerGroupSettings;
  readonly #classic: ClassicGroups;

  constructor(env: ClientEnvironment, settings: ConsumerGroupSettings, classic: ClassicGroups) {
    this.#env = env;
    this.#settings = settings;
    this.#classic = classic;
  }

  /** `done` is told when it is in the log, or is not. */
  write(
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
    this.#tellMembers(group, [...((ended ?? change.before)?.members.keys() ?? [])], change.after, reason);
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
      if (ended !== null && shard.state.get(group.id) === group) {
        group.stopTimers();
        this.#classic.restore(shard, ended);
      }
      shard.state.dropIfPristine(group);
    };
    shard.write(records, settled, done);
  }

  /** Takes members out, who are in it. */
  takeOut(
    shard: GroupShard,
    group: ConsumerGroup,
    state: ConsumerGroupState,
    gone: ReadonlySet<ConsumerMember>,
    reason: RemovalReason,
    done: (error: number) => void,
  ): void {
    if (downgrades(state, gone, this.#settings.migration())) {
      const members = [...state.members.values()].filter((member) => !gone.has(member));
      this.downgrade(shard, group, { draft: new Draft(state), members, rebalances: true, reason }, done);
      return;
    }
    this.write(shard, group, { draft: fence(state, gone, this.#settings.topics()), reason }, done);
    for (const { memberId } of gone) if (group.state?.members.has(memberId) !== true) this.stopTimers(group, memberId);
  }

  /** The group becomes a classic one. */
  downgrade(
    shard: GroupShard,
    group: ConsumerGroup,
    { draft, members, rebalances, reason }: Downgrading,
    done: (error: number) => void,
  ): void {
    const wallMs = this.#env.clock.wallMs();
    const { epoch } = group.state ?? draft.state;
    const classic = new Group(group.id, group);
    downgrade(classic, { epoch, target: draft.state.target, members }, this.#settings.topics(), wallMs);
    draft.remove();
    const before = [...(group.state?.members.keys() ?? [])];
    const change = group.change(draft.records);
    this.#tellMembers(group, before, { epoch, members: new Map(members.map((member) => [member.memberId, member])) }, reason);
    group.stopTimers();
    shard.state.set(group.id, classic);
    const ending = draft.records.map((record) => encodeConsumerGroupRecord(group.id, record, wallMs));
    const assignments = [...classic.members.values()].map(({ memberId: member, assignment }) => ({
      member,
      partitions: assignedPartitions(assignment),
    }));
    const settled = (error: number, baseOffset: Offset): void => {
      if (error === ErrorCode.NONE) {
        group.settle(change);
        classic.isRecorded = true;
        const logOffset = baseOffset + ending.length;
        this.#env.tracer.emit({ type: 'group-deleted', group: group.id, logOffset: logOffset - 1 });
        const { protocolName: protocol, leader } = classic;
        const made = {
          group: group.id,
          logOffset,
          generation: epoch,
          protocol: protocol ?? '',
          leader: leader ?? '',
          assignments,
        };
        this.#env.tracer.emit({ type: 'group-assignment', ...made });
        return;
      }
      group.revert(change);
      if (shard.state.get(group.id) !== classic) return;
      shard.state.set(group.id, group);
      this.#classic.abandon(classic);
      this.resume(shard, group);
    };
    shard.write([...ending, groupRecord(classic, new Map(), wallMs)], settled, done);
    if (shard.state.get(group.id) === classic) this.#classic.adopt(shard, classic, rebalances);
  }

  /** Members that are there get a full session to be heard from, and to give up what they were told to. */
  resume(shard: GroupShard, group: ConsumerGroup): void {
    for (const member of group.state?.members.values() ?? []) {
      this.extendSession(shard, group, member.memberId);
      this.timeRebalance(shard, group, member);
    }
  }

  /** Who comes and who goes with a change, as of the decision. */
  #tellMembers(
    group: ConsumerGroup,
    before: readonly string[],
    after: Pick<NonNullable<Change['after']>, 'epoch' | 'members'> | null,
    reason: RemovalReason,
  ): void {
    const is: ReadonlyMap<string, ConsumerMember> = after?.members ?? new Map();
    for (const memberId of before) {
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
      if (before.includes(member)) continue;
      const generation = after?.epoch ?? 0;
      this.#env.tracer.emit({ type: 'group-member-joined', group: group.id, member, instanceId, generation });
    }
  }

  timersOf(group: ConsumerGroup, memberId: string): MemberTimers {
    let timers = group.timers.get(memberId);
    if (timers === undefined) {
      timers = new MemberTimers(this.#env);
      group.timers.set(memberId, timers);
    }
    return timers;
  }

  stopTimers(group: ConsumerGroup, memberId: string): void {
    group.timers.get(memberId)?.stop();
    group.timers.delete(memberId);
  }

  /** A sign of life. By the classic protocol a member says itself how long its session is. */
  extendSession(
    shard: GroupShard,
    group: ConsumerGroup,
    memberId: string,
    timeoutMs = this.#settings.group(group.id).sessionTimeoutMs,
  ): void {
    this.timersOf(group, memberId).extendSession(timeoutMs, () => this.fence(shard, group, memberId, 'session-expired'));
  }

  /**
   * The time for giving up partitions begins when it is told to, and again with whatever else it is told to give up. Members that go by the
   * classic protocol have a time for joining again instead.
   */
  timeRebalance(
    shard: GroupShard,
    group: ConsumerGroup,
    { memberId, memberEpoch, state, rebalanceTimeoutMs }: ConsumerMember,
  ): void {
    const timers = this.timersOf(group, memberId);
    if (state !== MemberState.UNREVOKED_PARTITIONS) {
      timers.endRebalance();
      return;
    }
    timers.startRebalance(rebalanceTimeoutMs, () => {
      if (group.state?.members.get(memberId)?.memberEpoch === memberEpoch)
        this.fence(shard, group, memberId, 'rebalance-timeout');
    });
  }

  /** Puts a member out of its group. */
  fence(shard: GroupShard, group: ConsumerGroup, memberId: string, reason: RemovalReason): void {
    const member = group.state?.members.get(memberId);
    if (shard.status !== 'active' || group.state === null || member === undefined) return;
    this.takeOut(shard, group, group.state, new Set([member]), reason, (error) => {
      if (error === ErrorCode.NONE || shard.status !== 'active' || group.state?.members.has(memberId) !== true) return;
      const timers = this.timersOf(group, memberId);
      timers.tryAgain(RETRY_MS, () => this.fence(shard, group, memberId, reason));
    });
  }
}
