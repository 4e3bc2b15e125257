/** Idempotent producers, by what the logs hold: I1-I4, I6, I7. I5 is in producer-state.ts. */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import type { BatchList } from './batches.ts';
import { type ExpiredProducers, expiredProducersOf } from '../expired-producers.ts';
import { type MidSequenceStarts, midSequenceStartsOf } from '../mid-sequence.ts';
import { committedOf } from './committed.ts';
import { type ClusterGhost, type GhostListener, ghostOf } from './ghost.ts';
import { logOf, type PartitionGhost } from './replica-ghost.ts';
import type { Origin } from './ledger.ts';

type Completed = TraceEventOf<'producer-batch-completed'>;

/** The last committed batch of a producer in a partition. */
interface LastBatch {
  epoch: number;
  sequence: number;
  offset: number;
}

/** What the first sequence of an epoch comes after. */
const BEFORE_FIRST = -1;

/** Sequences are numbered modulo 2^31. */
function after(sequence: number): number {
  return sequence === 0x7fffffff ? 0 : sequence + 1;
}

class Idempotence implements GhostListener {
  readonly #context: CheckContext;
  readonly #midSequenceStarts: MidSequenceStarts;
  readonly #expired: ExpiredProducers;
  readonly #ghost: ClusterGhost;
  readonly #producers = new Map<PartitionGhost, Map<number, LastBatch>>();
  readonly #acquired = new Map<string, string>();
  /**
   * Per partition name, producer id and epoch: the end of the sequences, from 0 on, that the client has sent at least once. By name,
   * because a producer counts by name (TransactionManager's TxnPartitionMap) and sends by name: it goes on counting in a topic that was
   * made again, whose log may therefore begin with any sequence that it has come to.
   */
  readonly #sent = new Map<string, Map<number, Map<number, number>>>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#midSequenceStarts = midSequenceStartsOf(context);
    this.#expired = expiredProducersOf(context);
    // It keeps the ghosts' `removed` up to date.
    committedOf(context);
    this.#ghost.listen(this);
    context.on('duplicate-batch', (event, at) => this.#onDuplicate(event, at));
    context.on('sequence-rejected', () => context.evaluated('I2'));
    context.on('producer-batch-completed', (event, at) => this.#onCompleted(event, at));
    context.on('producer-batch-sent', (event) => this.#onSent(event));
    // Given up under the sequence that a new epoch had given it, perhaps before it was sent under it.
    context.on('producer-batch-completed', (event) => {
      if (event.error !== 0 && event.baseSequence >= 0) this.#onSent(event);
    });
    context.on('producer-id-acquired', (event, at) => {
      context.evaluated('I7');
      const key = `${event.producerId}/${event.producerEpoch}`;
      const other = this.#acquired.get(key);
      if (other !== undefined) {
        context.violated(
          'I7',
          `${at.node} got producer id ${event.producerId} with epoch ${event.producerEpoch}, as ${other} had`,
          { client: at.node, producerId: event.producerId },
        );
      }
      this.#acquired.set(key, at.node);
    });
  }

  /** I1, I2, I6, in the order in which batches became final. */
  onCommitted(partition: PartitionGhost, log: BatchList, at: number): void {
    if (partition.name === METADATA_PARTITION || this.#ghost.exceeded(partition) !== null) return;
    const origin = partition.origins.get(log.epochs[at] as number);
    const base = log.bases[at] as number;
    const index = origin?.find(base) ?? -1;
    if (origin === undefined || index < 0) return;
    const producerId = origin.producerIds[index] as number;
    const sequence = origin.baseSequences[index] as number;
    if (producerId < 0) return;
    const epoch = origin.producerEpochs[index] as number;
    if (origin.controls.has(base)) {
      this.#onMarker(partition, producerId, epoch, base);
      return;
    }
    if (sequence < 0) return;
    const last = (sequence + (log.lasts[at] as number) - base) % 0x8000_0000;
    let producers = this.#producers.get(partition);
    if (producers === undefined) {
      producers = new Map();
      this.#producers.set(partition, producers);
    }
    const before = producers.get(producerId);
    if (before === undefined) {
      producers.set(producerId, { epoch, sequence: last, offset: base });
      this.#checkFirst(partition, producerId, epoch, sequence, base);
      return;
    }
    const broken = this.#brokenBy(partition, before, epoch, sequence);
    if (broken !== null && !this.#expired.excuses(broken, partition.name, producerId, partition.topicId)) {
      const what = `${partition.name}: producer ${producerId} epoch ${epoch} sequence ${sequence} at offset ${base}`;
      const previous = `comes after epoch ${before.epoch} sequence ${before.sequence} at offset ${before.offset}`;
      const beginsWrong = broken === 'I6' && epoch > before.epoch;
      this.#context.violated(broken, `${what} ${beginsWrong ? 'begins an epoch, but not with sequence 0' : previous}`, {
        partition: partition.name,
        topicId: partition.topicId,
        offset: base,
        producerId,
      });
    }
    before.epoch = epoch;
    before.sequence = last;
    before.offset = base;
  }

  /** A marker has the epoch of its transaction, or the next one, which begins with the marker (KIP-890). Either fences the ones before. */
  #onMarker(partition: PartitionGhost, producerId: number, epoch: number, base: number): void {
    const before = this.#producers.get(partition)?.get(producerId);
    if (before === undefined || epoch === before.epoch) return;
    this.#context.evaluated('I6');
    if (epoch > before.epoch) {
      before.epoch = epoch;
      before.sequence = BEFORE_FIRST;
      before.offset = base;
      return;
    }
    if (this.#expired.excuses('I6', partition.name, producerId, partition.topicId)) return;
    this.#context.violated(
      'I6',
      `${partition.name}: a marker of producer ${producerId} epoch ${epoch} at offset ${base} comes after epoch ${before.epoch} at offset ${before.offset}`,
      { partition: partition.name, topicId: partition.topicId, offset: base, producerId },
    );
  }

  /** The property that is broken by this batch after the one before, null if none is. */
  #brokenBy(partition: PartitionGhost, before: LastBatch, epoch: number, sequence: number): 'I1' | 'I2' | 'I6' | null {
    if (epoch !== before.epoch) {
      this.#context.evaluated('I6');
      return epoch < before.epoch || sequence !== 0 ? 'I6' : null;
    }
    if (sequence === after(before.sequence)) return null;
    const isRepeat = sequence <= before.sequence && before.sequence - sequence < 0x4000_0000;
    if (isRepeat) return 'I1';
    return this.#mayHaveForgotten(partition) ? null : 'I2';
  }

  #checkFirst(partition: PartitionGhost, producerId: number, epoch: number, sequence: number, offset: number): void {
    if (sequence === 0 || this.#mayHaveForgotten(partition)) return;
    if (this.#expired.excuses('I2', partition.name, producerId, partition.topicId)) return;
    // Legal if it did send what is missing, or gave it up (mid-sequence.ts). What is missing may not come later in this epoch: that is I1.
    const end = this.#sent.get(partition.name)?.get(producerId)?.get(epoch);
    if (end !== undefined && sequence < end) {
      this.#context.mark('producer begins in mid-sequence: its first batches missed the leader (KAFKA-14359)');
      this.#midSequenceStarts.note(partition, producerId);
      return;
    }
    this.#context.violated(
      'I2',
      `${partition.name}: producer ${producerId} begins with sequence ${sequence}, at offset ${offset}`,
      { partition: partition.name, topicId: partition.topicId, offset, producerId },
    );
  }

  #onSent(batch: Omit<TraceEventOf<'producer-batch-sent'>, 'type' | 'attempt' | 'besides' | 'maxInFlight'>): void {
    const { partition, producerId, producerEpoch, baseSequence, records } = batch;
    if (producerId < 0) return;
    let producers = this.#sent.get(partition);
    if (producers === undefined) {
      producers = new Map();
      this.#sent.set(partition, producers);
    }
    let epochs = producers.get(producerId);
    if (epochs === undefined) {
      epochs = new Map();
      producers.set(producerId, epochs);
    }
    const end = epochs.get(producerEpoch) ?? 0;
    if (baseSequence <= end) epochs.set(producerEpoch, Math.max(end, baseSequence + records));
  }

  /** A broker may legally have lost a producer's state when records were removed from the log's beginning. */
  #mayHaveForgotten(partition: PartitionGhost): boolean {
    for (const replica of partition.replicas.values()) if (replica.logStartOffset > 0) return true;
    return false;
  }

  /** I3: a retry is answered with the place of the batch that it repeats. */
  #onDuplicate(event: TraceEventOf<'duplicate-batch'>, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, event.partition);
    if (replica === undefined || event.offset < replica.log.start) return;
    this.#context.evaluated('I1');
    this.#context.evaluated('I3');
    const { log, partition } = replica;
    const index = log.indexOf(event.offset);
    const origin = log.bases[index] === event.offset ? partition.origins.get(log.epochs[index] as number) : undefined;
    const found = origin?.find(event.offset) ?? -1;
    if (origin !== undefined && found >= 0 && isBatch(origin, found, event)) return;
    const message = `${at.node} answered a retry of producer ${event.producerId} epoch ${event.producerEpoch} sequences ${event.baseSequence}-${event.lastSequence} on ${event.partition} with offset ${event.offset}, where that batch is not`;
    this.#context.violated('I3', message, { ...logOf(replica), offset: event.offset, producerId: event.producerId });
  }

  /**
   * I4: where a producer was told that its batch is, there it is. Produce names topics, not their ids (core/client/producer), and an
   * answer may come late: any topic that ever had the name may have taken the batch, deleted or not. One of them must hold it.
   */
  #onCompleted(event: Completed, at: Occurrence): void {
    if (event.error !== 0 || event.offset < 0 || event.baseSequence < 0) return;
    let held: string | null = null;
    for (const partition of this.#ghost.partitions.values()) {
      if (partition.name !== event.partition) continue;
      const { batches } = partition.ledger;
      if (this.#ghost.exceeded(partition) !== null || event.offset < batches.start) {
        // Where what was committed may be gone, it is enough that some leader has written it there.
        for (const origin of partition.origins.values()) if (holds(origin, event)) return;
        continue;
      }
      // Acknowledged means committed (R12); what is in no ledger is R12's to find.
      if (event.offset >= batches.end) continue;
      // Sent once, and told once: nothing to mistake it for.
      if (event.attempts > 1) this.#context.evaluated('I4');
      const origin = partition.origins.get(batches.epochs[batches.indexOf(event.offset)] as number);
      if (origin !== undefined && holds(origin, event)) return;
      const found = origin?.find(event.offset) ?? -1;
      held =
        found < 0
          ? 'no batch'
          : `one of producer ${origin?.producerIds[found]}, epoch ${origin?.producerEpochs[found]} sequence ${origin?.baseSequences[found]}`;
    }
    if (held === null) return;
    const message = `${at.node} was told that its batch (producer ${event.producerId}, epoch ${event.producerEpoch}, sequence ${event.baseSequence}) is at offset ${event.offset} of ${event.partition}; there begins ${held}`;
    this.#context.violated('I4', message, {
      client: at.node,
      partition: event.partition,
      offset: event.offset,
      producerId: event.producerId,
    });
  }
}

/** Has the leader of this epoch written the batch where its producer was told? */
function holds(origin: Origin, { offset, producerId, records, baseSequence, producerEpoch }: Completed): boolean {
  const at = origin.find(offset);
  return (
    at >= 0 &&
    origin.producerIds[at] === producerId &&
    origin.recordCounts[at] === records &&
    origin.baseSequences[at] === baseSequence &&
    origin.producerEpochs[at] === producerEpoch
  );
}

function isBatch(origin: Origin, at: number, event: TraceEventOf<'duplicate-batch'>): boolean {
  const span = (origin.batches.lasts[at] as number) - (origin.batches.bases[at] as number);
  return (
    origin.producerIds[at] === event.producerId &&
    origin.producerEpochs[at] === event.producerEpoch &&
    origin.baseSequences[at] === event.baseSequence &&
    (event.baseSequence + span) % 0x8000_0000 === event.lastSequence
  );
}

export const idempotence = {
  properties: [
    { id: 'I1', title: 'no batch of a producer session is committed twice' },
    { id: 'I2', title: "a producer's committed sequences have no gaps" },
    { id: 'I3', title: 'a retry is answered with the original offset' },
    { id: 'I4', title: 'where a producer was told that its batch is, there it is' },
    { id: 'I6', title: 'producer epochs never go back, a new one begins with sequence 0' },
    { id: 'I7', title: 'no two producers get the same producer id and epoch' },
  ],
  create: (context): Checker => {
    new Idempotence(context);
    return {};
  },
} as const satisfies PropertyDefinition;
