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
 */
import type { TraceEventOf } from '../core/trace.ts';
import type { Occurrence } from '../sim/observe.ts';
import type { CheckContext } from './judge.ts';
import type { BatchList } from './internal/batches.ts';
import { type ClusterGhost, ghostOf, type PartitionGhost, type ReplicaGhost } from './internal/ghost.ts';

interface Producer {
  readonly id: number;
  readonly epoch: number;
}

/** Where what a replica knows of producers began. */
interface Beginning {
  readonly from: number;
  /** Of the batches below, it knows the last one of each producer. */
  readonly hasSnapshot: boolean;
}

/** Everything of a producer's epoch from an offset on may come again. */
interface Forgotten {
  readonly partition: PartitionGhost;
  readonly producer: Producer;
  readonly from: number;
}

export class ForgottenBatches {
  readonly #ghost: ClusterGhost;
  /** By node and partition. */
  readonly #beginnings = new Map<string, Beginning>();
  readonly #forgotten: Forgotten[] = [];

  constructor(context: CheckContext) {
    this.#ghost = ghostOf(context);
    context.on('producer-state-rebuilt', ({ partition, snapshotOffset, from }, at) => {
      this.#beginnings.set(`${at.nodeId}/${partition}`, { from, hasSnapshot: snapshotOffset !== null });
    });
    context.on('sequence-rejected', (event, at) => this.#onRejected(event, at));
  }

  /** May the record at this offset be in the partition once more? Without a topic id: in that of any topic of the name. */
  has(partition: string, offset: number, topicId: string | null = null): boolean {
    return this.#forgotten.some(({ partition: ghost, producer, from }) => {
      if (ghost.name !== partition || offset < from) return false;
      if (topicId !== null && ghost.topicId !== topicId) return false;
      const { batches } = ghost.ledger;
      const at = batches.indexOf(offset);
      if (at >= batches.count) return false;
      const origin = ghost.origins.get(batches.epochs[at] as number);
      const found = origin?.find(batches.bases[at] as number) ?? -1;
      return origin !== undefined && origin.producerIds[found] === producer.id && origin.producerEpochs[found] === producer.epoch;
    });
  }

  #onRejected({ partition, producerId, producerEpoch, baseSequence }: TraceEventOf<'sequence-rejected'>, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, partition);
    if (replica === undefined) return;
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

interface Batch {
  readonly base: number;
  readonly epoch: number;
  readonly sequence: number;
}

/** A producer's batches in a replica's log below an offset, with those that were removed from its beginning: they had been committed. */
function* batchesBelow({ log, partition }: ReplicaGhost, offset: number, producerId: number): Iterable<Batch> {
  yield* batchesOf(partition, partition.ledger.batches, Math.min(offset, log.start), producerId);
  yield* batchesOf(partition, log, offset, producerId);
}

function* batchesOf(partition: PartitionGhost, list: BatchList, offset: number, producerId: number): Iterable<Batch> {
  for (let at = 0; at < list.count && (list.bases[at] as number) < offset; at++) {
    const base = list.bases[at] as number;
    const origin = partition.origins.get(list.epochs[at] as number);
    const found = origin?.find(base) ?? -1;
    if (origin?.producerIds[found] !== producerId) continue;
    yield { base, epoch: origin.producerEpochs[found] as number, sequence: origin.baseSequences[found] as number };
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
