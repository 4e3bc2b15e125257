/** Trace events of replication as short lines for transcripts. */
import { errorName } from '../../protocol/errors.ts';
import type { TraceEvent } from '../../trace.ts';

/** Null: a transcript does not tell of it. */
export function narrateReplication(event: TraceEvent): string | null {
  switch (event.type) {
    case 'became-leader':
      return `leads in epoch ${event.leaderEpoch}, ISR ${event.isr.join(' ')}, log up to ${event.logEndOffset}, high watermark ${event.highWatermark}`;
    case 'became-follower':
      return `follows ${event.leader < 0 ? 'nobody' : `b${event.leader}`} in epoch ${event.leaderEpoch}, log up to ${event.logEndOffset}, high watermark ${event.highWatermark}`;
    case 'high-watermark-advanced':
      return `high watermark ${event.from} -> ${event.to}`;
    case 'high-watermark-set':
      return event.to === event.from ? null : `high watermark ${event.from} -> ${event.to}: ${event.reason}`;
    case 'isr-change-proposed':
      return `asks for ISR ${event.proposed.join(' ')} (broker epochs ${event.proposedEpochs.join(' ')}) instead of ${event.isr.join(' ')}, partition epoch ${event.partitionEpoch}`;
    case 'isr-change-unanswered':
      return 'does not know whether its change of the ISR was applied';
    case 'isr-change-resolved': {
      const error = event.error === 0 ? '' : `: ${errorName(event.error)}`;
      return `ISR ${event.isr.join(' ')}, partition epoch ${event.partitionEpoch}, ${event.outcome}${error}`;
    }
    case 'produce-appended':
      return `appends ${event.baseOffset}, epoch ${event.leaderEpoch}`;
    case 'produce-acked':
      return `acknowledges ${event.baseOffset}, acks=${event.acks}`;
    case 'produce-failed':
      return `refuses acks=${event.acks}${event.afterAppend ? ' after the append' : ''}: ${errorName(event.error)}`;
    case 'fetch-applied':
      if (event.diverging)
        return `cuts its log from ${event.fromOffset} to ${event.endOffset}, where b${event.leader}'s parts from it`;
      return event.endOffset > event.fromOffset ? `copies ${event.fromOffset}..${event.endOffset} from b${event.leader}` : null;
    case 'fetch-rejected':
      return `refuses a fetch of b${event.replica} from ${event.fetchOffset} in epoch ${event.requestEpoch}: ${errorName(event.error)}`;
    case 'fetch-diverged':
      return `tells b${event.replica}, which has up to ${event.fetchOffset} and epoch ${event.lastFetchedEpoch}, that epoch ${event.epochEnd.epoch} ends at ${event.epochEnd.endOffset}`;
    default:
      return null;
  }
}
