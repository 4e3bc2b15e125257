/** Trace events of the quorum and of the metadata log as short lines for transcripts. */
import { pureCompression } from '../../protocol/compression.ts';
import { decodeRecords, forEachBatch } from '../../protocol/records.ts';
import type { TraceEvent } from '../../trace.ts';

/** Null: a transcript does not tell of it. `tellsDisk`: also of what became durable. */
export function narrateRaft(event: TraceEvent, tellsDisk: boolean): string | null {
  switch (event.type) {
    case 'quorum-transition': {
      const leader = event.leaderId >= 0 ? `, leader n${event.leaderId}` : '';
      return `${event.from} -> ${event.to}, epoch ${event.epoch}${leader}`;
    }
    case 'quorum-pre-vote-answered':
      return `${event.granted ? 'would' : 'would not'} vote for n${event.candidate} after epoch ${event.epoch}`;
    case 'quorum-voted': {
      const theirs = `${event.candidateEndOffset} in epoch ${event.candidateLastEpoch}`;
      return `votes for n${event.candidate} in epoch ${event.epoch}: its log ends at ${theirs}, this one at ${event.endOffset} in epoch ${event.lastEpoch}`;
    }
    case 'quorum-leader-elected':
      return `leads epoch ${event.epoch}, which begins at ${event.epochStartOffset}`;
    case 'quorum-leader-resigned':
      return `resigned from epoch ${event.epoch}: ${event.reason}`;
    case 'quorum-high-watermark-advanced':
      return `high watermark ${event.from} -> ${event.to}`;
    case 'quorum-truncation-refused':
      return `does not cut its log to ${event.to}: committed is up to ${event.highWatermark}`;
    case 'quorum-state-persisted':
      return tellsDisk
        ? `has on disk: epoch ${event.epoch}, vote ${nodeOf(event.votedId)}, leader ${nodeOf(event.leaderId)}`
        : null;
    case 'log-flushed':
      return tellsDisk ? `has on disk: the log up to ${event.upTo}` : null;
    case 'log-loaded': {
      const epochs = event.epochs.map(({ epoch, startOffset }) => ` ${epoch}@${startOffset}`).join('');
      return event.logEndOffset === 0 ? null : `finds its log, ${event.logStartOffset}..${event.logEndOffset}, epochs${epochs}`;
    }
    case 'log-appended':
      return `${event.role === 'leader' ? 'appends' : 'copies'} ${contentOf(event.batch)}`;
    case 'log-truncated':
      return `cuts its log from ${event.from} to ${event.to}: ${event.reason}`;
    case 'log-start-offset-advanced':
      return `log begins at ${event.to}: ${event.reason}`;
    case 'snapshot-created':
      return `writes the snapshot up to ${event.endOffset} of epoch ${event.epoch}`;
    case 'snapshot-loaded':
      return `loads the snapshot up to ${event.endOffset} of epoch ${event.epoch}, ${event.source}`;
    default:
      return null;
  }
}

function nodeOf(id: number): string {
  return id >= 0 ? `n${id}` : 'none';
}

/** `a b at 3, epoch 1`, of each batch. */
function contentOf(bytes: Uint8Array): string {
  const batches: string[] = [];
  forEachBatch(bytes, (header, position) => {
    const values = decodeRecords(bytes, position, pureCompression).map(({ value }) =>
      new TextDecoder().decode(value ?? undefined),
    );
    const content = header.isControl ? 'the leader change' : values.join(' ');
    batches.push(`${content} at ${header.baseOffset}, epoch ${header.leaderEpoch}`);
  });
  return batches.join('; ');
}
