/** How dirty a log is, and how much of it may be cleaned now (Kafka's LogToClean and LogCleanerManager.cleanableOffsets). */
import { greater, lesser } from '../../../ports/brand.ts';
import type { Offset } from '../../protocol/numbers.ts';
import type { LogOffsets } from '../log-offsets.ts';
import type { LogSegments } from '../log-segments.ts';
import type { Segment } from '../segment.ts';
import type { LogConfig } from '../types.ts';

export interface LogToClean {
  /** Below, the log is clean. */
  readonly firstDirtyOffset: Offset;
  /** From here on nothing is cleaned: where a segment begins. */
  readonly firstUncleanableOffset: Offset;
  /** The offset written down lies outside the log: the one told here takes its place. */
  readonly isReset: boolean;
  readonly cleanableBytes: number;
  /** With the clean part. */
  readonly totalBytes: number;
  /** max.compaction.lag.ms have passed for some of it. */
  readonly isOverdue: boolean;
}

/** Share of what could be cleaned that is dirty. */
export function cleanableRatio({ cleanableBytes, totalBytes }: LogToClean): number {
  return totalBytes === 0 ? 0 : cleanableBytes / totalBytes;
}

/** `checkpointed`: up to where the log is known to be clean; null if nothing is known. */
export function logToClean(
  segments: LogSegments,
  offsets: LogOffsets,
  config: LogConfig,
  checkpointed: Offset | null,
  nowMs: number,
): LogToClean {
  const { logStartOffset, logEndOffset, lastStableOffset } = offsets;
  const known = checkpointed ?? logStartOffset;
  const isReset = known < logStartOffset || known > logEndOffset;
  const firstDirtyOffset = isReset ? logStartOffset : known;
  const dirty = inactiveFrom(segments, firstDirtyOffset);
  const active = segments.active.baseOffset;
  const young = firstYoungSegment(dirty, nowMs, config['min.compaction.lag.ms']);
  const bound = greater(firstDirtyOffset, lesser(lastStableOffset, young?.baseOffset ?? active));
  // The segment that holds the first offset that must stay stays whole.
  const firstUncleanableOffset = inactiveFrom(segments, bound)[0]?.baseOffset ?? active;
  const clean = segments.all.filter((segment) => segment.baseOffset < firstDirtyOffset);
  const cleanable = dirty.filter((segment) => segment.baseOffset < firstUncleanableOffset);
  const cleanableBytes = sizeOf(cleanable);
  return {
    firstDirtyOffset,
    firstUncleanableOffset,
    isReset,
    cleanableBytes,
    totalBytes: sizeOf(clean) + cleanableBytes,
    isOverdue: isOverdue(dirty, nowMs, config['max.compaction.lag.ms']),
  };
}

/** The segment that holds `offset` and those behind it, but for the active one. */
function inactiveFrom(segments: LogSegments, offset: Offset): readonly Segment[] {
  return offset >= segments.active.baseOffset ? [] : segments.all.slice(segments.indexOf(offset), -1);
}

function firstYoungSegment(dirty: readonly Segment[], nowMs: number, lagMs: number): Segment | undefined {
  return lagMs > 0 ? dirty.find((segment) => segment.largestTimestamp > nowMs - lagMs) : undefined;
}

function isOverdue(dirty: readonly Segment[], nowMs: number, lagMs: number): boolean {
  return dirty.some(({ firstTimestamp }) => firstTimestamp > 0 && firstTimestamp < nowMs - lagMs);
}

function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.size, 0);
}

/**
 * Neighbours that become one segment (Cleaner.groupSegmentsBySize): as many as have been no larger, together, than one segment may be.
 * `segments` are those that hold anything to clean, `endOffset` is where the last of them ends.
 */
export function segmentGroups(
  segments: readonly Segment[],
  endOffset: Offset,
  limits: { readonly segmentBytes: number; readonly indexBytes: number },
): Segment[][] {
  const groups: Segment[][] = [];
  let group: Segment[] = [];
  for (const [at, segment] of segments.entries()) {
    const end = segments[at + 1]?.baseOffset ?? endOffset;
    const joined = [...group, segment];
    const [first] = joined as [Segment];
    const sizeOfIndexes = (index: 'offsetIndex' | 'timeIndex'): number =>
      joined.reduce((sum, each) => sum + each[index].file.size, 0);
    const fits =
      sizeOf(joined) <= limits.segmentBytes &&
      sizeOfIndexes('offsetIndex') <= limits.indexBytes &&
      sizeOfIndexes('timeIndex') <= limits.indexBytes &&
      (segment.size === 0 || end - 1 - first.baseOffset <= 0x7fff_ffff);
    if (group.length > 0 && !fits) {
      groups.push(group);
      group = [segment];
    } else {
      group = joined;
    }
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
