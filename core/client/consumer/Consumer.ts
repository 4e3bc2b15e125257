/**
 * The consumer (Kafka's classic one). It fetches and heartbeats by itself, but joins its group, commits automatically and
 * moves positions only while the application is in `poll`. One poll at a time; rebalance listeners are called during it
 * and may return a promise, which the rebalance waits for.
 *
 * This file is over 300 lines because it is the whole interface of the Java client; what it does is in the files beside it.
 */
import { parseConfig, ConfigError, CONSUMER_CONFIG } from '../../config/index.ts';
import type { ConsumerConfig, Properties } from '../../config/index.ts';
import type { ClientEnvironment, Timer } from '../../environment.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { JoinGroupResponse } from '../../protocol/messages/JoinGroupResponse.ts';
import type { TimestampType } from '../../protocol/records.ts';
import type { Assignor, MemberSubscription } from '../assignors/assignor.ts';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../assignors/assignor.ts';
import { rangeAssignor } from '../assignors/range.ts';
import { roundRobinAssignor } from '../assignors/roundrobin.ts';
import { stickyAssignor } from '../assignors/sticky.ts';
import { deferred } from '../Deferred.ts';
import type { Deferred } from '../Deferred.ts';
import { closedError, illegalState, KafkaError } from '../errors.ts';
import type { TopicPartition } from '../metadata.ts';
import { keyOf } from '../metadata.ts';
import { passBytes } from '../serializers.ts';
import type { Deserializer } from '../serializers.ts';
import { closeSession, openSession } from '../session.ts';
import type { Session } from '../session.ts';
import { CommittedOffsets } from './CommittedOffsets.ts';
import type { CommittedOffset, OffsetAndMetadata } from './CommittedOffsets.ts';
import { CoordinatorLink } from './CoordinatorLink.ts';
import { Fetcher } from './Fetcher.ts';
import type { ReturnedRecord } from './Fetcher.ts';
import { GroupMembership } from './GroupMembership.ts';
import type { Generation } from './GroupMembership.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, OffsetResolver } from './OffsetResolver.ts';
import type { ListedOffset } from './OffsetResolver.ts';
import { positionOf, SubscriptionState } from './SubscriptionState.ts';
import type { AssignedPartition, RebalanceListener } from './SubscriptionState.ts';

export type { CommittedOffset, OffsetAndMetadata } from './CommittedOffsets.ts';
export type { ListedOffset } from './OffsetResolver.ts';
export type { RebalanceListener } from './SubscriptionState.ts';

export interface ConsumerRecord<K = Uint8Array | null, V = Uint8Array | null> extends TopicPartition {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly timestamp: number;
  /** Who set the timestamp: the producer at creation, or the broker at the append. */
  readonly timestampType: TimestampType;
  readonly key: K;
  readonly value: V;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

export interface ConsumerOptions<K, V> {
  readonly keyDeserializer?: Deserializer<K>;
  readonly valueDeserializer?: Deserializer<V>;
}

export interface GroupMetadata {
  readonly groupId: string | null;
  readonly generationId: number;
  readonly memberId: string;
}

interface PendingPoll<K, V> {
  readonly end: Deferred<ConsumerRecord<K, V>[]>;
  readonly deadlineMs: number;
}

interface Group {
  readonly link: CoordinatorLink;
  readonly membership: GroupMembership;
  readonly offsets: CommittedOffsets;
}

const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map(
  [rangeAssignor, roundRobinAssignor, stickyAssignor].map((assignor) => [assignor.name, assignor]),
);

export class Consumer<K = Uint8Array | null, V = Uint8Array | null> {
  readonly #env: ClientEnvironment;
  readonly #config: ConsumerConfig;
  readonly #session: Session;
  readonly #keyDeserializer: Deserializer<K>;
  readonly #valueDeserializer: Deserializer<V>;
  readonly #assignors: readonly Assignor[];
  readonly #subscriptions: SubscriptionState;
  readonly #fetcher: Fetcher;
  readonly #resolver: OffsetResolver;
  readonly #group: Group | null;
  #poll: PendingPoll<K, V> | null = null;
  #timer: Timer | null = null;
  #driving = false;
  #wakeup = false;
  #closing: Deferred<void> | null = null;
  #nextAutoCommitMs = 0;
  #fetchingCommitted = false;
  #listenerError: unknown = null;
  /** As the leader of the group: the topics of all members, and their partitions at the last assignment. */
  #groupTopics: readonly string[] = [];
  #assignedCounts: ReadonlyMap<string, number> | null = null;
  #leadsKeptAssignment = false;
  /** What this member's last join subscribed to. */
  #joinedTopics = '';
  /** What the last assignment gave, for sticky user data. */
  #lastOwned: { readonly partitions: readonly TopicPartition[]; readonly generation: number } = {
    partitions: [],
    generation: -1,
  };

  /** Throws ConfigError for properties that Kafka's consumer would not take. */
  constructor(env: ClientEnvironment, properties: Properties, options: ConsumerOptions<K, V> = {}) {
    this.#env = env;
    const config = parseConfig(CONSUMER_CONFIG, properties);
    this.#config = config;
    this.#keyDeserializer = options.keyDeserializer ?? (passBytes as unknown as Deserializer<K>);
    this.#valueDeserializer = options.valueDeserializer ?? (passBytes as unknown as Deserializer<V>);
    this.#assignors = assignorsOf(config['partition.assignment.strategy']);
    this.#session = openSession(env, config, {
      clientId: env.nodeName,
      allowAutoTopicCreation: config['allow.auto.create.topics'],
    });
    const reset = config['auto.offset.reset'];
    this.#subscriptions = new SubscriptionState(env, reset === 'earliest' || reset === 'latest' ? reset : null);
    const readCommitted = config['isolation.level'] === 'read_committed';
    const changed = () => this.#drive();
    this.#fetcher = new Fetcher(
      this.#session,
      this.#subscriptions,
      {
        minBytes: config['fetch.min.bytes'],
        maxBytes: config['fetch.max.bytes'],
        maxWaitMs: config['fetch.max.wait.ms'],
        maxPartitionBytes: config['max.partition.fetch.bytes'],
        maxPollRecords: config['max.poll.records'],
        readCommitted,
        checkCrcs: config['check.crcs'],
        rack: config['client.rack'] ?? '',
        replicaChoiceMaxAgeMs: config['metadata.max.age.ms'],
      },
      changed,
    );
    const requestTimeoutMs = config['request.timeout.ms'];
    this.#resolver = new OffsetResolver(this.#session, this.#subscriptions, { readCommitted, requestTimeoutMs }, changed);
    this.#group = config['group.id'] === null ? null : this.#openGroup(config['group.id']);
    this.#nextAutoCommitMs = env.clock.monotonicMs() + config['auto.commit.interval.ms'];
    this.#session.metadata.onUpdate(() => this.#metadataUpdated());
    this.#session.metadata.requestUpdate(true);
  }

  /** Subscribes to topics, or to those whose names match; replaces the former subscription. The group assigns partitions. */
  subscribe(topics: readonly string[] | RegExp, listener: RebalanceListener = {}): void {
    this.#checkOpen();
    if (this.#group === null) throw illegalState('subscribing needs group.id');
    if (this.#subscriptions.subscription.kind === 'assigned') throw illegalState('partitions were assigned by hand');
    this.#subscriptions.subscription =
      topics instanceof RegExp
        ? { kind: 'pattern', pattern: topics, topics: [], listener }
        : { kind: 'topics', topics: [...topics], listener };
    this.#wantTopics();
    if (topics instanceof RegExp) this.#matchPattern();
    this.#group.membership.requestRejoin();
  }

  /** Asks for a rebalance at the next poll, with the same membership (KIP-568). */
  enforceRebalance(): void {
    this.#checkOpen();
    if (this.#group === null) throw illegalState('a rebalance needs group.id');
    this.#group.membership.requestRejoin();
  }

  /** Reads exactly these partitions, without the group's assignment. */
  assign(partitions: readonly TopicPartition[]): void {
    this.#checkOpen();
    if (this.#subscriptions.isGroupSubscription) throw illegalState('topics are subscribed to');
    this.#subscriptions.subscription = { kind: 'assigned' };
    this.#subscriptions.assign(partitions);
    this.#fetcher.retainAssigned();
    this.#wantTopics();
  }

  /** Gives up the subscription or assignment; leaves the group. Rejects if the rebalance listener does. */
  async unsubscribe(): Promise<void> {
    this.#checkOpen();
    const { subscription } = this.#subscriptions;
    const held = this.#subscriptions.assignment;
    if (subscription.kind === 'topics' || subscription.kind === 'pattern') {
      if (held.length > 0) await subscription.listener.onPartitionsRevoked?.(held);
      this.#group?.membership.leave('the consumer unsubscribed', () => undefined);
    }
    this.#subscriptions.subscription = { kind: 'none' };
    this.#subscriptions.assign([]);
    this.#fetcher.retainAssigned();
  }

  get subscription(): readonly string[] {
    return this.#subscriptions.isGroupSubscription ? this.#subscriptions.topics : [];
  }

  get assignment(): readonly TopicPartition[] {
    return this.#subscriptions.assignment;
  }

  /**
   * Up to max.poll.records records, waiting up to `timeoutMs` for the first. Rejected with KafkaError: WAKEUP, an invalid
   * position without a reset policy, a group that cannot be joined, a corrupt batch, ...
   */
  poll(timeoutMs: number): Promise<ConsumerRecord<K, V>[]> {
    this.#checkOpen();
    if (this.#poll !== null) throw illegalState('another poll is under way');
    const { kind } = this.#subscriptions.subscription;
    if (kind === 'none') throw illegalState('neither subscribed nor assigned');
    const end = deferred<ConsumerRecord<K, V>[]>();
    this.#poll = { end, deadlineMs: this.#env.clock.monotonicMs() + timeoutMs };
    this.#group?.membership.polled();
    // Only here: the application is done with what earlier polls returned.
    this.#maybeAutoCommit();
    this.#drive();
    return end.promise;
  }

  /** Makes the poll that is under way, or the next one, fail with WAKEUP. */
  wakeup(): void {
    this.#wakeup = true;
    this.#drive();
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#held(partition).paused = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#held(partition).paused = false;
    this.#drive();
  }

  paused(): readonly TopicPartition[] {
    return Array.from(this.#subscriptions.partitions())
      .filter((each) => each.paused)
      .map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Goes on at `offset`; with a leader epoch the position is validated first. */
  seek(partition: TopicPartition, offset: number, leaderEpoch: number | null = null): void {
    if (offset < 0) throw illegalState(`seek to negative offset ${offset}`);
    const current = this.#session.metadata.partition(partition.topic, partition.partition)?.leaderEpoch ?? -1;
    this.#subscriptions.seek(this.#held(partition), offset, leaderEpoch, current);
  }

  seekToBeginning(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#subscriptions.requestReset(this.#held(partition), 'seek', 'earliest');
  }

  seekToEnd(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#subscriptions.requestReset(this.#held(partition), 'seek', 'latest');
  }

  /** The next offset to be read; waits up to `timeoutMs` until it is known. */
  position(partition: TopicPartition, timeoutMs: number = this.#config['default.api.timeout.ms']): Promise<number> {
    const end = deferred<number>();
    const deadlineMs = this.#env.clock.monotonicMs() + timeoutMs;
    const look = () => {
      const held = this.#subscriptions.get(keyOf(partition));
      const known = held === undefined ? null : positionOf(held);
      if (held === undefined) end.reject(illegalState(`${keyOf(partition)} is not assigned`));
      else if (known !== null) end.resolve(known.offset);
      else if (this.#closing !== null || this.#env.clock.monotonicMs() >= deadlineMs)
        end.reject(new KafkaError(ErrorCode.REQUEST_TIMED_OUT, `no position of ${held.key} within ${timeoutMs} ms`));
      else {
        this.#updatePositions();
        this.#env.timers.after(this.#session.backoff.delayMs(1), look);
      }
    };
    look();
    return end.promise;
  }

  /** The positions known now, of all assigned partitions. */
  positions(): { topic: string; partition: number; offset: number }[] {
    return this.#consumed().map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  }

  /** The group's committed offsets; partitions without one are left out. */
  committed(
    partitions: readonly TopicPartition[],
    timeoutMs: number = this.#config['default.api.timeout.ms'],
  ): Promise<CommittedOffset[]> {
    const end = deferred<CommittedOffset[]>();
    this.#needGroup().offsets.fetch(partitions, timeoutMs, (error, offsets) =>
      error === null ? end.resolve(offsets) : end.reject(error),
    );
    return end.promise;
  }

  /** Commits the given offsets, or all positions, trying again while that can help. Resolves to what was committed. */
  commitSync(
    offsets: readonly OffsetAndMetadata[] = this.#consumed(),
    timeoutMs: number = this.#config['default.api.timeout.ms'],
  ): Promise<readonly OffsetAndMetadata[]> {
    const end = deferred<readonly OffsetAndMetadata[]>();
    const { offsets: store } = this.#needGroup();
    if (offsets.length === 0) end.resolve(offsets);
    else store.commit(offsets, timeoutMs, (error) => (error === null ? end.resolve(offsets) : end.reject(error)));
    return end.promise;
  }

  /** Commits in one attempt; `callback` hears how it went. */
  commitAsync(
    offsets: readonly OffsetAndMetadata[] = this.#consumed(),
    callback: (offsets: readonly OffsetAndMetadata[], error: KafkaError | null) => void = () => undefined,
  ): void {
    this.#needGroup().offsets.commit(offsets, 0, (error) => callback(offsets, error));
  }

  beginningOffsets(partitions: readonly TopicPartition[], timeoutMs?: number): Promise<ListedOffset[]> {
    return this.#listOffsets(partitions, EARLIEST_TIMESTAMP, timeoutMs);
  }

  endOffsets(partitions: readonly TopicPartition[], timeoutMs?: number): Promise<ListedOffset[]> {
    return this.#listOffsets(partitions, LATEST_TIMESTAMP, timeoutMs);
  }

  /** The first offset with a timestamp of at least `timestamp`, per partition; offset -1 if there is none. */
  offsetsForTimes(
    lookups: readonly (TopicPartition & { readonly timestamp: number })[],
    timeoutMs?: number,
  ): Promise<ListedOffset[]> {
    const end = deferred<ListedOffset[]>();
    this.#resolver.list(lookups, timeoutMs ?? this.#config['default.api.timeout.ms'], (error, found) =>
      error === null ? end.resolve(found) : end.reject(error),
    );
    return end.promise;
  }

  groupMetadata(): GroupMetadata {
    const generation = this.#group?.membership.generation;
    return {
      groupId: this.#config['group.id'],
      generationId: generation?.generationId ?? -1,
      memberId: generation?.memberId ?? '',
    };
  }

  /** Commits if that is automatic, revokes, leaves the group and gives up all connections, within `timeoutMs`. */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#closing !== null) return this.#closing.promise;
    const end = deferred<void>();
    this.#closing = end;
    const timeoutMs = options.timeoutMs ?? 30_000;
    this.#poll?.end.reject(closedError('the consumer'));
    this.#poll = null;
    let finished = false;
    const finish = () => {
      if (finished) return;
      finished = true;
      timer.cancel();
      this.#timer?.cancel();
      this.#fetcher.close();
      this.#resolver.close();
      this.#group?.membership.close();
      this.#group?.offsets.close();
      this.#group?.link.close();
      closeSession(this.#session);
      end.resolve();
    };
    const timer = this.#env.timers.after(timeoutMs, finish);
    this.#commitBefore(timeoutMs, () => {
      this.#callListener('onPartitionsRevoked', this.#subscriptions.assignment, () => {
        if (this.#subscriptions.isGroupSubscription) this.#group?.membership.leave('the consumer is being closed', finish);
        else finish();
      });
    });
    return end.promise;
  }

  /** Does what is due and settles the poll under way if it can. Called on every change. */
  #drive(): void {
    if (this.#driving || this.#closing !== null) return;
    this.#driving = true;
    try {
      this.#step();
    } finally {
      this.#driving = false;
    }
  }

  #step(): void {
    const poll = this.#poll;
    if (poll === null) {
      this.#fetcher.sendFetches();
      return;
    }
    const error = this.#pollError();
    if (error !== null) {
      this.#poll = null;
      poll.end.reject(error);
      return;
    }
    let waitMs = 0;
    if (this.#subscriptions.isGroupSubscription && this.#subscriptions.topics.length > 0)
      waitMs = this.#group?.membership.advance() ?? 0;
    this.#updatePositions();
    let returned: ReturnedRecord[];
    try {
      returned = this.#fetcher.collect();
    } catch (failure) {
      this.#poll = null;
      poll.end.reject(failure);
      return;
    }
    this.#fetcher.sendFetches();
    const leftMs = poll.deadlineMs - this.#env.clock.monotonicMs();
    if (returned.length > 0 || leftMs <= 0) {
      this.#poll = null;
      this.#timer?.cancel();
      this.#timer = null;
      this.#resolve(poll, returned);
      return;
    }
    this.#timer?.cancel();
    const tickMs = Math.min(leftMs, waitMs > 0 ? waitMs : Number.POSITIVE_INFINITY, this.#config['retry.backoff.ms'] || 100);
    this.#timer = this.#env.timers.after(Math.ceil(tickMs), () => this.#drive());
  }

  #resolve(poll: PendingPoll<K, V>, returned: readonly ReturnedRecord[]): void {
    try {
      poll.end.resolve(
        returned.map(({ partition, record, leaderEpoch, timestampType }) => ({
          topic: partition.topic,
          partition: partition.partition,
          offset: record.offset,
          leaderEpoch,
          timestamp: record.timestamp,
          timestampType,
          key: this.#keyDeserializer(record.key, partition.topic),
          value: this.#valueDeserializer(record.value, partition.topic),
          headers: record.headers,
        })),
      );
    } catch (cause) {
      poll.end.reject(new KafkaError(ErrorCode.INVALID_RECORD, 'a record could not be deserialized', { cause }));
    }
  }

  #pollError(): unknown {
    if (this.#wakeup) {
      this.#wakeup = false;
      return new KafkaError(-1, 'woken up', { errorName: 'WAKEUP' });
    }
    const listenerError = this.#listenerError;
    this.#listenerError = null;
    return (
      listenerError ??
      this.#session.metadata.takeFatalError() ??
      this.#group?.link.takeError() ??
      this.#group?.membership.takeError() ??
      this.#fetcher.takeError() ??
      this.#resolver.takeError() ??
      null
    );
  }

  /** Finds positions: committed ones first, then by reset; and validates those of an older leader. */
  #updatePositions(): void {
    const initializing = [...this.#subscriptions.partitions()].filter((each) => each.state.kind === 'initializing');
    if (initializing.length > 0) this.#initialize(initializing);
    this.#resolver.resolvePositions();
  }

  #initialize(partitions: readonly AssignedPartition[]): void {
    if (this.#group === null) {
      for (const partition of partitions) this.#resetOrFail(partition);
      return;
    }
    if (this.#fetchingCommitted) return;
    this.#fetchingCommitted = true;
    this.#group.offsets.fetch(partitions, this.#config['request.timeout.ms'], (error, committed) => {
      this.#fetchingCommitted = false;
      if (error === null) {
        const found = new Map(committed.map((each) => [keyOf(each), each]));
        for (const partition of partitions) {
          const stillInitializing =
            partition.state.kind === 'initializing' && this.#subscriptions.get(partition.key) === partition;
          if (!stillInitializing) continue;
          const offset = found.get(partition.key);
          if (offset?.leaderEpoch != null)
            this.#session.metadata.learnEpoch(partition.topic, partition.partition, offset.leaderEpoch);
          const current = this.#session.metadata.partition(partition.topic, partition.partition)?.leaderEpoch ?? -1;
          if (offset === undefined) this.#resetOrFail(partition);
          else this.#subscriptions.seek(partition, offset.offset, offset.leaderEpoch, current);
        }
      } else if (!error.retriable) this.#listenerError = error;
      this.#drive();
    });
  }

  #resetOrFail(partition: AssignedPartition): void {
    if (this.#subscriptions.requestReset(partition, 'no-committed-offset')) return;
    this.#listenerError = new KafkaError(-1, `${partition.key} has no committed offset and there is no reset policy`, {
      errorName: 'NO_OFFSET_FOR_PARTITION',
    });
  }

  #openGroup(groupId: string): Group {
    const config = this.#config;
    const link = new CoordinatorLink(this.#session, groupId, () => this.#drive());
    const instanceId = config['group.instance.id'] === '' ? null : config['group.instance.id'];
    const membership = new GroupMembership(
      this.#session,
      link,
      {
        groupId,
        instanceId,
        sessionTimeoutMs: config['session.timeout.ms'],
        rebalanceTimeoutMs: config['max.poll.interval.ms'],
        heartbeatIntervalMs: config['heartbeat.interval.ms'],
      },
      {
        prepare: (lost, done) => this.#prepareJoin(lost, done),
        protocols: () => this.#protocols(),
        assign: (response) => this.#assignMembers(response),
        assignmentKept: () => {
          this.#leadsKeptAssignment = true;
        },
        assigned: (assignment, generation, done) => this.#assigned(assignment, generation, done),
        changed: () => {
          // Topics may have changed while the generation was being made.
          this.#rejoinIfTopicsChanged();
          this.#drive();
        },
      },
    );
    const isMember = () => this.#subscriptions.isGroupSubscription;
    return {
      link,
      membership,
      offsets: new CommittedOffsets(this.#session, link, membership, { groupId, instanceId, isMember }),
    };
  }

  #prepareJoin(lost: boolean, done: () => void): void {
    for (const partition of this.#subscriptions.partitions()) partition.revoking = true;
    const held = this.#subscriptions.assignment;
    const release = () => {
      this.#subscriptions.assign([]);
      this.#fetcher.retainAssigned();
      done();
    };
    if (lost) {
      if (held.length > 0)
        this.#env.tracer.emit({
          type: 'consumer-lost-partitions',
          group: this.#config['group.id'] ?? '',
          partitions: held.map(keyOf),
          reason: 'the membership ended',
        });
      this.#callListener('onPartitionsLost', held, release);
      return;
    }
    this.#commitBefore(this.#config['max.poll.interval.ms'], () => this.#callListener('onPartitionsRevoked', held, release));
  }

  /** Commits the positions if that is automatic, and goes on in any case. */
  #commitBefore(timeoutMs: number, next: () => void): void {
    const offsets = this.#consumed();
    if (this.#group === null || !this.#config['enable.auto.commit'] || offsets.length === 0) next();
    else this.#group.offsets.commit(offsets, timeoutMs, () => next());
  }

  #callListener(name: keyof RebalanceListener, partitions: readonly TopicPartition[], next: () => void): void {
    const { subscription } = this.#subscriptions;
    const listener = subscription.kind === 'topics' || subscription.kind === 'pattern' ? subscription.listener : {};
    if (name !== 'onPartitionsAssigned' && partitions.length === 0) {
      next();
      return;
    }
    const failed = (error: unknown) => {
      this.#listenerError = error;
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

  #protocols(): { name: string; metadata: Uint8Array }[] {
    const { topics } = this.#subscriptions;
    this.#joinedTopics = topics.join(',');
    const { partitions, generation } = this.#lastOwned;
    const rack = this.#config['client.rack'] || null;
    return this.#assignors.map((assignor) => {
      const userData = assignor.userData(partitions, generation);
      // The eager protocol has given everything up before it joins.
      const subscription = { topics, userData, ownedPartitions: [], generationId: generation };
      return { name: assignor.name, metadata: encodeSubscription(subscription, rack) };
    });
  }

  #assignMembers(response: JoinGroupResponse): { memberId: string; assignment: Uint8Array }[] | null {
    const assignor = ASSIGNORS.get(response.protocolName ?? '') ?? rangeAssignor;
    const members = new Map<string, MemberSubscription>();
    for (const member of response.members)
      members.set(member.memberId, decodeSubscription(member.metadata, member.groupInstanceId));
    const topics = [...new Set([...members.values()].flatMap((member) => member.topics))];
    this.#groupTopics = topics;
    this.#wantTopics();
    const { metadata } = this.#session;
    const notAsked = topics.some((topic) => metadata.topic(topic) === undefined && metadata.topicError(topic) === ErrorCode.NONE);
    if (notAsked) return null;
    this.#assignedCounts = this.#partitionCounts(topics);
    const assignment = assignor.assign(this.#assignedCounts, members);
    return Array.from(assignment, ([memberId, partitions]) => ({ memberId, assignment: encodeAssignment(partitions) }));
  }

  #partitionCounts(topics: readonly string[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const topic of topics) {
      const count = this.#session.metadata.topic(topic)?.partitions.size ?? 0;
      if (count > 0) counts.set(topic, count);
    }
    return counts;
  }

  #assigned(assignment: Uint8Array, generation: Generation, done: () => void): void {
    const partitions = decodeAssignment(assignment);
    if (this.#leadsKeptAssignment && partitions.length === 0) {
      // Its earlier life may have assigned before it knew the topics, and nobody else would notice: as if no topic had been assigned.
      this.#groupTopics = [...this.#subscriptions.topics];
      this.#assignedCounts = new Map();
    }
    this.#leadsKeptAssignment = false;
    this.#subscriptions.assign(partitions);
    this.#fetcher.retainAssigned();
    this.#lastOwned = { partitions, generation: generation.generationId };
    this.#nextAutoCommitMs = this.#env.clock.monotonicMs() + this.#config['auto.commit.interval.ms'];
    this.#wantTopics();
    this.#env.tracer.emit({
      type: 'consumer-rebalanced',
      group: this.#config['group.id'] ?? '',
      generation: generation.generationId,
      member: generation.memberId,
      partitions: partitions.map(keyOf),
    });
    this.#callListener('onPartitionsAssigned', partitions, done);
  }

  #metadataUpdated(): void {
    this.#resolver.metadataUpdated();
    this.#subscriptions.checkLeaders(this.#session.metadata);
    this.#matchPattern();
    this.#rejoinIfTopicsChanged();
    this.#drive();
  }

  /** The leader of a group asks for a rebalance when the topics are not those any more that it assigned. */
  #rejoinIfTopicsChanged(): void {
    const counts = this.#assignedCounts;
    if (counts === null || this.#group?.membership.isStable !== true) return;
    const now = this.#partitionCounts(this.#groupTopics);
    const changed = now.size !== counts.size || [...now].some(([topic, count]) => counts.get(topic) !== count);
    if (changed) this.#group.membership.requestRejoin();
  }

  #matchPattern(): void {
    const { subscription } = this.#subscriptions;
    if (subscription.kind !== 'pattern') return;
    const skipInternal = this.#config['exclude.internal.topics'];
    const topics: string[] = [];
    for (const topic of this.#session.metadata.topics())
      if (subscription.pattern.test(topic.name) && !(skipInternal && topic.isInternal)) topics.push(topic.name);
    this.#subscriptions.subscription = { ...subscription, topics: topics.sort() };
    if (topics.join(',') !== this.#joinedTopics) this.#group?.membership.requestRejoin();
  }

  #wantTopics(): void {
    const isPattern = this.#subscriptions.subscription.kind === 'pattern';
    this.#session.metadata.setWanted(new Set([...this.#subscriptions.topics, ...this.#groupTopics]), isPattern);
  }

  #maybeAutoCommit(): void {
    const now = this.#env.clock.monotonicMs();
    if (this.#group === null || !this.#config['enable.auto.commit'] || now < this.#nextAutoCommitMs) return;
    this.#nextAutoCommitMs = now + this.#config['auto.commit.interval.ms'];
    const offsets = this.#consumed();
    if (offsets.length === 0) return;
    this.#group.offsets.commit(offsets, 0, (error) => {
      if (error?.retriable === true) this.#nextAutoCommitMs = this.#env.clock.monotonicMs() + this.#session.backoff.delayMs(1);
    });
  }

  /** Positions as offsets to commit. */
  #consumed(): (OffsetAndMetadata & { readonly offset: number })[] {
    const offsets: OffsetAndMetadata[] = [];
    for (const held of this.#subscriptions.partitions()) {
      const position = positionOf(held);
      if (position === null) continue;
      offsets.push({ topic: held.topic, partition: held.partition, offset: position.offset, leaderEpoch: position.offsetEpoch });
    }
    return offsets;
  }

  #listOffsets(partitions: readonly TopicPartition[], timestamp: number, timeoutMs: number | undefined): Promise<ListedOffset[]> {
    return this.offsetsForTimes(
      partitions.map(({ topic, partition }) => ({ topic, partition, timestamp })),
      timeoutMs,
    );
  }

  #held(partition: TopicPartition): AssignedPartition {
    this.#checkOpen();
    const held = this.#subscriptions.get(keyOf(partition));
    if (held === undefined) throw illegalState(`${keyOf(partition)} is not assigned`);
    return held;
  }

  #needGroup(): Group {
    this.#checkOpen();
    if (this.#group === null) throw illegalState('this needs group.id');
    return this.#group;
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw closedError('the consumer');
  }
}

function assignorsOf(names: readonly string[]): Assignor[] {
  // The cooperative protocol is not there; beside an eager assignor Kafka does not use it either.
  const known = names.filter((name) => name !== 'cooperative-sticky' || names.length === 1);
  return known.map((name) => {
    const assignor = ASSIGNORS.get(name);
    if (assignor === undefined)
      throw new ConfigError(`partition.assignment.strategy has ${name}, but there are only range, roundrobin and sticky.`);
    return assignor;
  });
}
