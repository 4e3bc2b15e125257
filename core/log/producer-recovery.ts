/** Rebuilds a log's producer state from a snapshot and the batches after it: at load, and after a truncation. */
import { lesser } from '../../ports/brand.ts';
import { Offset } from '../protocol/numbers.ts';
import { readBatchHeader } from '../protocol/records.ts';
import { readEndTxnMarker } from './control-records.ts';
import type { LogContext } from './log-context.ts';
import type { ProducerSnapshots } from './producer-snapshots.ts';
import type { ProducerState } from './producer-state.ts';
import type { Segment } from './segment.ts';

export interface RebuildOptions {
  /** State of the log below this offset. */
  readonly upTo: Offset;
  /** Snapshots above may belong to a past that the log has lost. */
  readonly trustedSnapshotOffset: Offset;
  /** Enter transactions aborted at or after into the transaction indexes. */
  readonly txnIndexFrom: Offset;
}

/** Throws DiskError. Snapshots beyond what is trusted are removed. */
export function rebuildProducerState(
  { env, partition, producerExpirationMs }: LogContext,
  state: ProducerState,
  snapshots: ProducerSnapshots,
  segments: readonly Segment[],
  options: RebuildOptions,
): void {
  const { upTo } = options;
  const newest = lesser(options.trustedSnapshotOffset, upTo);
  const firstBase = segments[0]?.baseOffset ?? Offset(0);
  snapshots.removeWhere((offset) => offset > newest || offset < firstBase);
  const snapshot = snapshots.latest(newest);
  const start = snapshot?.offset ?? firstBase;
  const nowMs = env.clock.wallMs();
  state.reset(snapshot?.entries ?? [], start);
  const producerIds = state.removeExpired(nowMs, producerExpirationMs());
  if (producerIds.length > 0) env.tracer.emit({ type: 'producers-expired', partition, producerIds });
  for (const segment of segments) {
    if (segment.baseOffset > start && segment.baseOffset < upTo) snapshots.take(segment.baseOffset, state.entries());
    for (let slot = segment.slotFor(start); slot < segment.batchCount && segment.baseOffsetOf(slot) < upTo; slot++) {
      if (segment.baseOffsetOf(slot) < start) continue;
      const bytes = segment.readSlots(slot, slot + 1);
      const header = readBatchHeader(bytes);
      const aborted = state.append(header, readEndTxnMarker(header, bytes, 0, env.compression));
      if (aborted !== null && header.baseOffset >= options.txnIndexFrom) segment.txnIndex.append(aborted);
    }
  }
  state.advanceTo(upTo);
  env.tracer.emit({ type: 'producer-state-rebuilt', partition, snapshotOffset: snapshot?.offset ?? null, from: start, upTo });
}
