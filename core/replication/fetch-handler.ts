/** The Fetch API (versions 4 to 18): decoded request to response, with sessions and topic ids. */
import type { Environment, Random } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { FetchRequest } from '../protocol/messages/fetch-request.ts';
import type { FetchResponse, FetchResponsePartitionData } from '../protocol/messages/fetch-response.ts';
import { BrokerEpoch, type BrokerId, LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { Draft } from '../protocol/schema.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';
import { FetchRefusals } from './fetch-refusals.ts';
import { type FetchContext, FetchSessions, type SessionAnswer, type SessionRequest } from './fetch-sessions.ts';
import type { ClusterView, ReplicationConfig } from './ports.ts';
import type { ReplicaManager } from './replica-manager.ts';
import { type FetchParams, type FetchPartition, type FetchPartitionResult, failedFetch } from './types.ts';

const TOPIC_IDS_VERSION = 13;
const REPLICA_STATE_VERSION = 15;
const CLIENT_RACK_VERSION = 11;
/** From here on errors tell the current leader (KIP-951). */
const CURRENT_LEADER_VERSION = 16;

/** What the sender of a fetch may do. Asked only where there is an authorizer. */
export interface FetchPermit {
  follower(): boolean;
  consumer(topic: string): boolean;
}

export class FetchHandler {
  readonly #replicas: ReplicaManager;
  readonly #config: ReplicationConfig;
  readonly #random: Random;
  readonly #sessions: FetchSessions;
  readonly #refused: FetchRefusals;

  constructor(env: Environment, replicas: ReplicaManager, config: ReplicationConfig) {
    this.#replicas = replicas;
    this.#config = config;
    this.#random = env.random;
    this.#refused = new FetchRefusals(env);
    const random = env.random.stream('replication/fetch-sessions');
    this.#sessions = new FetchSessions(config['max.incremental.fetch.session.cache.slots'], random, () =>
      env.clock.monotonicMs(),
    );
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * Answers a fetch, now or when there is something to answer. `listener`: the one the request came in by. `permit` null:
   * everything is allowed.
   */
  handle(
    request: FetchRequest,
    version: number,
    listener: string,
    permit: FetchPermit | null,
    done: (response: Draft<FetchResponse>) => void,
  ): void {
    const image = this.#replicas.cluster;
    const usesTopicIds = version >= TOPIC_IDS_VERSION;
    const replicaId = version >= REPLICA_STATE_VERSION ? request.replicaState.replicaId : request.replicaId;
    const session = toSessionRequest(request, usesTopicIds, replicaId >= 0, image);
    if (this.#random.sometimes('replication/fetch-session-evicted', 16)) this.#sessions.evict(request.sessionId);
    const context = this.#sessions.begin(session);
    const isRefused = permit === null ? null : refusalBy(permit, replicaId >= 0);
    const refusedKeys: string[] = [];
    const refusals: FetchPartitionResult[] = [];
    const keys: string[] = [];
    const partitions: FetchPartition[] = [];
    this.#sessions.forEachPartition(context, (key, asked) => {
      const partition = this.#resolveName(context, key, asked, image);
      const isDenied = isRefused?.(partition.topic) ?? false;
      const error = isDenied ? ErrorCode.TOPIC_AUTHORIZATION_FAILED : unknownTopic(partition, usesTopicIds, image);
      if (error === ErrorCode.NONE) {
        keys.push(key);
        partitions.push(partition);
      } else {
        refusedKeys.push(key);
        const refusal = { ...failedFetch(error), abortedTransactions: [] };
        this.#refused.tell(replicaId, partition, refusal, NONE);
        refusals.push(refusal);
      }
    });
    const params = this.#paramsOf(request, version, replicaId, listener);
    this.#replicas.fetch(params, partitions, (read) => {
      const isAllRead = refusedKeys.length === 0;
      const answer = isAllRead
        ? this.#sessions.finish(context, keys, read)
        : this.#sessions.finish(context, [...keys, ...refusedKeys], [...read, ...refusals]);
      // Few partitions have news, so looking for them beats a map of all that were asked for.
      const askedOf = (key: string) => partitions[keys.indexOf(key)] ?? find(context, key);
      done(toResponse(answer, askedOf, version, listener, this.#replicas.cluster));
    });
  }

  #paramsOf(request: FetchRequest, version: number, replicaId: BrokerId, listener: string): FetchParams {
    const isFollower = replicaId >= 0;
    const maxBytes = Math.min(request.maxBytes, this.#config['fetch.max.bytes']);
    const isolation = isFollower ? 'log-end' : request.isolationLevel === 1 ? 'last-stable' : 'high-watermark';
    return {
      replicaId,
      replicaEpoch: version >= REPLICA_STATE_VERSION ? BrokerEpoch(request.replicaState.replicaEpoch) : NONE,
      maxWaitMs: request.maxWaitMs,
      minBytes: Math.min(request.minBytes, maxBytes),
      maxBytes,
      isolation,
      client: !isFollower && version >= CLIENT_RACK_VERSION ? { rackId: request.rackId, listener } : null,
    };
  }

  /** A session may hold an id whose topic this broker had not heard of when it was asked for. */
  #resolveName(context: FetchContext, key: string, asked: FetchPartition, image: ClusterView): FetchPartition {
    if (asked.topic !== '') return asked;
    const name = image.topicsById.get(asked.topicId)?.name;
    if (name === undefined) return asked;
    const resolved = { ...asked, topic: name, key: topicPartitionKey(name, asked.partition) };
    this.#sessions.resolve(context, key, resolved);
    return resolved;
  }
}

/** Which topics may not be fetched. A follower may fetch all or none; a consumer is not told anything of an id without a name. */
function refusalBy(permit: FetchPermit, isFollower: boolean): (topic: string) => boolean {
  if (!isFollower) return (topic) => topic !== '' && !permit.consumer(topic);
  const isRefused = !permit.follower();
  return () => isRefused;
}

function find(context: FetchContext, key: string): FetchPartition | undefined {
  if (context.kind === 'error') return undefined;
  return (
    context.request.partitions.get(key) ??
    (context.kind === 'incremental' ? context.session.partitions.get(key)?.request : undefined)
  );
}

function toSessionRequest(request: FetchRequest, usesTopicIds: boolean, isFollower: boolean, image: ClusterView): SessionRequest {
  const partitions = new Map<string, FetchPartition>();
  for (const topic of request.topics) {
    // '' stands for a name that is not known (yet).
    const name = usesTopicIds ? (image.topicsById.get(topic.topicId)?.name ?? '') : topic.topic;
    // A request by name is for whatever topic has that name now.
    const topicId = usesTopicIds ? topic.topicId : '';
    for (const asked of topic.partitions) {
      partitions.set(topicPartitionKey(usesTopicIds ? topic.topicId : topic.topic, asked.partition), {
        topic: name,
        topicId,
        partition: asked.partition,
        key: topicPartitionKey(name, asked.partition),
        currentLeaderEpoch: LeaderEpoch(asked.currentLeaderEpoch),
        fetchOffset: Offset(asked.fetchOffset),
        lastFetchedEpoch: LeaderEpoch(asked.lastFetchedEpoch),
        logStartOffset: Offset(asked.logStartOffset),
        maxBytes: asked.partitionMaxBytes,
      });
    }
  }
  const forgotten: string[] = [];
  for (const topic of request.forgottenTopicsData) {
    for (const index of topic.partitions) forgotten.push(topicPartitionKey(usesTopicIds ? topic.topicId : topic.topic, index));
  }
  return { sessionId: request.sessionId, sessionEpoch: request.sessionEpoch, partitions, forgotten, usesTopicIds, isFollower };
}

function unknownTopic(partition: FetchPartition, usesTopicIds: boolean, image: ClusterView): number {
  if (partition.topic === '') return usesTopicIds ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  const id = usesTopicIds ? partition.topicId : image.topicIds.get(partition.topic);
  const topic = id === undefined ? undefined : image.topicsById.get(id);
  // The topic was deleted while a session held its id.
  if (topic === undefined && usesTopicIds) return ErrorCode.UNKNOWN_TOPIC_ID;
  return topic?.partitions.has(partition.partition) ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
}

function toResponse(
  answer: SessionAnswer,
  partitionOf: (key: string) => FetchPartition | undefined,
  version: number,
  listener: string,
  image: ClusterView,
): Draft<FetchResponse> {
  const topics: { topic: string; topicId: string; partitions: Draft<FetchResponsePartitionData>[] }[] = [];
  const leaders = new Set<number>();
  let last: (typeof topics)[number] | undefined;
  for (const [key, result] of answer.results) {
    const asked = partitionOf(key);
    if (asked === undefined) continue;
    const topicId = asked.topicId === '' ? ZERO_UUID : asked.topicId;
    // Consecutive partitions of a topic share an entry; the order of partitions is the order of reading.
    if (last === undefined || last.topicId !== topicId || last.topic !== asked.topic) {
      last = { topic: asked.topic, topicId, partitions: [] };
      topics.push(last);
    }
    last.partitions.push(toPartitionData(asked, result, version, image, leaders));
  }
  const nodeEndpoints: { nodeId: BrokerId; host: string; port: number; rack: string | null }[] = [];
  for (const nodeId of leaders) {
    const broker = image.brokers.get(nodeId);
    const endpoint = broker?.endpoints.get(listener);
    if (endpoint === undefined) continue;
    nodeEndpoints.push({ nodeId, host: endpoint.host, port: endpoint.port, rack: broker?.rack ?? null });
  }
  return { errorCode: answer.error, sessionId: answer.sessionId, responses: topics, nodeEndpoints };
}

function toPartitionData(
  asked: FetchPartition,
  result: FetchPartitionResult,
  version: number,
  image: ClusterView,
  leaders: Set<number>,
): Draft<FetchResponsePartitionData> {
  const data: { -readonly [K in keyof Draft<FetchResponsePartitionData>]: Draft<FetchResponsePartitionData>[K] } = {
    partitionIndex: asked.partition,
    errorCode: result.error,
    highWatermark: result.highWatermark,
    lastStableOffset: result.lastStableOffset,
    logStartOffset: result.logStartOffset,
    abortedTransactions: result.abortedTransactions,
    preferredReadReplica: result.preferredReadReplica,
    records: result.records,
  };
  if (result.divergingEpoch !== null) data.divergingEpoch = result.divergingEpoch;
  const asksTheWrongOne = result.error === ErrorCode.NOT_LEADER_OR_FOLLOWER || result.error === ErrorCode.FENCED_LEADER_EPOCH;
  if (version >= CURRENT_LEADER_VERSION && asksTheWrongOne) {
    const id = asked.topicId === '' ? image.topicIds.get(asked.topic) : asked.topicId;
    const current = image.topicsById.get(id ?? '')?.partitions.get(asked.partition);
    if (current !== undefined) {
      data.currentLeader = { leaderId: current.leader, leaderEpoch: current.leaderEpoch };
      leaders.add(current.leader);
    }
  }
  return data;
}
