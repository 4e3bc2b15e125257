/** An acks=-1 append that waits until the high watermark has passed it in every partition (Kafka's DelayedProduce). */
import { invariant } from '../../ports/invariant.ts';
import type { Tracer } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { Refusals } from '../refusals.ts';
import type { Partition } from './partition.ts';
import { DelayedOperation } from './purgatory.ts';
import type { AppendResult } from './types.ts';

export interface ProduceStatus {
  readonly partition: Partition;
  /** The high watermark that makes the append committed. */
  readonly requiredOffset: Offset;
  /** The leader epoch outside which the append has failed; null if any will do. */
  readonly expectedLeaderEpoch: LeaderEpoch | null;
  /** The leader epoch of the append; -1 for a duplicate, of which nothing was appended now. */
  readonly appendEpoch: LeaderEpoch;
  /** The answer if all goes well. */
  readonly success: AppendResult;
}

/** Per entry what it waits for, or its final result. */
export type ProduceEntry = { readonly waits: ProduceStatus } | { readonly result: AppendResult };

export class DelayedProduce extends DelayedOperation {
  readonly #tracer: Tracer;
  readonly #refusals: Refusals;
  readonly #entries: ProduceEntry[];
  readonly #done: (results: readonly AppendResult[]) => void;

  constructor(tracer: Tracer, refusals: Refusals, entries: ProduceEntry[], done: (results: readonly AppendResult[]) => void) {
    super();
    this.#tracer = tracer;
    this.#refusals = refusals;
    this.#entries = entries;
    this.#done = done;
  }

  override tryComplete(): void {
    let waiting = 0;
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as ProduceEntry;
      if (!('waits' in entry)) continue;
      const error = acknowledgement(entry.waits);
      if (error === 'waiting') waiting++;
      else this.#settle(i, entry.waits, error);
    }
    if (waiting === 0) this.complete();
  }

  protected override onExpiration(): void {
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as ProduceEntry;
      if ('waits' in entry) this.#settle(i, entry.waits, ErrorCode.REQUEST_TIMED_OUT);
    }
  }

  protected override onComplete(): void {
    this.#done(
      this.#entries.map((entry) => {
        invariant('result' in entry, () => 'a produce request completed with a partition still waiting');
        return entry.result;
      }),
    );
  }

  #settle(index: number, status: ProduceStatus, error: number): void {
    const { partition, success } = status;
    if (error === ErrorCode.NONE) {
      this.#tracer.emit({
        type: 'produce-acked',
        partition: partition.key,
        acks: -1,
        leaderEpoch: partition.leaderEpoch,
        appendEpoch: status.appendEpoch,
        baseOffset: success.baseOffset,
        lastOffset: success.lastOffset,
        highWatermark: partition.log.highWatermark,
        maximalIsrSize: partition.maximalIsrSize,
        minIsr: partition.effectiveMinIsr,
      });
    } else {
      const afterAppend = status.appendEpoch >= 0;
      const times = this.#refusals.count(`${partition.key}/${error}/${afterAppend}`);
      const lastOffset = afterAppend ? success.lastOffset : -1;
      if (times > 0)
        this.#tracer.emit({ type: 'produce-failed', partition: partition.key, acks: -1, error, afterAppend, lastOffset, times });
    }
    this.#entries[index] = { result: error === ErrorCode.NONE ? success : { ...success, error } };
  }
}

function acknowledgement(status: ProduceStatus): 'waiting' | number {
  // What a coordinator wrote in one epoch is not committed by records that another epoch put at the same offsets.
  const isOtherEpoch = status.expectedLeaderEpoch !== null && status.partition.leaderEpoch !== status.expectedLeaderEpoch;
  if (isOtherEpoch) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
  return status.partition.acknowledgement(status.requiredOffset);
}
