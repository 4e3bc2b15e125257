/** Batches that wait to be sent, a queue per partition: when one is ready, which may be drained, and which have expired. */
import { invariant } from '../../../ports/invariant.ts';
import type { Random } from '../../environment.ts';
import { takeFirst } from '../../queues.ts';
import type { Backoff } from '../backoff.ts';
import type { ClusterMetadata } from '../metadata.ts';
import { BufferPool } from './buffer-pool.ts';
import { ProducerBatch } from './producer-batch.ts';
import type { BatchRecord } from './producer-batch.ts';
import { BATCH_OVERHEAD_BYTES } from './record-size.ts';
import { sequenceDistance } from './sequence.ts';
import type { Sequences } from './sequences.ts';

export interface AccumulatorOptions {
  readonly batchSizeBytes: number;
  readonly lingerMs: number;
  readonly deliveryTimeoutMs: number;
  readonly bufferMemoryBytes: number;
}

interface PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly batches: ProducerBatch[];
}

export interface ReadyCheck {
  /** Nodes that have something to be sent, in order of their partitions. */
  readonly nodes: readonly number[];
  /** Milliseconds until more may become ready by time alone. */
  readonly nextCheckMs: number;
  readonly leaderUnknown: boolean;
}

export class RecordAccumulator {
  readonly #random: Random;
  readonly #options: AccumulatorOptions;
  readonly #metadata: ClusterMetadata;
  readonly #sequences: Sequences | null;
  readonly #backoff: Backoff;
  readonly #queues = new Map<string, PartitionQueue>();
  readonly #muted = new Set<string>();
  readonly #retryDelays = new Map<ProducerBatch, number>();
  /** Batches whose records are not completed. */
  readonly #incomplete = new Set<ProducerBatch>();
  readonly pool: BufferPool;
  /** Flushes under way, and closing: whatever is there is ready. */
  urgency = 0;
  #drainStart = 0;

  constructor(
    random: Random,
    options: AccumulatorOptions,
    metadata: ClusterMetadata,
    sequences: Sequences | null,
    backoff: Backoff,
  ) {
    this.#random = random;
    this.#options = options;
    this.#metadata = metadata;
    this.#sequences = sequences;
    this.#backoff = backoff;
    this.pool = new BufferPool(options.bufferMemoryBytes);
  }

  get incomplete(): ReadonlySet<ProducerBatch> {
    return this.#incomplete;
  }

  /** Bytes that must be free in the pool to append this record; 0 if it fits the open batch. */
  needBytes(topicPartitionKey: string, record: BatchRecord): number {
    const last = this.#queues.get(topicPartitionKey)?.batches.at(-1);
    const fits = last !== undefined && !last.closed && last.sizeBytes + record.sizeBytes <= this.#options.batchSizeBytes;
    return fits ? 0 : Math.max(this.#options.batchSizeBytes, BATCH_OVERHEAD_BYTES + record.sizeBytes);
  }

  /** Appends a record; null when the pool has too little memory. `readyNow`: a batch became full. */
  append(
    key: string,
    topic: string,
    partition: number,
    record: BatchRecord,
    nowMs: number,
  ): { readyNow: boolean; batch: ProducerBatch } | null {
    let queue = this.#queues.get(key);
    const last = queue?.batches.at(-1);
    if (last?.tryAppend(record) === true) return { readyNow: last.isFull, batch: last };
    const bytes = Math.max(this.#options.batchSizeBytes, BATCH_OVERHEAD_BYTES + record.sizeBytes);
    if (!this.pool.tryTake(bytes)) return null;
    if (queue === undefined) {
      queue = { topic, partition, batches: [] };
      this.#queues.set(key, queue);
    }
    const batch = new ProducerBatch(topic, partition, nowMs, this.#options.batchSizeBytes, bytes, false);
    batch.tryAppend(record);
    if (this.#random.sometimes('client/producer/early-batch')) batch.closed = true;
    queue.batches.push(batch);
    this.#incomplete.add(batch);
    return { readyNow: batch.isFull || queue.batches.length > 1, batch };
  }

  mute(key: string): void {
    invariant(!this.#muted.has(key), () => `${key}: a second batch is on its way, where order is guaranteed`);
    this.#muted.add(key);
  }

  unmute(key: string): void {
    const wasMuted = this.#muted.delete(key);
    invariant(wasMuted, () => `${key}: the answer for a batch, and none was on its way`);
  }

  /** Puts a batch that is to be retried back: in order of sequence, or in front. */
  reenqueue(batch: ProducerBatch): void {
    this.#retryDelays.set(batch, this.#backoff.delayMs(batch.attempts));
    this.#insert(batch);
  }

  /** Replaces a batch that was too large by smaller ones. Each keeps its part of the sequence. */
  splitAndReenqueue(batch: ProducerBatch): readonly ProducerBatch[] {
    const limit = batch.isSplit
      ? Math.max(...batch.records.map((record) => BATCH_OVERHEAD_BYTES + record.sizeBytes), Math.floor(batch.sizeBytes / 2))
      : this.#options.batchSizeBytes;
    const parts = batch.split(limit);
    for (const part of parts) this.#incomplete.add(part);
    return parts;
  }

  /** Puts the parts of a split batch, which have their sequences, in front of the queue. */
  enqueueParts(parts: readonly ProducerBatch[]): void {
    for (const part of parts.toReversed()) this.#insert(part);
  }

  /** Every record of the batch is completed. */
  completed(batch: ProducerBatch): void {
    this.#incomplete.delete(batch);
    this.#retryDelays.delete(batch);
  }

  /** Gives the batch's memory back; the caller makes sure that no request still refers to it. */
  deallocate(batch: ProducerBatch): void {
    if (batch.reservedBytes > 0) this.pool.release(batch.reservedBytes);
  }

  ready(nowMs: number): ReadyCheck {
    const nodes = new Set<number>();
    let nextCheckMs = Number.POSITIVE_INFINITY;
    let leaderUnknown = false;
    const exhausted = this.pool.hasWaiters;
    for (const [key, queue] of this.#queues) {
      const batch = queue.batches[0];
      if (batch === undefined) continue;
      const leader = this.#metadata.leader(queue.topic, queue.partition);
      if (leader === undefined) {
        leaderUnknown = true;
        continue;
      }
      if (this.#muted.has(key)) continue;
      const waitMs = this.#waitMs(queue, batch, exhausted, nowMs);
      if (waitMs <= 0) nodes.add(leader.nodeId);
      else nextCheckMs = Math.min(nextCheckMs, waitMs);
    }
    return { nodes: [...nodes], nextCheckMs, leaderUnknown };
  }

  /** Takes at most one batch of each partition led by the node, up to `maxBytes` in all. */
  drain(nodeId: number, maxBytes: number, nowMs: number): ProducerBatch[] {
    const drained: ProducerBatch[] = [];
    let bytes = 0;
    const queues = [...this.#queues.values()];
    // Begin each time at another partition, so that none starves.
    const start = queues.length === 0 ? 0 : this.#drainStart++ % queues.length;
    const exhausted = this.pool.hasWaiters;
    for (let i = 0; i < queues.length; i++) {
      const queue = queues[(start + i) % queues.length] as PartitionQueue;
      const batch = queue.batches[0];
      if (batch === undefined || this.#muted.has(batch.key)) continue;
      if (this.#metadata.leader(queue.topic, queue.partition)?.nodeId !== nodeId) continue;
      if (this.#waitMs(queue, batch, exhausted, nowMs) > 0) continue;
      if (bytes + batch.sizeBytes > maxBytes && drained.length > 0) break;
      if (drained.length > 0 && this.#random.sometimes('client/producer/small-request')) break;
      if (this.#sequences !== null && !this.#sequences.mayDrain(batch)) continue;
      takeFirst(queue.batches);
      this.#retryDelays.delete(batch);
      batch.closed = true;
      if (this.#sequences !== null && !batch.hasSequence) this.#sequences.assignSequence(batch);
      bytes += batch.sizeBytes;
      drained.push(batch);
    }
    return drained;
  }

  /** Takes the batches out that could not be delivered in time. */
  takeExpired(nowMs: number): ProducerBatch[] {
    const expired: ProducerBatch[] = [];
    // Retries may stand in any order when there are no sequences: look at all of them.
    for (const queue of this.#queues.values())
      for (let index = 0; index < queue.batches.length; ) {
        const batch = queue.batches[index] as ProducerBatch;
        const isExpired = nowMs - batch.createdMs >= this.#options.deliveryTimeoutMs;
        if (isExpired) expired.push(...queue.batches.splice(index, 1));
        else index++;
      }
    return expired;
  }

  /** Milliseconds until the oldest waiting batch expires. */
  nextExpiryMs(nowMs: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const batch of this.#incomplete) next = Math.min(next, batch.createdMs + this.#options.deliveryTimeoutMs - nowMs);
    return next;
  }

  /** Takes everything out that is still queued. */
  takeAll(): ProducerBatch[] {
    const all = [...this.#queues.values()].flatMap((queue) => queue.batches.splice(0));
    this.#retryDelays.clear();
    return all;
  }

  /** Takes the batches out that have no place in a sequence yet: no attempt was made to send them. */
  takeUnsent(): ProducerBatch[] {
    const unsent: ProducerBatch[] = [];
    for (const queue of this.#queues.values()) {
      unsent.push(...queue.batches.filter((batch) => !batch.hasSequence));
      queue.batches.splice(0, queue.batches.length, ...queue.batches.filter((batch) => batch.hasSequence));
    }
    return unsent;
  }

  #waitMs(queue: PartitionQueue, batch: ProducerBatch, exhausted: boolean, nowMs: number): number {
    const { epoch } = this.#metadata.currentLeader(queue.topic, queue.partition);
    const leaderIsNew = epoch >= 0 && epoch !== batch.attemptedEpoch;
    if (batch.attempts > 0 && !leaderIsNew) return batch.lastAttemptMs + (this.#retryDelays.get(batch) ?? 0) - nowMs;
    const full = queue.batches.length > 1 || batch.isFull;
    const isUrgent = this.urgency > 0 || this.#sequences?.isCompleting === true;
    if (full || exhausted || isUrgent || batch.attempts > 0) return 0;
    return batch.createdMs + this.#options.lingerMs - nowMs;
  }

  #insert(batch: ProducerBatch): void {
    const queue = this.#queues.get(batch.key);
    if (queue === undefined) {
      this.#queues.set(batch.key, { topic: batch.topic, partition: batch.partition, batches: [batch] });
      return;
    }
    let index = 0;
    if (batch.hasSequence) {
      while (index < queue.batches.length) {
        const other = queue.batches[index] as ProducerBatch;
        if (!other.hasSequence || sequenceDistance(batch.baseSequence, other.baseSequence) > 0) break;
        index++;
      }
    }
    queue.batches.splice(index, 0, batch);
  }
}
