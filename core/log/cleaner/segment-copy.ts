/**
 * Copies neighbouring segments into one, without what compaction removes, and puts the copy in their place (Cleaner.cleanSegments). It is
 * `.cleaned` while it is written and `.swap` from when it is durable until its originals are gone: the next start throws the one away, and
 * completes the other (recovery.ts).
 */
import type { Disk, SyncCallback } from '../../../ports/disk.ts';
import type { Offset } from '../../protocol/numbers.ts';
import { type BatchHeader, readBatchHeader } from '../../protocol/records.ts';
import { CLEANED_SUFFIX, SWAP_SUFFIX } from '../file-names.ts';
import type { LogSegments } from '../log-segments.ts';
import type { ProducerSnapshots } from '../producer-snapshots.ts';
import type { Segment } from '../segment.ts';
import type { AbortedTxn } from '../txn-index.ts';
import { BatchSource } from './batch-source.ts';
import { type RetentionRules, retainedBatch } from './batch-retention.ts';

export class SegmentCopy {
  readonly #segments: LogSegments;
  readonly #originals: readonly [Segment, ...Segment[]];
  readonly #rules: RetentionRules;
  readonly #abortedIn: (segment: Segment) => readonly AbortedTxn[];
  readonly #source: BatchSource;
  readonly #cleaned: Segment;
  readonly #headers: BatchHeader[] = [];
  /** The segment whose aborted transactions are expected. */
  #reached: Segment | null = null;

  /** Throws DiskError. */
  constructor(
    segments: LogSegments,
    originals: readonly [Segment, ...Segment[]],
    rules: RetentionRules,
    readBytes: number,
    abortedIn: (segment: Segment) => readonly AbortedTxn[],
  ) {
    this.#segments = segments;
    this.#originals = originals;
    this.#rules = rules;
    this.#abortedIn = abortedIn;
    const [{ baseOffset }] = originals;
    this.#source = new BatchSource(originals, baseOffset, readBytes);
    this.#cleaned = segments.openCleaned(baseOffset, this.#last.createdMs);
  }

  get baseOffset(): Offset {
    return this.#originals[0].baseOffset;
  }

  /** Where what comes behind the originals begins. */
  get endOffset(): Offset {
    const { all } = this.#segments;
    return (all[all.indexOf(this.#last) + 1] as Segment).baseOffset;
  }

  /** All batches of it. To be asked before it has its swap names. */
  records(): Uint8Array {
    return this.#cleaned.readSlots(0, this.#cleaned.batchCount);
  }

  /** It has batches of several of its originals. */
  get isMerged(): boolean {
    const [, second] = this.#originals;
    return second !== undefined && this.#cleaned.endOffset > second.baseOffset;
  }

  get #last(): Segment {
    return this.#originals.at(-1) as Segment;
  }

  get isDone(): boolean {
    return this.#source.segment === null;
  }

  /** The transaction's marker stays in what is written. */
  enterAborted(transaction: AbortedTxn): void {
    this.#cleaned.txnIndex.append(transaction);
  }

  /** Copies some more. How many bytes were read and written. Throws DiskError, DecodeError. */
  copy(): number {
    const { segment } = this.#source;
    if (segment !== null && segment !== this.#reached) {
      this.#reached = segment;
      this.#rules.transactions.expect(this.#abortedIn(segment));
    }
    let written = 0;
    const read = this.#source.read((batch) => {
      const retained = retainedBatch(batch, this.#rules);
      if (retained === null) return;
      const header = readBatchHeader(retained);
      this.#cleaned.append(header, retained);
      this.#cleaned.indexLast(header);
      this.#headers.push(header);
      written += retained.length;
    });
    return read + written;
  }

  /** Makes the copy durable; `synced` is called when all of it is, or with each error. */
  sync(synced: SyncCallback): void {
    const cleaned = this.#cleaned;
    cleaned.becomeInactive();
    const files = [cleaned.log, cleaned.offsetIndex.file, cleaned.timeIndex.file];
    if (cleaned.txnIndex.file !== null) files.push(cleaned.txnIndex.file);
    let left = files.length;
    for (const file of files) {
      file.sync((error) => {
        left--;
        if (error !== null || left === 0) synced(error);
      });
    }
  }

  /** From `.cleaned` to `.swap`. The new names. Throws DiskError. */
  makeSwap(disk: Disk): readonly string[] {
    // The records come first: once they have their name, the next start takes the indexes for theirs.
    const paths = this.#cleaned.paths.reverse();
    this.#cleaned.close();
    return paths.map((path) => {
      const swap = path.slice(0, -CLEANED_SUFFIX.length) + SWAP_SUFFIX;
      disk.rename(path, swap);
      return swap;
    });
  }

  /** Takes the place of the originals. Throws DiskError. */
  replaceOriginals(swapped: readonly string[], snapshots: ProducerSnapshots): Segment {
    return this.#segments.replace(this.#originals, swapped, this.#headers, snapshots);
  }

  /** Removes what is written so far. Throws DiskError. */
  remove(disk: Disk): void {
    const { paths } = this.#cleaned;
    this.#cleaned.close();
    for (const path of paths) disk.remove(path);
  }

  close(): void {
    this.#cleaned.close();
  }
}
