/** Which old segments may go (Kafka's deleteOldSegments): whole ones, from the start, wholly below the high watermark. */
import type { Offset } from '../protocol/numbers.ts';
import type { Segment } from './segment.ts';
import type { LogConfig } from './types.ts';

export type DeletionReason = 'retention-time' | 'retention-size' | 'log-start';

export interface RetentionView {
  readonly config: LogConfig;
  readonly highWatermark: Offset;
  readonly logStartOffset: Offset;
  readonly nowMs: number;
}

/** How many segments from the start are to be deleted for this reason. An empty active segment never is. */
export function expiredSegments(segments: readonly Segment[], reason: DeletionReason, view: RetentionView): number {
  const isExpired = predicate(segments, reason, view);
  let count = 0;
  for (const [at, segment] of segments.entries()) {
    const next = segments[at + 1];
    const endOffset = next?.baseOffset ?? segment.endOffset;
    if (endOffset > view.highWatermark) break;
    if (next === undefined && segment.size === 0) break;
    if (!isExpired(segment, next)) break;
    count++;
  }
  return count;
}

function predicate(
  segments: readonly Segment[],
  reason: DeletionReason,
  view: RetentionView,
): (segment: Segment, next: Segment | undefined) => boolean {
  const retentionMs = view.config['retention.ms'];
  const retentionBytes = view.config['retention.bytes'];
  if (reason === 'log-start') return (_, next) => next !== undefined && next.baseOffset <= view.logStartOffset;
  if (reason === 'retention-time') return (segment) => retentionMs >= 0 && view.nowMs - segment.largestTimestamp > retentionMs;
  let excess = segments.reduce((sum, segment) => sum + segment.size, 0) - retentionBytes;
  return (segment) => {
    if (retentionBytes < 0 || excess < segment.size) return false;
    excess -= segment.size;
    return true;
  };
}
