/** What comes back from disk, and what is taken off it: S1, S2, S4, S7, S9, S10, S12, S14. S11 is in producer-state.ts. */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, ClusterView, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import type { ReplicaInspection } from '../../core/broker/inspection.ts';
import { BatchList, type BatchFacts, batchSize, emptyFacts, readFacts } from './batches.ts';
import { type CommittedMetadata, committedOf } from './committed.ts';
import { crc32c } from './crc32c.ts';
import { type ClusterGhost, type GhostListener, ghostOf, type LoadedLog } from './ghost.ts';
import { logOf, type ReplicaGhost } from './replica-ghost.ts';

const READ_BYTES = 1 << 20;
/** Offsets looked up in each replica at the end. */
const SAMPLES = 8;

class Storage implements Checker, GhostListener {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #metadata: CommittedMetadata;
  readonly #facts: BatchFacts = emptyFacts();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#metadata = committedOf(context);
    this.#ghost.listen(this);
    context.on('segment-deleted', (event, at) => this.#onSegmentDeleted(event, at));
    context.on('log-start-offset-advanced', (event, at) => this.#onLogStart(event, at));
    context.on('checkpoint-written', (event, at) => this.#onCheckpoint(event, at));
    context.on('fetch-served', (event, at) => this.#onServed(event, at));
  }

  /** S1: after a crash everything is back; after a power loss a prefix that holds at least what was synced. */
  onLoaded({ replica, before, beforeFlushedTo, beforeLiedFrom, beforeUnsyncedTruncation, lossesSince, event }: LoadedLog): void {
    if (before === null || before.end === before.start) return;
    // A node that was down when a topic was deleted finds its log again: it must never be served (see #onServed).
    if (replica.partition.removed) this.#context.evaluated('S12');
    // Rot is found when the segment is read, which may be lives later.
    const hasRotted = this.#ghost.hasRotted(replica.nodeId, replica.partition);
    if (hasRotted || lossesSince.diskReplaced + lossesSince.directoryFailed > 0) return;
    this.#context.evaluated('S1');
    const { log, node, partition } = replica;
    const isPowerLost = lossesSince.powerLost > 0;
    const what = `${node} loaded ${partition.name} [${event.logStartOffset}, ${event.logEndOffset}) after ${isPowerLost ? 'a power loss' : 'a restart'}, before it was [${before.start}, ${before.end})`;
    if (event.clean) {
      this.#context.evaluated('S9');
      if (isPowerLost ? event.logEndOffset < Math.min(before.end, beforeLiedFrom) : beforeFlushedTo < before.end) {
        this.#context.violated(
          'S9',
          `${what}: it was marked as cleanly shut down, but synced only up to ${beforeFlushedTo}`,
          logOf(replica),
        );
      }
    }
    const kept = isPowerLost ? Math.min(beforeFlushedTo, beforeLiedFrom, before.end) : before.end;
    // A log that was thrown away to begin anew, at a snapshot or where its leader's begins, is there again until a sync.
    if (isPowerLost && beforeUnsyncedTruncation && event.logEndOffset <= before.start && this.#isKnown(replica)) {
      this.#context.mark('s1-unsynced-truncation-undone');
      return;
    }
    if (event.logEndOffset < kept) {
      this.#context.violated('S1', `${what}: everything below ${kept} was ${isPowerLost ? 'synced' : 'written'}`, {
        ...logOf(replica),
        offset: event.logEndOffset,
      });
      return;
    }
    const wrong = this.#firstStranger(log, before);
    if (wrong === null && event.logEndOffset <= before.end) return;
    // Kafka truncates a file without syncing it (LogSegment.truncateTo): what was cut can come back with a power loss.
    if (isPowerLost && beforeUnsyncedTruncation && this.#isKnown(replica)) {
      this.#context.mark('s1-unsynced-truncation-undone');
      return;
    }
    const where = wrong === null ? `it ends above` : `the batch at ${wrong} was not there`;
    this.#context.violated(wrong !== null && wrong < before.start ? 'S12' : 'S1', `${what}: ${where}`, {
      ...logOf(replica),
      offset: wrong ?? event.logEndOffset,
    });
  }

  /** Base offset of the first loaded batch that the log did not hold; null if it held all. */
  #firstStranger(log: BatchList, before: BatchList): number | null {
    for (let at = 0; at < log.count; at++) {
      const base = log.bases[at] as number;
      const old = before.indexOf(base);
      const isSame = before.bases[old] === base && before.crcs[old] === log.crcs[at] && before.epochs[old] === log.epochs[at];
      if (!isSame) return base;
    }
    return null;
  }

  /** Has every batch of the log been written by some leader? */
  #isKnown({ log, partition }: ReplicaGhost): boolean {
    for (let at = 0; at < log.count; at++) {
      const origin = partition.origins.get(log.epochs[at] as number);
      const found = origin?.find(log.bases[at] as number) ?? -1;
      if (found < 0 || origin?.batches.crcs[found] !== log.crcs[at]) return false;
    }
    return true;
  }

  #onSegmentDeleted(event: TraceEventOf<'segment-deleted'>, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, event.partition);
    if (replica === undefined) return;
    this.#checkAge(event, replica);
    this.#context.evaluated('S7');
    const covered =
      event.partition === METADATA_PARTITION ? Math.max(replica.highWatermark, replica.logStartOffset) : replica.highWatermark;
    if (event.endOffset <= covered && event.endOffset <= replica.logStartOffset) return;
    const message = `${at.node} deleted segment [${event.baseOffset}, ${event.endOffset}) of ${event.partition} (${event.reason}); log start ${replica.logStartOffset}, high watermark ${replica.highWatermark}`;
    this.#context.violated('S7', message, { ...logOf(replica), offset: event.endOffset });
  }

  /** S14: the largest timestamp counts, wherever in the segment it is (KIP-33). */
  #checkAge(event: TraceEventOf<'segment-deleted'>, replica: ReplicaGhost): void {
    if (event.reason !== 'retention-time') return;
    this.#context.evaluated('S14');
    const ageMs = event.wallMs - event.largestTimestamp;
    if (ageMs > event.retentionMs) return;
    const message = `${replica.node} deleted segment [${event.baseOffset}, ${event.endOffset}) of ${event.partition}, whose youngest record was ${ageMs} ms old; retention.ms is ${event.retentionMs}`;
    this.#context.violated('S14', message, { ...logOf(replica), offset: event.endOffset });
  }

  #onLogStart(event: TraceEventOf<'log-start-offset-advanced'>, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, event.partition);
    if (replica === undefined) return;
    this.#context.evaluated('S7');
    const isCovered = event.reason === 'snapshot' || event.to <= replica.highWatermark;
    if (event.to > event.from && isCovered) return;
    const message = `${at.node} moved the log start of ${event.partition} from ${event.from} to ${event.to} (${event.reason}); high watermark ${replica.highWatermark}`;
    this.#context.violated('S7', message, { ...logOf(replica), offset: event.to });
  }

  /** S9: a recovery point claims no more than was synced. */
  #onCheckpoint(event: TraceEventOf<'checkpoint-written'>, at: Occurrence): void {
    if (event.file !== 'recovery-point') return;
    for (const [partition, offset] of event.entries) {
      const replica = this.#ghost.replica(at.nodeId, partition);
      if (replica === undefined) continue;
      if (replica.log.end > replica.maxFlushedTo) this.#context.evaluated('S9');
      // The file was decided on before it was durable: a truncation, synced itself, may have come since.
      if (offset <= replica.maxFlushedTo || offset <= replica.logStartOffset || replica.unsyncedTruncation) continue;
      const message = `${at.node} wrote the recovery point ${offset} of ${partition}, synced is what is below ${replica.flushedTo}`;
      this.#context.violated('S9', message, { ...logOf(replica), offset });
    }
  }

  /** S12: nothing of a deleted topic is served once the broker knows that it is deleted, nothing below the log start ever. */
  #onServed(event: TraceEventOf<'fetch-served'>, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, event.partition);
    if (replica === undefined) return;
    const { partition } = replica;
    if (replica.logStartOffset > 0 || partition.removed) this.#context.evaluated('S12');
    const isGone =
      partition.removed && (this.#metadata.brokerView(at.nodeId)?.removed.has(`${partition.topicId}/${partition.name}`) ?? false);
    if (isGone)
      this.#context.violated(
        'S12',
        `${at.node} served ${event.partition} of topic id ${partition.topicId}, which it knows to be deleted`,
        logOf(replica),
      );
    if (event.fetchOffset >= replica.logStartOffset) return;
    this.#context.violated(
      'S12',
      `${at.node} served ${event.partition} from ${event.fetchOffset}, its log begins at ${replica.logStartOffset}`,
      { ...logOf(replica), offset: event.fetchOffset },
    );
  }

  /** S2, S4, S10: the final logs, read whole, are what was appended, byte for byte as far as the CRC covers them. */
  atEnd(view: ClusterView): void {
    for (const node of view.nodes.values()) {
      for (const replica of node.broker?.replicas ?? []) {
        const ghost = this.#ghost.replica(node.nodeId, replica.partition);
        if (ghost === undefined || replica.role === 'offline' || replica.role === 'stopped') continue;
        this.#readWhole(ghost, replica);
        this.#sample(ghost, replica);
      }
    }
  }

  #readWhole(ghost: ReplicaGhost, replica: ReplicaInspection): void {
    if (this.#ghost.hasRotted(ghost.nodeId, ghost.partition)) {
      for (const property of ['S4', 'S10'] as const)
        this.#context.excuse(property, `${ghost.node}'s log of ${replica.partition} rotted on its disk`);
      return;
    }
    const { stored: log } = ghost;
    const facts = this.#facts;
    let next = replica.logStartOffset;
    let at = log.indexOf(next);
    while (next < replica.logEndOffset) {
      const bytes = replica.read(next, READ_BYTES);
      if (bytes.length === 0) break;
      for (let position = 0; position + 61 <= bytes.length; position += batchSize(bytes, position)) {
        readFacts(bytes, position, facts);
        this.#context.evaluated('S4');
        const isExpected = log.bases[at] === facts.baseOffset && log.lasts[at] === facts.lastOffset && log.crcs[at] === facts.crc;
        if (!isExpected) {
          const message = `${ghost.node}'s log of ${replica.partition} has a batch ${facts.baseOffset}-${facts.lastOffset}; it had appended ${log.bases[at]}-${log.lasts[at]} there`;
          this.#context.violated('S4', message, { ...logOf(ghost), offset: facts.baseOffset });
          return;
        }
        this.#context.evaluated('S10');
        const computed = crc32c(bytes, position + 21, position + batchSize(bytes, position)) | 0;
        if (computed !== facts.crc) {
          this.#context.violated(
            'S10',
            `${ghost.node}'s log of ${replica.partition} has a batch at ${facts.baseOffset} whose CRC is wrong`,
            { ...logOf(ghost), offset: facts.baseOffset },
          );
          return;
        }
        next = facts.lastOffset + 1;
        at += 1;
      }
    }
    // A cleaner may have left nothing of the last batches, though they were there.
    const isRead = ghost.compacted === null ? log.count === 0 : at === log.count;
    if (next >= replica.logEndOffset || isRead) return;
    this.#context.violated(
      'S4',
      `${ghost.node}'s log of ${replica.partition} can be read up to ${next}, its end is ${replica.logEndOffset}`,
      { ...logOf(ghost), offset: next },
    );
  }

  #sample(ghost: ReplicaGhost, replica: ReplicaInspection): void {
    const { stored: log } = ghost;
    const span = replica.logEndOffset - replica.logStartOffset;
    const samples = Math.min(SAMPLES, span);
    for (let i = 0; i < samples; i++) {
      const offset = replica.logStartOffset + Math.floor((i * span) / samples);
      const bytes = replica.read(offset, 1);
      this.#context.evaluated('S2');
      const expected = log.bases[log.indexOf(offset)];
      if (ghost.compacted !== null && expected === undefined && bytes.length === 0) continue;
      if (bytes.length >= 61) readFacts(bytes, 0, this.#facts);
      if (bytes.length >= 61 && this.#facts.baseOffset === expected) continue;
      const found = bytes.length < 61 ? 'nothing' : `the batch at ${this.#facts.baseOffset}`;
      this.#context.violated(
        'S2',
        `${ghost.node}: a look-up of offset ${offset} of ${replica.partition} found ${found}, it is in the batch at ${expected}`,
        { ...logOf(ghost), offset },
      );
      return;
    }
  }
}

export const storage = {
  properties: [
    { id: 'S1', title: 'a restarted replica has its log back: all of it, or after power loss a prefix with all that was synced' },
    { id: 'S2', title: 'a look-up by offset finds the batch that holds it' },
    { id: 'S4', title: 'a log read whole is what was appended to it' },
    { id: 'S7', title: 'only whole segments below the high watermark are deleted, the log start never goes back' },
    { id: 'S14', title: 'retention by time deletes no segment that has a record younger than retention.ms' },
    { id: 'S9', title: 'recovery points and clean shutdown claim only what was synced' },
    { id: 'S10', title: 'stored batches have the CRC of what was produced' },
    { id: 'S12', title: 'nothing that was deleted comes back' },
  ],
  create: (context): Checker => new Storage(context),
} as const satisfies PropertyDefinition;
