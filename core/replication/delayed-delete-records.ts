/** A DeleteRecords request that waits until every live replica has moved its log start (KIP-107). */
import { ErrorCode } from '../protocol/errors.ts';
import { NONE, type Offset } from '../protocol/numbers.ts';
import type { Partition } from './partition.ts';
import { DelayedOperation } from './purgatory.ts';

export interface DeleteRecordsResult {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  /** The lowest log start of all live replicas; -1 after an error. */
  readonly lowWatermark: Offset;
}

export interface DeleteRecordsStatus {
  readonly partition: Partition;
  readonly requestedOffset: Offset;
}

export class DelayedDeleteRecords extends DelayedOperation {
  readonly #entries: (DeleteRecordsStatus | DeleteRecordsResult)[];
  readonly #done: (results: readonly DeleteRecordsResult[]) => void;

  constructor(entries: (DeleteRecordsStatus | DeleteRecordsResult)[], done: (results: readonly DeleteRecordsResult[]) => void) {
    super();
    this.#entries = entries;
    this.#done = done;
  }

  override tryComplete(): void {
    let waiting = 0;
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as DeleteRecordsStatus | DeleteRecordsResult;
      if ('error' in entry) continue;
      const error = entry.partition.checkAccess(NONE, true);
      if (error !== ErrorCode.NONE) {
        this.#entries[i] = result(entry, error, NONE);
        continue;
      }
      const lowWatermark = entry.partition.lowWatermark();
      if (lowWatermark >= entry.requestedOffset) this.#entries[i] = result(entry, ErrorCode.NONE, lowWatermark);
      else waiting++;
    }
    if (waiting === 0) this.complete();
  }

  protected override onComplete(): void {
    this.#done(this.#entries.map((entry) => ('error' in entry ? entry : result(entry, ErrorCode.REQUEST_TIMED_OUT, NONE))));
  }
}

function result(entry: DeleteRecordsStatus, error: number, lowWatermark: Offset): DeleteRecordsResult {
  return { topic: entry.partition.topic, partition: entry.partition.index, error, lowWatermark };
}
