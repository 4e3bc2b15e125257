/**
 * Fetches ahead for the assigned partitions, one request per broker at a time, and hands records out in the order of
 * their offsets. A part of an answer counts only while the partition is still at the offset it was fetched for.
 */
import { invariant } from '../../../ports/invariant.ts';
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode, errorName } from '../../protocol/errors.ts';
import type { FetchResponse } from '../../protocol/messages/fetch-response.ts';
import { LeaderEpoch, Offset } from '../../protocol/numbers.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { isStaleMetadata, KafkaError } from '../errors.ts';
import type { BrokerNode } from '../metadata.ts';
import { mapByTopic } from '../metadata.ts';
import type { Session } from '../session.ts';
import { CompletedFetch } from './completed-fetch.ts';
import type { FetchedRecord } from './completed-fetch.ts';
import { FetchSession } from './fetch-session.ts';
import type { FetchPartition, FetchPlan } from './fetch-session.ts';
import type { AssignedPartition, Position, SubscriptionState } from './subscription-state.ts';

export interface FetcherOptions {
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly maxPartitionBytes: number;
  readonly maxPollRecords: number;
  readonly readCommitted: boolean;
  readonly checkCrcs: boolean;
  readonly rack: string;
  readonly replicaChoiceMaxAgeMs: number;
}

export interface ReturnedRecord extends FetchedRecord {
  readonly partition: AssignedPartition;
}

/** A topic id is sent from this version on (KIP-516). */
const LAST_VERSION_BY_NAME = 12;

export class Fetcher {
  readonly #env: ClientEnvironment;
  readonly #session: Session;
  readonly #subscriptions: SubscriptionState;
  readonly #options: FetcherOptions;
  readonly #onChange: () => void;
  readonly #sessions = new Map<number, FetchSession>();
  readonly #busy = new Set<number>();
  readonly #notBeforeMs = new Map<number, number>();
  readonly #buffered = new Map<string, CompletedFetch>();
  /** What the application must hear of at its next poll. */
  #error: KafkaError | null = null;
  #closed = false;

  constructor(session: Session, subscriptions: SubscriptionState, options: FetcherOptions, onChange: () => void) {
    this.#env = session.env;
    this.#session = session;
    this.#subscriptions = subscriptions;
    this.#options = options;
    this.#onChange = onChange;
  }

  close(): void {
    this.#closed = true;
    this.#buffered.clear();
  }

  /** Sends a fetch to every broker that has partitions to be fetched and no fetch under way. */
  sendFetches(): void {
    const now = this.#env.clock.monotonicMs();
    let byNode: Map<BrokerNode, Map<string, FetchPartition>> | null = null;
    for (const partition of this.#subscriptions.partitions()) {
      if (partition.state.kind !== 'fetching' || partition.paused || partition.revoking) continue;
      if (this.#buffered.has(partition.key) || partition.retryAtMs > now) continue;
      const node = this.#nodeFor(partition, now);
      if (node === null || this.#busy.has(node.nodeId) || (this.#notBeforeMs.get(node.nodeId) ?? 0) > now) continue;
      byNode ??= new Map();
      let wanted = byNode.get(node);
      if (wanted === undefined) {
        wanted = new Map();
        byNode.set(node, wanted);
      }
      wanted.set(partition.key, {
        key: partition.key,
        topic: partition.topic,
        topicId: this.#session.metadata.topic(partition.topic)?.id ?? ZERO_UUID,
        partition: partition.partition,
        currentLeaderEpoch: partition.state.position.leader.epoch,
        fetchOffset: partition.state.position.offset,
        partitionMaxBytes: this.#options.maxPartitionBytes,
      });
    }
    if (byNode !== null) for (const [node, wanted] of byNode) this.#send(node, wanted);
  }

  /** Up to max.poll.records records; positions move past them. Throws what the application must hear of. */
  collect(): ReturnedRecord[] {
    const collected: ReturnedRecord[] = [];
    const most = this.#env.random.sometimes('client/consumer/few-records') ? 1 : this.#options.maxPollRecords;
    for (const [key, fetch] of this.#buffered) {
      if (collected.length >= most) break;
      const partition = this.#subscriptions.get(key);
      if (partition === undefined || partition.state.kind !== 'fetching') {
        this.#buffered.delete(key);
        continue;
      }
      if (partition.paused || partition.revoking) continue;
      const isOfAnother = this.#session.metadata.isAnotherTopic(partition.topic, fetch.topicId);
      const isDropped = this.#env.random.sometimes('client/consumer/fetched-anew', 16);
      const isStale = isDropped || isOfAnother || fetch.nextOffset !== partition.state.position.offset;
      if (isStale) {
        this.#buffered.delete(key);
        continue;
      }
      try {
        this.#collectFrom(fetch, partition, partition.state.position, most, collected);
      } catch (error) {
        // What was already taken is returned first; the next poll meets the error again.
        if (collected.length > 0) break;
        throw error;
      }
    }
    return collected;
  }

  /** Forgets what was fetched for partitions that are not assigned any more. */
  retainAssigned(): void {
    for (const key of this.#buffered.keys()) if (this.#subscriptions.get(key) === undefined) this.#buffered.delete(key);
  }

  #collectFrom(
    fetch: CompletedFetch,
    partition: AssignedPartition,
    from: Position,
    most: number,
    collected: ReturnedRecord[],
  ): void {
    invariant(
      fetch.nextOffset === from.offset,
      () => `${partition.key} is at ${from.offset}, and what was fetched goes on at ${fetch.nextOffset}`,
    );
    let ended = false;
    try {
      while (collected.length < most) {
        const next = fetch.next();
        if (next === null) {
          ended = true;
          break;
        }
        const { record, leaderEpoch, timestampType, topicId } = next;
        collected.push({ record, leaderEpoch, timestampType, topicId, partition });
      }
    } finally {
      if (fetch.nextOffset > from.offset) {
        const offsetEpoch = fetch.lastEpoch ?? from.offsetEpoch;
        this.#subscriptions.advance(partition, { offset: fetch.nextOffset, offsetEpoch, leader: from.leader });
      }
    }
    if (ended) this.#buffered.delete(fetch.key);
  }

  #nodeFor(partition: AssignedPartition, now: number): BrokerNode | null {
    const preferred = partition.preferredReplica;
    if (preferred !== null) {
      const metadata = this.#session.metadata.partition(partition.topic, partition.partition);
      const offline = metadata?.offlineReplicas.includes(preferred.nodeId) === true;
      const isChosen = preferred.untilMs > now;
      const node = isChosen && !offline ? this.#session.metadata.node(preferred.nodeId) : undefined;
      if (node !== undefined) return node;
      partition.preferredReplica = null;
      // The leader, who named it, knows it to be alive: with the same old metadata it would be asked again and again for nothing.
      if (isChosen) this.#session.metadata.requestUpdate();
    }
    const leader = this.#session.metadata.leader(partition.topic, partition.partition);
    if (leader === undefined) this.#session.metadata.requestUpdate();
    return leader ?? null;
  }

  #send(node: BrokerNode, wanted: ReadonlyMap<string, FetchPartition>): void {
    let session = this.#sessions.get(node.nodeId);
    if (session === undefined) {
      session = new FetchSession();
      this.#sessions.set(node.nodeId, session);
    }
    if (this.#env.random.sometimes('client/consumer/full-fetch', 16)) session.failed();
    const plan = session.plan(wanted);
    const of = session;
    this.#busy.add(node.nodeId);
    let byName = false;
    for (const { topicId } of wanted.values()) byName ||= topicId === ZERO_UUID;
    this.#session.rpc.send(node, 'Fetch', this.#request(plan), byName ? { maxVersion: LAST_VERSION_BY_NAME } : {}, (result) => {
      if (this.#closed) return;
      this.#busy.delete(node.nodeId);
      this.#session.metadata.report(node, result.ok);
      if (result.ok) this.#answered(of, plan, result.response, result.version);
      else {
        of.failed();
        this.#notBeforeMs.set(node.nodeId, this.#env.clock.monotonicMs() + this.#session.backoff.delayMs(1));
        // A replica that does not answer is not preferred any more.
        for (const key of plan.all.keys()) {
          const partition = this.#subscriptions.get(key);
          if (partition?.preferredReplica?.nodeId === node.nodeId) partition.preferredReplica = null;
        }
        this.#session.metadata.requestUpdate();
      }
      this.#onChange();
    });
  }

  #request(plan: FetchPlan) {
    return {
      replicaState: { replicaId: -1, replicaEpoch: -1 },
      replicaId: -1,
      maxWaitMs: this.#options.maxWaitMs,
      minBytes: this.#options.minBytes,
      maxBytes: this.#options.maxBytes,
      isolationLevel: this.#options.readCommitted ? 1 : 0,
      sessionId: plan.sessionId,
      sessionEpoch: plan.sessionEpoch,
      topics: mapByTopic(plan.toSend, (topic, ofTopic) => ({
        topic,
        topicId: (ofTopic[0] as FetchPartition).topicId,
        partitions: ofTopic.map(({ partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes }) => ({
          partition,
          currentLeaderEpoch,
          fetchOffset,
          lastFetchedEpoch: -1,
          logStartOffset: -1,
          partitionMaxBytes,
        })),
      })),
      forgottenTopicsData: mapByTopic(plan.forgotten, (topic, ofTopic) => ({
        topic,
        topicId: (ofTopic[0] as FetchPartition).topicId,
        partitions: ofTopic.map((each) => each.partition),
      })),
      rackId: this.#options.rack,
    };
  }

  #answered(session: FetchSession, plan: FetchPlan, response: FetchResponse, version: number): void {
    if (!session.answered(response.errorCode, response.sessionId)) {
      if (isStaleMetadata(response.errorCode)) this.#session.metadata.requestUpdate();
      return;
    }
    for (const topic of response.responses) {
      const isById = version > LAST_VERSION_BY_NAME;
      const name = isById ? topicNameIn(plan, topic.topicId) : topic.topic;
      if (name === undefined) continue;
      for (const data of topic.partitions) {
        const key = topicPartitionKey(name, data.partitionIndex);
        const asked = plan.all.get(key);
        if (asked === undefined) continue;
        const topicId = asked.topicId === ZERO_UUID ? null : asked.topicId;
        const codecs = this.#env.compression;
        const fetch = new CompletedFetch(key, topicId, isById, asked.fetchOffset, data, this.#options, codecs);
        this.#take(fetch, asked);
      }
    }
  }

  #take(fetch: CompletedFetch, asked: FetchPartition): void {
    const partition = this.#subscriptions.get(fetch.key);
    if (partition === undefined || partition.state.kind !== 'fetching') return;
    const stillThere = partition.state.position.offset === fetch.fetchOffset;
    if (!stillThere || this.#session.metadata.isAnotherTopic(partition.topic, fetch.topicId)) return;
    const { data } = fetch;
    if (data.errorCode !== ErrorCode.NONE) {
      this.#failed(partition, data.errorCode, asked);
      const { leaderId, leaderEpoch } = data.currentLeader;
      if (leaderId >= 0)
        this.#session.metadata.hintLeader(
          partition.topic,
          fetch.topicId,
          partition.partition,
          leaderId,
          LeaderEpoch(leaderEpoch),
        );
      return;
    }
    partition.failures = 0;
    partition.highWatermark = Offset(data.highWatermark);
    partition.logStartOffset = Offset(data.logStartOffset);
    partition.lastStableOffset = Offset(data.lastStableOffset);
    if (data.preferredReadReplica >= 0)
      partition.preferredReplica = {
        nodeId: data.preferredReadReplica,
        untilMs: this.#env.clock.monotonicMs() + this.#options.replicaChoiceMaxAgeMs,
      };
    if (data.records !== null && data.records.length > 0) this.#buffered.set(fetch.key, fetch);
  }

  takeError(): KafkaError | null {
    const error = this.#error;
    this.#error = null;
    return error;
  }

  #failed(partition: AssignedPartition, error: number, asked: FetchPartition): void {
    if (error === ErrorCode.OFFSET_OUT_OF_RANGE) {
      const wasFollower = partition.preferredReplica !== null;
      if (wasFollower) {
        // A follower may lag or have started later: only the leader's word counts.
        partition.preferredReplica = null;
        this.#env.tracer.emit({ type: 'mark', name: 'consumer retries an out-of-range follower fetch at the leader' });
        return;
      }
      if (this.#subscriptions.requestResetByLeader(partition, asked.currentLeaderEpoch)) return;
      this.#error = new KafkaError(
        error,
        `${partition.key}: offset ${asked.fetchOffset} is out of range and there is no reset policy`,
      );
      return;
    }
    partition.retryAtMs = this.#env.clock.monotonicMs() + this.#session.backoff.delayMs(++partition.failures);
    if (isStaleMetadata(error) || error === ErrorCode.OFFSET_NOT_AVAILABLE) {
      partition.preferredReplica = null;
      this.#session.metadata.requestUpdate();
      return;
    }
    if (error === ErrorCode.UNKNOWN_SERVER_ERROR) return;
    this.#error = new KafkaError(error, `${partition.key}: fetch failed: ${errorName(error)}`);
  }
}

function topicNameIn(plan: FetchPlan, topicId: string): string | undefined {
  for (const partition of plan.all.values()) if (partition.topicId === topicId) return partition.topic;
  return undefined;
}
