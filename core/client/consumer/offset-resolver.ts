/** Asks leaders for offsets: resets of positions, their validation after a leader change, and the lookups of the interface. */
import type { ResetStrategy } from '../../config/index.ts';
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode, isRetriable } from '../../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../../protocol/numbers.ts';
import { type TopicPartition, topicPartitionKey } from '../../protocol/partition.ts';
import { isStaleMetadata, KafkaError, timeoutError } from '../errors.ts';
import type { BrokerNode } from '../metadata.ts';
import { mapByTopic, keyOf } from '../metadata.ts';
import type { Session } from '../session.ts';
import type { AssignedPartition, FetchState, Position, SubscriptionState } from './subscription-state.ts';

export const LATEST_TIMESTAMP = -1;
export const EARLIEST_TIMESTAMP = -2;

export interface ListedOffset extends TopicPartition {
  /** -1: no record at or after the timestamp. */
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

interface Lookup extends TopicPartition {
  readonly timestamp: number;
}

export class OffsetResolver {
  readonly #env: ClientEnvironment;
  readonly #session: Session;
  readonly #subscriptions: SubscriptionState;
  readonly #readCommitted: boolean;
  readonly #requestTimeoutMs: number;
  readonly #onChange: () => void;
  /** Partition counts seen first per topic id: a partition above was added later. */
  readonly #firstCounts = new Map<string, number>();
  #error: KafkaError | null = null;
  #closed = false;

  constructor(
    session: Session,
    subscriptions: SubscriptionState,
    options: { readonly readCommitted: boolean; readonly requestTimeoutMs: number },
    onChange: () => void,
  ) {
    this.#env = session.env;
    this.#session = session;
    this.#subscriptions = subscriptions;
    this.#readCommitted = options.readCommitted;
    this.#requestTimeoutMs = options.requestTimeoutMs;
    this.#onChange = onChange;
  }

  close(): void {
    this.#closed = true;
  }

  takeError(): KafkaError | null {
    const error = this.#error;
    this.#error = null;
    return error;
  }

  /** Remembers how many partitions topics had when they were first seen. */
  metadataUpdated(): void {
    for (const topic of this.#session.metadata.topics())
      if (!this.#firstCounts.has(topic.id)) this.#firstCounts.set(topic.id, topic.partitions.size);
  }

  /** Sends what positions wait for. */
  resolvePositions(): void {
    const now = this.#env.clock.monotonicMs();
    const resets: AssignedPartition[] = [];
    const validations: AssignedPartition[] = [];
    for (const partition of this.#subscriptions.partitions()) {
      if (partition.retryAtMs > now) continue;
      if (partition.state.kind === 'awaiting-reset') resets.push(partition);
      else if (partition.state.kind === 'awaiting-validation') validations.push(partition);
    }
    if (resets.length > 0) for (const [node, partitions] of this.#byLeader(resets)) this.#reset(node, partitions);
    if (validations.length > 0) for (const [node, partitions] of this.#byLeader(validations)) this.#validate(node, partitions);
  }

  /** Looks offsets up until all are known or the time is over. */
  list(lookups: readonly Lookup[], timeoutMs: number, done: (error: KafkaError | null, offsets: ListedOffset[]) => void): void {
    const deadlineMs = this.#env.clock.monotonicMs() + timeoutMs;
    const found = new Map<string, ListedOffset>();
    let failures = 0;
    const attempt = () => {
      if (this.#closed) return;
      const missing = lookups.filter((lookup) => !found.has(keyOf(lookup)));
      if (missing.length === 0) {
        done(
          null,
          lookups.map((lookup) => found.get(keyOf(lookup)) as ListedOffset),
        );
        return;
      }
      const leftMs = deadlineMs - this.#env.clock.monotonicMs();
      if (leftMs <= 0) {
        done(timeoutError(`offsets not known within ${timeoutMs} ms`, true), []);
        return;
      }
      const groups = this.#byLeader(missing);
      let open = groups.size;
      let fatal: KafkaError | null = null;
      const finish = () => {
        if (fatal !== null) done(fatal, []);
        else if (lookups.every((lookup) => found.has(keyOf(lookup)))) attempt();
        else this.#env.timers.after(Math.min(leftMs, this.#session.backoff.delayMs(++failures)), attempt);
      };
      if (open === 0) finish();
      for (const [node, ofNode] of groups) {
        this.#listOffsets(
          node,
          ofNode,
          (lookup, error, offset) => {
            if (error === ErrorCode.NONE && offset !== null) found.set(keyOf(lookup), offset);
            else if (!isRetriable(error))
              fatal = new KafkaError(error, `offset of ${keyOf(lookup)} cannot be looked up`, { definite: true });
          },
          () => {
            if (--open === 0) finish();
          },
        );
      }
    };
    attempt();
  }

  #byLeader<T extends TopicPartition>(partitions: readonly T[]): Map<BrokerNode, T[]> {
    const groups = new Map<BrokerNode, T[]>();
    for (const partition of partitions) {
      this.#session.metadata.want(partition.topic);
      const leader = this.#session.metadata.leader(partition.topic, partition.partition);
      if (leader === undefined) {
        this.#session.metadata.requestUpdate();
        continue;
      }
      const group = groups.get(leader);
      if (group === undefined) groups.set(leader, [partition]);
      else group.push(partition);
    }
    return groups;
  }

  #reset(node: BrokerNode, partitions: readonly AssignedPartition[]): void {
    const asked = new Map<string, { readonly state: FetchState; readonly topicId: string | null }>();
    const lookups: Lookup[] = [];
    const { metadata } = this.#session;
    for (const partition of partitions) {
      const { state } = partition;
      if (state.kind !== 'awaiting-reset') continue;
      asked.set(partition.key, { state, topicId: metadata.topicId(partition.topic) });
      partition.retryAtMs = this.#env.clock.monotonicMs() + this.#requestTimeoutMs;
      const count = this.#firstCounts.get(metadata.topic(partition.topic)?.id ?? '');
      // The records that came before this consumer saw the new partition are new to it all the same.
      const isNewPartition = count !== undefined && partition.partition >= count && state.reason === 'no-committed-offset';
      const strategy = state.strategy === 'latest' && isNewPartition ? 'earliest' : state.strategy;
      const timestamp = timestampOf(strategy, this.#env.clock.wallMs());
      lookups.push({ topic: partition.topic, partition: partition.partition, timestamp });
    }
    const apply = (lookup: Lookup, error: number, listed: ListedOffset | null) => {
      const partition = this.#subscriptions.get(keyOf(lookup));
      const question = asked.get(keyOf(lookup));
      if (partition === undefined || question === undefined || partition.state !== question.state) return;
      const { topic, partition: index } = lookup;
      const isOfAnother = metadata.isAnotherTopic(topic, question.topicId);
      if (error !== ErrorCode.NONE || listed === null || isOfAnother) this.#retryLater(partition, error);
      else if (listed.offset >= 0) {
        metadata.learnEpoch(topic, question.topicId, index, LeaderEpoch(listed.leaderEpoch));
        this.#subscriptions.completeReset(partition, question.state, Offset(listed.offset), metadata.currentLeader(topic, index));
      }
      // No record is as young as was asked for: as Kafka's consumer, it asks again after the time-out of requests.
    };
    this.#listOffsets(node, lookups, apply, this.#onChange);
  }

  #retryLater(partition: AssignedPartition, error: number): void {
    partition.retryAtMs = this.#env.clock.monotonicMs() + this.#session.backoff.delayMs(++partition.failures);
    if (error === ErrorCode.NONE || isRetriable(error)) this.#session.metadata.requestUpdate();
    else this.#error = new KafkaError(error, `${partition.key}: the position cannot be found`);
  }

  #listOffsets(
    node: BrokerNode,
    lookups: readonly Lookup[],
    each: (lookup: Lookup, error: number, offset: ListedOffset | null) => void,
    done: () => void,
  ): void {
    const request = {
      replicaId: -1,
      isolationLevel: this.#readCommitted ? 1 : 0,
      topics: mapByTopic(lookups, (name, ofTopic) => ({
        name,
        partitions: ofTopic.map(({ topic, partition, timestamp }) => ({
          partitionIndex: partition,
          currentLeaderEpoch: this.#session.metadata.partition(topic, partition)?.leaderEpoch ?? -1,
          timestamp,
        })),
      })),
      timeoutMs: this.#requestTimeoutMs,
    };
    this.#session.rpc.send(node, 'ListOffsets', request, {}, (result) => {
      if (this.#closed) return;
      this.#session.metadata.report(node, result.ok);
      const answers = new Map<string, { error: number; offset: ListedOffset }>();
      if (result.ok)
        for (const topic of result.response.topics)
          for (const { partitionIndex, errorCode, offset, timestamp, leaderEpoch } of topic.partitions)
            answers.set(topicPartitionKey(topic.name, partitionIndex), {
              error: errorCode,
              offset: { topic: topic.name, partition: partitionIndex, offset, timestamp, leaderEpoch },
            });
      for (const lookup of lookups) {
        const answer = answers.get(keyOf(lookup));
        const error = answer?.error ?? ErrorCode.NETWORK_EXCEPTION;
        if (isStaleMetadata(error)) this.#session.metadata.requestUpdate();
        each(lookup, error, answer?.offset ?? null);
      }
      done();
    });
  }

  #validate(node: BrokerNode, partitions: readonly AssignedPartition[]): void {
    const asked = new Map<AssignedPartition, Position>();
    for (const partition of partitions) {
      if (partition.state.kind !== 'awaiting-validation') continue;
      asked.set(partition, partition.state.position);
      partition.retryAtMs = this.#env.clock.monotonicMs() + this.#requestTimeoutMs;
    }
    const request = {
      replicaId: -1,
      topics: mapByTopic(asked.keys(), (topic, ofTopic) => ({
        topic,
        partitions: ofTopic.map((partition) => ({
          partition: partition.partition,
          currentLeaderEpoch: asked.get(partition)?.leader.epoch ?? -1,
          leaderEpoch: asked.get(partition)?.offsetEpoch ?? -1,
        })),
      })),
    };
    this.#session.rpc.send(node, 'OffsetForLeaderEpoch', request, {}, (result) => {
      if (this.#closed) return;
      this.#session.metadata.report(node, result.ok);
      const answers = new Map<string, { errorCode: number; endOffset: number; leaderEpoch: number }>();
      if (result.ok)
        for (const topic of result.response.topics)
          for (const answer of topic.partitions) answers.set(topicPartitionKey(topic.topic, answer.partition), answer);
      for (const [partition, position] of asked) {
        const answer = answers.get(partition.key);
        const { state } = partition;
        if (state.kind !== 'awaiting-validation' || state.position !== position) continue;
        if (answer === undefined || answer.errorCode !== ErrorCode.NONE) {
          this.#retryLater(partition, answer?.errorCode ?? ErrorCode.NETWORK_EXCEPTION);
          continue;
        }
        const diverged = this.#subscriptions.completeValidation(
          partition,
          position,
          Offset(answer.endOffset),
          LeaderEpoch(answer.leaderEpoch),
        );
        if (diverged !== null) {
          this.#error = new KafkaError(
            -1,
            `${partition.key}: the log was truncated to ${diverged}, below position ${position.offset}`,
            {
              errorName: 'LOG_TRUNCATION',
            },
          );
          partition.retryAtMs = this.#env.clock.monotonicMs() + this.#requestTimeoutMs;
        }
      }
      this.#onChange();
    });
  }
}

/** What ListOffsets is asked for. */
function timestampOf(strategy: ResetStrategy, nowMs: number): number {
  if (strategy === 'earliest') return EARLIEST_TIMESTAMP;
  return strategy === 'latest' ? LATEST_TIMESTAMP : nowMs - strategy.durationMs;
}
