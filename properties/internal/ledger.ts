/**
 * What is known of one partition beyond any replica: who wrote what in which epoch (`Origin`), and what has ever been
 * committed (`Ledger`). Both are filled from trace events and are never taken back.
 */
import type { BatchFacts, Marker } from './batches.ts';
import { BatchList } from './batches.ts';

/** All batches that the leader of one epoch wrote, in order, with their producers. */
export class Origin {
  readonly epoch: number;
  readonly leader: number;
  readonly batches = new BatchList();
  readonly producerIds: number[] = [];
  readonly producerEpochs: number[] = [];
  readonly baseSequences: number[] = [];
  readonly recordCounts: number[] = [];
  readonly bytes: (Uint8Array | null)[] = [];
  /** Base offsets of control batches, with the marker that each is; null: it is another one. */
  readonly controls = new Map<number, Marker | null>();
  /** Base offsets of the other batches that are parts of transactions. */
  readonly transactional = new Set<number>();

  constructor(epoch: number, leader: number, startOffset: number, startPrefix: number) {
    this.epoch = epoch;
    this.leader = leader;
    this.batches.restart(startOffset, startPrefix);
  }

  push(facts: BatchFacts, marker: Marker | null, bytes: Uint8Array | null): void {
    this.batches.push(facts.baseOffset, facts.lastOffset, facts.leaderEpoch, facts.crc);
    this.producerIds.push(facts.producerId);
    this.producerEpochs.push(facts.producerEpoch);
    this.baseSequences.push(facts.baseSequence);
    this.recordCounts.push(facts.recordCount);
    this.bytes.push(bytes);
    if (facts.isControl) this.controls.set(facts.baseOffset, marker);
    else if (facts.isTransactional) this.transactional.add(facts.baseOffset);
  }

  /** Index of the batch that begins at `baseOffset`, -1 if this leader wrote none there. */
  find(baseOffset: number): number {
    const at = this.batches.indexOf(baseOffset);
    return this.batches.bases[at] === baseOffset ? at : -1;
  }

  /** Hash of the log before entry `at`. */
  prefixBefore(at: number): number {
    return at === 0 ? this.batches.startPrefix : (this.batches.prefixes[at - 1] as number);
  }
}

/** Every committed batch, and in which leader epoch its commit was first seen. */
export class Ledger {
  readonly batches = new BatchList();
  /** Per epoch in which anything was committed, in order: how far the ledger went when that epoch last added to it. */
  readonly commitEpochs: number[] = [];
  readonly commitEnds: number[] = [];

  get end(): number {
    return this.batches.end;
  }

  /** Everything below was committed in an epoch lower than `epoch`. */
  endBefore(epoch: number): number {
    for (let at = this.commitEpochs.length - 1; at >= 0; at--) {
      if ((this.commitEpochs[at] as number) < epoch) return this.commitEnds[at] as number;
    }
    return 0;
  }

  /** Takes over what `log` has between the ledger's end and `upTo`; calls `added` for each batch with its index in `log`. */
  extend(log: BatchList, upTo: number, epoch: number, added?: (indexInLog: number) => void): void {
    const { batches } = this;
    if (upTo <= batches.end) return;
    let at = log.indexOf(batches.end);
    if (batches.count === 0 && log.start > batches.end) batches.restart(log.start, log.startPrefix);
    for (; at < log.count && (log.lasts[at] as number) < upTo; at++) {
      batches.push(log.bases[at] as number, log.lasts[at] as number, log.epochs[at] as number, log.crcs[at] as number);
      added?.(at);
    }
    if (batches.end < upTo) batches.end = upTo;
    const last = this.commitEpochs.length - 1;
    if (last >= 0 && (this.commitEpochs[last] as number) >= epoch) this.commitEnds[last] = upTo;
    else {
      this.commitEpochs.push(epoch);
      this.commitEnds.push(upTo);
    }
  }
}
