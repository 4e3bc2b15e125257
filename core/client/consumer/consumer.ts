/**
 * The consumer, a member of its group by the classic protocol or by the consumer protocol (`group.protocol`). It fetches and heartbeats by itself, but joins its group, commits automatically and
 * moves positions only while the application is in `poll`. One poll at a time; rebalance listeners are called during it
 * and may return a promise, which the rebalance waits for.
 *
 * This file is over 300 lines because it is the whole interface of the Java client; what it does is in the files beside it.
 */
import type { ApiRanges } from '../../rpc/api-versions.ts';
import { CONSUMER_CONFIG, parseConfig, resetStrategy } from '../../config/index.ts';
import type { ConsumerConfig, Properties } from '../../config/index.ts';
import type { ClientEnvironment } from '../../environment.ts';
import { LeaderEpoch, Offset } from '../../protocol/numbers.ts';
import { assignorsOf } from '../assignors/known.ts';
import { deferred } from '../deferred.ts';
import type { Deferred } from '../deferred.ts';
import { closedError, illegalState } from '../errors.ts';
import type { KafkaError } from '../errors.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import { keyOf } from '../metadata.ts';
import { passBytes } from '../serializers.ts';
import type { Deserializer } from '../serializers.ts';
import { closeSession, openSession } from '../session.ts';
import type { Session } from '../session.ts';
import type { CommittedOffset, OffsetAndMetadata } from './committed-offsets.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { deserialize } from './consumer-record.ts';
import type { ConsumerRecord } from './consumer-record.ts';
import { Fetcher } from './fetcher.ts';
import type { GroupMetadata } from './group-metadata.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, OffsetResolver } from './offset-resolver.ts';
import type { ListedOffset } from './offset-resolver.ts';
import { PollLoop } from './poll-loop.ts';
import { Positions } from './positions.ts';
import { listenerOf, SubscriptionPattern, SubscriptionState } from './subscription-state.ts';
import type { AssignedPartition, RebalanceListener } from './subscription-state.ts';
import { WantedTopics } from './wanted-topics.ts';

export type { CommittedOffset, OffsetAndMetadata } from './committed-offsets.ts';
export type { ConsumerRecord } from './consumer-record.ts';
export type { GroupMetadata } from './group-metadata.ts';
export type { ListedOffset } from './offset-resolver.ts';
export { type RebalanceListener, SubscriptionPattern } from './subscription-state.ts';

export interface ConsumerOptions<K, V> {
  readonly keyDeserializer?: Deserializer<K>;
  readonly valueDeserializer?: Deserializer<V>;
  /** What the client speaks. Default: what this release speaks. */
  readonly apis?: ApiRanges | undefined;
}

export class Consumer<K = Uint8Array | null, V = Uint8Array | null> {
  readonly #env: ClientEnvironment;
  readonly #config: ConsumerConfig;
  readonly #session: Session;
  readonly #subscriptions: SubscriptionState;
  readonly #wanted: WantedTopics;
  readonly #fetcher: Fetcher;
  readonly #resolver: OffsetResolver;
  /** null: there is no group.id. */
  readonly #group: ConsumerGroup | null;
  readonly #positions: Positions;
  readonly #loop: PollLoop<ConsumerRecord<K, V>>;
  #closing: Deferred<void> | null = null;

  /** Throws ConfigError for properties that Kafka's consumer would not take. */
  constructor(env: ClientEnvironment, properties: Properties, options: ConsumerOptions<K, V> = {}) {
    this.#env = env;
    const config = parseConfig(CONSUMER_CONFIG, properties);
    this.#config = config;
    const assignors = assignorsOf(config['partition.assignment.strategy']);
    const session = openSession(env, config, {
      clientId: env.nodeName,
      allowAutoTopicCreation: config['allow.auto.create.topics'],
      apis: options.apis,
    });
    this.#session = session;
    const subscriptions = new SubscriptionState(env, resetStrategy(config['auto.offset.reset']));
    this.#subscriptions = subscriptions;
    const wanted = new WantedTopics(session.metadata, subscriptions);
    this.#wanted = wanted;
    const readCommitted = config['isolation.level'] === 'read_committed';
    const requestTimeoutMs = config['request.timeout.ms'];
    const changed = () => this.#loop.drive();
    const failed = (error: unknown) => this.#loop.fail(error);
    const fetcher = new Fetcher(
      session,
      subscriptions,
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
    this.#fetcher = fetcher;
    const resolver = new OffsetResolver(session, subscriptions, { readCommitted, requestTimeoutMs }, changed);
    this.#resolver = resolver;
    const parts = { session, subscriptions, fetcher, wanted, assignors, changed, failed };
    const group = config['group.id'] === null ? null : new ConsumerGroup(config['group.id'], config, parts);
    this.#group = group;
    const committed = group?.offsets ?? null;
    const positions = new Positions(session, subscriptions, resolver, { committed, requestTimeoutMs, changed, failed });
    this.#positions = positions;
    const ofKey = options.keyDeserializer ?? (passBytes as unknown as Deserializer<K>);
    const ofValue = options.valueDeserializer ?? (passBytes as unknown as Deserializer<V>);
    this.#loop = new PollLoop(env, {
      subscriptions,
      fetcher,
      positions,
      group,
      tickMs: config['retry.backoff.ms'] || 100,
      takeError: () =>
        session.metadata.takeFatalError() ?? group?.takeError() ?? fetcher.takeError() ?? resolver.takeError() ?? null,
      deserialize: (record) => deserialize(record, ofKey, ofValue),
    });
    session.metadata.onUpdate(() => this.#metadataUpdated());
    session.metadata.requestUpdate(true);
  }

  /**
   * Subscribes to topics, or to those whose names match; replaces the former subscription. The group assigns partitions. A SubscriptionPattern is
   * looked up by the coordinator, in the consumer protocol.
   */
  subscribe(topics: readonly string[] | RegExp | SubscriptionPattern, listener: RebalanceListener = {}): void {
    this.#checkOpen();
    if (this.#group === null) throw illegalState('subscribing needs group.id');
    if (this.#subscriptions.subscription.kind === 'assigned') throw illegalState('partitions were assigned by hand');
    if (topics instanceof SubscriptionPattern && this.#config['group.protocol'] === 'classic')
      throw illegalState('a SubscriptionPattern needs group.protocol=consumer');
    this.#subscriptions.subscription =
      topics instanceof RegExp
        ? { kind: 'pattern', pattern: topics, topics: [], listener }
        : topics instanceof SubscriptionPattern
          ? { kind: 'coordinator-pattern', regex: topics.regex, listener }
          : { kind: 'topics', topics: [...topics], listener };
    this.#wanted.update();
    this.#group.subscribed();
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
    this.#wanted.update();
  }

  /** Gives up the subscription or assignment; leaves the group. Rejects if the rebalance listener does. */
  async unsubscribe(): Promise<void> {
    this.#checkOpen();
    const listener = listenerOf(this.#subscriptions.subscription);
    const held = this.#subscriptions.assignment;
    if (listener !== null) {
      this.#group?.membership.abandonTurn();
      if (held.length > 0) await listener.onPartitionsRevoked?.(held);
      this.#group?.unsubscribed();
    }
    this.#subscriptions.subscription = { kind: 'none' };
    this.#subscriptions.assign([]);
    this.#fetcher.retainAssigned();
    this.#wanted.update();
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
    return this.#loop.poll(timeoutMs);
  }

  /** Makes the poll that is under way, or the next one, fail with WAKEUP. */
  wakeup(): void {
    this.#loop.wakeup();
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#held(partition).paused = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#held(partition).paused = false;
    this.#loop.drive();
  }

  paused(): readonly TopicPartition[] {
    return Array.from(this.#subscriptions.partitions())
      .filter((each) => each.paused)
      .map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Goes on at `offset`; with a leader epoch the position is validated first. */
  seek(partition: TopicPartition, offset: number, leaderEpoch: number | null = null): void {
    if (offset < 0) throw illegalState(`seek to negative offset ${offset}`);
    const current = this.#session.metadata.currentLeader(partition.topic, partition.partition);
    this.#subscriptions.seek(
      this.#held(partition),
      Offset(offset),
      leaderEpoch === null ? null : LeaderEpoch(leaderEpoch),
      current,
    );
  }

  seekToBeginning(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#subscriptions.requestReset(this.#held(partition), 'seek', 'earliest');
  }

  seekToEnd(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#subscriptions.requestReset(this.#held(partition), 'seek', 'latest');
  }

  /** The next offset to be read; waits up to `timeoutMs` until it is known. */
  position(partition: TopicPartition, timeoutMs: number = this.#config['default.api.timeout.ms']): Promise<number> {
    return this.#positions.wait(partition, timeoutMs);
  }

  /** The positions known now, of all assigned partitions. */
  positions(): { topic: string; partition: number; offset: number }[] {
    return this.#subscriptions.consumed().map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  }

  /** The group's committed offsets; partitions without one are left out. */
  committed(
    partitions: readonly TopicPartition[],
    timeoutMs: number = this.#config['default.api.timeout.ms'],
  ): Promise<CommittedOffset[]> {
    const end = deferred<CommittedOffset[]>();
    this.#needGroup().offsets.fetch(partitions, timeoutMs, (error, offsets) =>
      error === null ? end.resolve(offsets.map(({ topicId: _, ...offset }) => offset)) : end.reject(error),
    );
    return end.promise;
  }

  /** Commits the given offsets, or all positions, trying again while that can help. Resolves to what was committed. */
  commitSync(
    offsets: readonly OffsetAndMetadata[] = this.#subscriptions.consumed(),
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
    offsets: readonly OffsetAndMetadata[] = this.#subscriptions.consumed(),
    callback: (offsets: readonly OffsetAndMetadata[], error: KafkaError | null) => void = () => undefined,
  ): void {
    this.#needGroup().offsets.commitAsync(offsets, (error) => callback(offsets, error));
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

  /** Who this consumer is in its group as of the last rebalance. Throws ILLEGAL_STATE without group.id. */
  groupMetadata(): GroupMetadata {
    return this.#needGroup().metadata;
  }

  /** Commits if that is automatic, revokes, leaves the group and gives up all connections, within `timeoutMs`. */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#closing !== null) return this.#closing.promise;
    const end = deferred<void>();
    this.#closing = end;
    const timeoutMs = options.timeoutMs ?? 30_000;
    this.#positions.close();
    this.#loop.stop(closedError('the consumer'));
    let finished = false;
    const finish = () => {
      if (finished) return;
      finished = true;
      timer.cancel();
      this.#loop.close();
      this.#fetcher.close();
      this.#resolver.close();
      this.#group?.close();
      closeSession(this.#session);
      end.resolve();
    };
    const timer = this.#env.timers.after(timeoutMs, finish);
    if (this.#group === null) finish();
    else this.#group.leave(timeoutMs, finish);
    return end.promise;
  }

  #metadataUpdated(): void {
    this.#resolver.metadataUpdated();
    this.#subscriptions.checkLeaders(this.#session.metadata);
    this.#group?.metadataUpdated();
    this.#loop.drive();
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

  #needGroup(): ConsumerGroup {
    this.#checkOpen();
    if (this.#group === null) throw illegalState('this needs group.id');
    return this.#group;
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw closedError('the consumer');
  }
}
