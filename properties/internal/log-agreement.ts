/** What replicas' logs must have in common: R1, R2, R3, R4, R9, R10, R11, R21. */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { ViolationFacts } from '../../sim/observe.ts';
import type { PropertyId } from '../registry.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, ClusterView, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import type { BatchFacts } from './batches.ts';
import { committedOf } from './committed.ts';
import { type AppendVerdict, type ClusterGhost, type GhostListener, ghostOf, type LoadedLog } from './ghost.ts';
import { logOf, type PartitionGhost, type ReplicaGhost } from './replica-ghost.ts';

/** How far acks=all was acknowledged, by the leader epoch of the acknowledgement, in order of epochs. */
interface Acknowledged {
  readonly epochs: number[];
  readonly ends: number[];
}

class LogAgreement implements Checker, GhostListener {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #acknowledged = new Map<PartitionGhost, Acknowledged>();
  /** Logs with copies of batches whose base offset or leader epoch had rotted, by node, topic id and partition. */
  readonly #rottenCopies = new Set<string>();
  /** Epoch entries as the log has assigned them, per replica: the last one. */
  readonly #epochEntries = new Map<ReplicaGhost, { epoch: number; startOffset: number }>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    committedOf(context);
    this.#ghost.listen(this);
    context.on('produce-acked', (event, at) => {
      if (event.acks === -1) this.#onAcked(at.nodeId, event);
    });
    context.on('became-leader', (event, at) => this.#onLeader(at.nodeId, event));
    context.on('high-watermark-advanced', (event, at) => this.#onHighWatermark(at.nodeId, event));
    context.on('epoch-assigned', (event, at) => this.#onEpoch(at.nodeId, event));
    context.on('empty-epochs-dropped', (event, at) => this.#onEpochsDropped(at.nodeId, event));
  }

  #onAcked(nodeId: number, event: TraceEventOf<'produce-acked'>): void {
    const replica = this.#ghost.replica(nodeId, event.partition);
    if (replica === undefined || event.lastOffset < 0) return;
    let acknowledged = this.#acknowledged.get(replica.partition);
    if (acknowledged === undefined) {
      acknowledged = { epochs: [], ends: [] };
      this.#acknowledged.set(replica.partition, acknowledged);
    }
    const { epochs, ends } = acknowledged;
    const last = epochs.length - 1;
    const end = event.lastOffset + 1;
    if (last >= 0 && (epochs[last] as number) >= event.leaderEpoch) ends[last] = Math.max(ends[last] as number, end);
    else {
      epochs.push(event.leaderEpoch);
      ends.push(Math.max(end, ends[last] ?? 0));
    }
  }

  /** R1, R3: whoever leads has what was committed, and acknowledged, in earlier epochs. A zombie of an old epoch need not have what came later. */
  #onLeader(nodeId: number, event: TraceEventOf<'became-leader'>): void {
    const replica = this.#ghost.replica(nodeId, event.partition);
    if (replica === undefined) return;
    const { partition } = replica;
    const committedEnd = partition.ledger.endBefore(event.leaderEpoch);
    if (committedEnd > 0) {
      this.#context.evaluated('R3');
      const missing = this.#missing(replica, committedEnd);
      if (missing !== null) {
        this.#report('R3', partition, `${replica.node} leads ${partition.name} in epoch ${event.leaderEpoch} but ${missing}`, {
          nodeId,
          leaderEpoch: event.leaderEpoch,
        });
      }
    }
    const acknowledgedEnd = this.#acknowledgedBefore(partition, event.leaderEpoch);
    if (acknowledgedEnd === 0) return;
    this.#context.evaluated('R1');
    const missing = this.#missing(replica, acknowledgedEnd);
    if (missing !== null) {
      const message = `records of ${partition.name} below ${acknowledgedEnd} were acknowledged (acks=all) before epoch ${event.leaderEpoch}, in which ${replica.node} leads: ${missing}`;
      this.#report('R1', partition, message, { nodeId, leaderEpoch: event.leaderEpoch, offset: acknowledgedEnd });
    }
  }

  #acknowledgedBefore(partition: PartitionGhost, epoch: number): number {
    const acknowledged = this.#acknowledged.get(partition);
    if (acknowledged === undefined) return 0;
    for (let at = acknowledged.epochs.length - 1; at >= 0; at--) {
      if ((acknowledged.epochs[at] as number) < epoch) return acknowledged.ends[at] as number;
    }
    return 0;
  }

  /** What of the committed log below `end` the replica does not have; null if it has all. */
  #missing(replica: ReplicaGhost, end: number): string | null {
    const { log, partition } = replica;
    const { batches } = partition.ledger;
    if (log.end < end) return `its log ends at ${log.end}, ${end} is committed`;
    // What is below any replica's log start was removed legitimately (retention, DeleteRecords); checked by S7. A follower may have kept
    // there what it had: the leader cannot tell that it diverges (`removedBelow`).
    const start = Math.max(log.start, partition.removedBelow);
    if (start >= end) return null;
    if (log.prefixAt(end) === batches.prefixAt(end)) return null;
    let at = batches.indexOf(start);
    for (; at < batches.count && (batches.lasts[at] as number) < end; at++) {
      const base = batches.bases[at] as number;
      const mine = log.indexOf(base);
      const isSame = log.crcs[mine] === batches.crcs[at] && log.epochs[mine] === batches.epochs[at] && log.bases[mine] === base;
      if (isSame) continue;
      return `at offset ${base} it has a batch of epoch ${log.epochs[mine]}, committed is one of epoch ${batches.epochs[at]}`;
    }
    return start > log.start ? null : `its log below ${end} is not what was committed`;
  }

  /** R2: below its high watermark, each replica has what is committed. */
  #onHighWatermark(nodeId: number, event: TraceEventOf<'high-watermark-advanced'>): void {
    const replica = this.#ghost.replica(nodeId, event.partition);
    if (replica === undefined) return;
    const { partition } = replica;
    const end = Math.min(event.to, partition.ledger.end);
    if (end === 0) return;
    // Before the first election there was nobody to disagree with.
    if (replica.leaderEpoch > 0) this.#context.evaluated('R2');
    const missing = this.#missing(replica, end);
    if (missing !== null) {
      this.#report(
        'R2',
        partition,
        `${replica.node}'s high watermark of ${partition.name} moved to ${event.to}, but ${missing}`,
        { ...logOf(replica), offset: event.to },
      );
    }
  }

  onAppended(replica: ReplicaGhost, facts: BatchFacts, verdict: AppendVerdict, role: 'leader' | 'follower'): void {
    const { partition, log } = replica;
    const isMetadata = partition.name === METADATA_PARTITION;
    const matching = isMetadata ? 'K4' : 'R4';
    const unique = isMetadata ? 'K1' : 'R10';
    const before = log.count - 2;
    const epochBefore = before < 0 ? -1 : (log.epochs[before] as number);
    const isSeam = before >= 0 && facts.leaderEpoch !== epochBefore;
    if (facts.leaderEpoch < epochBefore) {
      this.#context.violated(
        isMetadata ? 'K4' : 'R11',
        `${replica.node} appended ${nameOf(partition, facts)} after one of epoch ${epochBefore}`,
        batchOf(replica, facts),
      );
    }
    if (role === 'leader') {
      if (verdict === 'second-writer') {
        const other = partition.origins.get(facts.leaderEpoch)?.leader;
        this.#context.violated(
          unique,
          `${replica.node} appended ${nameOf(partition, facts)} as leader; node ${other} did so before in this epoch`,
          { ...batchOf(replica, facts), ...(other === undefined ? {} : { otherNodeId: other }) },
        );
      } else if (verdict === 'different') {
        this.#context.violated(
          matching,
          `${replica.node} wrote ${nameOf(partition, facts)} anew: it had written that offset before in this epoch`,
          batchOf(replica, facts),
        );
      }
      if (isMetadata) return;
      const isFirstOfEpoch = facts.leaderEpoch > 0 && partition.origins.get(facts.leaderEpoch)?.batches.count === 1;
      if (isFirstOfEpoch) this.#context.evaluated('R10');
      if (isSeam) this.#context.evaluated('R11');
      if (replica.role !== 'leader' || replica.leaderEpoch !== facts.leaderEpoch) {
        const state = replica.role === 'leader' ? `leads in epoch ${replica.leaderEpoch}` : `is ${replica.role}`;
        this.#context.violated(
          'R11',
          `${replica.node} appended ${nameOf(partition, facts)} as leader while it ${state}`,
          batchOf(replica, facts),
        );
      }
      return;
    }
    if (isSeam) this.#context.evaluated(matching);
    if (verdict === 'copy') return;
    if (this.#isRottenCopy(replica, facts, verdict)) {
      this.#context.excuse(matching, `bits of a batch of ${partition.name} were flipped where its checksum does not look`);
      return;
    }
    const isForeign = verdict === 'unknown-origin' && this.#isOfNamesake(partition, facts);
    if (isForeign) {
      this.#context.violated(
        'R21',
        `${replica.node} appended ${nameOf(partition, facts)} that was written to another topic of that name`,
        batchOf(replica, facts),
      );
    } else if (verdict === 'unknown-origin') {
      this.#context.violated(
        matching,
        `${replica.node} appended ${nameOf(partition, facts)}, which no leader of that epoch wrote there`,
        batchOf(replica, facts),
      );
    } else {
      this.#context.violated(
        matching,
        `${replica.node} appended ${nameOf(partition, facts)}, but it or what precedes it is not what its leader had`,
        batchOf(replica, facts),
      );
    }
  }

  /**
   * Is it a batch that was written here, with a base offset or leader epoch that rotted in somebody's log? Neither is covered by the checksum
   * (DefaultRecordBatch, 4.3.1), so that nobody who reads or copies the batch can know. Or one that follows such a copy.
   */
  #isRottenCopy(replica: ReplicaGhost, { crc }: BatchFacts, verdict: AppendVerdict): boolean {
    const { partition, nodeId } = replica;
    const log = `${nodeId}/${partition.topicId}/${partition.name}`;
    if (verdict !== 'unknown-origin') return this.#rottenCopies.has(log);
    if (![...partition.replicas.keys()].some((id) => this.#ghost.hasRotted(id, partition))) return false;
    const isWrittenHere = [...partition.origins.values()].some(({ batches }) =>
      batches.crcs.slice(0, batches.count).includes(crc),
    );
    if (isWrittenHere) this.#rottenCopies.add(log);
    return isWrittenHere;
  }

  #isOfNamesake(partition: PartitionGhost, facts: BatchFacts): boolean {
    for (const other of this.#ghost.partitions.values()) {
      if (other === partition || other.name !== partition.name) continue;
      const origin = other.origins.get(facts.leaderEpoch);
      const at = origin?.find(facts.baseOffset) ?? -1;
      if (at >= 0 && origin?.batches.crcs[at] === facts.crc) return true;
    }
    return false;
  }

  /** R9: truncation takes nothing that is committed from a member of the ISR, and nothing that is right from the others. */
  onTruncating(replica: ReplicaGhost, event: TraceEventOf<'log-truncated'>): void {
    const { partition, log } = replica;
    this.#epochEntries.delete(replica);
    if (partition.name === METADATA_PARTITION || event.from <= event.to) return;
    this.#context.evaluated('R9');
    const { batches } = partition.ledger;
    if (event.to >= batches.end || this.#ghost.isDirty(partition, replica.nodeId)) return;
    // What is below the leader's log start is gone for all: the replica starts anew there.
    const { committed } = partition;
    const leader = committed === null ? undefined : partition.replicas.get(committed.leader);
    const restartsBeyond = leader !== undefined && log.end < leader.logStartOffset;
    if (restartsBeyond) return;
    let at = Math.max(batches.indexOf(event.to), batches.indexOf(log.start));
    let removed = -1;
    for (; at < batches.count && (batches.lasts[at] as number) < event.from; at++) {
      const mine = log.indexOf(batches.bases[at] as number);
      if (log.bases[mine] !== batches.bases[at] || log.crcs[mine] !== batches.crcs[at]) break;
      if (log.epochs[mine] !== batches.epochs[at]) break;
      removed = batches.bases[at] as number;
      break;
    }
    const inIsr = committed?.isr.includes(replica.nodeId) ?? false;
    if (!inIsr && removed < 0) return;
    const who = inIsr ? `${replica.node}, in the ISR,` : replica.node;
    const message = `${who} truncated ${partition.name} from ${event.from} to ${event.to} (${event.reason}); committed is up to ${batches.end}`;
    this.#report('R9', partition, message, { nodeId: replica.nodeId, offset: event.to });
  }

  #onEpoch(nodeId: number, event: TraceEventOf<'epoch-assigned'>): void {
    const replica = this.#ghost.replica(nodeId, event.partition);
    if (replica === undefined) return;
    const last = this.#epochEntries.get(replica);
    if (last !== undefined && (event.epoch <= last.epoch || event.startOffset < last.startOffset)) {
      const message = `${replica.node}: epoch ${event.epoch} of ${event.partition} begins at ${event.startOffset}, after epoch ${last.epoch} at ${last.startOffset}`;
      this.#context.violated('R11', message, { ...logOf(replica), leaderEpoch: event.epoch, offset: event.startOffset });
    }
    this.#epochEntries.set(replica, event);
  }

  /** An epoch without a record may be forgotten, by a replica that led and wrote nothing (KAFKA-10706); no other. */
  #onEpochsDropped(nodeId: number, { partition, logEndOffset, latestEpoch }: TraceEventOf<'empty-epochs-dropped'>): void {
    const replica = this.#ghost.replica(nodeId, partition);
    if (replica === undefined) return;
    const { log } = replica;
    const isEmpty = log.count === 0 || replica.logStartOffset >= log.end;
    const epochOfLast = isEmpty ? null : (log.epochs[log.count - 1] as number);
    if (logEndOffset !== log.end || (epochOfLast !== null && epochOfLast !== latestEpoch)) {
      const message = `${replica.node}: ${partition} forgot epochs from ${logEndOffset} on and knows up to epoch ${latestEpoch}; its log ends at ${log.end} in epoch ${epochOfLast}`;
      this.#context.violated('R11', message, { ...logOf(replica), offset: logEndOffset });
    }
    this.#epochEntries.delete(replica);
  }

  onLoaded({ replica, event }: LoadedLog): void {
    this.#checkEpochs(replica, event.epochs, 'loaded');
  }

  /** R11: epoch entries rise, and each begins where the log has the first batch of that epoch. */
  #checkEpochs(
    replica: ReplicaGhost,
    entries: readonly { readonly epoch: number; readonly startOffset: number }[],
    when: string,
  ): void {
    const { log } = replica;
    if (entries.length > 1) this.#context.evaluated('R11');
    let before = -1;
    let offsetBefore = -1;
    for (const { epoch, startOffset } of entries) {
      if (epoch <= before || startOffset < offsetBefore) {
        const message = `${replica.node}, ${when}: epoch ${epoch} of ${replica.partition.name} begins at ${startOffset}, the entry before is epoch ${before} at ${offsetBefore}`;
        this.#context.violated('R11', message, { ...logOf(replica), leaderEpoch: epoch, offset: startOffset });
        return;
      }
      before = epoch;
      offsetBefore = startOffset;
    }
    let at = log.indexOf(replica.logStartOffset);
    let known = 0;
    for (; at < log.count; at++) {
      const epoch = log.epochs[at] as number;
      if (at > 0 && log.epochs[at - 1] === epoch && at > log.indexOf(replica.logStartOffset)) continue;
      const first = Math.max(log.bases[at] as number, replica.logStartOffset);
      while (known < entries.length && (entries[known]?.epoch as number) < epoch) known++;
      const entry = entries[known];
      // An epoch may begin before its first batch only if nothing of another epoch lies between.
      const isRight =
        entry !== undefined &&
        entry.epoch === epoch &&
        entry.startOffset <= first &&
        this.#isEmptyBetween(replica, entry.startOffset, first);
      if (isRight || isCompactedAway(replica, epoch, first, entry)) continue;
      const told = entry?.epoch === epoch ? `begins at ${entry.startOffset}` : 'is missing';
      const message = `${replica.node}, ${when}: ${replica.partition.name} has epoch ${epoch} from offset ${first}, in the epoch cache it ${told}`;
      this.#context.violated('R11', message, { ...logOf(replica), leaderEpoch: epoch, offset: first });
      return;
    }
  }

  #isEmptyBetween(replica: ReplicaGhost, from: number, to: number): boolean {
    if (from === to) return true;
    const { log } = replica;
    const at = log.indexOf(from);
    return at >= log.count || (log.bases[at] as number) >= to || from < replica.logStartOffset;
  }

  #report(property: PropertyId, partition: PartitionGhost, message: string, facts: ViolationFacts): void {
    this.#ghost.violatedWithinBudget(property, partition, message, facts);
  }

  /** R1 once more: at the end, the leader has all that was ever acknowledged. R11: epoch caches are right. */
  atEnd(view: ClusterView): void {
    for (const node of view.nodes.values()) {
      for (const replica of node.broker?.replicas ?? []) {
        const ghost = this.#ghost.replica(node.nodeId, replica.partition);
        if (ghost === undefined || replica.role === 'offline' || replica.role === 'stopped') continue;
        this.#checkEpochs(ghost, replica.epochs, 'at the end');
        const { partition } = ghost;
        const { committed } = partition;
        const isLeader = replica.role === 'leader' && committed?.leader === node.nodeId;
        if (!isLeader || view.excusedPartitions.has(replica.partition)) continue;
        const end = this.#acknowledgedBefore(partition, Number.POSITIVE_INFINITY);
        if (end === 0) continue;
        this.#context.evaluated('R1');
        const missing = this.#missing(ghost, end);
        if (missing !== null)
          this.#report('R1', partition, `at the end ${ghost.node} leads ${committed.topic}: ${missing}`, {
            nodeId: ghost.nodeId,
            leaderEpoch: committed.leaderEpoch,
            offset: end,
          });
      }
    }
    const names = new Map<string, number>();
    for (const { name } of this.#ghost.partitions.values()) names.set(name, (names.get(name) ?? 0) + 1);
    for (const count of names.values()) if (count > 1) this.#context.evaluated('R21');
  }
}

/**
 * Who copied a log without the first batches of an epoch, or without any of them, knows of the epoch from the first one that was left, or
 * nothing of it (UnifiedLog.maybeAssignEpochStartOffset).
 */
function isCompactedAway(
  { compacted, log }: ReplicaGhost,
  epoch: number,
  first: number,
  entry: { readonly epoch: number; readonly startOffset: number } | undefined,
): boolean {
  if (compacted === null) return false;
  const left = compacted.epochs.indexOf(epoch);
  if (entry === undefined || entry.epoch !== epoch) return left < 0;
  const firstLeft = left < 0 ? log.end : (compacted.bases[left] as number);
  return entry.startOffset >= first && entry.startOffset <= firstLeft;
}

/** A batch that the replica appended, as a violation names it. */
function batchOf(replica: ReplicaGhost, { baseOffset, leaderEpoch }: BatchFacts): ViolationFacts {
  return { ...logOf(replica), offset: baseOffset, leaderEpoch };
}

function nameOf({ name }: PartitionGhost, { baseOffset, lastOffset, leaderEpoch }: BatchFacts): string {
  return `batch ${baseOffset}-${lastOffset} of epoch ${leaderEpoch} of ${name}`;
}

export const logAgreement = {
  properties: [
    { id: 'R1', title: 'what was acknowledged with acks=all is in the log of every later leader' },
    { id: 'R2', title: 'below their high watermarks all replicas have the committed log' },
    { id: 'R3', title: 'a new leader has everything that was committed in earlier epochs' },
    { id: 'R4', title: 'logs that agree on an offset and its epoch agree on all before' },
    { id: 'R9', title: 'truncation takes no committed record from an in-sync replica' },
    { id: 'R10', title: 'at most one broker appends as leader in an epoch' },
    { id: 'R11', title: 'epochs never decrease along a log, and epoch caches tell what the log holds' },
    { id: 'R21', title: 'no replica takes data of another topic of the same name' },
  ],
  create: (context): Checker => new LogAgreement(context),
} as const satisfies PropertyDefinition;
