/** A decision on a consumer group in the making: the records that it takes, and the group as they make it. */
import { applyRecord, type ConsumerGroupState, NEW_STATE } from './consumer-group-state.ts';
import type { ConsumerMember, CurrentAssignment, MemberMetadata } from './consumer-member.ts';
import type { ConsumerGroupRecord } from './consumer-records.ts';

export class Draft {
  #state: ConsumerGroupState | null;
  readonly records: ConsumerGroupRecord[] = [];

  /** Null: there is no such group yet. */
  constructor(state: ConsumerGroupState | null) {
    this.#state = state;
  }

  get state(): ConsumerGroupState {
    return this.#state ?? NEW_STATE;
  }

  add(...records: readonly ConsumerGroupRecord[]): void {
    this.records.push(...records);
    this.#state = records.reduce(applyRecord, this.#state);
  }

  raiseEpoch(metadataHash: bigint): void {
    this.add({ kind: 'epoch', value: { epoch: this.state.epoch + 1, metadataHash } });
  }

  setMember(member: ConsumerMember): void {
    this.add({ kind: 'member', memberId: member.memberId, value: metadataOf(member) });
  }

  setCurrent(member: ConsumerMember): void {
    this.add({ kind: 'current', memberId: member.memberId, value: currentOf(member) });
  }

  /** The order is what whoever reads them relies on. */
  removeMember(memberId: string): void {
    this.add(
      { kind: 'current', memberId, value: null },
      { kind: 'target', memberId, value: null },
      { kind: 'member', memberId, value: null },
    );
  }

  /** The whole group. */
  remove(): void {
    const { members, regexes } = this.state;
    for (const memberId of members.keys()) this.add({ kind: 'current', memberId, value: null });
    for (const memberId of members.keys()) this.add({ kind: 'target', memberId, value: null });
    this.add({ kind: 'target-epoch', value: null });
    for (const memberId of members.keys()) this.add({ kind: 'member', memberId, value: null });
    for (const regex of regexes.keys()) this.add({ kind: 'regex', regex, value: null });
    this.add({ kind: 'partition-metadata', value: null }, { kind: 'epoch', value: null });
  }
}

function metadataOf(member: ConsumerMember): MemberMetadata {
  const { instanceId, rackId, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex } = member;
  const { rebalanceTimeoutMs, serverAssignor, classic } = member;
  const said = { instanceId, rackId, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex };
  return { ...said, rebalanceTimeoutMs, serverAssignor, classic };
}

function currentOf({ memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation }: ConsumerMember): CurrentAssignment {
  return { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation };
}
