/**
 * Tombstones that a replica never had: a cleaner had removed them from its leader's log before it came to copy them. What they deleted it has for
 * ever, and so has the cluster when it leads. Kafka promises a tombstone to those who read on within delete.retention.ms (docs/configuration,
 * `delete.retention.ms`), and a cleaner does not look who has not copied it yet (Cleaner.shouldRetainRecord).
 */
import { decodeRecords, readBatchHeader } from '../../core/protocol/records.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { CheckContext } from '../judge.ts';
import type { BatchFacts } from './batches.ts';
import { type AppendVerdict, type GhostListener, ghostOf, type LoadedLog } from './ghost.ts';
import { type Contents, textOf } from './log-contents.ts';
import type { PartitionGhost, ReplicaGhost } from './replica-ghost.ts';
import { storedBatch, writtenBatch } from './stored-batches.ts';

export class MissedTombstones implements GhostListener {
  /** By node, then by offset, the key. */
  readonly #missed = new WeakMap<PartitionGhost, Map<number, Map<number, string>>>();

  constructor(context: CheckContext) {
    ghostOf(context).listen(this);
  }

  onAppended(replica: ReplicaGhost, _facts: BatchFacts, _verdict: AppendVerdict, role: 'leader' | 'follower'): void {
    const { compacted, log, partition } = replica;
    if (role === 'leader' || compacted === null) return;
    const last = compacted.count - 1;
    const begin = last === 0 ? log.start : (compacted.lasts[last - 1] as number) + 1;
    const left = storedBatch(partition, compacted, last);
    const kept = new Set(left === undefined ? [] : decodeRecords(left).map(({ offset }) => offset));
    for (let at = log.indexOf(begin); at < log.count; at++) {
      const written = writtenBatch(partition, log.epochs[at] as number, log.bases[at] as number);
      if (written === undefined || readBatchHeader(written).isControl) continue;
      for (const { key, value, offset } of decodeRecords(written))
        if (key !== null && value === null && !kept.has(offset)) this.#of(replica).set(offset, textOf(key));
    }
  }

  onTruncating(replica: ReplicaGhost, { to, reason }: TraceEventOf<'log-truncated'>): void {
    this.#forget(replica, reason === 'snapshot' ? 0 : to);
  }

  onLoaded({ replica, event }: LoadedLog): void {
    this.#forget(replica, event.logEndOffset);
  }

  /** Keys that a replica has, and `other` has not, because it missed the tombstones that deleted them. */
  stale(replica: ReplicaGhost | undefined, contents: Contents, other: Contents): string[] {
    const missed = replica === undefined ? undefined : this.#missed.get(replica.partition)?.get(replica.nodeId);
    if (missed === undefined) return [];
    const stale: string[] = [];
    for (const [offset, key] of missed) {
      const held = contents.get(key);
      if (held !== undefined && held.offset < offset && !other.has(key)) stale.push(key);
    }
    return stale;
  }

  #of({ partition, nodeId }: ReplicaGhost): Map<number, string> {
    const ofPartition = this.#missed.get(partition) ?? new Map<number, Map<number, string>>();
    this.#missed.set(partition, ofPartition);
    const ofNode = ofPartition.get(nodeId) ?? new Map<number, string>();
    ofPartition.set(nodeId, ofNode);
    return ofNode;
  }

  /** What is copied again may be there this time. */
  #forget({ partition, nodeId }: ReplicaGhost, from: number): void {
    const missed = this.#missed.get(partition)?.get(nodeId);
    for (const offset of missed?.keys() ?? []) if (offset >= from) missed?.delete(offset);
  }
}

const ofRuns = new WeakMap<CheckContext, MissedTombstones>();

/** Those of the run. */
export function missedTombstonesOf(context: CheckContext): MissedTombstones {
  let missed = ofRuns.get(context);
  if (missed === undefined) {
    missed = new MissedTombstones(context);
    ofRuns.set(context, missed);
  }
  return missed;
}
