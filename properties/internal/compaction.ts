/**
 * What a cleaner may do to a log: S5 (of each key the last record stays, nothing undecided or uncommitted is touched, what stays is as it was written)
 * and S6 (tombstones and markers stay as long as they must, and the last batch of a producer that is remembered). Each copy is compared, as it
 * takes its place, with what leaders were seen to write there. S5 once more at the end: what a log is found to mean is what was written
 * to it.
 */
import { type BatchHeader, type DecodedRecord, decodeRecords, readBatchHeader } from '../../core/protocol/records.ts';
import type { ReplicaInspection } from '../../core/broker/inspection.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, ClusterView, PropertyDefinition, ViolationFacts } from '../../sim/observe.ts';
import type { CheckContext, Unmet } from '../judge.ts';
import { type BatchList, batchSize, emptyFacts, readFacts } from './batches.ts';
import { type ClusterGhost, type GhostListener, ghostOf } from './ghost.ts';
import { ContentsFold, firstDifference, textOf } from './log-contents.ts';
import { type MissedTombstones, missedTombstonesOf } from './missed-tombstones.ts';
import { type RebuiltStates, rebuiltStatesOf } from './rebuilt-states.ts';
import { logOf, type ReplicaGhost } from './replica-ghost.ts';
import { storedBatch, writtenBatch } from './stored-batches.ts';
import { TransactionFold } from './transaction-fold.ts';

type Swapped = TraceEventOf<'segments-swapped'>;

const READ_BYTES = 1 << 20;

class Compaction implements Checker, GhostListener {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #rebuilt: RebuiltStates;
  readonly #missed: MissedTombstones;
  /** Producers that a node has forgotten for their age, by node and partition: with where its log ended then. */
  readonly #expired = new Map<string, Map<number, number>>();
  /** Where a log was to be clean when it was first found to be dirty, by node and partition. */
  readonly #due = new Map<string, number>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#rebuilt = rebuiltStatesOf(context);
    this.#missed = missedTombstonesOf(context);
    this.#ghost.listen(this);
    context.on('producers-expired', ({ partition, producerIds }, at) => {
      const key = `${at.nodeId}/${partition}`;
      const expired = this.#expired.get(key) ?? new Map<number, number>();
      this.#expired.set(key, expired);
      const end = this.#ghost.replica(at.nodeId, partition)?.log.end ?? 0;
      for (const id of producerIds) expired.set(id, end);
    });
  }

  onCleaned(replica: ReplicaGhost, event: Swapped, stored: BatchList, records: Uint8Array): void {
    const { partition } = replica;
    if (this.#ghost.hasRotted(replica.nodeId, partition) || this.#ghost.exceeded(partition) !== null) return;
    new CleanedSegments(this.#context, replica, event, stored, records, {
      decidedBelow: Math.max(replica.highWatermark, this.#rebuilt.from(replica.nodeId, partition.name)),
      isForgotten: (producerId, lastOffset) =>
        lastOffset < (this.#expired.get(`${replica.nodeId}/${partition.name}`)?.get(producerId) ?? 0),
    }).judge();
  }

  /** L17: what is dirty enough is cleaned; what comes meanwhile is for the next time. */
  unsettled(view: ClusterView): Unmet | null {
    for (const node of view.nodes.values()) {
      for (const { partition, topicId, role, compaction: progress } of node.broker?.replicas ?? []) {
        const key = `${node.nodeId}/${topicId}/${partition}`;
        if (progress === null || role === 'offline' || role === 'stopped') continue;
        const due = this.#due.get(key) ?? progress.dueOffset;
        if (due === null || progress.cleanOffset >= due || progress.dueOffset === null) {
          if (this.#due.delete(key)) this.#context.evaluated('L17');
          continue;
        }
        this.#due.set(key, due);
        return {
          property: 'L17',
          message: `node ${node.nodeId} should have compacted ${partition} up to ${due}, and has up to ${progress.cleanOffset}`,
          facts: { nodeId: node.nodeId, partition, topicId, offset: progress.cleanOffset },
          concerns: [partition],
        };
      }
    }
    return null;
  }

  /** S5: whoever reads a compacted log from its beginning comes to what whoever reads all that was written to it does. */
  atEnd(view: ClusterView): void {
    for (const node of view.nodes.values()) {
      for (const inspection of node.broker?.replicas ?? []) {
        const replica = this.#ghost.replica(node.nodeId, inspection.partition);
        if (replica === undefined || replica.compacted === null) continue;
        if (inspection.role === 'offline' || inspection.role === 'stopped') continue;
        const { partition } = replica;
        if (this.#ghost.hasRotted(node.nodeId, partition) || this.#ghost.exceeded(partition) !== null) continue;
        this.#judgeMeaning(replica, inspection);
      }
    }
  }

  #judgeMeaning(replica: ReplicaGhost, inspection: ReplicaInspection): void {
    const { log, partition } = replica;
    const written = new ContentsFold();
    for (let at = log.indexOf(inspection.logStartOffset); at < log.count; at++) {
      const batch = writtenBatch(partition, log.epochs[at] as number, log.bases[at] as number);
      // A follower that takes another's batches for a namesake's, and the like: not for this to judge.
      if (batch === undefined) return;
      written.add(batch, 0);
    }
    const found = new ContentsFold();
    const facts = emptyFacts();
    for (let next: number = inspection.logStartOffset; next < inspection.logEndOffset; ) {
      const bytes = inspection.read(next, READ_BYTES);
      if (bytes.length === 0) break;
      for (let at = 0; at + 61 <= bytes.length; at += batchSize(bytes, at)) {
        readFacts(bytes, at, facts);
        found.add(bytes, at);
        next = facts.lastOffset + 1;
      }
    }
    this.#context.evaluated('S5');
    const stale = this.#missed.stale(replica, found.contents, written.contents);
    if (stale.length > 0)
      this.#context.excuse('S5', `${replica.node} came to ${partition.name} when tombstones had been removed`);
    const key = firstDifference(written.contents, found.contents, new Set(stale));
    if (key === null) return;
    const message = `${replica.node}'s compacted log of ${partition.name} has another value of ${JSON.stringify(key)} than was written last`;
    this.#context.violated('S5', message, logOf(replica));
  }
}

interface KnownOfLog {
  /** Markers below say what became of a transaction. */
  readonly decidedBelow: number;
  /** Has the node forgotten a producer since it wrote there? */
  isForgotten(producerId: number, lastOffset: number): boolean;
}

/** One copy that has taken the place of segments. */
class CleanedSegments {
  readonly #context: CheckContext;
  readonly #replica: ReplicaGhost;
  readonly #event: Swapped;
  /** What the files held until now. */
  readonly #stored: BatchList;
  readonly #records: Uint8Array;
  readonly #known: KnownOfLog;
  /** Where in `#records` the batches of the copy are, by base offset. */
  readonly #positions = new Map<number, number>();
  readonly #transactions: TransactionFold;

  constructor(
    context: CheckContext,
    replica: ReplicaGhost,
    event: Swapped,
    stored: BatchList,
    records: Uint8Array,
    known: KnownOfLog,
  ) {
    this.#context = context;
    this.#replica = replica;
    this.#event = event;
    this.#stored = stored;
    this.#records = records;
    this.#known = known;
    this.#transactions = new TransactionFold(replica);
    this.#transactions.advance(replica, known.decidedBelow);
    const facts = emptyFacts();
    for (let at = 0; at < records.length; at += batchSize(records, at)) {
      readFacts(records, at, facts);
      this.#positions.set(facts.baseOffset, at);
    }
  }

  judge(): void {
    this.#context.evaluated('S5');
    if (!this.#transactions.isKnown) return;
    const { baseOffset, endOffset } = this.#event;
    const stable = Math.min(this.#replica.highWatermark, this.#transactions.firstOpenLeft(this.#replica));
    if (endOffset > stable) {
      this.#report('S5', endOffset, `though only what is below ${stable} is committed and decided`);
      return;
    }
    const latest = this.#latest();
    const stored = this.#stored;
    const strangers = new Set(this.#positions.keys());
    for (let at = stored.indexOf(baseOffset); at < stored.count && (stored.bases[at] as number) < endOffset; at++) {
      const base = stored.bases[at] as number;
      const before = storedBatch(this.#replica.partition, stored, at);
      if (before === undefined) return;
      strangers.delete(base);
      if (!this.#judgeBatch(before, base, latest)) return;
    }
    const [stranger] = strangers;
    if (stranger !== undefined) this.#report('S5', stranger, `and has a batch at ${stranger} that was not there`);
  }

  /** Of each key, the offset of the last record that is committed and decided. */
  #latest(): ReadonlyMap<string, number> {
    const { log, partition, highWatermark } = this.#replica;
    const offsets = new Map<string, number>();
    for (let at = 0; at < log.count && (log.lasts[at] as number) < highWatermark; at++) {
      const base = log.bases[at] as number;
      if (base >= this.#transactions.firstOpenLeft(this.#replica)) break;
      const batch = writtenBatch(partition, log.epochs[at] as number, base);
      if (batch === undefined) continue;
      const { isControl, isTransactional, producerId } = readBatchHeader(batch);
      if (isControl || this.#isAborted(producerId, base, isTransactional)) continue;
      for (const { key, offset } of decodeRecords(batch)) if (key !== null) offsets.set(textOf(key), offset);
    }
    return offsets;
  }

  #isAborted(producerId: number, base: number, isTransactional: boolean): boolean {
    return (
      isTransactional &&
      this.#transactions.aborted.some(
        (each) => each.producerId === producerId && each.firstOffset <= base && base <= each.lastOffset,
      )
    );
  }

  /** Is what is left of a batch what may be left of it? */
  #judgeBatch(before: Uint8Array, base: number, latest: ReadonlyMap<string, number>): boolean {
    const header = readBatchHeader(before);
    const position = this.#positions.get(base);
    const left = position === undefined ? null : readBatchHeader(this.#records, position);
    if (left === null && this.#isLastOfProducer(header))
      return this.#report('S6', base, `and removed the last batch of producer ${header.producerId}, which it still remembers`);
    if (left !== null && !isSameHead(left, header))
      return this.#report('S5', base, `and the head of the batch at ${base} is not what it was`);
    if (left !== null && left.deleteHorizonMs !== null && !this.#judgeHorizon(base, header, left.deleteHorizonMs)) return false;
    if (header.isControl) return this.#judgeMarker(base, header, (left?.recordCount ?? 0) > 0);
    return this.#judgeRecords(before, header, position, latest);
  }

  #judgeRecords(
    before: Uint8Array,
    header: BatchHeader,
    position: number | undefined,
    latest: ReadonlyMap<string, number>,
  ): boolean {
    const kept = new Map<number, DecodedRecord>();
    if (position !== undefined) for (const record of decodeRecords(this.#records, position)) kept.set(record.offset, record);
    const isAborted = this.#isAborted(header.producerId, header.baseOffset, header.isTransactional);
    for (const record of decodeRecords(before)) {
      const { key, value, offset } = record;
      const found = kept.get(offset);
      kept.delete(offset);
      if (found !== undefined) {
        const isAsWritten = isEqual(found.key, key) && isEqual(found.value, value) && found.timestamp === record.timestamp;
        if (!isAsWritten) return this.#report('S5', offset, `and the record at ${offset} is not what was written`);
        continue;
      }
      if (isAborted || key === null || (latest.get(textOf(key)) ?? -1) > offset) continue;
      if (value !== null) return this.#report('S5', offset, `and removed the last record of its key, at ${offset}`);
      this.#context.evaluated('S6');
      if (!this.#hasExpired(header)) return this.#report('S6', offset, `and removed a tombstone at ${offset} before its time`);
    }
    const [added] = kept.keys();
    return added === undefined || this.#report('S5', added, `and has a record at ${added} that was not there`);
  }

  /** Had a cleaner that came by before given it a delete horizon, and has that passed? */
  #hasExpired({ deleteHorizonMs }: BatchHeader): boolean {
    return deleteHorizonMs !== null && deleteHorizonMs <= this.#event.startedMs;
  }

  /** A horizon is delete.retention.ms after the first visit, and stays. */
  #judgeHorizon(base: number, { deleteHorizonMs: before }: BatchHeader, horizon: number): boolean {
    this.#context.evaluated('S6');
    const due = before ?? this.#event.startedMs + this.#event.deleteRetentionMs;
    return horizon === due || this.#report('S6', base, `and gave the batch at ${base} the delete horizon ${horizon}, not ${due}`);
  }

  /** A marker goes only when nothing is left of its transaction, and its time has passed since. */
  #judgeMarker(base: number, header: BatchHeader, isLeft: boolean): boolean {
    if (isLeft || header.recordCount === 0) return true;
    this.#context.evaluated('S6');
    const { partition } = this.#replica;
    const stored = this.#stored;
    for (let at = stored.indexOf(base) - 1; at >= 0; at--) {
      const other = stored.bases[at] as number;
      const origin = partition.origins.get(stored.epochs[at] as number);
      const found = origin?.find(other) ?? -1;
      if (origin === undefined || found < 0 || origin.producerIds[found] !== header.producerId) continue;
      if (origin.controls.has(other)) break;
      const isThere = other < this.#event.baseOffset || this.#positions.has(other);
      if (origin.transactional.has(other) && isThere)
        return this.#report(
          'S6',
          base,
          `and removed the marker at ${base}, while there is a batch of its transaction at ${other}`,
        );
    }
    return this.#hasExpired(header) || this.#report('S6', base, `and removed the marker at ${base} before its time`);
  }

  /** Does the log know the producer's sequence from this batch alone? */
  #isLastOfProducer({ producerId, lastOffset, isControl }: BatchHeader): boolean {
    if (producerId < 0 || isControl || this.#known.isForgotten(producerId, lastOffset)) return false;
    const { log, partition } = this.#replica;
    let epoch: number | null = null;
    for (let at = log.indexOf(lastOffset); at < log.count; at++) {
      const base = log.bases[at] as number;
      const origin = partition.origins.get(log.epochs[at] as number);
      const found = origin?.find(base) ?? -1;
      if (origin === undefined || found < 0) return false;
      if (origin.producerIds[found] !== producerId) continue;
      const isThis = (log.lasts[at] as number) === lastOffset;
      if (isThis) epoch = origin.producerEpochs[found] as number;
      // Later data, or a marker of a new epoch, takes its place.
      else if (!origin.controls.has(base) || origin.producerEpochs[found] !== epoch) return false;
    }
    return true;
  }

  /** False. */
  #report(property: 'S5' | 'S6', offset: number, what: string): false {
    const { node, partition } = this.#replica;
    const { baseOffset, endOffset } = this.#event;
    const facts: ViolationFacts = { ...logOf(this.#replica), offset };
    this.#context.violated(property, `${node} compacted ${partition.name} from ${baseOffset} to ${endOffset}, ${what}`, facts);
    return false;
  }
}

function isSameHead(a: BatchHeader, b: BatchHeader): boolean {
  return (
    a.lastOffset === b.lastOffset &&
    a.leaderEpoch === b.leaderEpoch &&
    a.producerId === b.producerId &&
    a.producerEpoch === b.producerEpoch &&
    a.baseSequence === b.baseSequence &&
    a.isControl === b.isControl &&
    a.isTransactional === b.isTransactional
  );
}

function isEqual(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

export const compaction = {
  properties: [
    {
      id: 'S5',
      title: 'compaction keeps the last record of each key, as it was written, and touches only what is committed and decided',
    },
    { id: 'S6', title: 'tombstones and markers stay for their time, and the last batch of a producer while it is remembered' },
    { id: 'L17', title: 'after healing, logs that are dirty enough are compacted' },
  ],
  create: (context): Checker => new Compaction(context),
} as const satisfies PropertyDefinition;
