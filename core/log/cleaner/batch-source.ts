/** Reads neighbouring segments through, some whole batches at a time. */
import type { Offset } from '../../protocol/numbers.ts';
import { DecodeError } from '../../protocol/reader.ts';
import { type BatchHeader, forEachBatch, isBatchValid } from '../../protocol/records.ts';
import type { Segment } from '../segment.ts';

export class BatchSource {
  readonly #segments: readonly Segment[];
  readonly #readBytes: number;
  #at = 0;
  #slot: number;

  /** Begins with the batch of the first segment that holds `from`. */
  constructor(segments: readonly Segment[], from: Offset, readBytes: number) {
    this.#segments = segments;
    this.#readBytes = readBytes;
    this.#slot = segments[0]?.slotFor(from) ?? 0;
  }

  /** The segment that the next read is of; null at the end. */
  get segment(): Segment | null {
    return this.#segments[this.#at] ?? null;
  }

  /**
   * Visits some more batches of the segment, at least one if there is any; `visit` may return false to stop. How many bytes were read. Throws
   * DiskError, or DecodeError for a batch whose bytes are not those that were written: nobody else looks at them before they are copied.
   */
  read(visit: (batch: Uint8Array, header: BatchHeader) => void | false): number {
    const segment = this.segment;
    if (segment === null) return 0;
    const fitting = segment.slotAfterPosition(segment.positionOf(this.#slot) + this.#readBytes) - 1;
    const end = Math.min(segment.batchCount, Math.max(this.#slot + 1, fitting));
    const bytes = this.#slot < end ? segment.readSlots(this.#slot, end) : new Uint8Array(0);
    this.#slot = end;
    if (end === segment.batchCount) {
      this.#at++;
      this.#slot = 0;
    }
    forEachBatch(bytes, (header, position) => {
      if (!isBatchValid(bytes, position)) throw new DecodeError(`the batch at ${header.baseOffset} has not the CRC of its bytes`);
      return visit(bytes.subarray(position, position + header.sizeInBytes), header);
    });
    return bytes.length;
  }
}
