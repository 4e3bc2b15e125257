/**
 * Batches that a broker does not know to be in the log, though the partition holds or held them, as Kafka permits. The repetition of such
 * a batch, or of the one before it, it takes for a gap, OUT_OF_ORDER_SEQUENCE_NUMBER. The producer, whose next batch that is, raises its
 * epoch and sends everything in flight again from sequence 0 (TransactionManager.canRetry, KIP-360): from the batch in question on, its
 * records may be in the log once more.
 *
 * It may have forgotten the batch. A broker knows a producer's last five batches, but only while it has seen them: one that begins with
 * a snapshot (a restart, a truncation) knows the last batch of each producer alone (ProducerStateManager.writeSnapshot), and one whose
 * log begins anew behind the leader's start knows none (ProducerStateManager.truncateFullyAndStartAt). Whether retention has removed
 * the batch meanwhile makes no difference.
 *
 * Or the log begins in mid-sequence: of a producer that it does not know it takes any sequence (KAFKA-14359, open). A topic that is made
 * again, or a leader that never had the first batches, may take a later batch of those in flight first, and the earlier ones never.
 *
 * Or another topic rejects it: Produce names topics, not their ids (below version 13), and a broker that does not know yet that a topic
 * of the name is gone judges the sequence by the log of that one. What the living topic has of it already comes again.
 */
import type { TraceEventOf } from '../core/trace.ts';
import type { Occurrence } from '../sim/observe.ts';
import type { CheckContext } from './judge.ts';
import { type ClusterGhost, ghostOf } from './internal/ghost.ts';
import type { PartitionGhost, ReplicaGhost } from './internal/replica-ghost.ts';
import { batchesBelow, originOf, type ProducerOfBatch } from './producer-batches.ts';

/** Where what a replica knows of producers began. */
interface Beginning {
  readonly from: number;
  /** Of the batches below, it knows the last one of each producer. */
  readonly hasSnapshot: boolean;
}

/** A batch of the name's partition that was rejected by the log of one topic; others may have it, and those in flight behind it. */
interface Rejection {
  readonly partition: PartitionGhost;
  readonly producer: ProducerOfBatch;
  readonly sequence: number;
}

/** Everything of a producer's epoch from an offset on may come again. */
interface Forgotten {
  readonly partition: PartitionGhost;
  readonly producer: ProducerOfBatch;
  readonly from: number;
}

export class ForgottenBatches {
  readonly #ghost: ClusterGhost;
  /** By node and partition. */
  readonly #beginnings = new Map<string, Beginning>();
  readonly #forgotten: Forgotten[] = [];
  readonly #rejections: Rejection[] = [];

  constructor(context: CheckContext) {
    this.#ghost = ghostOf(context);
    context.on('producer-state-rebuilt', ({ partition, snapshotOffset, from }, at) => {
      this.#beginnings.set(`${at.nodeId}/${partition}`, { from, hasSnapshot: snapshotOffset !== null });
    });
    context.on('sequence-rejected', (event, at) => this.#onRejected(event, at));
  }

  /** May the record at this offset be in the partition once more? Without a topic id: in that of any topic of the name. */
  has(partition: string, offset: number, topicId: string | null = null): boolean {
    for (const ghost of this.#ghost.partitions.values()) {
      if (ghost.name !== partition || (topicId !== null && ghost.topicId !== topicId)) continue;
      const batch = originOf(ghost, offset);
      if (batch === null) continue;
      const isOf = (producer: ProducerOfBatch): boolean =>
        producer.id === batch.producerId && producer.epoch === batch.producerEpoch;
      if (this.#forgotten.some((each) => each.partition === ghost && offset >= each.from && isOf(each.producer))) return true;
      const isElsewhere = (each: Rejection): boolean =>
        each.partition !== ghost && each.partition.name === partition && isOf(each.producer) && batch.sequence >= each.sequence;
      if (this.#rejections.some(isElsewhere)) return true;
    }
    return false;
  }

  #onRejected({ partition, producerId, producerEpoch, baseSequence }: TraceEventOf<'sequence-rejected'>, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, partition);
    if (replica === undefined) return;
    const producer = { id: producerId, epoch: producerEpoch };
    this.#rejections.push({ partition: replica.partition, producer, sequence: baseSequence });
    const [first] = batchesBelow(replica, Number.MAX_SAFE_INTEGER, producerId);
    if (first !== undefined && first.epoch === producerEpoch && first.sequence > baseSequence)
      return this.#forget(replica, producerId, producerEpoch, first.base);
    const beginning = this.#beginnings.get(`${at.nodeId}/${partition}`);
    if (beginning === undefined) return;
    let rejected: number | null = null;
    for (const batch of batchesBelow(replica, beginning.from, producerId)) {
      // One that is not the producer's last in the snapshot.
      if (rejected !== null) return this.#forget(replica, producerId, producerEpoch, rejected);
      if (batch.epoch === producerEpoch && batch.sequence === baseSequence) rejected = batch.base;
    }
    if (rejected !== null && !beginning.hasSnapshot) this.#forget(replica, producerId, producerEpoch, rejected);
  }

  #forget({ partition }: ReplicaGhost, id: number, epoch: number, from: number): void {
    this.#forgotten.push({ partition, producer: { id, epoch }, from });
  }
}

const ofRuns = new WeakMap<CheckContext, ForgottenBatches>();

/** Those of the run. */
export function forgottenBatchesOf(context: CheckContext): ForgottenBatches {
  let forgotten = ofRuns.get(context);
  if (forgotten === undefined) {
    forgotten = new ForgottenBatches(context);
    ofRuns.set(context, forgotten);
  }
  return forgotten;
}
