/** A fetch that waits for enough to read, or for a change that must be told at once (Kafka's DelayedFetch). */
import type { Random } from '../environment.ts';
import { NONE } from '../protocol/numbers.ts';
import type { TopicPartitionKey } from '../protocol/partition.ts';
import type { Partition } from './partition.ts';
import { DelayedOperation } from './purgatory.ts';
import type { FetchParams, FetchPartition } from './types.ts';

export class DelayedFetch extends DelayedOperation {
  readonly #params: FetchParams;
  readonly #partitions: readonly FetchPartition[];
  readonly #lookup: (key: TopicPartitionKey) => Partition | undefined;
  readonly #random: Random;
  readonly #answer: () => void;
  /** All that it waits for has just been read to the end, in this same step: there is nothing to look for yet. */
  #isReadToEnd: boolean;

  constructor(
    params: FetchParams,
    partitions: readonly FetchPartition[],
    lookup: (key: TopicPartitionKey) => Partition | undefined,
    random: Random,
    isReadToEnd: boolean,
    answer: () => void,
  ) {
    super();
    this.#params = params;
    this.#partitions = partitions;
    this.#lookup = lookup;
    this.#random = random;
    this.#isReadToEnd = isReadToEnd;
    this.#answer = answer;
  }

  override tryComplete(woken: number | null): void {
    const isEnough = !this.#isReadToEnd && this.#hasEnough(woken);
    this.#isReadToEnd = false;
    if (isEnough || this.#random.sometimes('replication/early-fetch-answer')) this.complete();
  }

  protected override onComplete(): void {
    this.#answer();
  }

  /** For the usual minBytes of 1 the partition to which something happened decides: there was nothing to be had of the others. */
  #hasEnough(woken: number | null): boolean {
    const request = woken === null || this.#params.minBytes > 1 ? undefined : this.#partitions[woken];
    if (request !== undefined) return this.#availableIn(request) !== 0;
    let availableBytes = 0;
    for (const request of this.#partitions) {
      const available = this.#availableIn(request);
      if (available === 'answer-now') return true;
      availableBytes += available;
      if (availableBytes >= this.#params.minBytes) return true;
    }
    return availableBytes >= this.#params.minBytes;
  }

  #availableIn(request: FetchPartition): number | 'answer-now' {
    const params = this.#params;
    const partition = this.#lookup(request.key);
    if (partition === undefined) return 'answer-now';
    const onlyLeader = params.replicaId >= 0 || params.client === null;
    if (partition.checkAccess(request.currentLeaderEpoch, onlyLeader) !== 0) return 'answer-now';
    const { log } = partition;
    const endOffset = log.readableEnd(params.isolation);
    // The log was truncated, or started anew, under the waiting request.
    if (request.fetchOffset > endOffset || request.fetchOffset < log.logStartOffset) return 'answer-now';
    // Its own latest epoch ends with the log: nothing to compare in the usual case.
    if (request.lastFetchedEpoch !== NONE && request.lastFetchedEpoch !== log.latestEpoch) {
      const end = log.endOffsetForEpoch(request.lastFetchedEpoch);
      const isDiverging = end === null || end.epoch < request.lastFetchedEpoch || end.endOffset < request.fetchOffset;
      if (isDiverging) return 'answer-now';
    }
    if (request.fetchOffset === endOffset) return 0;
    // Anything at all is enough for the usual minBytes of 1; only a greedy request needs to be measured.
    if (params.minBytes <= 1) return 1;
    const read = log.read(request.fetchOffset, { maxBytes: request.maxBytes, minOneMessage: true, upperBound: params.isolation });
    return read === 'out-of-range' ? 'answer-now' : Math.min(read.records.length, request.maxBytes);
  }
}
