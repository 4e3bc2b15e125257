/** Replays a partition of `__consumer_offsets` into groups, in the order of the log. */
import { decodeRecords, forEachBatch } from '../protocol/records.ts';
import { Group } from './Group.ts';
import { Member } from './Member.ts';
import { decodeStored } from './records.ts';

export class Loading {
  readonly #groups: Map<string, Group>;

  constructor(groups: Map<string, Group>) {
    this.#groups = groups;
  }

  /** Applies whole batches. */
  replay(batches: Uint8Array, wallMs: number): void {
    forEachBatch(batches, (header, position) => {
      if (header.isControl) return;
      for (const record of decodeRecords(batches, position)) {
        if (record.key !== null) this.#apply(record.key, record.value, record.offset, wallMs);
      }
    });
  }

  #group(id: string): Group {
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = new Group(id);
      this.#groups.set(id, group);
    }
    return group;
  }

  #apply(key: Uint8Array, value: Uint8Array | null, logOffset: number, wallMs: number): void {
    const stored = decodeStored(key, value);
    if (stored.kind === 'other') return;
    const group = this.#group(stored.group);
    if (stored.kind === 'offset') {
      const { topic, partition } = stored;
      if (stored.value === null) group.offsets.delete(`${topic}-${partition}`);
      else group.offsets.set(`${topic}-${partition}`, { topic, partition, ...stored.value, logOffset });
      return;
    }
    for (const memberId of [...group.members.keys()]) group.remove(memberId);
    const metadata = stored.value;
    group.generation = metadata?.generation ?? 0;
    group.protocolType = metadata === null || metadata.protocolType === '' ? null : metadata.protocolType;
    group.protocolName = metadata?.protocol ?? null;
    group.leader = metadata?.leader ?? null;
    group.currentStateTimestamp = metadata?.currentStateTimestamp ?? wallMs;
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
    // What was read is a group as it was written: with members it was Stable, without it was Empty.
    group.state = { name: group.members.size > 0 ? 'Stable' : 'Empty' };
  }

  /** Groups that hold nothing are not there. */
  finish(): void {
    for (const [id, group] of this.#groups) {
      if (group.members.size === 0 && group.offsets.size === 0 && group.generation === 0) this.#groups.delete(id);
    }
  }
}
