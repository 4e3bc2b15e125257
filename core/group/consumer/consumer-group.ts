/**
 * A consumer group (KIP-848): what its records stand for, and what is on its way into the log. Decisions are made on all that was decided
 * before; who only looks sees what is committed. What happens when is in consumer-membership.ts.
 */
import { invariant } from '../../../ports/invariant.ts';
import { GroupOffsets } from '../group-offsets.ts';
import { applyRecord, type ConsumerGroupState, subscribedByAny } from './consumer-group-state.ts';
import type { ConsumerGroupRecord } from './consumer-records.ts';
import type { MemberTimers } from './member-timers.ts';

/** Records that are being written. */
export interface Change {
  readonly before: ConsumerGroupState | null;
  readonly after: ConsumerGroupState | null;
}

export class ConsumerGroup extends GroupOffsets {
  readonly kind = 'consumer';
  /** With all that is being written; null: there is no such group, or it is being deleted. */
  state: ConsumerGroupState | null = null;
  /** As far as it is in the log for good. */
  committed: ConsumerGroupState | null = null;
  readonly #changes: Change[] = [];
  /** By member id. */
  readonly timers = new Map<string, MemberTimers>();
  /** The group's epoch when its topics were last looked at; null: that is to be done with the next heartbeat. */
  #topicsSeenIn: number | null = null;
  /** Its regular expressions are being looked up. */
  isResolving = false;

  override get isEmpty(): boolean {
    return this.state === null || this.state.members.size === 0;
  }

  override isSubscribedTo(topic: string): boolean {
    return this.state !== null && subscribedByAny(this.state.members.values(), this.state.regexes).has(topic);
  }

  /** Nobody would miss it. */
  get isPristine(): boolean {
    return this.state === null && this.#changes.length === 0 && this.hasNoOffsets;
  }

  /** What is decided counts for the next decision, before it is in the log. */
  change(records: readonly ConsumerGroupRecord[]): Change {
    const change = { before: this.state, after: records.reduce(applyRecord, this.state) };
    this.#changes.push(change);
    this.state = change.after;
    return change;
  }

  /** A change is in the log for good. Changes are settled in the order in which they were made. */
  settle(change: Change): void {
    const first = this.#changes.shift();
    invariant(first === change, () => `group ${this.id}: a change is settled before one that was made earlier`);
    this.committed = change.after;
    this.isRecorded = true;
  }

  /** A change is not in the log: nothing that was decided on it holds. */
  revert(change: Change): void {
    const index = this.#changes.indexOf(change);
    // It went with an earlier one.
    if (index < 0) return;
    this.#changes.length = index;
    this.state = change.before;
  }

  /** From the log. */
  replay(record: ConsumerGroupRecord): void {
    this.state = applyRecord(this.state, record);
    this.committed = this.state;
  }

  /** If it subscribes to any of them, they are looked at with the next heartbeat. */
  onTopicsChanged(names: ReadonlySet<string>): void {
    if (this.state === null || this.#topicsSeenIn === null) return;
    for (const name of subscribedByAny(this.state.members.values(), this.state.regexes))
      if (names.has(name)) this.#topicsSeenIn = null;
  }

  sawTopicsIn(epoch: number): void {
    this.#topicsSeenIn = epoch;
  }

  /** True also if what was decided when they were seen was undone. */
  get needsTopicsRefresh(): boolean {
    return this.#topicsSeenIn === null || (this.state?.epoch ?? 0) < this.#topicsSeenIn;
  }

  stopTimers(): void {
    for (const timers of this.timers.values()) timers.stop();
    this.timers.clear();
  }
}
