/** The client's side of an incremental fetch session with one broker (KIP-227). */
import { ErrorCode } from '../../protocol/errors.ts';
import type { LeaderEpoch, Offset } from '../../protocol/numbers.ts';

export interface FetchPartition {
  readonly key: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly fetchOffset: Offset;
  readonly partitionMaxBytes: number;
}

export interface FetchPlan {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly toSend: readonly FetchPartition[];
  readonly forgotten: readonly FetchPartition[];
  /** Everything the session covers with this request, by key. */
  readonly all: ReadonlyMap<string, FetchPartition>;
}

const INITIAL_EPOCH = 0;
const MAX_EPOCH = 2_147_483_647;

export class FetchSession {
  #id = 0;
  #epoch = INITIAL_EPOCH;
  #partitions: ReadonlyMap<string, FetchPartition> = new Map();

  /** What the next request must say so that the session covers exactly `wanted`, which nobody changes any more. */
  plan(wanted: ReadonlyMap<string, FetchPartition>): FetchPlan {
    const before = this.#partitions;
    this.#partitions = wanted;
    const identity = { sessionId: this.#id, sessionEpoch: this.#epoch, all: wanted };
    if (this.#epoch === INITIAL_EPOCH) return { ...identity, toSend: [...wanted.values()], forgotten: [] };
    const toSend: FetchPartition[] = [];
    const forgotten: FetchPartition[] = [];
    for (const [key, partition] of wanted) {
      const known = before.get(key);
      if (known !== undefined && known.topicId !== partition.topicId) forgotten.push(known);
      if (known === undefined || isChanged(known, partition)) toSend.push(partition);
    }
    for (const [key, partition] of before) if (!wanted.has(key)) forgotten.push(partition);
    return { ...identity, toSend, forgotten };
  }

  /** Takes note of an answer; false: its partitions do not count. */
  answered(error: number, sessionId: number): boolean {
    if (error !== ErrorCode.NONE) {
      // An unknown session cannot be closed; any other is closed by the full request that begins the next one.
      if (error === ErrorCode.FETCH_SESSION_ID_NOT_FOUND) this.#id = 0;
      this.#epoch = INITIAL_EPOCH;
      return false;
    }
    if (sessionId === 0) {
      this.#id = 0;
      this.#epoch = INITIAL_EPOCH;
    } else if (this.#epoch === INITIAL_EPOCH) {
      this.#id = sessionId;
      this.#epoch = 1;
    } else this.#epoch = this.#epoch === MAX_EPOCH ? 1 : this.#epoch + 1;
    return true;
  }

  /** The request or its answer was lost: nobody knows what the broker has. */
  failed(): void {
    this.#epoch = INITIAL_EPOCH;
  }
}

function isChanged(a: FetchPartition, b: FetchPartition): boolean {
  return (
    a.fetchOffset !== b.fetchOffset ||
    a.currentLeaderEpoch !== b.currentLeaderEpoch ||
    a.partitionMaxBytes !== b.partitionMaxBytes ||
    a.topicId !== b.topicId
  );
}
