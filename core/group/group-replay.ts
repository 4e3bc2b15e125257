/** Makes groups of the records of a partition of `__consumer_offsets`. */
import type { Replay } from '../coordinator/replay.ts';
import type { Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { CommittedOffset, Group } from './group.ts';
import { Groups } from './groups.ts';
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
    const group = this.state.getOrCreate(stored.group);
    const metadata = stored.value;
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

  #commit(group: Group, key: string, offset: CommittedOffset, producerId: number): void {
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
      else group.isRecorded = true;
    }
  }
}
