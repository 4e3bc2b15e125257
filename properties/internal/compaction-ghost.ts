/**
 * What cleaners have made of a partition's batches, on whatever replica. Replicas differ in it, and copy it from each other: a batch that is missing,
 * or is not the one that was written, is known to be a cleaner's work by what cleaners were seen to do. Whether they may is S5's and S6's to say.
 */
import type { BatchFacts } from './batches.ts';

/** What a cleaner left of a batch. */
export interface CleanedCopy {
  readonly recordCount: number;
  readonly bytes: Uint8Array;
}

export class CompactionGhost {
  /** Base offsets of batches of which somebody has left nothing. */
  readonly #removed = new Set<number>();
  readonly #removedRecords = new Set<number>();
  /** By base offset and CRC. */
  readonly #copies = new Map<number, Map<number, CleanedCopy>>();

  hasRemoved(baseOffset: number): boolean {
    return this.#removed.has(baseOffset);
  }

  copy(baseOffset: number, crc: number): CleanedCopy | undefined {
    return this.#copies.get(baseOffset)?.get(crc);
  }

  removed(baseOffset: number): void {
    this.#removed.add(baseOffset);
  }

  removedRecord(offset: number): void {
    this.#removedRecords.add(offset);
  }

  /** Has anybody removed the record at an offset? Others may have it still. */
  hasRemovedRecord(offset: number): boolean {
    return this.#removedRecords.has(offset);
  }

  copied({ baseOffset, crc, recordCount }: BatchFacts, bytes: Uint8Array): void {
    const copies = this.#copies.get(baseOffset) ?? new Map<number, CleanedCopy>();
    this.#copies.set(baseOffset, copies);
    copies.set(crc, { recordCount, bytes });
  }
}
