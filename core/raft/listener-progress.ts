/** Feeds the state machine: snapshot, committed batches in order, leader changes (Kafka's ListenerContext). */
import type { Tracer } from '../environment.ts';
import { LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { decodeRecords, forEachBatch } from '../protocol/records.ts';
import type { MetadataLog } from './metadata-log.ts';
import { decodeSnapshot } from './snapshot-format.ts';
import { invariant } from '../../ports/invariant.ts';
import type { CommittedBatch, LeaderAndEpoch, RaftListener } from './types.ts';

const MAX_READ_BYTES = 8 * 1024 * 1024;

export class ListenerProgress {
  readonly #log: MetadataLog;
  readonly #tracer: Tracer;
  readonly #listener: RaftListener;
  /** The next offset that the state machine needs; -1 before it has begun. */
  #nextOffset: Offset = NONE;
  #toldLeader: LeaderAndEpoch = { leaderId: -1, epoch: LeaderEpoch(0) };

  constructor(log: MetadataLog, tracer: Tracer, listener: RaftListener) {
    this.#log = log;
    this.#tracer = tracer;
    this.#listener = listener;
  }

  /** Gives everything below the high watermark that was not given yet. */
  catchUp(source: 'local' | 'fetched'): void {
    const snapshot = this.#log.latestSnapshot;
    const mustLoad = this.#nextOffset < 0 || this.#nextOffset < this.#log.startOffset;
    if (mustLoad && snapshot !== null) this.#loadSnapshot(source);
    else if (this.#nextOffset < 0) this.#nextOffset = Offset(0);
    invariant(this.#nextOffset >= this.#log.startOffset, () => `no snapshot below log start ${this.#log.startOffset}`);
    while (this.#nextOffset < this.#log.highWatermark) {
      const read = this.#log.read(this.#nextOffset, MAX_READ_BYTES, 'high-watermark');
      if (read.endOffset <= this.#nextOffset) break;
      const batches = committedBatches(read.records, this.#nextOffset);
      this.#nextOffset = read.endOffset;
      if (batches.length > 0) this.#listener.handleCommit(batches);
    }
  }

  /** Tells of a leader once; of this node as leader only when it has applied all that was before its epoch. */
  tellLeader(leader: LeaderAndEpoch, ownEpochStart: Offset | null): void {
    if (leader.epoch === this.#toldLeader.epoch && leader.leaderId === this.#toldLeader.leaderId) return;
    // The leader's first own entry must have been passed, so that nothing older is still to come (KAFKA-15345).
    if (ownEpochStart !== null && this.#nextOffset <= ownEpochStart) return;
    this.#toldLeader = leader;
    this.#listener.handleLeaderChange(leader);
  }

  #loadSnapshot(source: 'local' | 'fetched'): void {
    const id = this.#log.latestSnapshot;
    if (id === null) return;
    const file = this.#log.snapshots.open(id);
    const snapshot = decodeSnapshot(id, file.read(0, file.size));
    file.close();
    invariant(snapshot !== null, () => `snapshot ${id.offset}-${id.epoch} is damaged`);
    this.#nextOffset = id.offset;
    this.#tracer.emit({ type: 'snapshot-loaded', endOffset: id.offset, epoch: id.epoch, source });
    this.#listener.handleLoadSnapshot(snapshot);
  }
}

function committedBatches(bytes: Uint8Array, from: Offset): CommittedBatch[] {
  const batches: CommittedBatch[] = [];
  forEachBatch(bytes, (header, position) => {
    if (header.isControl || header.lastOffset < from) return undefined;
    batches.push({
      baseOffset: header.baseOffset,
      lastOffset: header.lastOffset,
      epoch: header.leaderEpoch,
      appendTimestamp: header.maxTimestamp,
      records: decodeRecords(bytes, position).map((record) => record.value as Uint8Array),
    });
    return undefined;
  });
  return batches;
}
