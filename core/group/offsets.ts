/** Offset commits, fetches and expiry of one group (OffsetCommit, OffsetFetch, OffsetDelete; KIP-211). */
import { invariant } from '../../ports/invariant.ts';
import type { ClientEnvironment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { RecordInput } from '../protocol/records.ts';
import type { Draft } from '../protocol/schema.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';
import type { CommittedOffset, Group } from './group.ts';
import type { GroupShard } from './groups.ts';
import { validateMember } from './answers.ts';
import type { Membership } from './membership.ts';
import type { GroupConfig } from './config.ts';
import { groupTombstone, offsetRecord, offsetTombstone } from './records.ts';

/** By its name; versions from 10 on tell its id, too. */
export interface AskedTopic {
  readonly name: string;
  readonly topicId?: string;
  readonly partitionIndexes: readonly number[];
}

type CommitRequest = RequestTypes['OffsetCommit'];
type CommitResponse = Draft<ResponseTypes['OffsetCommit']>;

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
  #validate(group: Group | undefined, version: number, request: CommitRequest): number {
    const generation = request.generationIdOrMemberEpoch;
    // A group that does not exist: only a simple commit may make it; a generation of a group that is gone is a zombie's.
    if (group === undefined) {
      if (generation < 0) return ErrorCode.NONE;
      return version >= 9 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
    }
    if (group.is('Dead')) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (generation < 0 && group.is('Empty')) return ErrorCode.NONE;
    if (generation < 0 && request.memberId === '' && request.groupInstanceId === null) return ErrorCode.UNKNOWN_MEMBER_ID;
    const invalid = validateMember(group, request.memberId, request.groupInstanceId);
    if (invalid !== ErrorCode.NONE) return invalid;
    if (generation !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
    if (group.is('CompletingRebalance')) return ErrorCode.REBALANCE_IN_PROGRESS;
    return ErrorCode.NONE;
  }

  commit(shard: GroupShard, version: number, request: CommitRequest, done: (response: CommitResponse) => void): void {
    const existing = shard.state.get(request.groupId);
    const error = this.#validate(existing, version, request);
    if (error !== ErrorCode.NONE) {
      done(commitAnswer(request, () => error));
      return;
    }
    const group = shard.state.getOrCreate(request.groupId);
    if (group.is('Stable', 'PreparingRebalance')) this.#membership.touch(shard, group, request.memberId);
    const wallMs = this.#env.clock.wallMs();
    const hasRetention = version >= 2 && version <= 4 && request.retentionTimeMs >= 0;
    // A client may ask for the longest time there is.
    const expireTimestamp = hasRetention ? Math.min(wallMs + request.retentionTimeMs, Number.MAX_SAFE_INTEGER) : -1;
    const accepted: Omit<CommittedOffset, 'logOffset'>[] = [];
    const records: RecordInput[] = [];
    const refused = new Set<string>();
    for (const { name: topic, topicId, partitions } of request.topics) {
      for (const given of partitions) {
        const metadata = given.committedMetadata ?? '';
        if (metadata.length > this.#config['offset.metadata.max.bytes']) {
          refused.add(topicPartitionKey(topic, given.partitionIndex));
          continue;
        }
        const offset = {
          topic,
          topicId,
          partition: given.partitionIndex,
          offset: Offset(given.committedOffset),
          leaderEpoch: LeaderEpoch(given.committedLeaderEpoch),
          metadata,
          commitTimestamp: wallMs,
          expireTimestamp,
        };
        accepted.push(offset);
        records.push(offsetRecord(group.id, offset, wallMs));
      }
    }
    const errorFor = (error: number) => (topic: string, partition: number) =>
      refused.has(topicPartitionKey(topic, partition)) ? ErrorCode.OFFSET_METADATA_TOO_LARGE : error;
    if (records.length === 0) {
      done(commitAnswer(request, errorFor(ErrorCode.NONE)));
      return;
    }
    for (const offset of accepted) countPending(group, offset, 1);
    // What was checked holds for the instant of the append; it is told as it was then.
    const told = {
      groupGeneration: group.generation,
      groupState: group.state.name,
      isCurrentMember: group.members.has(request.memberId),
    };
    const settled = (error: number, baseOffset: Offset): void => {
      invariant(
        error !== ErrorCode.NONE || shard.status === 'active',
        () => `group ${group.id}: a commit counts in partition ${shard.partition}, which is ${shard.status}`,
      );
      accepted.forEach((offset, index) => {
        const key = topicPartitionKey(offset.topic, offset.partition);
        countPending(group, offset, -1);
        if (error !== ErrorCode.NONE) return;
        const logOffset = Offset(baseOffset + index);
        // Outcomes come in the order of the log: the last one is the one that counts.
        group.offsets.set(key, { ...offset, logOffset });
        this.#env.tracer.emit({
          type: 'offset-committed',
          group: group.id,
          partition: key,
          topicId: offset.topicId,
          offset: offset.offset,
          leaderEpoch: offset.leaderEpoch,
          member: request.memberId,
          generation: request.generationIdOrMemberEpoch,
          ...told,
          offsetsPartition: shard.partition,
          logOffset,
        });
      });
      if (error !== ErrorCode.NONE) shard.state.dropIfPristine(group);
      else group.isRecorded = true;
    };
    shard.write(records, settled, (error) => done(commitAnswer(request, errorFor(error))));
  }

  /**
   * Committed offsets of one group; every partition it has when `topics` is null. What was committed for another topic of a name is
   * no offset of the one that is asked for by its id.
   */
  fetch(group: Group | undefined, groupId: string, topics: readonly AskedTopic[] | null) {
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
        partitions: offsets.map((offset) => this.#fetched(groupId, name, ZERO_UUID, offset.partition, offset)),
      }));
    }
    return topics.map(({ name, topicId = ZERO_UUID, partitionIndexes }) => ({
      name,
      topicId,
      partitions: partitionIndexes.map((partition) => {
        const offset = group?.offsets.get(topicPartitionKey(name, partition));
        return this.#fetched(groupId, name, topicId, partition, isOfTopic(offset, topicId) ? offset : undefined);
      }),
    }));
  }

  #fetched(groupId: string, topic: string, topicId: string, partition: number, offset: CommittedOffset | undefined) {
    this.#env.tracer.emit({
      type: 'offset-fetched',
      group: groupId,
      partition: topicPartitionKey(topic, partition),
      topicId,
      offset: offset?.offset ?? -1,
      error: ErrorCode.NONE,
    });
    return {
      partitionIndex: partition,
      committedOffset: offset?.offset ?? -1,
      committedLeaderEpoch: offset?.leaderEpoch ?? -1,
      metadata: offset?.metadata ?? '',
      errorCode: ErrorCode.NONE,
    };
  }

  /** Forgets offsets, and with `andGroup` the group if it is Empty, durably; `done` is told a coordinator error. */
  remove(
    shard: GroupShard,
    group: Group,
    keys: readonly string[],
    reason: 'expired' | 'topic-deleted' | 'group-deleted' | 'offset-delete',
    done: (error: number) => void,
    andGroup = false,
  ): void {
    const wallMs = this.#env.clock.wallMs();
    const doomed = [...new Set(keys)]
      .map((key) => group.offsets.get(key) ?? group.pendingCommits.get(key))
      .filter((offset) => offset !== undefined);
    const records = doomed.map((offset) => offsetTombstone(group.id, offset.topic, offset.partition, wallMs));
    if (andGroup) records.push(groupTombstone(group.id, wallMs));
    if (records.length === 0) {
      done(ErrorCode.NONE);
      return;
    }
    for (const { topic, partition } of doomed)
      this.#env.tracer.emit({
        type: 'offset-removal-begun',
        group: group.id,
        partition: topicPartitionKey(topic, partition),
        offsetsPartition: shard.partition,
      });
    const settled = (error: number, baseOffset: Offset): void => {
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
        if (!group.offsets.delete(key)) continue;
        const logOffset = baseOffset + index;
        this.#env.tracer.emit({ type: 'offset-removed', group: group.id, partition: key, reason, logOffset });
      }
      if (!andGroup) return;
      this.#env.tracer.emit({ type: 'group-deleted', group: group.id, logOffset: baseOffset + doomed.length });
      this.#end(shard, group);
    };
    shard.write(records, settled, done);
  }

  /** The group's tombstone is durable: if nobody came meanwhile it is no more. */
  #end(shard: GroupShard, group: Group): void {
    if (!group.is('Empty') || group.offsets.size > 0 || group.pendingCommits.size > 0) return;
    if (shard.state.get(group.id) === group) shard.state.delete(group.id);
    this.#membership.abandon(group);
  }

  /** Offsets whose retention has passed (KIP-211), as `topic-partition` keys. */
  expired(group: Group): string[] {
    const nowMs = this.#env.clock.wallMs();
    const retentionMs = this.#config['offsets.retention.minutes'] * 60_000;
    const isKnown = group.is('Stable') && group.protocolType === 'consumer' && group.knowsSubscriptions;
    const keys: string[] = [];
    for (const [key, offset] of group.offsets) {
      if (group.pendingCommits.has(key)) continue;
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

function isOfTopic(offset: CommittedOffset | undefined, topicId: string): boolean {
  return offset === undefined || topicId === ZERO_UUID || offset.topicId === ZERO_UUID || offset.topicId === topicId;
}

function countPending(group: Group, { topic, topicId, partition }: Omit<CommittedOffset, 'logOffset'>, by: 1 | -1): void {
  const key = topicPartitionKey(topic, partition);
  const pending = group.pendingCommits.get(key) ?? { topic, topicId, partition, count: 0 };
  pending.count += by;
  if (by === 1) pending.topicId = topicId;
  if (pending.count === 0) group.pendingCommits.delete(key);
  else group.pendingCommits.set(key, pending);
}

export function commitAnswer(request: CommitRequest, errorFor: (topic: string, partition: number) => number): CommitResponse {
  return {
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorFor(name, partitionIndex) })),
    })),
  };
}
