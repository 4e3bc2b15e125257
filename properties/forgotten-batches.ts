/**
 * Batches that a broker has legally forgotten, though its log holds them. A broker knows a producer's last five batches, but its
 * snapshots hold the last one alone (ProducerStateManager.writeSnapshot): one that begins with a snapshot (a restart, a truncation)
 * takes the repetition of any batch before that for a gap, OUT_OF_ORDER_SEQUENCE_NUMBER. The producer, whose next batch it is,
 * raises its epoch and sends everything in flight again from sequence 0 (TransactionManager.canRetry, KIP-360): from the forgotten
 * batch on, its records may be in the log once more.
 */
import type { TraceEventOf } from '../core/trace.ts';
import type { CheckContext, Occurrence } from '../sim/observe.ts';
import { type ClusterGhost, ghostOf, type PartitionGhost, type ReplicaGhost } from './internal/ghost.ts';

interface Producer {
  readonly id: number;
  readonly epoch: number;
}

/** Everything of a producer's epoch from an offset on may come again. */
interface Forgotten {
  readonly partition: PartitionGhost;
  readonly producer: Producer;
  readonly from: number;
}

export class ForgottenBatches {
  readonly #ghost: ClusterGhost;
  /** By node and partition, where the snapshot ended that its producer state began with. */
  readonly #snapshots = new Map<string, number>();
  readonly #forgotten: Forgotten[] = [];

  constructor(context: CheckContext) {
    this.#ghost = ghostOf(context);
    context.on('producer-state-rebuilt', ({ partition, snapshotOffset }, at) => {
      this.#snapshots.set(`${at.nodeId}/${partition}`, snapshotOffset ?? 0);
    });
    context.on('sequence-rejected', (event, at) => this.#onRejected(event, at));
  }

  /** May the record at this offset be in the partition once more? */
  has(partition: string, offset: number): boolean {
    return this.#forgotten.some(({ partition: ghost, producer, from }) => {
      if (ghost.name !== partition || offset < from) return false;
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
    const snapshotOffset = this.#snapshots.get(`${at.nodeId}/${partition}`) ?? 0;
    if (replica === undefined || snapshotOffset === 0) return;
    let rejected: number | null = null;
    for (const batch of batchesBelow(replica, snapshotOffset, producerId)) {
      // One that is not the producer's last in the snapshot.
      if (rejected !== null) {
        const producer = { id: producerId, epoch: producerEpoch };
        this.#forgotten.push({ partition: replica.partition, producer, from: rejected });
        return;
      }
      if (batch.epoch === producerEpoch && batch.sequence === baseSequence) rejected = batch.base;
    }
  }
}

/** A producer's batches in a replica's log below an offset. */
function* batchesBelow(
  { log, partition }: ReplicaGhost,
  offset: number,
  producerId: number,
): Iterable<{ readonly base: number; readonly epoch: number; readonly sequence: number }> {
  for (let at = 0; at < log.count && (log.bases[at] as number) < offset; at++) {
    const base = log.bases[at] as number;
    const origin = partition.origins.get(log.epochs[at] as number);
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
