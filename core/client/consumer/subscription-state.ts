/** What the consumer reads: the subscription, the partitions it was given, and where it is in each. */
import type { ResetStrategy } from '../../config/index.ts';
import type { ClientEnvironment } from '../../environment.ts';
import { invariant } from '../../../ports/invariant.ts';
import { type LeaderEpoch, NONE, type Offset } from '../../protocol/numbers.ts';
import type { ClusterMetadata, LeaderAndEpoch } from '../metadata.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import { keyOf } from '../metadata.ts';
import type { OffsetAndMetadata } from './committed-offsets.ts';

/** A place in a log: the next offset to fetch, and the epoch of the record before it (null: unknown). */
export interface Position {
  readonly offset: Offset;
  readonly offsetEpoch: LeaderEpoch | null;
  /** The leader that the position is valid under. */
  readonly leader: LeaderAndEpoch;
}

export type FetchState =
  /** It has no position yet. */
  | { readonly kind: 'initializing' }
  /** The position is to be asked of the leader. */
  | {
      readonly kind: 'awaiting-reset';
      readonly strategy: ResetStrategy;
      readonly reason: ResetReason;
      readonly of: Position | null;
    }
  /** The leader changed: its log may have diverged below the position (KIP-320). */
  | { readonly kind: 'awaiting-validation'; readonly position: Position }
  | { readonly kind: 'fetching'; readonly position: Position };

export type ResetReason = 'no-committed-offset' | 'out-of-range' | 'seek';

export interface AssignedPartition extends TopicPartition {
  readonly key: string;
  state: FetchState;
  paused: boolean;
  /** Its records must not be returned any more: it is being revoked. */
  revoking: boolean;
  /** No request for offset or epoch before this time, and none while one is in flight. */
  retryAtMs: number;
  failures: number;
  preferredReplica: { readonly nodeId: number; readonly untilMs: number } | null;
  highWatermark: Offset;
  logStartOffset: Offset;
  lastStableOffset: Offset;
}

export interface RebalanceListener {
  onPartitionsRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>;
  onPartitionsAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>;
  onPartitionsLost?(partitions: readonly TopicPartition[]): void | Promise<void>;
}

export type Subscription =
  | { readonly kind: 'none' }
  | { readonly kind: 'assigned' }
  | { readonly kind: 'topics'; readonly topics: readonly string[]; readonly listener: RebalanceListener }
  | {
      readonly kind: 'pattern';
      readonly pattern: RegExp;
      readonly topics: readonly string[];
      readonly listener: RebalanceListener;
    }
  /** The coordinator looks up which topics there are. */
  | { readonly kind: 'coordinator-pattern'; readonly regex: string; readonly listener: RebalanceListener };

/** Topics whose names match as a whole, in RE2's syntax: for the consumer protocol (Kafka's SubscriptionPattern). */
export class SubscriptionPattern {
  readonly regex: string;

  constructor(regex: string) {
    this.regex = regex;
  }
}

/** Of a subscription to topics, however they are told. */
export function listenerOf(subscription: Subscription): RebalanceListener | null {
  return subscription.kind === 'none' || subscription.kind === 'assigned' ? null : subscription.listener;
}

export class SubscriptionState {
  readonly #env: ClientEnvironment;
  readonly #defaultReset: ResetStrategy | null;
  subscription: Subscription = { kind: 'none' };
  readonly #partitions = new Map<string, AssignedPartition>();

  constructor(env: ClientEnvironment, defaultReset: ResetStrategy | null) {
    this.#env = env;
    this.#defaultReset = defaultReset;
  }

  get hasDefaultReset(): boolean {
    return this.#defaultReset !== null;
  }

  get isGroupSubscription(): boolean {
    return listenerOf(this.subscription) !== null;
  }

  /** The topics subscribed to; those of the assignment when partitions were assigned by hand. */
  get topics(): readonly string[] {
    const subscription = this.subscription;
    if (subscription.kind === 'topics' || subscription.kind === 'pattern') return subscription.topics;
    return [...new Set(Array.from(this.#partitions.values(), (partition) => partition.topic))];
  }

  partitions(): Iterable<AssignedPartition> {
    return this.#partitions.values();
  }

  get assignment(): TopicPartition[] {
    return Array.from(this.#partitions.values(), ({ topic, partition }) => ({ topic, partition }));
  }

  get(key: string): AssignedPartition | undefined {
    return this.#partitions.get(key);
  }

  /** The positions that are valid now, as offsets to commit: one that is to be validated may lie in a log that is no more. */
  consumed(): OffsetAndMetadata[] {
    const offsets: OffsetAndMetadata[] = [];
    for (const { topic, partition, state } of this.#partitions.values()) {
      if (state.kind !== 'fetching') continue;
      offsets.push({ topic, partition, offset: state.position.offset, leaderEpoch: state.position.offsetEpoch });
    }
    return offsets;
  }

  /** Replaces the assignment; partitions that stay keep their state. */
  assign(partitions: readonly TopicPartition[]): void {
    const before = new Map(this.#partitions);
    this.#partitions.clear();
    for (const { topic, partition } of partitions) {
      const key = keyOf({ topic, partition });
      this.#partitions.set(key, before.get(key) ?? newPartition(topic, partition, key));
    }
  }

  seek(partition: AssignedPartition, offset: Offset, offsetEpoch: LeaderEpoch | null, leader: LeaderAndEpoch): void {
    const position = { offset, offsetEpoch, leader };
    const mustValidate = offsetEpoch !== null && leader.epoch >= 0;
    this.#become(partition, mustValidate ? { kind: 'awaiting-validation', position } : { kind: 'fetching', position });
    partition.preferredReplica = null;
  }

  /** The records up to `position` were given to the application. */
  advance(partition: AssignedPartition, position: Position): void {
    const { state, key } = partition;
    invariant(state.kind === 'fetching', () => `${key} advances while ${state.kind}`);
    invariant(
      position.offset > state.position.offset,
      () => `${key} advances from ${state.position.offset} to ${position.offset}`,
    );
    partition.state = { kind: 'fetching', position };
  }

  /** Asks for a reset by the default strategy, or the given one. False: there is none. */
  requestReset(partition: AssignedPartition, reason: ResetReason, strategy: ResetStrategy | null = this.#defaultReset): boolean {
    return this.#requestResetOf(positionOf(partition), partition, reason, strategy);
  }

  /** The leader of this epoch has nothing at the position, which may have another leader by now. False: there is no default strategy. */
  requestResetByLeader(partition: AssignedPartition, askedEpoch: LeaderEpoch): boolean {
    const position = positionOf(partition);
    const asked = position === null ? null : { ...position, leader: { ...position.leader, epoch: askedEpoch } };
    return this.#requestResetOf(asked, partition, 'out-of-range', this.#defaultReset);
  }

  #requestResetOf(
    of: Position | null,
    partition: AssignedPartition,
    reason: ResetReason,
    strategy: ResetStrategy | null,
  ): boolean {
    if (strategy === null) return false;
    this.#become(partition, { kind: 'awaiting-reset', strategy, reason, of });
    return true;
  }

  /** A ListOffsets answer. It counts only if the same reset is still waited for. There is no record before it to validate it by. */
  completeReset(partition: AssignedPartition, asked: FetchState, offset: Offset, leader: LeaderAndEpoch): void {
    const stillAwaited = partition.state === asked && this.#partitions.get(partition.key) === partition;
    if (!stillAwaited) return;
    if (asked.kind === 'awaiting-reset' && asked.reason !== 'seek')
      this.#env.tracer.emit({
        type: 'consumer-position-reset',
        partition: partition.key,
        from: asked.of?.offset ?? -1,
        offsetEpoch: asked.of?.offsetEpoch ?? -1,
        leaderEpoch: asked.of?.leader.epoch ?? -1,
        to: offset,
        reason: asked.reason,
      });
    this.#become(partition, { kind: 'fetching', position: { offset, offsetEpoch: null, leader } });
  }

  /**
   * An OffsetForLeaderEpoch answer: up to where the leader's log agrees (-1: nowhere). It counts only for the position it
   * was asked for. Returns the diverging offset when the log was truncated below the position and nothing says where to go on.
   */
  completeValidation(partition: AssignedPartition, asked: Position, endOffset: Offset, epoch: LeaderEpoch): number | null {
    const state = partition.state;
    const stillAwaited = state.kind === 'awaiting-validation' && state.position === asked;
    if (!stillAwaited || this.#partitions.get(partition.key) !== partition) return null;
    const truncated = endOffset < 0 || epoch < 0 || endOffset < asked.offset;
    if (!truncated) {
      this.#become(partition, { kind: 'fetching', position: asked });
      return null;
    }
    const { key } = partition;
    this.#env.tracer.emit({
      type: 'consumer-truncation-detected',
      partition: key,
      position: asked.offset,
      offsetEpoch: asked.offsetEpoch ?? -1,
      leaderEpoch: asked.leader.epoch,
      divergentOffset: endOffset,
    });
    if (this.#defaultReset === null) return endOffset;
    if (endOffset < 0 || epoch < 0) {
      this.requestReset(partition, 'out-of-range');
      return null;
    }
    this.#env.tracer.emit({
      type: 'consumer-position-reset',
      partition: key,
      from: asked.offset,
      offsetEpoch: asked.offsetEpoch ?? -1,
      leaderEpoch: asked.leader.epoch,
      to: endOffset,
      reason: 'truncation',
    });
    const position = { offset: endOffset, offsetEpoch: epoch, leader: asked.leader };
    this.#become(partition, { kind: 'fetching', position });
    return null;
  }

  /**
   * Compares every position's leader with the metadata; another one asks for validation. Also one of a lower epoch: metadata go
   * back only where the topic was made again.
   */
  checkLeaders(metadata: ClusterMetadata): void {
    for (const partition of this.#partitions.values()) {
      const state = partition.state;
      if (state.kind !== 'fetching' && state.kind !== 'awaiting-validation') continue;
      if (metadata.leader(partition.topic, partition.partition) === undefined) continue;
      const leader = metadata.currentLeader(partition.topic, partition.partition);
      const { leader: before } = state.position;
      if (before.leader === leader.leader && before.epoch === leader.epoch) continue;
      const position = { ...state.position, leader };
      partition.preferredReplica = null;
      const mustValidate = position.offsetEpoch !== null && leader.epoch >= 0;
      this.#become(partition, mustValidate ? { kind: 'awaiting-validation', position } : { kind: 'fetching', position });
    }
  }

  #become(partition: AssignedPartition, state: FetchState): void {
    partition.state = state;
    partition.retryAtMs = 0;
    partition.failures = 0;
  }
}

export function positionOf(partition: AssignedPartition): Position | null {
  const state = partition.state;
  return state.kind === 'fetching' || state.kind === 'awaiting-validation' ? state.position : null;
}

function newPartition(topic: string, partition: number, key: string): AssignedPartition {
  return {
    topic,
    partition,
    key,
    state: { kind: 'initializing' },
    paused: false,
    revoking: false,
    retryAtMs: 0,
    failures: 0,
    preferredReplica: null,
    highWatermark: NONE,
    logStartOffset: NONE,
    lastStableOffset: NONE,
  };
}
