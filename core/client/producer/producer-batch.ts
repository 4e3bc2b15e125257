/** Records for one partition that are sent, and succeed or fail, together. */
import type { Compression } from '../../../ports/compression.ts';
import type { CompressionType, RecordInput } from '../../protocol/records.ts';
import { encodeBatch } from '../../protocol/records.ts';
import type { KafkaError } from '../errors.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import { BATCH_OVERHEAD_BYTES } from './record-size.ts';
import { incrementSequence, NO_SEQUENCE } from './sequence.ts';

/** What the log says of a record that was written. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 with acks=0. */
  readonly offset: number;
  /** The broker's append time if the topic has one, else the record's own. Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface BatchRecord {
  readonly record: RecordInput;
  readonly sizeBytes: number;
  readonly done: (error: KafkaError | null, metadata: RecordMetadata | null) => void;
}

export class ProducerBatch {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly createdMs: number;
  readonly records: BatchRecord[] = [];
  readonly isSplit: boolean;
  /** Bytes taken from the buffer pool for it. */
  readonly reservedBytes: number;
  readonly #limitBytes: number;
  sizeBytes = BATCH_OVERHEAD_BYTES;
  /** No more records are taken. */
  closed = false;
  attempts = 0;
  lastAttemptMs = 0;
  /** The leader epoch known at the last attempt: another one ends the back-off. */
  attemptedEpoch = -1;
  /** The topic that had the name at the last attempt; null: its id was not known. */
  attemptedTopicId: string | null = null;
  /** A request with it is on its way; its answer is not known. */
  onWire = false;
  /** An earlier attempt may be in the log, or may still get there. */
  ambiguous = false;
  /** It has got another place in the sequence since it was first sent. */
  isRenumbered = false;
  producerId = -1;
  producerEpoch = -1;
  baseSequence = NO_SEQUENCE;
  #bytes: Uint8Array | null = null;
  #done = false;

  constructor(topic: string, partition: number, createdMs: number, limitBytes: number, reservedBytes: number, isSplit: boolean) {
    this.topic = topic;
    this.partition = partition;
    this.key = topicPartitionKey(topic, partition);
    this.createdMs = createdMs;
    this.#limitBytes = limitBytes;
    this.reservedBytes = reservedBytes;
    this.isSplit = isSplit;
  }

  get isDone(): boolean {
    return this.#done;
  }

  get inRetry(): boolean {
    return this.attempts > 0 && !this.onWire;
  }

  get hasSequence(): boolean {
    return this.baseSequence !== NO_SEQUENCE;
  }

  get lastSequence(): number {
    return incrementSequence(this.baseSequence, this.records.length - 1);
  }

  get isFull(): boolean {
    return this.closed || this.sizeBytes >= this.#limitBytes;
  }

  /** Appends if there is room; a batch always has room for its first record. */
  tryAppend(record: BatchRecord): boolean {
    if (this.closed) return false;
    if (this.records.length > 0 && this.sizeBytes + record.sizeBytes > this.#limitBytes) {
      this.closed = true;
      return false;
    }
    this.records.push(record);
    this.sizeBytes += record.sizeBytes;
    return true;
  }

  /** Gives the batch its place in the producer's sequence; what was encoded before is dropped. */
  setSequence(producerId: number, producerEpoch: number, baseSequence: number): void {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.baseSequence = baseSequence;
    this.#bytes = null;
  }

  /** The encoded batch; the bytes are never written to again, whatever becomes of the batch. */
  bytes(compression: CompressionType, codecs: Compression, isTransactional: boolean): Uint8Array {
    this.closed = true;
    const { producerId, producerEpoch, baseSequence } = this;
    this.#bytes ??= encodeBatch(
      this.records.map((entry) => entry.record),
      this.hasSequence ? { compression, producerId, producerEpoch, baseSequence, isTransactional } : { compression },
      codecs,
    );
    return this.#bytes;
  }

  /** Completes every record with success. Only the first completion counts. */
  succeed(baseOffset: number, logAppendTimeMs: number): boolean {
    if (this.#done) return false;
    this.#done = true;
    for (let index = 0; index < this.records.length; index++) {
      const entry = this.records[index] as BatchRecord;
      entry.done(null, {
        topic: this.topic,
        partition: this.partition,
        offset: baseOffset < 0 ? -1 : baseOffset + index,
        timestamp: logAppendTimeMs >= 0 ? logAppendTimeMs : entry.record.timestamp,
      });
    }
    return true;
  }

  /** Completes every record with failure; `errorOf` may tell records apart. Only the first completion counts. */
  fail(errorOf: (index: number) => KafkaError): boolean {
    if (this.#done) return false;
    this.#done = true;
    for (let index = 0; index < this.records.length; index++) (this.records[index] as BatchRecord).done(errorOf(index), null);
    return true;
  }

  /** Hands its records over to smaller batches of at most `limitBytes` each. It is done itself without telling anyone. */
  split(limitBytes: number): ProducerBatch[] {
    this.#done = true;
    const parts: ProducerBatch[] = [];
    let part: ProducerBatch | undefined;
    for (const record of this.records) {
      if (part === undefined || !part.tryAppend(record)) {
        part = new ProducerBatch(this.topic, this.partition, this.createdMs, limitBytes, 0, true);
        part.ambiguous = this.ambiguous;
        part.tryAppend(record);
        parts.push(part);
      }
    }
    for (const each of parts) each.closed = true;
    return parts;
  }
}
