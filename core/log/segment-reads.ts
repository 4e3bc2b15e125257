/** What reads of a log need of one segment. */
import type { Compression } from '../../ports/compression.ts';
import type { Offset } from '../protocol/numbers.ts';
import { decodeRecords } from '../protocol/records.ts';
import type { Segment } from './segment.ts';
import type { LogReadOptions, TimestampAndOffset } from './types.ts';

/** Slot after the last batch to read: wholly below the bound, within the byte limit but for a first batch (KIP-74). */
export function readEnd(segment: Segment, from: number, bound: Offset, options: LogReadOptions): number {
  const limit = segment.slotFor(bound);
  const start = segment.positionOf(from);
  if (segment.size - start <= options.maxBytes) return limit;
  const fitting = segment.slotAfterPosition(start + options.maxBytes) - 1;
  const least = options.minOneMessage ? from + 1 : from;
  return Math.min(limit, Math.max(fitting, least));
}

/** The first record from `slot` on that matches; null if none does. Throws DiskError. */
export function firstRecordFrom(
  segment: Segment,
  slot: number,
  codecs: Compression,
  matches: (timestamp: number, offset: Offset) => boolean,
): TimestampAndOffset | null {
  for (let at = slot; at < segment.batchCount; at++) {
    for (const record of decodeRecords(segment.readSlots(at, at + 1), 0, codecs)) {
      if (!matches(record.timestamp, record.offset)) continue;
      const leaderEpoch = segment.epochOf(at);
      return { offset: record.offset, timestamp: record.timestamp, leaderEpoch: leaderEpoch < 0 ? null : leaderEpoch };
    }
  }
  return null;
}
