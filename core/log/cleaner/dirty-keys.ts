/** Notes the last offset of each key of a log's dirty part (Cleaner.buildOffsetMap): what has come after it may be removed. */
import type { Compression } from '../../../ports/compression.ts';
import { Offset } from '../../protocol/numbers.ts';
import { type BatchHeader, decodeRecords } from '../../protocol/records.ts';
import { readEndTxnMarker } from '../control-records.ts';
import type { Segment } from '../segment.ts';
import type { AbortedTxn } from '../txn-index.ts';
import { BatchSource } from './batch-source.ts';
import { CleanedTransactions } from './cleaned-transactions.ts';
import type { OffsetMap } from './offset-map.ts';

export interface DirtyPart {
  /** All that hold a part of it. */
  readonly segments: readonly Segment[];
  readonly from: Offset;
  readonly upTo: Offset;
  readonly aborted: readonly AbortedTxn[];
}

export class DirtyKeys {
  readonly #part: DirtyPart;
  readonly #map: OffsetMap;
  readonly #codecs: Compression;
  readonly #source: BatchSource;
  readonly #transactions = new CleanedTransactions(() => {});
  #isFull = false;

  constructor(part: DirtyPart, map: OffsetMap, readBytes: number, codecs: Compression) {
    this.#part = part;
    this.#map = map;
    this.#codecs = codecs;
    this.#source = new BatchSource(part.segments, part.from, readBytes);
    this.#transactions.expect(part.aborted);
  }

  get isDone(): boolean {
    return this.#isFull || this.#source.segment === null;
  }

  /** There was no room for all keys: the rest is left to the next cleaning. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Reads on. How many bytes were read. Throws DiskError, DecodeError. */
  read(): number {
    const { segment } = this.#source;
    const bytes = this.#source.read((batch, header) => {
      this.#isFull = !this.#note(batch, header);
      return this.#isFull ? false : undefined;
    });
    if (!this.#isFull && this.#source.segment !== segment) this.#map.latestOffset = Offset(this.#endAfter(segment) - 1);
    return bytes;
  }

  /** Where the next segment begins, whatever the last batch before it. */
  #endAfter(segment: Segment | null): Offset {
    return this.#source.segment?.baseOffset ?? (segment === null ? this.#part.from : this.#part.upTo);
  }

  #note(batch: Uint8Array, header: BatchHeader): boolean {
    if (header.isControl) {
      this.#transactions.onControlBatch(header, readEndTxnMarker(header, batch, 0, this.#codecs));
    } else if (!this.#transactions.onBatch(header)) {
      for (const { key, offset } of decodeRecords(batch, 0, this.#codecs)) {
        if (key !== null && offset >= this.#part.from && !this.#map.put(key, offset)) return false;
      }
    }
    if (header.lastOffset >= this.#part.from) this.#map.latestOffset = header.lastOffset;
    return true;
  }
}
