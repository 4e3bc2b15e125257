/**
 * What a log remembers of its producers is the fold of its batches: I5 where it is built anew (a load, a truncation), S11 where it
 * is written to a snapshot. Folded from what the log was seen to append, never from what the log says of itself.
 */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { ProducerSummary } from '../../core/trace/log-events.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { logOf, type PartitionGhost, type ReplicaGhost } from './replica-ghost.ts';

interface Folded {
  summary: ProducerSummary;
  /** Of its last batch or marker. */
  lastOffset: number;
  /** Of its last marker; -1: there is none. */
  markerOffset: number;
}

/** What of each producer lies below an offset of one log. Goes on where it stopped: a batch is folded once. */
class Fold {
  readonly producers = new Map<number, Folded>();
  readonly start: number;
  /** Hash of what was folded: of another log, or another past of this one, it is useless. */
  #prefix: number;
  #next: number;
  /** A batch of unknown origin (rot, a log that begins in the middle of what was removed): nothing can be said. */
  isKnown = true;

  constructor({ log }: ReplicaGhost) {
    this.start = log.start;
    this.#next = log.start;
    this.#prefix = log.startPrefix;
  }

  /** Can it go on to `offset` in this log? */
  continues({ log }: ReplicaGhost, offset: number): boolean {
    return this.#next <= offset && this.#next >= log.start && log.prefixAt(this.#next) === this.#prefix;
  }

  advance({ log, partition }: ReplicaGhost, offset: number): void {
    let at = log.indexOf(this.#next);
    for (; at < log.count && (log.lasts[at] as number) < offset; at++) this.#add(partition, log, at);
    this.#next = offset;
    this.#prefix = log.prefixAt(offset);
  }

  #add(partition: PartitionGhost, log: ReplicaGhost['log'], at: number): void {
    const base = log.bases[at] as number;
    const origin = partition.origins.get(log.epochs[at] as number);
    const found = origin?.find(base) ?? -1;
    if (origin === undefined || found < 0 || origin.batches.crcs[found] !== log.crcs[at]) {
      this.isKnown = false;
      return;
    }
    const producerId = origin.producerIds[found] as number;
    const marker = origin.controls.get(base);
    if (producerId < 0 || marker === null) return;
    const producerEpoch = origin.producerEpochs[found] as number;
    const lastOffset = log.lasts[at] as number;
    const before = this.producers.get(producerId)?.summary;
    const { coordinatorEpoch, currentTxnFirstOffset } = before ?? { coordinatorEpoch: -1, currentTxnFirstOffset: -1 };
    let summary: ProducerSummary;
    if (marker !== undefined) {
      // A marker of a new epoch leaves nothing of the epoch before.
      const last = before !== undefined && before.producerEpoch === producerEpoch ? before : { lastSequence: -1, lastOffset: -1 };
      const { lastSequence, lastOffset: lastDataOffset } = last;
      const ended = { coordinatorEpoch: marker.coordinatorEpoch, currentTxnFirstOffset: -1 };
      summary = { producerId, producerEpoch, lastSequence, lastOffset: lastDataOffset, ...ended };
    } else {
      const isOpening = origin.transactional.has(base) && currentTxnFirstOffset < 0;
      // What a coordinator writes in a transaction of a producer has no sequence.
      const baseSequence = origin.baseSequences[found] as number;
      const lastSequence = baseSequence < 0 ? -1 : (baseSequence + lastOffset - base) % 0x8000_0000;
      const of = { coordinatorEpoch, currentTxnFirstOffset: isOpening ? base : currentTxnFirstOffset };
      summary = { producerId, producerEpoch, lastSequence, lastOffset, ...of };
    }
    const markerOffset = marker === undefined ? (this.producers.get(producerId)?.markerOffset ?? -1) : base;
    this.producers.set(producerId, { summary, lastOffset, markerOffset });
  }
}

interface Difference {
  readonly producerId: number;
  readonly what: string;
}

class ProducerStates {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #folds = new Map<ReplicaGhost, Fold>();
  /** By node and partition: producers that were forgotten for their age, with the log's end then. They may be missing until they write again. */
  readonly #expired = new Map<string, Map<number, number>>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    context.on('producers-expired', ({ partition, producerIds }, at) => {
      const key = `${at.nodeId}/${partition}`;
      let expired = this.#expired.get(key);
      if (expired === undefined) {
        expired = new Map();
        this.#expired.set(key, expired);
      }
      const end = this.#ghost.replica(at.nodeId, partition)?.log.end ?? 0;
      for (const id of producerIds) expired.set(id, end);
    });
    context.on('producer-state-told', (event, at) => this.#onTold(event, at));
  }

  #onTold(event: TraceEventOf<'producer-state-told'>, at: Occurrence): void {
    if (event.partition === METADATA_PARTITION) return;
    const replica = this.#ghost.replica(at.nodeId, event.partition);
    if (replica === undefined || this.#ghost.hasRotted(at.nodeId, replica.partition)) return;
    const fold = this.#foldTo(replica, event.endOffset);
    if (!fold.isKnown) return;
    const property = event.occasion === 'snapshot' ? 'S11' : 'I5';
    if (event.producers.length > 0 || fold.producers.size > 0) this.#context.evaluated(property);
    const wrong = this.#difference(replica, fold, event);
    if (wrong === null) return;
    const what = event.occasion === 'snapshot' ? 'wrote a snapshot' : `built its producer state anew (${event.occasion})`;
    this.#context.violated(property, `${at.node} ${what} of ${event.partition} below ${event.endOffset}: ${wrong.what}`, {
      ...logOf(replica),
      offset: event.endOffset,
      producerId: wrong.producerId,
    });
  }

  #foldTo(replica: ReplicaGhost, offset: number): Fold {
    let fold = this.#folds.get(replica);
    if (fold === undefined || !fold.continues(replica, offset)) {
      fold = new Fold(replica);
      this.#folds.set(replica, fold);
    }
    fold.advance(replica, offset);
    return fold;
  }

  #difference(
    replica: ReplicaGhost,
    fold: Fold,
    { producers, partition }: TraceEventOf<'producer-state-told'>,
  ): Difference | null {
    const told = new Set<number>();
    const expired = this.#expired.get(`${replica.nodeId}/${partition}`);
    for (const producer of producers) {
      const { producerId, lastOffset } = producer;
      told.add(producerId);
      const folded = fold.producers.get(producerId);
      const expected = folded?.summary;
      if (folded !== undefined && isPartlyGone(replica, folded)) continue;
      // What lies below the log's start may still be remembered: Kafka forgets a producer for its age alone.
      if (expected === undefined && replica.log.start > 0 && lastOffset < replica.log.start) continue;
      if (expected !== undefined && isSame(expected, producer, fold.start, expired?.has(producerId) === true)) continue;
      const held = expected === undefined ? 'the log has no batch of it' : `its last batch in the log is ${describe(expected)}`;
      return { producerId, what: `producer ${producerId} ${describe(producer)}, but ${held}` };
    }
    for (const [producerId, folded] of fold.producers) {
      const { summary: expected, lastOffset } = folded;
      const mayBeMissing =
        lastOffset < replica.logStartOffset || lastOffset < (expired?.get(producerId) ?? 0) || isPartlyGone(replica, folded);
      if (told.has(producerId) || mayBeMissing) continue;
      const what = `it knows nothing of producer ${producerId}, whose last batch in the log is ${describe(expected)}`;
      return { producerId, what };
    }
    return null;
  }
}

/**
 * Has a cleaner, of this log or of one that it was copied from, left nothing of a producer's last marker but its head, or nothing of its last batch?
 * What the one told of its coordinator, and perhaps of a new epoch, is forgotten when the state is built anew (ProducerAppendInfo.append of an empty
 * control batch); the other goes when whoever cleans has forgotten the producer.
 */
function isPartlyGone({ compacted, partition }: ReplicaGhost, { markerOffset, summary }: Folded): boolean {
  if (compacted === null) return false;
  const batchAt = compacted.indexOf(summary.lastOffset);
  const { currentTxnFirstOffset: openFrom } = summary;
  if (openFrom >= 0 && compacted.bases[compacted.indexOf(openFrom)] !== openFrom) return true;
  if (summary.lastOffset >= 0 && compacted.lasts[batchAt] !== summary.lastOffset) return true;
  if (markerOffset < 0) return false;
  const at = compacted.indexOf(markerOffset);
  if (compacted.bases[at] !== markerOffset) return true;
  return partition.compaction.copy(markerOffset, compacted.crcs[at] as number)?.recordCount === 0;
}

/**
 * What was before the log's start is not known: a coordinator's epoch, where a transaction begins that was open then, and the last
 * batch of a producer of which the log has a marker only. And of a producer that was forgotten for its age, and is heard of again, it is
 * enough to know what came since: a batch, or a marker.
 */
function isSame(expected: ProducerSummary, told: ProducerSummary, start: number, wasForgotten: boolean): boolean {
  const isSameBatch =
    (expected.lastSequence === told.lastSequence && expected.lastOffset === told.lastOffset) ||
    (expected.lastOffset < 0 && told.lastOffset >= 0 && told.lastOffset < start);
  const isSameCoordinator = expected.coordinatorEpoch === told.coordinatorEpoch || (expected.coordinatorEpoch < 0 && start > 0);
  const isSameTransaction =
    expected.currentTxnFirstOffset === told.currentTxnFirstOffset ||
    (expected.currentTxnFirstOffset >= 0 && told.currentTxnFirstOffset >= 0 && told.currentTxnFirstOffset < start);
  return (
    expected.producerEpoch === told.producerEpoch &&
    isSameTransaction &&
    (isSameBatch || (wasForgotten && told.lastOffset < 0)) &&
    (isSameCoordinator || (wasForgotten && told.coordinatorEpoch < 0))
  );
}

function describe({ producerEpoch, lastSequence, lastOffset, coordinatorEpoch, currentTxnFirstOffset }: ProducerSummary): string {
  const open = currentTxnFirstOffset < 0 ? '' : `, a transaction open from ${currentTxnFirstOffset} on`;
  const coordinator = coordinatorEpoch < 0 ? '' : `, coordinator epoch ${coordinatorEpoch}`;
  return `epoch ${producerEpoch} sequence ${lastSequence} at offset ${lastOffset}${coordinator}${open}`;
}

export const producerState = {
  properties: [
    { id: 'I5', title: 'producer state that is built anew is the fold of the log' },
    { id: 'S11', title: 'a snapshot of producer state is the fold of the log below it' },
  ],
  create: (context): Checker => {
    new ProducerStates(context);
    return {};
  },
} as const satisfies PropertyDefinition;
