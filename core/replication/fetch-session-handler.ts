/**
 * Incremental fetch sessions, the fetcher's side (KIP-227): what the leader has been told, and so what a request need not
 * repeat.
 */
import { ErrorCode } from '../protocol/errors.ts';
import type { FetchRequestFetchPartition } from '../protocol/messages/fetch-request.ts';
import type { FetchResponse } from '../protocol/messages/fetch-response.ts';
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { INITIAL_EPOCH, NO_SESSION, nextEpoch } from './fetch-sessions.ts';

/** One partition as it is asked for. */
export interface FetchTarget {
  readonly topicId: string;
  readonly partition: number;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: LeaderEpoch;
  readonly logStartOffset: Offset;
  readonly maxBytes: number;
}

export interface FetchRequestBody {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: { topicId: string; partitions: Partial<FetchRequestFetchPartition>[] }[];
  readonly forgottenTopicsData: { topicId: string; partitions: number[] }[];
}

/** Topic id and index, interned. */
export function targetKey(topicId: string, partition: number): string {
  return topicPartitionKey(topicId, partition);
}

export class FetchSessionHandler {
  /** What the leader's session holds, or will with the request in flight. */
  readonly partitions = new Map<string, FetchTarget>();
  #sessionId = NO_SESSION;
  #epoch = INITIAL_EPOCH;

  get isFull(): boolean {
    return this.#epoch === INITIAL_EPOCH;
  }

  /** A full request: everything anew. */
  buildFull(targets: Iterable<FetchTarget>): FetchRequestBody {
    this.partitions.clear();
    const topics = new Grouped<Partial<FetchRequestFetchPartition>>();
    for (const target of targets) this.#put(topics, target);
    return { sessionId: this.#sessionId, sessionEpoch: this.#epoch, topics: topics.topics, forgottenTopicsData: [] };
  }

  /**
   * An incremental request: `changed` are the partitions that may ask for something new, by key, and `targetOf` says what; null: not to
   * be fetched now.
   */
  buildIncremental<P extends { readonly topicId: string; readonly index: number }>(
    changed: ReadonlyMap<string, P>,
    targetOf: (key: string) => FetchTarget | null,
  ): FetchRequestBody {
    const topics = new Grouped<Partial<FetchRequestFetchPartition>>();
    const forgotten = new Grouped<number>();
    for (const [key, { topicId, index }] of changed) {
      const known = this.partitions.get(key);
      const target = targetOf(key);
      if (target === null) {
        if (known === undefined) continue;
        this.partitions.delete(key);
        forgotten.of(topicId).push(index);
      } else if (known === undefined || !isSame(known, target)) {
        this.#put(topics, target);
      }
    }
    return {
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      topics: topics.topics,
      forgottenTopicsData: forgotten.topics,
    };
  }

  /** Takes a response's session fields. False: its partitions must be left alone. */
  handleResponse(response: FetchResponse): boolean {
    if (response.errorCode !== ErrorCode.NONE) {
      // The leader does not know the session (any more): a new one. With another session error, the old one is closed as well.
      if (response.errorCode === ErrorCode.FETCH_SESSION_ID_NOT_FOUND) this.#sessionId = NO_SESSION;
      this.#epoch = INITIAL_EPOCH;
      return false;
    }
    if (response.sessionId === NO_SESSION) {
      // No session: the leader's cache is full, or it closed a session without partitions.
      this.#sessionId = NO_SESSION;
      this.#epoch = INITIAL_EPOCH;
    } else {
      this.#sessionId = response.sessionId;
      this.#epoch = nextEpoch(this.#epoch);
    }
    return true;
  }

  /** No response came: what the session holds now is unknown, so it is closed and a new one begun. */
  handleFailure(): void {
    this.#epoch = INITIAL_EPOCH;
  }

  #put(topics: Grouped<Partial<FetchRequestFetchPartition>>, target: FetchTarget): void {
    this.partitions.set(targetKey(target.topicId, target.partition), target);
    topics.of(target.topicId).push({
      partition: target.partition,
      currentLeaderEpoch: target.currentLeaderEpoch,
      fetchOffset: target.fetchOffset,
      lastFetchedEpoch: target.lastFetchedEpoch,
      logStartOffset: target.logStartOffset,
      partitionMaxBytes: target.maxBytes,
    });
  }
}

function isSame(a: FetchTarget, b: FetchTarget): boolean {
  return (
    a.fetchOffset === b.fetchOffset &&
    a.currentLeaderEpoch === b.currentLeaderEpoch &&
    a.lastFetchedEpoch === b.lastFetchedEpoch &&
    a.logStartOffset === b.logStartOffset &&
    a.maxBytes === b.maxBytes
  );
}

/** Lists per topic, in the order of first use. */
class Grouped<T> {
  readonly topics: { topicId: string; partitions: T[] }[] = [];
  readonly #byId = new Map<string, T[]>();

  of(topicId: string): T[] {
    const last = this.topics.at(-1);
    if (last?.topicId === topicId) return last.partitions;
    let partitions = this.#byId.get(topicId);
    if (partitions === undefined) {
      partitions = [];
      this.#byId.set(topicId, partitions);
      this.topics.push({ topicId, partitions });
    }
    return partitions;
  }
}
