/** Makes groups of the records of a partition of `__consumer_offsets`. */
import type { Replay } from '../coordinator/replay.ts';
import type { Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { CommittedOffset } from './group.ts';
import { Groups } from './groups.ts';
import { Member } from './member.ts';
import { decodeStored } from './records.ts';

interface TransactionalOffset extends CommittedOffset {
  readonly group: string;
}

export class GroupReplay implements Replay<Groups> {
  readonly state = new Groups();
  /** Groups whose last record is not a tombstone; the others hold offsets only. */
  readonly #written = new Set<string>();
  /** Tombstones of groups, by their places in the log. */
  readonly deletedGroups: { readonly group: string; readonly logOffset: Offset }[] = [];

  /** Offsets that producers committed in their transactions (Kafka's brokers write them), by producer, until its transaction ends. */
  readonly #open = new Map<number, TransactionalOffset[]>();

  apply(key: Uint8Array, value: Uint8Array | null, logOffset: Offset, producerId: number): void {
    const stored = decodeStored(key, value);
    if (stored.kind === 'other') return;
    if (stored.kind === 'offset') {
      const { group, topic, partition } = stored;
      if (stored.value === null) this.#forget(group, topicPartitionKey(topic, partition));
      else this.#commit({ group, topic, partition, ...stored.value, logOffset }, producerId);
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

  #commit({ group, ...offset }: TransactionalOffset, producerId: number): void {
    if (producerId < 0) {
      this.state.getOrCreate(group).offsets.set(topicPartitionKey(offset.topic, offset.partition), offset);
      return;
    }
    const open = this.#open.get(producerId);
    if (open === undefined) this.#open.set(producerId, [{ group, ...offset }]);
    else open.push({ group, ...offset });
  }

  /** Of what transactions would still commit, too, nothing comes after this. */
  #forget(group: string, key: string): void {
    this.state.get(group)?.offsets.delete(key);
    for (const [producerId, open] of this.#open) {
      const kept = open.filter((of) => of.group !== group || topicPartitionKey(of.topic, of.partition) !== key);
      this.#open.set(producerId, kept);
    }
  }

  /** Of two commits the one further on in the log counts, also when the other's transaction ends later. */
  endTransaction(producerId: number, isCommitted: boolean): void {
    const open = this.#open.get(producerId) ?? [];
    this.#open.delete(producerId);
    if (!isCommitted) return;
    for (const { group, ...offset } of open) {
      const { offsets } = this.state.getOrCreate(group);
      const key = topicPartitionKey(offset.topic, offset.partition);
      if ((offsets.get(key)?.logOffset ?? -1) < offset.logOffset) offsets.set(key, offset);
    }
  }

  /** Groups without a record and without offsets are not there. */
  finish(): void {
    for (const [id, group] of this.state) {
      if (group.offsets.size === 0 && !this.#written.has(id)) this.state.delete(id);
      else group.isRecorded = true;
    }
  }
}
