/** Offset commits, fetches and expiry of one group (OffsetCommit, OffsetFetch, OffsetDelete; KIP-211). */
import { invariant } from '../../ports/invariant.ts';
import type { ClientEnvironment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import { Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';
import { acceptable, type CommitAnswer, commitAnswer, countPending } from './commits.ts';
import { assignedIn, commitError } from './consumer/commit-checks.ts';
import type { ConsumerGroup } from './consumer/consumer-group.ts';
import { NEW_STATE, stateName } from './consumer/consumer-group-state.ts';

import type { CommittedOffset } from './group-offsets.ts';
import type { AnyGroup, GroupShard } from './groups.ts';
import { validateMember } from './answers.ts';
import type { Membership } from './membership.ts';
import type { GroupConfig } from './config.ts';
import { groupRemoval } from './group-removal.ts';
import { offsetRecord, offsetTombstone } from './records.ts';

/** By its name; versions from 10 on tell its id, too. */
export interface AskedTopic {
  readonly name: string;
  readonly topicId?: string;
  readonly partitionIndexes: readonly number[];
}

type CommitRequest = RequestTypes['OffsetCommit'];

export class Offsets {
  readonly #env: ClientEnvironment;
  readonly #config: GroupConfig;
  readonly #membership: Membership;

  constructor(env: ClientEnvironment, config: GroupConfig, membership: Membership) {
    this.#env = env;
    this.#config = config;
    this.#membership = membership;
  }

  /** Fencing of a commit (GR4 of docs/properties.md): who may commit to this group now. */
  #validate(group: AnyGroup | undefined, version: number, request: CommitRequest): number {
    const generation = request.generationIdOrMemberEpoch;
    // A group that does not exist: only a simple commit may make it; a generation of a group that is gone is a zombie's.
    if (group === undefined) {
      if (generation < 0) return ErrorCode.NONE;
      return version >= 9 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
    }
    if (group.kind === 'consumer') return commitError(group.state ?? NEW_STATE, version, request, false);
    if (group.is('Dead')) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (generation < 0 && group.is('Empty')) return ErrorCode.NONE;
    if (generation < 0 && request.memberId === '' && request.groupInstanceId === null) return ErrorCode.UNKNOWN_MEMBER_ID;
    const invalid = validateMember(group, request.memberId, request.groupInstanceId);
    if (invalid !== ErrorCode.NONE) return invalid;
    if (generation !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
    if (group.is('CompletingRebalance')) return ErrorCode.REBALANCE_IN_PROGRESS;
    return ErrorCode.NONE;
  }

  commit(shard: GroupShard, version: number, request: CommitRequest, done: (response: CommitAnswer) => void): void {
    const existing = shard.state.get(request.groupId);
    const error = this.#validate(existing, version, request);
    if (error !== ErrorCode.NONE) {
      done(commitAnswer(request, () => error));
      return;
    }
    const group = shard.state.getOrCreate(request.groupId);
    if (group.kind === 'classic' && group.is('Stable', 'PreparingRebalance'))
      this.#membership.touch(shard, group, request.memberId);
    const wallMs = this.#env.clock.wallMs();
    const hasRetention = version >= 2 && version <= 4 && request.retentionTimeMs >= 0;
    // A client may ask for the longest time there is.
    const expireTimestamp = hasRetention ? Math.min(wallMs + request.retentionTimeMs, Number.MAX_SAFE_INTEGER) : -1;
    const { accepted, errorFor } = acceptable(request.topics, this.#config, wallMs, expireTimestamp);
    const records = accepted.map((offset) => offsetRecord(group.id, offset, wallMs));
    if (records.length === 0) {
      done(commitAnswer(request, errorFor(ErrorCode.NONE)));
      return;
    }
    for (const offset of accepted) countPending(group.pendingCommits, offset, 1);
    // What was checked holds for the instant of the append; it is told as it was then.
    const told = committer(group, request.memberId);
    const member = group.kind === 'consumer' ? group.state?.members.get(request.memberId) : undefined;
    const settled = (error: number, baseOffset: Offset): void => {
      invariant(
        error !== ErrorCode.NONE || shard.status === 'active',
        () => `group ${group.id}: a commit counts in partition ${shard.partition}, which is ${shard.status}`,
      );
      accepted.forEach((offset, index) => {
        const key = topicPartitionKey(offset.topic, offset.partition);
        countPending(group.pendingCommits, offset, -1);
        if (error !== ErrorCode.NONE) return;
        const logOffset = Offset(baseOffset + index);
        // Outcomes come in the order of the log: the last one is the one that counts.
        group.offsets.set(key, { ...offset, logOffset });
        const epoch = member && assignedIn(member, offset.topicId, offset.partition);
        this.#env.tracer.emit({
          type: 'offset-committed',
          group: group.id,
          partition: key,
          topicId: offset.topicId,
          offset: offset.offset,
          leaderEpoch: offset.leaderEpoch,
          member: request.memberId,
          generation: request.generationIdOrMemberEpoch,
          groupGeneration: told.groupGeneration,
          groupState: told.groupState,
          isCurrentMember: told.isCurrentMember,
          offsetsPartition: shard.partition,
          logOffset,
          ...(epoch === undefined ? null : { assignedIn: epoch }),
        });
      });
      if (error !== ErrorCode.NONE) shard.state.dropIfPristine(group);
      else group.isRecorded = true;
    };
    shard.write(records, settled, (error) => done(commitAnswer(request, errorFor(error))));
  }

  /**
   * Committed offsets of one group; every partition it has when `topics` is null. What was committed for another topic of a name is
   * no offset of the one that is asked for by its id. With `requireStable` nothing is told of partitions that a transaction may still
   * commit an offset of.
   */
  fetch(group: AnyGroup | undefined, groupId: string, topics: readonly AskedTopic[] | null, requireStable: boolean) {
    const errorOf = (key: string): number =>
      requireStable && group?.transactionalOffsets.has(key) ? ErrorCode.UNSTABLE_OFFSET_COMMIT : ErrorCode.NONE;
    if (topics === null) {
      const byTopic = new Map<string, CommittedOffset[]>();
      for (const offset of group?.offsets.values() ?? []) {
        const list = byTopic.get(offset.topic);
        if (list === undefined) byTopic.set(offset.topic, [offset]);
        else list.push(offset);
      }
      return [...byTopic].map(([name, offsets]) => ({
        name,
        topicId: ZERO_UUID,
        partitions: offsets.map((offset) => {
          const error = errorOf(topicPartitionKey(name, offset.partition));
          return this.#fetched(
            groupId,
            { topic: name, topicId: ZERO_UUID, partition: offset.partition },
            offset,
            requireStable,
            error,
          );
        }),
      }));
    }
    return topics.map(({ name, topicId = ZERO_UUID, partitionIndexes }) => ({
      name,
      topicId,
      partitions: partitionIndexes.map((partition) => {
        const key = topicPartitionKey(name, partition);
        const offset = group?.offsets.get(key);
        const ofTopic = isOfTopic(offset, topicId) ? offset : undefined;
        return this.#fetched(groupId, { topic: name, topicId, partition }, ofTopic, requireStable, errorOf(key));
      }),
    }));
  }

  #fetched(
    group: string,
    { topic, topicId, partition }: { readonly topic: string; readonly topicId: string; readonly partition: number },
    committed: CommittedOffset | undefined,
    requireStable: boolean,
    errorCode: number,
  ) {
    const offset = errorCode === ErrorCode.NONE ? committed : undefined;
    this.#env.tracer.emit({
      type: 'offset-fetched',
      group,
      partition: topicPartitionKey(topic, partition),
      topicId,
      offset: offset?.offset ?? -1,
      requireStable,
      error: errorCode,
    });
    return {
      partitionIndex: partition,
      committedOffset: offset?.offset ?? -1,
      committedLeaderEpoch: offset?.leaderEpoch ?? -1,
      metadata: offset?.metadata ?? '',
      errorCode,
    };
  }

  /** Forgets offsets, and with `andGroup` the group if it is Empty, durably; `done` is told a coordinator error. */
  remove(
    shard: GroupShard,
    group: AnyGroup,
    keys: readonly string[],
    reason: 'expired' | 'topic-deleted' | 'group-deleted' | 'offset-delete',
    done: (error: number) => void,
    andGroup = false,
  ): void {
    const wallMs = this.#env.clock.wallMs();
    const doomed = [...new Set(keys)].map((key) => group.anyOffsetOf(key)).filter((offset) => offset !== undefined);
    const records = doomed.map((offset) => offsetTombstone(group.id, offset.topic, offset.partition, wallMs));
    const removal = andGroup ? groupRemoval(group, wallMs) : null;
    if (removal !== null) records.push(...removal.records);
    if (records.length === 0) {
      done(ErrorCode.NONE);
      return;
    }
    for (const { topic, partition } of doomed) {
      const key = topicPartitionKey(topic, partition);
      const committed = group.offsets.get(key);
      this.#env.tracer.emit({
        type: 'offset-removal-begun',
        group: group.id,
        partition: key,
        offsetsPartition: shard.partition,
        reason,
        ageMs: committed === undefined ? null : wallMs - committed.commitTimestamp,
      });
    }
    const settled = (error: number, baseOffset: Offset): void => {
      if (error === ErrorCode.NONE) removal?.settle();
      else removal?.revert();
      if (error === ErrorCode.NONE) removed(baseOffset);
      for (const { topic, partition } of doomed)
        this.#env.tracer.emit({
          type: 'offset-removal-ended',
          group: group.id,
          partition: topicPartitionKey(topic, partition),
          error,
        });
    };
    const removed = (baseOffset: Offset): void => {
      for (const [index, offset] of doomed.entries()) {
        const key = topicPartitionKey(offset.topic, offset.partition);
        // Whatever is there was written before the tombstone: outcomes come in the order of the log. A commit that is still
        // under way comes after it and stays.
        const { committed, producerIds } = group.forgetOffset(key);
        const told = { group: group.id, partition: key, logOffset: baseOffset + index };
        if (committed !== undefined) this.#env.tracer.emit({ type: 'offset-removed', ...told, reason });
        for (const producerId of producerIds)
          this.#env.tracer.emit({ type: 'transactional-offset-removed', ...told, producerId, reason });
      }
      if (!andGroup) return;
      this.#env.tracer.emit({ type: 'group-deleted', group: group.id, logOffset: baseOffset + records.length - 1 });
      this.#end(shard, group);
    };
    shard.write(records, settled, done);
  }

  /** The group's tombstone is durable: if nobody came meanwhile it is no more. */
  #end(shard: GroupShard, group: AnyGroup): void {
    if (!group.isEmpty || !group.hasNoOffsets) return;
    if (shard.state.get(group.id) === group) shard.state.delete(group.id);
    if (group.kind === 'classic') this.#membership.abandon(group);
  }

  /** Of a consumer group: of what nobody subscribes to. */
  #expiredOf(group: ConsumerGroup, nowMs: number, retentionMs: number): string[] {
    return [...group.offsets]
      .filter(([key, { topic, commitTimestamp, expireTimestamp }]) => {
        if (group.pendingCommits.has(key) || group.isKeyInTransactions(key) || group.isSubscribedTo(topic)) return false;
        return expireTimestamp !== -1 ? nowMs >= expireTimestamp : nowMs - commitTimestamp >= retentionMs;
      })
      .map(([key]) => key);
  }

  /** Offsets whose retention has passed (KIP-211), as `topic-partition` keys. */
  expired(group: AnyGroup): string[] {
    const nowMs = this.#env.clock.wallMs();
    const retentionMs = this.#config['offsets.retention.minutes'] * 60_000;
    if (group.kind === 'consumer') return this.#expiredOf(group, nowMs, retentionMs);
    const isKnown = group.is('Stable') && group.protocolType === 'consumer' && group.knowsSubscriptions;
    const keys: string[] = [];
    for (const [key, offset] of group.offsets) {
      if (group.pendingCommits.has(key) || group.isKeyInTransactions(key)) continue;
      let since: number | null;
      if (group.protocolType === null) since = offset.commitTimestamp;
      else if (group.is('Empty'))
        since = group.currentStateTimestamp === -1 ? offset.commitTimestamp : group.currentStateTimestamp;
      else since = isKnown && !group.isSubscribedTo(offset.topic) ? offset.commitTimestamp : null;
      if (since === null) continue;
      if (offset.expireTimestamp !== -1 ? nowMs >= offset.expireTimestamp : nowMs - since >= retentionMs) keys.push(key);
    }
    return keys;
  }
}

/** Whose commit it is, as its group is at that instant. */
function committer(group: AnyGroup, memberId: string) {
  if (group.kind === 'classic') {
    const { generation: groupGeneration, state } = group;
    return { groupGeneration, groupState: state.name, isCurrentMember: group.members.has(memberId) };
  }
  const state = group.state ?? NEW_STATE;
  const member = state.members.get(memberId);
  return {
    groupGeneration: member?.memberEpoch ?? state.epoch,
    groupState: stateName(state),
    isCurrentMember: member !== undefined,
  };
}

function isOfTopic(offset: CommittedOffset | undefined, topicId: string): boolean {
  return offset === undefined || topicId === ZERO_UUID || offset.topicId === ZERO_UUID || offset.topicId === topicId;
}
