/**
 * One partition's part of a Fetch answer, read batch by batch as the application polls. With read_committed, records of
 * aborted transactions are left out: a producer id is in the aborted set from its transaction's first offset to its ABORT
 * marker.
 */
import { greater } from '../../../ports/brand.ts';
import type { Compression } from '../../../ports/compression.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { FetchResponseAbortedTransaction, FetchResponsePartitionData } from '../../protocol/messages/fetch-response.ts';
import { type LeaderEpoch, NONE, Offset } from '../../protocol/numbers.ts';
import { decodeControlType, decodeRecords, isBatchValid, readBatchHeader } from '../../protocol/records.ts';
import type { BatchHeader, DecodedRecord, TimestampType } from '../../protocol/records.ts';
import { KafkaError } from '../errors.ts';

export interface FetchedRecord {
  readonly record: DecodedRecord;
  readonly leaderEpoch: LeaderEpoch;
  readonly timestampType: TimestampType;
  /** Of which topic the broker read it; null: it was asked by name, and nobody knows. */
  readonly topicId: string | null;
}

/** Prefix of a batch up to and with its length field. */
const LENGTH_END = 12;
const MINIMUM_BATCH_BYTES = 61;

export class CompletedFetch {
  readonly key: string;
  /** The topic that was asked for; null: its id is not known. */
  readonly topicId: string | null;
  /** The broker looked for the topic by its id (Fetch from version 13 on, KIP-516), not by its name. */
  readonly #isById: boolean;
  readonly fetchOffset: Offset;
  readonly data: FetchResponsePartitionData;
  readonly #bytes: Uint8Array;
  readonly #readCommitted: boolean;
  readonly #checkCrcs: boolean;
  readonly #codecs: Compression;
  /** Aborted transactions not begun yet, by first offset. */
  readonly #aborted: FetchResponseAbortedTransaction[];
  readonly #abortedProducers = new Set<number>();
  #position = 0;
  #records: readonly DecodedRecord[] = [];
  #index = 0;
  #epoch: LeaderEpoch = NONE;
  #timestampType: TimestampType = 'create';
  #batchEnd = Offset(0);
  /** The offset after everything read or skipped so far. */
  nextOffset: Offset;
  /** The leader epoch of the last batch read; null: none yet. */
  lastEpoch: LeaderEpoch | null = null;

  constructor(
    key: string,
    topicId: string | null,
    isById: boolean,
    fetchOffset: Offset,
    data: FetchResponsePartitionData,
    options: { readonly readCommitted: boolean; readonly checkCrcs: boolean },
    codecs: Compression,
  ) {
    this.key = key;
    this.topicId = topicId;
    this.#isById = isById;
    this.fetchOffset = fetchOffset;
    this.data = data;
    this.nextOffset = fetchOffset;
    this.#bytes = data.records ?? new Uint8Array(0);
    this.#readCommitted = options.readCommitted;
    this.#checkCrcs = options.checkCrcs;
    this.#codecs = codecs;
    this.#aborted = (data.abortedTransactions ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** The next record to return, or null at the end. Throws KafkaError CORRUPT_MESSAGE. */
  next(): FetchedRecord | null {
    for (;;) {
      const record = this.#records[this.#index];
      if (record === undefined) {
        if (!this.#nextBatch()) return null;
        continue;
      }
      this.#index++;
      if (record.offset < this.fetchOffset) continue;
      this.nextOffset = Offset(record.offset + 1);
      if (this.#index === this.#records.length) this.#endBatch();
      const topicId = this.#isById ? this.topicId : null;
      return { record, leaderEpoch: this.#epoch, timestampType: this.#timestampType, topicId };
    }
  }

  #endBatch(): void {
    // Compaction may have removed the last records of a batch: its header still says where it ended.
    this.nextOffset = greater(this.nextOffset, this.#batchEnd);
    this.#records = [];
    this.#index = 0;
  }

  #nextBatch(): boolean {
    if (this.#records.length > 0) this.#endBatch();
    const bytes = this.#bytes;
    if (bytes.length - this.#position < MINIMUM_BATCH_BYTES) return false;
    const length = new DataView(bytes.buffer, bytes.byteOffset + this.#position).getInt32(8) + LENGTH_END;
    if (bytes.length - this.#position < length) return false;
    const header = readBatchHeader(bytes, this.#position);
    if (this.#checkCrcs && !isBatchValid(bytes, this.#position))
      throw new KafkaError(
        ErrorCode.CORRUPT_MESSAGE,
        `${this.key}: the batch at offset ${header.baseOffset} has a wrong checksum`,
      );
    this.#epoch = header.leaderEpoch;
    this.#timestampType = header.timestampType;
    this.lastEpoch = header.leaderEpoch >= 0 ? header.leaderEpoch : this.lastEpoch;
    this.#batchEnd = header.nextOffset;
    const skip = this.#isSkipped(header);
    this.#records = skip ? [] : decodeRecords(bytes, this.#position, this.#codecs);
    this.#index = 0;
    this.#position += header.sizeInBytes;
    if (this.#records.length === 0) this.nextOffset = greater(this.nextOffset, header.nextOffset);
    return true;
  }

  #isSkipped(header: BatchHeader): boolean {
    if (this.#readCommitted && header.producerId >= 0) {
      this.#beginAborted(header.lastOffset);
      if (header.isControl) {
        // Of an old marker a cleaner may have left the batch alone, without its record (KIP-534).
        const [marker] = decodeRecords(this.#bytes, this.#position, this.#codecs);
        if (marker !== undefined && decodeControlType(marker.key) === 'ABORT') this.#abortedProducers.delete(header.producerId);
      } else if (header.isTransactional && this.#abortedProducers.has(header.producerId)) return true;
    }
    return header.isControl;
  }

  #beginAborted(upTo: number): void {
    while (this.#aborted.length > 0 && (this.#aborted[0] as FetchResponseAbortedTransaction).firstOffset <= upTo)
      this.#abortedProducers.add((this.#aborted.shift() as FetchResponseAbortedTransaction).producerId);
  }
}
