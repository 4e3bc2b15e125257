/**
 * A classic group: its members and its state. Only data and questions about it; what happens when is in
 * membership.ts, rebalance.ts and offsets.ts. States and transitions are those of Kafka's ClassicGroup.
 */
import type { Timer } from '../../ports/time.ts';
import { invariant } from '../../ports/invariant.ts';
import { subscribedTopics } from './assignment.ts';
import { GroupOffsets } from './group-offsets.ts';
import { type Member, NO_BYTES } from './member.ts';

export type GroupState =
  | { readonly name: 'Empty' }
  /** Members are asked to join again; `timer` ends the wait for those who don't. */
  | {
      readonly name: 'PreparingRebalance';
      timer: Timer /** Waiting for a first generation's members (KIP-134). */;
      initial: { remainingMs: number; newMember: boolean } | null;
    }
  /** A generation exists; its leader's assignment is awaited, or being written. */
  | { readonly name: 'CompletingRebalance'; readonly pendingSync: PendingSync }
  | { readonly name: 'Stable'; readonly pendingSync: PendingSync | null }
  | { readonly name: 'Dead' };

/** Members of a generation that have not asked for their assignment yet, and the timer that ends the wait for them. */
interface PendingSync {
  readonly timer: Timer;
  readonly members: Set<string>;
}

export type GroupStateName = GroupState['name'];

const LEGAL_PREVIOUS: Readonly<Record<GroupStateName, readonly GroupStateName[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty', 'Dead'],
};

export class Group extends GroupOffsets {
  readonly kind = 'classic';
  state: GroupState = { name: 'Empty' };
  generation = 0;
  /** null: no consumer ever joined; only "simple" commits. */
  protocolType: string | null = null;
  protocolName: string | null = null;
  leader: string | null = null;
  /** What the members of the present generation subscribe to; null: not known. */
  #subscribedTopics: ReadonlySet<string> | null = null;
  readonly members = new Map<string, Member>();
  /** Member ids handed out with MEMBER_ID_REQUIRED and not used yet, with the timers that forget them. */
  readonly pendingMembers = new Map<string, Timer>();
  /** group.instance.id to member id. */
  readonly staticMembers = new Map<string, string>();
  /** Wall-clock milliseconds of the last state change, -1 if not known. */
  currentStateTimestamp = -1;

  override get isEmpty(): boolean {
    return this.is('Empty');
  }

  is(...names: readonly GroupStateName[]): boolean {
    return names.includes(this.state.name);
  }

  transitionTo(state: GroupState, wallMs: number): void {
    invariant(
      LEGAL_PREVIOUS[state.name].includes(this.state.name),
      () => `group ${this.id} may not go from ${this.state.name} to ${state.name}`,
    );
    if (this.state.name === 'PreparingRebalance') this.state.timer.cancel();
    const pendingSync = 'pendingSync' in this.state ? this.state.pendingSync : null;
    const isKept = 'pendingSync' in state && state.pendingSync === pendingSync;
    if (!isKept) pendingSync?.timer.cancel();
    this.state = state;
    this.currentStateTimestamp = wallMs;
  }

  add(member: Member): void {
    this.leader ??= member.memberId;
    this.members.set(member.memberId, member);
    if (member.groupInstanceId !== null) this.staticMembers.set(member.groupInstanceId, member.memberId);
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId);
    if (member === undefined) return;
    member.sessionTimer?.cancel();
    this.members.delete(memberId);
    if (member.groupInstanceId !== null && this.staticMembers.get(member.groupInstanceId) === memberId) {
      this.staticMembers.delete(member.groupInstanceId);
    }
    if ('pendingSync' in this.state) this.state.pendingSync?.members.delete(memberId);
    if (this.leader === memberId) this.leader = this.members.keys().next().value ?? null;
  }

  /** A member id that was handed out is not waited for any more. False if it was not. */
  forgetPending(memberId: string): boolean {
    this.pendingMembers.get(memberId)?.cancel();
    return this.pendingMembers.delete(memberId);
  }

  /** Protocol names that every member supports. */
  candidateProtocols(): Set<string> {
    const lists = [...this.members.values()].map(({ protocols }) => new Set(protocols.map(({ name }) => name)));
    const [first, ...others] = lists;
    return new Set([...(first ?? [])].filter((name) => others.every((names) => names.has(name))));
  }

  /** A member asked for its assignment. */
  synced(memberId: string): void {
    const pending = 'pendingSync' in this.state ? this.state.pendingSync : null;
    if (pending === null) return;
    pending.members.delete(memberId);
    if (pending.members.size === 0) pending.timer.cancel();
  }

  /** Gives a member another id; it keeps its place among the members, its role and its instance id. */
  rename(member: Member, newId: string): void {
    const oldId = member.memberId;
    const members = [...this.members.values()];
    this.members.clear();
    member.memberId = newId;
    for (const each of members) this.members.set(each.memberId, each);
    if (member.groupInstanceId !== null) this.staticMembers.set(member.groupInstanceId, newId);
    if (this.leader === oldId) this.leader = newId;
    const pending = 'pendingSync' in this.state ? this.state.pendingSync : null;
    if (pending?.members.delete(oldId)) pending.members.add(newId);
  }

  /** How many JoinGroups wait for their answer. */
  get awaitingJoin(): number {
    let count = 0;
    for (const member of this.members.values()) if (member.awaitingJoin !== null) count++;
    return count;
  }

  /** Nobody would miss it: it has nothing that is, or will be, in the log. */
  get isPristine(): boolean {
    const isUnused = this.generation === 0 && this.members.size === 0 && this.pendingMembers.size === 0;
    return isUnused && this.is('Empty') && this.hasNoOffsets;
  }

  /** Would a member with this type and these protocols fit? An empty group takes anybody with at least one protocol. */
  supports(protocolType: string, names: readonly string[]): boolean {
    if (this.is('Empty')) return protocolType !== '' && names.length > 0;
    if (this.protocolType !== protocolType) return false;
    if (this.members.size === 0) return names.length > 0;
    const candidates = this.candidateProtocols();
    return names.some((name) => candidates.has(name));
  }

  /** The protocol with most votes, each member voting for its first one that all support; ties go to the first voted. */
  selectProtocol(): string {
    const candidates = this.candidateProtocols();
    const votes = new Map<string, number>();
    for (const member of this.members.values()) {
      const vote = member.vote(candidates);
      invariant(vote !== null, () => `group ${this.id}: member ${member.memberId} supports none of the common protocols`);
      votes.set(vote, (votes.get(vote) ?? 0) + 1);
    }
    let best: string | null = null;
    for (const [name, count] of votes) if (best === null || count > (votes.get(best) as number)) best = name;
    invariant(best !== null, () => `group ${this.id} has no members to choose a protocol`);
    return best;
  }

  allMembersJoined(): boolean {
    if (this.pendingMembers.size > 0) return false;
    for (const member of this.members.values()) if (member.awaitingJoin === null) return false;
    return true;
  }

  rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
    return longest;
  }

  nextGeneration(): void {
    this.generation++;
    if (this.members.size > 0) {
      this.protocolName = this.selectProtocol();
    } else {
      this.protocolName = null;
      this.leader = null;
    }
    this.noteSubscriptions();
  }

  /** Remembers what the members subscribe to, who are a generation now. */
  noteSubscriptions(): void {
    this.#subscribedTopics = null;
    if (this.protocolType !== 'consumer') return;
    const topics = new Set<string>();
    for (const member of this.members.values()) {
      const ofMember = subscribedTopics(member.metadataFor(this.protocolName));
      if (ofMember === null) return;
      for (const topic of ofMember) topics.add(topic);
    }
    this.#subscribedTopics = topics;
  }

  get knowsSubscriptions(): boolean {
    return this.#subscribedTopics !== null;
  }

  /** Consumers whose subscriptions are not known might want any topic. */
  override isSubscribedTo(topic: string): boolean {
    return this.#subscribedTopics?.has(topic) ?? this.protocolType === 'consumer';
  }

  /** For JoinGroup's answer to the leader. */
  memberMetadata(): { memberId: string; groupInstanceId: string | null; metadata: Uint8Array }[] {
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: member.metadataFor(this.protocolName),
    }));
  }

  clearAssignments(): void {
    for (const member of this.members.values()) member.assignment = NO_BYTES;
  }
}
