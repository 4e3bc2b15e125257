/** Makes groups of the records of a partition of `__consumer_offsets`. */
import type { Replay } from '../coordinator/replay.ts';
import type { Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { ConsumerGroupRecord } from './consumer/consumer-records.ts';
import { DecodeError } from '../protocol/reader.ts';
import type { Group } from './group.ts';
import type { CommittedOffset } from './group-offsets.ts';
import { type AnyGroup, Groups } from './groups.ts';
import { Member } from './member.ts';
import { decodeStored } from './records.ts';

export class GroupReplay implements Replay<Groups> {
  readonly state = new Groups();
  /** Groups whose last record is not a tombstone; the others hold offsets only. */
  readonly #written = new Set<string>();
  /** Tombstones of groups, by their places in the log. */
  readonly deletedGroups: { readonly group: string; readonly logOffset: Offset }[] = [];

  apply(key: Uint8Array, value: Uint8Array | null, logOffset: Offset, producerId: number): void {
    const stored = decodeStored(key, value);
    if (stored.kind === 'other') return;
    if (stored.kind === 'offset') {
      const { group, topic, partition } = stored;
      const key = topicPartitionKey(topic, partition);
      if (stored.value === null) this.state.get(group)?.forgetOffset(key);
      else this.#commit(this.state.getOrCreate(group), key, { topic, partition, ...stored.value, logOffset }, producerId);
      return;
    }
    if (stored.kind === 'consumer-group') {
      this.#applyToConsumerGroup(stored.group, stored.record, logOffset);
      return;
    }
    const metadata = stored.value;
    const group = this.#classicGroup(stored.group, metadata !== null);
    if (group === null) return;
    if (metadata === null) {
      this.#written.delete(group.id);
      this.deletedGroups.push({ group: group.id, logOffset });
    } else this.#written.add(group.id);
    for (const memberId of [...group.members.keys()]) group.remove(memberId);
    group.generation = metadata?.generation ?? 0;
    group.protocolType = metadata === null || metadata.protocolType === '' ? null : metadata.protocolType;
    group.protocolName = metadata?.protocol ?? null;
    group.leader = metadata?.leader ?? null;
    group.currentStateTimestamp = metadata?.currentStateTimestamp ?? -1;
    for (const stored of metadata?.members ?? []) {
      const member = new Member({
        memberId: stored.memberId,
        groupInstanceId: stored.groupInstanceId,
        clientId: stored.clientId,
        clientHost: stored.clientHost,
        rebalanceTimeoutMs: stored.rebalanceTimeout === -1 ? stored.sessionTimeout : stored.rebalanceTimeout,
        sessionTimeoutMs: stored.sessionTimeout,
        protocols: [{ name: group.protocolName ?? '', metadata: stored.subscription }],
      });
      member.assignment = stored.assignment;
      group.add(member);
    }
    group.noteSubscriptions();
    // What was read is a group as it was written: with members it was Stable, without it was Empty.
    group.state = group.members.size > 0 ? { name: 'Stable', pendingSync: null } : { name: 'Empty' };
  }

  /** Null: a tombstone of a group that is of another kind by now. */
  #classicGroup(id: string, isWritten: boolean): Group | null {
    const group = this.state.getOrCreate(id);
    if (group.kind === 'classic') return group;
    if (!isWritten) return null;
    if (group.state !== null) throw new DecodeError(`the consumer group ${id} is a classic one without having ended`);
    return this.state.replaceByClassic(id);
  }

  #applyToConsumerGroup(id: string, record: ConsumerGroupRecord, logOffset: Offset): void {
    if (record.kind === 'epoch' && record.value === null) this.deletedGroups.push({ group: id, logOffset });
    let group = this.state.get(id);
    if (group?.kind !== 'consumer') {
      // A tombstone of what was never there, or is gone.
      if (record.value === null) return;
      if (this.#written.has(id)) throw new DecodeError(`the classic group ${id} is a consumer group without having ended`);
      group = this.state.replaceByConsumer(id);
    }
    group.replay(record);
    if (group.state !== null) this.#written.add(id);
    else this.#written.delete(id);
  }

  #commit(group: AnyGroup, key: string, offset: CommittedOffset, producerId: number): void {
    if (producerId < 0) group.offsets.set(key, offset);
    else this.state.addToTransaction(producerId, group, offset);
  }

  endTransaction(producerId: number, isCommitted: boolean): void {
    this.state.endTransaction(producerId, isCommitted);
  }

  /** Groups without a record and without offsets are not there. */
  finish(): void {
    for (const [id, group] of this.state) {
      if (group.hasNoOffsets && !this.#written.has(id)) this.state.delete(id);
      else if (group.kind === 'consumer' && group.state === null) this.state.replaceByClassic(id).isRecorded = true;
      else group.isRecorded = true;
    }
  }
}
