/**
 * What a cleaner knows of the transactions that it has come by, reading a log from its beginning (Kafka's CleanedTransactionMetadata): which of
 * them were aborted, and of which there is still a batch.
 */
import type { Offset } from '../../protocol/numbers.ts';
import type { BatchHeader } from '../../protocol/records.ts';
import type { EndTxnMarker } from '../control-records.ts';
import type { AbortedTxn } from '../txn-index.ts';

interface Aborted {
  readonly transaction: AbortedTxn;
  hasBatches: boolean;
}

export class CleanedTransactions {
  /** To come, by where they begin. */
  #awaited: AbortedTxn[] = [];
  readonly #aborted = new Map<number, Aborted>();
  /** Producers with a batch of a committed transaction whose marker is to come. */
  readonly #committed = new Set<number>();
  readonly #onAbortedBatchesLeft: (transaction: AbortedTxn) => void;

  /** `onAbortedBatchesLeft` is told of each aborted transaction of which a batch was read: it belongs into the index of what is written. */
  constructor(onAbortedBatchesLeft: (transaction: AbortedTxn) => void) {
    this.#onAbortedBatchesLeft = onAbortedBatchesLeft;
  }

  /** Aborted transactions that lie in what is read next; the same one may be told again. */
  expect(transactions: readonly AbortedTxn[]): void {
    this.#awaited = [...this.#awaited, ...transactions].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Reads a batch of data. True if its transaction was aborted. */
  onBatch(header: BatchHeader): boolean {
    this.#reach(header.lastOffset);
    if (!header.isTransactional) return false;
    const aborted = this.#aborted.get(header.producerId);
    if (aborted === undefined) {
      this.#committed.add(header.producerId);
      return false;
    }
    aborted.hasBatches = true;
    return true;
  }

  /** Reads a control batch; `marker` is null if it is none of a transaction, or was emptied. True if there is no batch left that it decides about. */
  onControlBatch(header: BatchHeader, marker: EndTxnMarker | null): boolean {
    this.#reach(header.lastOffset);
    if (marker === null) return header.recordCount === 0;
    if (marker.commit) return !this.#committed.delete(header.producerId);
    const aborted = this.#aborted.get(header.producerId);
    this.#aborted.delete(header.producerId);
    if (aborted === undefined || !aborted.hasBatches) return true;
    this.#onAbortedBatchesLeft(aborted.transaction);
    return false;
  }

  #reach(offset: Offset): void {
    let count = 0;
    for (const transaction of this.#awaited) {
      if (transaction.firstOffset > offset) break;
      count++;
      if (!this.#aborted.has(transaction.producerId))
        this.#aborted.set(transaction.producerId, { transaction, hasBatches: false });
    }
    if (count > 0) this.#awaited.splice(0, count);
  }
}
