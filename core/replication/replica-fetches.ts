/** Fetches from the replicas of this broker, over all partitions of a request; the answer may wait until there is enough. */
import type { Clock } from '../../ports/time.ts';
import type { Random, Tracer } from '../environment.ts';
import { StorageError } from '../log/types.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type BrokerId, NONE } from '../protocol/numbers.ts';
import type { TopicPartitionKey } from '../protocol/partition.ts';
import { DelayedFetch } from './delayed-fetch.ts';
import { FetchRefusals } from './fetch-refusals.ts';
import type { HostedPartitions } from './hosted-partitions.ts';
import type { Partition } from './partition.ts';
import type { ClusterView } from './ports.ts';
import { preferredReadReplica, RACK_AWARE_SELECTOR } from './preferred-read-replica.ts';
import type { Purgatory } from './purgatory.ts';
import { type FetchParams, type FetchPartition, type FetchPartitionResult, failedFetch } from './types.ts';
import type { WakeQueue } from './wake-queue.ts';

export interface ReplicaFetchesOptions {
  readonly clock: Clock;
  readonly tracer: Tracer;
  readonly random: Random;
  readonly brokerId: BrokerId;
  /** `replica.selector.class` */
  readonly replicaSelector: string | null | undefined;
  readonly cluster: () => ClusterView;
  readonly partitions: HostedPartitions;
  /** Where fetches wait. */
  readonly waiting: Purgatory;
  readonly wakes: WakeQueue;
}

export class ReplicaFetches {
  readonly #options: ReplicaFetchesOptions;
  readonly #random: Random;
  readonly #partitions: HostedPartitions;
  readonly #refusals: FetchRefusals;
  readonly #selectsByRack: boolean;

  constructor(options: ReplicaFetchesOptions) {
    this.#options = options;
    this.#random = options.random;
    this.#partitions = options.partitions;
    this.#refusals = new FetchRefusals(options);
    this.#selectsByRack = options.replicaSelector === RACK_AWARE_SELECTOR;
  }

  /** See ReplicaManager.fetch. */
  fetch(
    params: FetchParams,
    requests: readonly FetchPartition[],
    done: (results: readonly FetchPartitionResult[]) => void,
  ): void {
    const { wakes, waiting } = this.#options;
    wakes.enter();
    const results = this.#read(params, requests, true);
    if (mustAnswerNow(params, results)) {
      this.#trace(params, requests, results);
      done(results);
    } else {
      const lookup = (key: TopicPartitionKey) => this.#partitions.get(key);
      const isReadToEnd = results.every((result) => result.isNothingNew);
      const operation = new DelayedFetch(params, requests, lookup, this.#random, isReadToEnd, () => {
        const later = this.#read(params, requests, false);
        this.#trace(params, requests, later);
        done(later);
      });
      waiting.tryCompleteElseWatch(
        operation,
        requests.map((request) => request.key),
        params.maxWaitMs,
      );
    }
    wakes.leave();
  }

  #read(params: FetchParams, requests: readonly FetchPartition[], updateFollower: boolean): FetchPartitionResult[] {
    const results: FetchPartitionResult[] = [];
    let leftBytes = params.maxBytes;
    let minOneMessage = true;
    for (const request of requests) {
      const asked = Math.min(request.maxBytes, leftBytes);
      const maxBytes = this.#random.sometimes('replication/short-read') ? Math.min(asked, 1) : asked;
      const result = this.#readPartition(params, request, maxBytes, minOneMessage, updateFollower);
      // Once there is something, the limits hold.
      if (result.records.length > 0) minOneMessage = false;
      leftBytes = Math.max(0, leftBytes - result.records.length);
      results.push(result);
    }
    return results;
  }

  #readPartition(
    params: FetchParams,
    request: FetchPartition,
    maxBytes: number,
    minOneMessage: boolean,
    updateFollower: boolean,
  ): FetchPartitionResult {
    const partition = this.#partitions.find(request.topic, request.partition);
    if (typeof partition === 'number') return failedFetch(partition);
    const isOtherTopic = request.topicId !== '' && request.topicId !== partition.topicId;
    if (isOtherTopic) return failedFetch(ErrorCode.INCONSISTENT_TOPIC_ID);
    try {
      const preferred = this.#preferredReplica(params, request, partition);
      if (preferred >= 0) return redirect(partition, request, preferred);
      return partition.fetch(params, request, maxBytes, minOneMessage, updateFollower);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return failedFetch(ErrorCode.KAFKA_STORAGE_ERROR);
    }
  }

  #preferredReplica(params: FetchParams, request: FetchPartition, partition: Partition): number {
    if (!this.#selectsByRack || params.client === null) return NONE;
    const { cluster, brokerId } = this.#options;
    return preferredReadReplica(partition, cluster(), brokerId, params.client, request.fetchOffset);
  }

  #trace(params: FetchParams, requests: readonly FetchPartition[], results: readonly FetchPartitionResult[]): void {
    for (let i = 0; i < results.length; i++) {
      const result = results[i] as FetchPartitionResult;
      if (result.isNothingNew) continue;
      const request = requests[i] as FetchPartition;
      const partition = this.#partitions.get(request.key);
      const leaderEpoch = partition?.leaderEpoch ?? NONE;
      this.#refusals.tell(params.replicaId, request, result, leaderEpoch);
      if (result.preferredReadReplica >= 0) {
        const { preferredReadReplica: replica } = result;
        this.#options.tracer.emit({ type: 'consumer-redirected', partition: request.key, leaderEpoch, replica });
      }
      if (result.error !== ErrorCode.NONE || result.records.length === 0) continue;
      this.#options.tracer.emit({
        type: 'fetch-served',
        partition: request.key,
        to: params.replicaId >= 0 ? 'follower' : 'consumer',
        replica: params.replicaId,
        topicId: request.topicId,
        requestEpoch: request.currentLeaderEpoch,
        leaderEpoch,
        fetchOffset: request.fetchOffset,
        endOffset: result.endOffset,
        highWatermark: result.highWatermark,
        lastStableOffset: result.lastStableOffset,
        logStartOffset: result.logStartOffset,
        readCommitted: params.isolation === 'last-stable',
        abortedTransactions: result.abortedTransactions,
        isLeader: partition?.isLeader ?? false,
      });
    }
  }
}

function mustAnswerNow(params: FetchParams, results: readonly FetchPartitionResult[]): boolean {
  if (params.maxWaitMs <= 0 || results.length === 0) return true;
  let bytes = 0;
  for (const result of results) {
    if (result.error !== ErrorCode.NONE || result.divergingEpoch !== null || result.preferredReadReplica >= 0) return true;
    bytes += result.records.length;
  }
  return bytes >= params.minBytes;
}

/** Sends a consumer to another replica (KIP-392), if it may ask here at all. */
function redirect(partition: Partition, request: FetchPartition, preferred: number): FetchPartitionResult {
  const error = partition.checkAccess(request.currentLeaderEpoch, false);
  return error === ErrorCode.NONE ? { ...partition.offsets(), preferredReadReplica: preferred } : failedFetch(error);
}
