/** How the state of a shard comes about from what its partition holds: record by record, in the order of the log. */
import type { Compression } from '../../ports/compression.ts';
import { readEndTxnMarker } from '../log/control-records.ts';
import type { Offset } from '../protocol/numbers.ts';
import { decodeRecords, forEachBatch } from '../protocol/records.ts';

/** What one kind of coordinator makes of its records. */
export interface Replay<State> {
  /** As far as was applied. */
  readonly state: State;
  /**
   * The next record. Throws DecodeError if it is none of this coordinator's. `producerId`: whose transaction it is part of, -1: none.
   */
  apply(key: Uint8Array, value: Uint8Array | null, logOffset: Offset, producerId: number): void;
  /** The transaction of a producer ends: its records count, or never did. */
  endTransaction(producerId: number, isCommitted: boolean): void;
  /** There are no more. */
  finish(): void;
}

/** Applies the records of whole batches. */
export function replayBatches(batches: Uint8Array, codecs: Compression, replay: Replay<unknown>): void {
  forEachBatch(batches, (header, position) => {
    if (header.isControl) {
      const marker = readEndTxnMarker(header, batches, position, codecs);
      if (marker !== null) replay.endTransaction(header.producerId, marker.commit);
      return;
    }
    for (const record of decodeRecords(batches, position, codecs)) {
      if (record.key !== null) replay.apply(record.key, record.value, record.offset, header.producerId);
    }
  });
}
