/** What a log says of transactions: the fold of its batches, as read from what leaders were seen to append. */
import type { PartitionGhost, ReplicaGhost } from './replica-ghost.ts';

export interface OpenTransaction {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly firstOffset: number;
  /** Nothing of its producer lies before it: where the log begins in the middle, so may the transaction. */
  readonly isFirstOfProducer: boolean;
  /** Of its last batch so far. */
  lastOffset: number;
}

export interface EndedTransaction extends Readonly<OpenTransaction> {
  readonly commit: boolean;
  readonly markerOffset: number;
}

/** Transactions below an offset of one log. Goes on where it stopped: a batch is folded once. */
export class TransactionFold {
  /** By producer id, in the order in which they began. */
  readonly open = new Map<number, OpenTransaction>();
  /** Those that were aborted, in the order of their markers. */
  readonly aborted: EndedTransaction[] = [];
  /** A batch of unknown origin (rot, a log that begins in the middle of what was removed): nothing can be said. */
  isKnown = true;
  readonly start: number;
  /** Producers of which something was folded. */
  readonly #heardOf = new Set<number>();
  /** Hash of what was folded: of another log, or another past of this one, it is useless. */
  #prefix: number;
  #next: number;

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

  /** Where the first transaction begins that has no marker yet; Infinity: all have ended. */
  get firstOpenOffset(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { firstOffset } of this.open.values()) if (firstOffset < first) first = firstOffset;
    return first;
  }

  /**
   * The same, as the replica's files have it: who copies a log that its leader has compacted finds the first batches of what is decided further on
   * gone, while it is still open here.
   */
  firstOpenLeft(replica: ReplicaGhost): number {
    let first = Number.POSITIVE_INFINITY;
    for (const open of this.open.values()) first = Math.min(first, firstLeft(replica, open));
    return first;
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
    const lastOffset = log.lasts[at] as number;
    const open = this.open.get(producerId);
    const isFirstOfProducer = !this.#heardOf.has(producerId);
    this.#heardOf.add(producerId);
    if (origin.transactional.has(base)) {
      if (open !== undefined) open.lastOffset = lastOffset;
      else {
        const producerEpoch = origin.producerEpochs[found] as number;
        this.open.set(producerId, { producerId, producerEpoch, firstOffset: base, isFirstOfProducer, lastOffset });
      }
      return;
    }
    const marker = origin.controls.get(base);
    if (marker === undefined || marker === null || open === undefined) return;
    this.open.delete(producerId);
    if (!marker.commit) this.aborted.push({ ...open, commit: false, markerOffset: base });
  }
}

/** Where the first batch lies that is left of a transaction; Infinity: none is. */
function firstLeft({ compacted, partition }: ReplicaGhost, { producerId, firstOffset, lastOffset }: OpenTransaction): number {
  if (compacted === null) return firstOffset;
  for (let at = compacted.indexOf(firstOffset); at < compacted.count && (compacted.bases[at] as number) <= lastOffset; at++) {
    const base = compacted.bases[at] as number;
    const origin = partition.origins.get(compacted.epochs[at] as number);
    const found = origin?.find(base) ?? -1;
    if (origin?.producerIds[found] === producerId && origin.transactional.has(base)) return base;
  }
  return Number.POSITIVE_INFINITY;
}
