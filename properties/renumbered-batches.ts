/**
 * Batches of unknown fate that Kafka's producer gives another sequence in a new epoch, because the broker refused another batch of the
 * partition for good (RECORD_LIST_TOO_LARGE, say): what is in flight then starts anew at sequence 0, also what was sent and not answered
 * in time (TransactionManager.handleFailedBatch, bumpIdempotentProducerEpoch, TxnPartitionEntry.startSequencesAtBeginning, 4.3.1). If an
 * earlier attempt of such a batch was appended, the broker cannot know the next one for the same, and the log has its records twice.
 */
import type { CheckContext } from './judge.ts';
import { type ClusterGhost, ghostOf } from './internal/ghost.ts';
import { originOf } from './producer-batches.ts';

export class RenumberedBatches {
  readonly #ghost: ClusterGhost;
  /** `partition/producer id/epoch/sequence`, as they were before. */
  readonly #before = new Set<string>();

  constructor(context: CheckContext) {
    this.#ghost = ghostOf(context);
    context.on('producer-batch-renumbered', ({ partition, producerId, fromEpoch, fromSequence, because }) => {
      if (because === 'batch-failed') this.#before.add(`${partition}/${producerId}/${fromEpoch}/${fromSequence}`);
    });
  }

  /** Is the batch at this offset one that was renumbered afterwards? Without a topic id: in that of any topic of the name. */
  has(partition: string, offset: number, topicId: string | null = null): boolean {
    if (this.#before.size === 0) return false;
    for (const ghost of this.#ghost.partitions.values()) {
      if (ghost.name !== partition || (topicId !== null && ghost.topicId !== topicId)) continue;
      const batch = originOf(ghost, offset);
      if (batch === null) continue;
      const { producerId, producerEpoch, sequence } = batch;
      if (this.#before.has(`${partition}/${producerId}/${producerEpoch}/${sequence}`)) return true;
    }
    return false;
  }
}
