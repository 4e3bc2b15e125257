/**
 * Batches that a leader has and does not know any more, because later ones of the same producer have overtaken them.
 *
 * Kafka's producer has at most five requests in flight on a connection, not on all of them, and a batch that was never sent need not wait for
 * those under way to another broker (RecordAccumulator.shouldStopDrainBatchesForPartition, 4.3.1). While the answers of some batches are
 * lost with a leader that was cut off, the next ones go to its successor. That one has the earlier batches too and takes the later ones;
 * of each producer it knows the last five batches alone (ProducerStateEntry.NUM_BATCHES_TO_RETAIN). When the answers are given up and the
 * first of these batches comes again, it is no duplicate but a gap: OUT_OF_ORDER_SEQUENCE_NUMBER. It is tried until its delivery time-out;
 * then the producer raises its epoch and gives what is still in flight new sequences (TransactionManager.canRetry, markSequenceUnresolved,
 * isNextSequenceForUnresolvedPartition, 4.3.1): the log has these batches twice, and the second time behind what was sent after them.
 */
import type { TraceEventOf } from '../core/trace.ts';
import type { Occurrence } from '../sim/observe.ts';
import type { CheckContext } from './judge.ts';
import { type ClusterGhost, ghostOf } from './internal/ghost.ts';
import type { PartitionGhost } from './internal/replica-ghost.ts';
import { batchesBelow, originOf, type ProducerOfBatch } from './producer-batches.ts';

/** So many batches of a producer a broker knows. */
const BATCHES_RETAINED = 5;

/** A batch that was rejected by a later leader, and with it those behind it that were sent before that one led. */
interface Overtaken {
  readonly partition: PartitionGhost;
  readonly producer: ProducerOfBatch;
  readonly sequence: number;
  /** Of the leader that rejected it. */
  readonly leaderEpoch: number;
}

export class OvertakenBatches {
  readonly #ghost: ClusterGhost;
  readonly #overtaken: Overtaken[] = [];
  /** What a batch was before it was renumbered, by partition, producer id, epoch and sequence. */
  readonly #before = new Map<string, { readonly epoch: number; readonly sequence: number }>();

  constructor(context: CheckContext) {
    this.#ghost = ghostOf(context);
    context.on('sequence-rejected', (event, at) => this.#onRejected(event, at));
    context.on('producer-batch-renumbered', ({ partition, producerId, fromEpoch, fromSequence, producerEpoch, baseSequence }) => {
      const key = batchKey(partition, producerId, producerEpoch, baseSequence);
      this.#before.set(key, { epoch: fromEpoch, sequence: fromSequence });
    });
  }

  /** May the record at this offset be in the partition once more? Without a topic id: in that of any topic of the name. */
  has(partition: string, offset: number, topicId: string | null = null): boolean {
    for (const ghost of this.#of(partition, topicId)) {
      const batch = originOf(ghost, offset);
      if (batch === null) continue;
      const { producerId, producerEpoch, sequence, leaderEpoch } = batch;
      if (this.#isOvertaken(ghost, { id: producerId, epoch: producerEpoch }, sequence, leaderEpoch)) return true;
    }
    return false;
  }

  /** Is what is at this offset the second copy of such a batch? Then it may be behind what was sent after it. */
  hasCopy(partition: string, offset: number, topicId: string | null = null): boolean {
    for (const ghost of this.#of(partition, topicId)) {
      const copy = originOf(ghost, offset);
      if (copy === null) continue;
      const before = this.#before.get(batchKey(partition, copy.producerId, copy.producerEpoch, copy.sequence));
      if (before === undefined) continue;
      const producer = { id: copy.producerId, epoch: before.epoch };
      // The first copy was appended by an earlier leader than the one that rejected it, or it is none.
      const { batches } = ghost.ledger;
      for (let at = 0; at < batches.count; at++) {
        const first = originOf(ghost, batches.bases[at] as number);
        const isIt =
          first?.producerId === producer.id && first.producerEpoch === producer.epoch && first.sequence === before.sequence;
        if (isIt && this.#isOvertaken(ghost, producer, first.sequence, first.leaderEpoch)) return true;
      }
    }
    return false;
  }

  *#of(partition: string, topicId: string | null): Iterable<PartitionGhost> {
    for (const ghost of this.#ghost.partitions.values())
      if (ghost.name === partition && (topicId === null || ghost.topicId === topicId)) yield ghost;
  }

  #isOvertaken(partition: PartitionGhost, { id, epoch }: ProducerOfBatch, sequence: number, leaderEpoch: number): boolean {
    return this.#overtaken.some(
      (each) =>
        each.partition === partition &&
        each.producer.id === id &&
        each.producer.epoch === epoch &&
        sequence >= each.sequence &&
        leaderEpoch < each.leaderEpoch,
    );
  }

  #onRejected({ partition, producerId, producerEpoch, baseSequence }: TraceEventOf<'sequence-rejected'>, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, partition);
    if (replica === undefined) return;
    let later: number | null = null;
    for (const batch of batchesBelow(replica, Number.MAX_SAFE_INTEGER, producerId)) {
      if (batch.epoch !== producerEpoch) continue;
      if (later !== null) later++;
      else if (batch.sequence === baseSequence && batch.leaderEpoch < replica.leaderEpoch) later = 0;
    }
    if (later === null || later < BATCHES_RETAINED) return;
    const producer = { id: producerId, epoch: producerEpoch };
    this.#overtaken.push({ partition: replica.partition, producer, sequence: baseSequence, leaderEpoch: replica.leaderEpoch });
  }
}

function batchKey(partition: string, producerId: number, epoch: number, sequence: number): string {
  return `${partition}/${producerId}/${epoch}/${sequence}`;
}

const ofRuns = new WeakMap<CheckContext, OvertakenBatches>();

/** Those of the run. */
export function overtakenBatchesOf(context: CheckContext): OvertakenBatches {
  let overtaken = ofRuns.get(context);
  if (overtaken === undefined) {
    overtaken = new OvertakenBatches(context);
    ofRuns.set(context, overtaken);
  }
  return overtaken;
}
