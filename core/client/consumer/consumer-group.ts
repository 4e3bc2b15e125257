/**
 * The consumer as a member of its group: what it does with its partitions, its offsets and the application's listener at the
 * turns of a rebalance. How a member joins and stays is in GroupMembership.
 */
import type { ConsumerConfig } from '../../config/index.ts';
import type { ClientEnvironment } from '../../environment.ts';
import type { JoinGroupResponse } from '../../protocol/messages/join-group-response.ts';
import type { Assignor } from '../assignors/assignor.ts';
import { decodeAssignment, encodeSubscription } from '../assignors/assignor.ts';
import type { KafkaError } from '../errors.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import { keyOf } from '../metadata.ts';
import type { Session } from '../session.ts';
import { AutoCommit } from './auto-commit.ts';
import { CommittedOffsets } from './committed-offsets.ts';
import { CoordinatorLink } from './coordinator-link.ts';
import type { Fetcher } from './fetcher.ts';
import { GroupLeader } from './group-leader.ts';
import {
  ConsumerProtocolMembership,
  type IdPartition,
  type ReconciliationHooks,
  type Subscribed,
} from './consumer-protocol-membership.ts';
import { GroupMembership, type MembershipHooks, type Preparation, type Turn } from './group-membership.ts';
import type { GroupMetadata } from './group-metadata.ts';
import type { Generation, Membership } from './membership.ts';
import { listenerOf, type RebalanceListener, type SubscriptionState } from './subscription-state.ts';
import type { WantedTopics } from './wanted-topics.ts';

export interface ConsumerGroupParts {
  readonly session: Session;
  readonly subscriptions: SubscriptionState;
  readonly fetcher: Fetcher;
  readonly wanted: WantedTopics;
  /** In the order of preference. */
  readonly assignors: readonly Assignor[];
  /** Called when the poll loop should look again. */
  readonly changed: () => void;
  /** Takes an error that the application must hear of: its own listener's. */
  readonly failed: (error: unknown) => void;
}

export class ConsumerGroup implements MembershipHooks, ReconciliationHooks {
  readonly #env: ClientEnvironment;
  readonly #parts: ConsumerGroupParts;
  readonly #subscriptions: SubscriptionState;
  readonly #config: ConsumerConfig;
  readonly #groupId: string;
  readonly #instanceId: string | null;
  readonly #link: CoordinatorLink;
  readonly #leader: GroupLeader;
  readonly #autoCommit: AutoCommit;
  /** By all of its assignors partitions may be kept during a rebalance (KIP-429). */
  readonly #isCooperative: boolean;
  readonly membership: Membership;
  readonly offsets: CommittedOffsets;
  #metadata: GroupMetadata;
  /** By the consumer protocol: the topics of what it holds, by `topic-partition`. */
  readonly #ids = new Map<string, IdPartition & TopicPartition>();
  /** What this member's last join subscribed to. */
  #joinedTopics = '';
  /** What the last assignment gave, for sticky user data. */
  #lastOwned: { readonly partitions: readonly TopicPartition[]; readonly generation: number } = {
    partitions: [],
    generation: -1,
  };

  constructor(groupId: string, config: ConsumerConfig, parts: ConsumerGroupParts) {
    const { session, subscriptions, wanted } = parts;
    this.#env = session.env;
    this.#parts = parts;
    this.#subscriptions = subscriptions;
    this.#config = config;
    this.#groupId = groupId;
    this.#link = new CoordinatorLink(session, groupId, parts.changed);
    const instanceId = config['group.instance.id'] === '' ? null : config['group.instance.id'];
    this.#instanceId = instanceId;
    this.#metadata = { groupId, generationId: -1, memberId: '', groupInstanceId: instanceId };
    const rebalanceTimeoutMs = config['max.poll.interval.ms'];
    this.membership =
      config['group.protocol'] === 'consumer'
        ? new ConsumerProtocolMembership(
            session,
            this.#link,
            {
              groupId,
              instanceId,
              rackId: config['client.rack'] || null,
              assignor: config['group.remote.assignor'],
              rebalanceTimeoutMs,
            },
            this,
          )
        : new GroupMembership(
            session,
            this.#link,
            {
              groupId,
              instanceId,
              sessionTimeoutMs: config['session.timeout.ms'],
              rebalanceTimeoutMs,
              heartbeatIntervalMs: config['heartbeat.interval.ms'],
            },
            this,
          );
    const isMember = () => subscriptions.isGroupSubscription;
    this.offsets = new CommittedOffsets(session, this.#link, this.membership, { groupId, instanceId, isMember });
    this.#autoCommit = new AutoCommit(session, subscriptions, this.offsets, {
      enabled: config['enable.auto.commit'],
      intervalMs: config['auto.commit.interval.ms'],
    });
    this.#leader = new GroupLeader(session.metadata, wanted);
    this.#isCooperative = parts.assignors.every(({ isCooperative }) => isCooperative);
  }

  /**
   * As of the last rebalance that it took part in, also when its membership has ended since: what it then commits in a transaction is to be
   * refused, and not to be taken for that of somebody without a group.
   */
  get metadata(): GroupMetadata {
    return this.#metadata;
  }

  /** The subscription was replaced. */
  subscribed(): void {
    this.#matchPattern();
    this.membership.requestRejoin();
  }

  /** The subscription was given up: it leaves. */
  unsubscribed(): void {
    this.#leader.resign();
    this.#ids.clear();
    this.membership.leave('the consumer unsubscribed', () => undefined);
  }

  /** There is something to subscribe to. */
  get mayJoin(): boolean {
    return this.#subscriptions.subscription.kind === 'coordinator-pattern' || this.#subscriptions.topics.length > 0;
  }

  /** The application polls: it is done with what earlier polls returned. Only then is committed automatically. */
  polled(): void {
    this.membership.polled();
    this.#autoCommit.polled();
  }

  metadataUpdated(): void {
    this.#matchPattern();
    this.#rejoinIfTopicsChanged();
  }

  takeError(): KafkaError | null {
    return this.#link.takeError() ?? this.membership.takeError();
  }

  /** Commits if that is automatic, revokes, and leaves the group if it is a member. In the middle of a rebalance what it has is lost (ConsumerCoordinator.onLeavePrepare). */
  leave(timeoutMs: number, done: () => void): void {
    this.membership.abandonTurn();
    this.#autoCommit.before(timeoutMs, () => {
      const told = this.membership.isRebalancing ? 'onPartitionsLost' : 'onPartitionsRevoked';
      this.#callListener(told, this.#subscriptions.assignment, () => {
        if (this.#subscriptions.isGroupSubscription) this.membership.leave('the consumer is being closed', done);
        else done();
      });
    });
  }

  close(): void {
    this.membership.close();
    this.offsets.close();
    this.#link.close();
  }

  // --- the turns of a rebalance ---

  prepare(preparation: Preparation, done: () => void): void {
    if (!this.#isCooperative) for (const partition of this.#subscriptions.partitions()) partition.revoking = true;
    if (preparation.isLost()) this.#giveUp(preparation, done);
    else this.#autoCommit.before(this.#config['max.poll.interval.ms'], () => this.#giveUp(preparation, done));
  }

  /** Tells the application's listener, then holds nothing any more; by the cooperative protocol, nothing that it does not subscribe to any more. */
  #giveUp(preparation: Preparation, done: () => void): void {
    if (preparation.isAbandoned()) return;
    const held = this.#subscriptions.assignment;
    if (preparation.isLost()) {
      const release = () => {
        if (preparation.isAbandoned()) return;
        this.#hold([]);
        done();
      };
      if (held.length > 0)
        this.#env.tracer.emit({
          type: 'consumer-lost-partitions',
          group: this.#groupId,
          partitions: held.map(keyOf),
          reason: 'the membership ended',
        });
      this.#callListener('onPartitionsLost', held, release);
      return;
    }
    this.#revoke(this.#isCooperative ? held.filter(({ topic }) => !this.#isSubscribed(topic)) : held, preparation, done);
  }

  /** Tells the application, which may still use them meanwhile, and holds these partitions no more. */
  #revoke(revoked: readonly TopicPartition[], turn: Turn, done: () => void): void {
    const keys = new Set<string>(revoked.map(keyOf));
    for (const partition of this.#subscriptions.partitions()) if (keys.has(partition.key)) partition.revoking = true;
    this.#callListener('onPartitionsRevoked', revoked, () => {
      if (turn.isAbandoned()) return;
      this.#hold(this.#subscriptions.assignment.filter((partition) => !keys.has(keyOf(partition))));
      done();
    });
  }

  #hold(partitions: readonly TopicPartition[]): void {
    this.#subscriptions.assign(partitions);
    this.#parts.fetcher.retainAssigned();
  }

  #isSubscribed(topic: string): boolean {
    const { subscription, topics } = this.#subscriptions;
    return subscription.kind === 'pattern' ? subscription.pattern.test(topic) : topics.includes(topic);
  }

  /** What it was as the leader of the group it is no more. */
  protocols(): { name: string; metadata: Uint8Array }[] {
    this.#leader.resign();
    const { topics, assignment: ownedPartitions } = this.#subscriptions;
    this.#joinedTopics = topics.join(',');
    const { partitions, generation } = this.#lastOwned;
    const { generationId } = this.membership.generation;
    const rack = this.#config['client.rack'] || null;
    return this.#parts.assignors.map((assignor) => {
      const userData = assignor.userData(partitions, generation);
      const subscription = { topics, userData, ownedPartitions, generationId };
      return { name: assignor.name, metadata: encodeSubscription(subscription, rack) };
    });
  }

  assign(response: JoinGroupResponse): { memberId: string; assignment: Uint8Array }[] | null {
    return this.#leader.assign(response);
  }

  assignmentKept(response: JoinGroupResponse): void {
    this.#leader.assignmentKept(response);
    this.#env.tracer.emit({ type: 'consumer-kept-assignment', group: this.#groupId, generation: response.generationId });
  }

  assigned(assignment: Uint8Array, generation: Generation, turn: Turn, done: () => void): void {
    const partitions = decodeAssignment(assignment);
    const { generationId, memberId } = generation;
    this.#metadata = { groupId: this.#groupId, generationId, memberId, groupInstanceId: this.#instanceId };
    this.#leader.assigned(partitions);
    if (!partitions.every(({ topic }) => this.#isSubscribed(topic))) {
      // It has subscribed to something else since.
      this.membership.requestRejoin();
      done();
      return;
    }
    const held = this.#subscriptions.assignment;
    const revoked = without(held, partitions);
    // They may be given to others when it has joined again.
    if (revoked.length > 0) this.membership.requestRejoin();
    this.#revoke(revoked, turn, () => this.#take(partitions, without(partitions, held), generation, done));
  }

  #take(partitions: readonly TopicPartition[], added: readonly TopicPartition[], generation: Generation, done: () => void): void {
    this.#hold(partitions);
    this.#lastOwned = { partitions, generation: generation.generationId };
    this.#autoCommit.restart();
    this.#parts.wanted.update();
    this.#env.tracer.emit({
      type: 'consumer-rebalanced',
      group: this.#groupId,
      generation: generation.generationId,
      member: generation.memberId,
      partitions: partitions.map(keyOf),
    });
    this.#callListener('onPartitionsAssigned', added, done);
  }

  // --- those of the consumer protocol ---

  wanted(): Subscribed {
    const { subscription, topics } = this.#subscriptions;
    if (subscription.kind === 'coordinator-pattern') return { topics: [], regex: subscription.regex };
    return { topics, regex: '' };
  }

  resolvable(partitions: readonly IdPartition[]): readonly IdPartition[] {
    const { metadata } = this.#parts.session;
    const known = partitions.filter(({ topicId }) => metadata.topicName(topicId) !== undefined);
    if (known.length < partitions.length) metadata.requestUpdate();
    return known;
  }

  revoke(partitions: readonly IdPartition[], isAbandoned: () => boolean, done: () => void): void {
    const revoked = this.#named(partitions);
    const keys = new Set<string>(revoked.map(keyOf));
    for (const partition of this.#subscriptions.partitions()) if (keys.has(partition.key)) partition.revoking = true;
    this.#autoCommit.before(this.#config['max.poll.interval.ms'], () => {
      if (isAbandoned()) return;
      this.#revoke(revoked, { isAbandoned }, () => {
        for (const key of keys) this.#ids.delete(key);
        done();
      });
    });
  }

  lose(isAbandoned: () => boolean, done: () => void): void {
    const isLost = () => true;
    this.#giveUp({ isLost, isAbandoned }, () => {
      this.#ids.clear();
      done();
    });
  }

  hold(
    all: readonly IdPartition[],
    added: readonly IdPartition[],
    { generationId, memberId }: Generation,
    done: () => void,
  ): void {
    this.#metadata = { groupId: this.#groupId, generationId, memberId, groupInstanceId: this.#instanceId };
    for (const { topicId, partition } of added) {
      const topic = this.#parts.session.metadata.topicName(topicId) ?? '';
      this.#ids.set(keyOf({ topic, partition }), { topic, partition, topicId });
    }
    const partitions = this.#named(all);
    this.#hold(partitions);
    this.#autoCommit.restart();
    this.#parts.wanted.update();
    const told = { group: this.#groupId, generation: generationId, member: memberId };
    this.#env.tracer.emit({ type: 'consumer-rebalanced', ...told, partitions: partitions.map(keyOf) });
    this.#callListener('onPartitionsAssigned', this.#named(added), done);
  }

  /** By the names that they were taken under: topics may be gone meanwhile. */
  #named(partitions: readonly IdPartition[]): TopicPartition[] {
    return [...this.#ids.values()]
      .filter((held) => partitions.some((each) => each.topicId === held.topicId && each.partition === held.partition))
      .map(({ topic, partition }) => ({ topic, partition }));
  }

  changed(): void {
    // Topics may have changed while the generation was being made.
    this.#rejoinIfTopicsChanged();
    this.#parts.changed();
  }

  #callListener(name: keyof RebalanceListener, partitions: readonly TopicPartition[], next: () => void): void {
    const listener = listenerOf(this.#subscriptions.subscription) ?? {};
    if (name !== 'onPartitionsAssigned' && partitions.length === 0) {
      next();
      return;
    }
    const failed = (error: unknown) => {
      this.#parts.failed(error);
      next();
    };
    try {
      const wait = listener[name]?.(partitions);
      if (wait === undefined) next();
      else wait.then(next, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** The leader of a group asks for a rebalance when the topics are not those any more that it assigned. */
  #rejoinIfTopicsChanged(): void {
    if (this.membership.isStable && this.#leader.mustAssignAgain) this.membership.requestRejoin();
  }

  #matchPattern(): void {
    const { subscription } = this.#subscriptions;
    if (subscription.kind !== 'pattern') return;
    const skipInternal = this.#config['exclude.internal.topics'];
    const topics: string[] = [];
    for (const topic of this.#parts.session.metadata.topics())
      if (subscription.pattern.test(topic.name) && !(skipInternal && topic.isInternal)) topics.push(topic.name);
    this.#subscriptions.subscription = { ...subscription, topics: topics.sort() };
    if (topics.join(',') !== this.#joinedTopics) this.membership.requestRejoin();
  }
}

function without(partitions: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  const keys = new Set<string>(others.map(keyOf));
  return partitions.filter((partition) => !keys.has(keyOf(partition)));
}
