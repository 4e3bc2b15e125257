/**
 * What a client knows of the cluster: brokers, and for the topics it uses their ids, partitions, leaders and leader epochs.
 * Asked of any broker at start, when metadata.max.age.ms has passed, and when an error says that it is stale. The leader
 * epoch of a partition never goes back while the topic id stays (KIP-320); hints in Produce and Fetch answers move leaders
 * at once (KIP-951); when no known broker answers, or one says so, the client begins anew at its bootstrap servers (KIP-899,
 * KIP-1102).
 */
import type { ClientEnvironment } from '../environment.ts';
import type { Timer } from '../../ports/time.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { MetadataResponse, MetadataResponseMetadataResponseTopic } from '../protocol/messages/metadata-response.ts';
import { LeaderEpoch, NONE } from '../protocol/numbers.ts';
import { type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';
import type { Endpoint, RpcClient } from '../rpc/rpc-client.ts';
import type { Backoff } from './backoff.ts';
import { isStaleMetadata, type KafkaError } from './errors.ts';

export interface BrokerNode extends Endpoint {
  readonly nodeId: number;
  readonly rack: string | null;
}

export interface PartitionMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1: none. */
  readonly leader: number;
  /** -1: unknown (an old broker). */
  readonly leaderEpoch: LeaderEpoch;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly offlineReplicas: readonly number[];
}

/** Who leads a partition, and since when: what a position was valid under. */
export interface LeaderAndEpoch {
  /** -1: unknown. */
  readonly leader: number;
  /** -1: unknown. */
  readonly epoch: LeaderEpoch;
}

export interface TopicMetadata {
  readonly name: string;
  /** ZERO_UUID: unknown (an old broker). */
  readonly id: string;
  readonly isInternal: boolean;
  readonly partitions: ReadonlyMap<number, PartitionMetadata>;
}

export interface MetadataOptions {
  /** host:port each. */
  readonly bootstrapServers: readonly string[];
  readonly maxAgeMs: number;
  readonly rebootstrap: boolean;
  readonly rebootstrapTriggerMs: number;
  readonly allowAutoTopicCreation: boolean;
}

/** No broker that clients still reach is as far behind with its metadata. */
export const LONGEST_STALENESS_MS = 300_000;

export class ClusterMetadata {
  readonly #env: ClientEnvironment;
  readonly #rpc: RpcClient;
  readonly #backoff: Backoff;
  readonly #options: MetadataOptions;
  readonly #bootstrap: readonly Endpoint[];
  #nodes = new Map<number, BrokerNode>();
  readonly #topics = new Map<string, TopicMetadata>();
  /** Topics that a broker said are unknown: a stale broker may have said so, and their leader epochs still must not go back. */
  readonly #remembered = new Map<string, TopicMetadata>();
  readonly #topicNames = new Map<string, string>();
  readonly #topicErrors = new Map<string, number>();
  /** Since when a partition has an epoch that only somebody else's word stands for: no broker's metadata have it yet. */
  readonly #learnedMs = new Map<string, number>();
  readonly #wanted = new Set<string>();
  #wantAll = false;
  /** Endpoints whose last request failed, by id, until one of their requests succeeds. */
  readonly #failed = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #inFlight = false;
  #again = false;
  #failures = 0;
  #failingSinceMs: number | null = null;
  #timer: Timer | null = null;
  #timerDueMs = 0;
  #lastRequestMs = Number.NEGATIVE_INFINITY;
  #closed = false;
  #fatalError: KafkaError | null = null;
  clusterId: string | null = null;
  controllerId = -1;
  /** Counts the updates. */
  version = 0;

  constructor(env: ClientEnvironment, rpc: RpcClient, backoff: Backoff, options: MetadataOptions) {
    this.#env = env;
    this.#rpc = rpc;
    this.#backoff = backoff;
    this.#options = options;
    this.#bootstrap = options.bootstrapServers.map((server, index) => {
      const colon = server.lastIndexOf(':');
      return {
        id: `bootstrap-${index + 1}`,
        host: server.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
        port: Number(server.slice(colon + 1)),
      };
    });
  }

  /** `listener` is called after each answer, also one that brought only errors. Returns the way to stop it. */
  onUpdate(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** An error that will not go away by asking again, such as a refused password: the client is to give it to the application. */
  failFatally(error: KafkaError): void {
    this.#fatalError = error;
    this.#notify();
  }

  /** The fatal error, once. */
  takeFatalError(): KafkaError | null {
    const error = this.#fatalError;
    this.#fatalError = null;
    return error;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  /** Adds a topic to those asked for; asks at once if it is new. */
  want(topic: string): void {
    if (this.#wanted.has(topic)) return;
    this.#wanted.add(topic);
    if (!this.#topics.has(topic)) this.requestUpdate(true);
  }

  /** Replaces the topics asked for; `all` asks for every topic. */
  setWanted(topics: Iterable<string>, all: boolean): void {
    let isNew = all && !this.#wantAll;
    this.#wantAll = all;
    this.#wanted.clear();
    for (const topic of topics) {
      this.#wanted.add(topic);
      if (!this.#topics.has(topic)) isNew = true;
    }
    if (isNew) this.requestUpdate(true);
  }

  /** Asks for an update: now if the last request is older than the back-off, or `immediately`; else after it. */
  requestUpdate(immediately = false): void {
    if (this.#closed) return;
    if (this.#inFlight) {
      if (immediately) this.#again = true;
      return;
    }
    const sinceMs = this.#env.clock.monotonicMs() - this.#lastRequestMs;
    const waitMs = immediately && this.#failures === 0 ? 0 : Math.max(0, this.#backoff.delayMs(this.#failures + 1) - sinceMs);
    this.#schedule(waitMs);
  }

  topic(name: string): TopicMetadata | undefined {
    return this.#topics.get(name);
  }

  topics(): Iterable<TopicMetadata> {
    return this.#topics.values();
  }

  /** The error of a wanted topic in the last answer; NONE when it had none. */
  topicError(name: string): number {
    return this.#topicErrors.get(name) ?? ErrorCode.NONE;
  }

  topicName(id: string): string | undefined {
    return this.#topicNames.get(id);
  }

  partition(topic: string, partition: number): PartitionMetadata | undefined {
    return this.#topics.get(topic)?.partitions.get(partition);
  }

  /** The id of a topic; null while it is not known. */
  topicId(topic: string): string | null {
    const id = this.#topics.get(topic)?.id ?? ZERO_UUID;
    return id === ZERO_UUID ? null : id;
  }

  currentLeader(topic: string, partition: number): LeaderAndEpoch {
    const known = this.partition(topic, partition);
    return { leader: known?.leader ?? -1, epoch: known?.leaderEpoch ?? NONE };
  }

  /** The broker that leads a partition, if both are known. */
  leader(topic: string, partition: number): BrokerNode | undefined {
    const metadata = this.partition(topic, partition);
    return metadata === undefined ? undefined : this.#nodes.get(metadata.leader);
  }

  node(nodeId: number): BrokerNode | undefined {
    return this.#nodes.get(nodeId);
  }

  nodes(): readonly BrokerNode[] {
    return [...this.#nodes.values()];
  }

  /** A node to ask anything: reachable ones first, then the least busy, then by lot. */
  anyNode(): Endpoint {
    const known: Endpoint[] = [...this.#nodes.values()];
    if (known.length === 0 || (this.#options.rebootstrap && this.#shouldRebootstrap(known)))
      return this.#pickFrom(this.#bootstrap);
    return this.#pickFrom(known);
  }

  /** Tells how a request to a node went. */
  report(node: Endpoint, reached: boolean): void {
    if (reached) this.#failed.delete(node.id);
    else this.#failed.add(node.id);
  }

  /**
   * A leader that a Produce or Fetch answer named (KIP-951), of the topic that had the id `of` when it was asked. True if it
   * is news.
   */
  hintLeader(topic: string, of: string | null, partition: number, leader: number, leaderEpoch: LeaderEpoch): boolean {
    const current = this.partition(topic, partition);
    if (current === undefined || this.isAnotherTopic(topic, of)) return false;
    if (leader < 0 || leaderEpoch <= current.leaderEpoch || !this.#nodes.has(leader)) return false;
    const known = this.#topics.get(topic) as TopicMetadata;
    const partitions = new Map(known.partitions);
    partitions.set(partition, { ...current, leader, leaderEpoch });
    this.#topics.set(topic, { ...known, partitions });
    this.#learnedMs.delete(topicPartitionKey(topic, partition));
    this.#notify();
    return true;
  }

  /** Does the name belong to another topic now than to the one with this id? Of an unknown one (null) nobody can tell. */
  isAnotherTopic(name: string, id: string | null): boolean {
    const now = this.topicId(name);
    return id !== null && now !== null && id !== now;
  }

  /** Leaves the brokers that are known, which are not those that are meant, and asks the bootstrap servers. */
  rebootstrap(): void {
    const left = [...this.#nodes.values()];
    this.#nodes.clear();
    this.#failed.clear();
    this.#failingSinceMs = null;
    this.clusterId = null;
    for (const node of left) this.#rpc.disconnect(node);
    this.requestUpdate(true);
  }

  #shouldRebootstrap(known: readonly Endpoint[]): boolean {
    if (known.every((node) => this.#failed.has(node.id))) return true;
    const since = this.#failingSinceMs;
    return since !== null && this.#env.clock.monotonicMs() - since >= this.#options.rebootstrapTriggerMs;
  }

  #pickFrom(nodes: readonly Endpoint[]): Endpoint {
    const reachable = nodes.filter((node) => !this.#failed.has(node.id));
    const lot = this.#env.random.stream('client/node');
    if (this.#env.random.sometimes('client/busy-node'))
      return lot.pick(reachable.length > 0 ? reachable : nodes, 'busy node to ask');
    let best: Endpoint[] = [];
    let fewest = Number.POSITIVE_INFINITY;
    for (const node of reachable.length > 0 ? reachable : nodes) {
      const busy = this.#rpc.inFlight(node);
      if (busy > fewest) continue;
      if (busy < fewest) best = [];
      fewest = busy;
      best.push(node);
    }
    return best.length === 1 ? (best[0] as Endpoint) : lot.pick(best, 'node to ask');
  }

  #schedule(waitMs: number): void {
    const dueMs = this.#env.clock.monotonicMs() + waitMs;
    if (this.#timer !== null) {
      if (this.#timerDueMs <= dueMs) return;
      this.#timer.cancel();
    }
    this.#timerDueMs = dueMs;
    this.#timer = this.#env.timers.after(waitMs, () => {
      this.#timer = null;
      this.#send();
    });
  }

  #send(): void {
    if (this.#closed || this.#inFlight) return;
    this.#inFlight = true;
    this.#again = false;
    this.#lastRequestMs = this.#env.clock.monotonicMs();
    const node = this.anyNode();
    const topics = this.#wantAll ? null : Array.from(this.#wanted, (name) => ({ name, topicId: ZERO_UUID }));
    const request = { topics, allowAutoTopicCreation: this.#options.allowAutoTopicCreation };
    this.#rpc.send(node, 'Metadata', request, {}, (result) => {
      if (this.#closed) return;
      this.#inFlight = false;
      this.report(node, result.ok);
      const isSentBack = result.ok && result.response.errorCode === ErrorCode.REBOOTSTRAP_REQUIRED;
      if (isSentBack && this.#options.rebootstrap) this.rebootstrap();
      else if (result.ok && result.response.brokers.length > 0) this.#apply(result.response);
      else this.#fail();
    });
  }

  #fail(): void {
    this.#failures++;
    this.#failingSinceMs ??= this.#env.clock.monotonicMs();
    this.#schedule(this.#backoff.delayMs(this.#failures));
  }

  #apply(response: MetadataResponse): void {
    this.clusterId = response.clusterId;
    this.controllerId = response.controllerId;
    const nodes = new Map<number, BrokerNode>();
    for (const broker of response.brokers) {
      const { nodeId, host, port, rack } = broker;
      const before = this.#nodes.get(nodeId);
      const same = before !== undefined && before.host === host && before.port === port && before.rack === rack;
      if (!same) this.#failed.delete(String(nodeId));
      nodes.set(nodeId, same ? before : { id: String(nodeId), nodeId, host, port, rack });
    }
    this.#nodes = nodes;
    this.#topicErrors.clear();
    let stale = false;
    const seen = new Set<string>();
    for (const topic of response.topics) {
      if (topic.name === null) continue;
      seen.add(topic.name);
      if (topic.errorCode === ErrorCode.NONE) stale = this.#applyTopic(topic.name, topic) || stale;
      else {
        this.#topicErrors.set(topic.name, topic.errorCode);
        if (isStaleMetadata(topic.errorCode)) stale = true;
        if (topic.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) this.#forget(topic.name);
      }
    }
    for (const name of [...this.#topics.keys()])
      if (!seen.has(name) && (this.#wantAll || !this.#wanted.has(name))) this.#forget(name);
    this.#failingSinceMs = null;
    this.#failures = stale ? this.#failures + 1 : 0;
    if (this.#again) this.#schedule(0);
    else if (stale) this.#schedule(this.#backoff.delayMs(this.#failures));
    else if (this.#env.random.sometimes('client/early-metadata-refresh')) this.#schedule(Math.ceil(this.#options.maxAgeMs / 100));
    else this.#schedule(this.#options.maxAgeMs);
    this.#notify();
  }

  /** Takes over one topic; true if something in it will have to be asked again. */
  #applyTopic(name: string, topic: MetadataResponseMetadataResponseTopic): boolean {
    const before = this.#topics.get(name) ?? this.#remembered.get(name);
    const sameTopic = before !== undefined && before.id === topic.topicId;
    const partitions = new Map<number, PartitionMetadata>();
    let stale = false;
    for (const partition of topic.partitions) {
      if (isStaleMetadata(partition.errorCode)) stale = true;
      const known = sameTopic ? before.partitions.get(partition.partitionIndex) : undefined;
      const isOlder = known !== undefined && partition.leaderEpoch >= 0 && partition.leaderEpoch < known.leaderEpoch;
      const key = topicPartitionKey(name, partition.partitionIndex);
      if (isOlder && !this.#isDoubtful(key)) {
        this.#env.tracer.emit({ type: 'mark', name: 'client ignored metadata with an older leader epoch' });
        partitions.set(partition.partitionIndex, known);
        if (known.leader === -1) stale = true;
        continue;
      }
      this.#learnedMs.delete(key);
      partitions.set(partition.partitionIndex, {
        topic: name,
        partition: partition.partitionIndex,
        leader: partition.leaderId,
        leaderEpoch: LeaderEpoch(partition.leaderEpoch),
        replicas: partition.replicaNodes,
        isr: partition.isrNodes,
        offlineReplicas: partition.offlineReplicas,
      });
    }
    if (before !== undefined && !sameTopic) this.#topicNames.delete(before.id);
    this.#remembered.delete(name);
    this.#topics.set(name, { name, id: topic.topicId, isInternal: topic.isInternal, partitions });
    if (topic.topicId !== ZERO_UUID) this.#topicNames.set(topic.topicId, name);
    return stale;
  }

  /**
   * Somebody (a committed offset, a listed offset) says that this leader epoch exists: the leader of an older one is not to be
   * asked any more, be it only that it does not know yet that it was deposed (Metadata.updateLastSeenEpochIfNewer, KIP-320).
   * `of` is the id of the topic that it was said of; null where that is not known.
   */
  learnEpoch(topic: string, of: string | null, partition: number, leaderEpoch: LeaderEpoch): void {
    const known = this.#topics.get(topic);
    const before = known?.partitions.get(partition);
    if (known === undefined || before === undefined) {
      // Kafka's does not remember it either (Metadata.updateLastSeenEpochIfNewer): metadata that come next may be older.
      this.#env.tracer.emit({ type: 'leader-epoch-not-learned', partition: topicPartitionKey(topic, partition), leaderEpoch });
      return;
    }
    if (leaderEpoch <= before.leaderEpoch || this.isAnotherTopic(topic, of)) return;
    const partitions = new Map(known.partitions);
    partitions.set(partition, { ...before, leader: -1, leaderEpoch });
    this.#topics.set(topic, { ...known, partitions });
    const key = topicPartitionKey(topic, partition);
    if (!this.#learnedMs.has(key)) this.#learnedMs.set(key, this.#env.clock.monotonicMs());
    this.requestUpdate();
    this.#notify();
  }

  /**
   * A committed offset does not say of which topic it is: one that was committed just when the topic was made again names an
   * epoch that the new one may never have. What the brokers' metadata still do not know after so long a time is of that kind.
   * (Kafka's client believes it for ever, and stands still.)
   */
  #isDoubtful(key: string): boolean {
    const sinceMs = this.#learnedMs.get(key);
    return sinceMs !== undefined && this.#env.clock.monotonicMs() - sinceMs >= LONGEST_STALENESS_MS;
  }

  #forget(name: string): void {
    const topic = this.#topics.get(name);
    if (topic === undefined) return;
    this.#topics.delete(name);
    this.#remembered.set(name, topic);
    this.#topicNames.delete(topic.id);
  }

  #notify(): void {
    this.version++;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Groups topic-partitions by topic, in order of first appearance. */
export function groupByTopic<T extends { readonly topic: string }>(items: Iterable<T>): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.topic);
    if (group === undefined) groups.set(item.topic, [item]);
    else group.push(item);
  }
  return groups;
}

/** As `groupByTopic`, each group made into what `make` gives. */
export function mapByTopic<T extends { readonly topic: string }, R>(
  items: Iterable<T>,
  make: (topic: string, ofTopic: readonly T[]) => R,
): R[] {
  const made: R[] = [];
  if (Array.isArray(items) && items.length === 0) return made;
  for (const [topic, ofTopic] of groupByTopic(items)) made.push(make(topic, ofTopic));
  return made;
}

export function keyOf(partition: TopicPartition): TopicPartitionKey {
  return topicPartitionKey(partition.topic, partition.partition);
}
