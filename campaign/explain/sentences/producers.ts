/** What producers were told of their ids and their batches, as sentences. */
import { errorName } from '../../../core/protocol/errors.ts';
import type { What } from './what.ts';

/** Null: it is none of theirs. */
export function producerSentence(node: string, what: What): string | null {
  switch (what.type) {
    case 'producer-id-acquired':
      return `${node} is producer ${what.producerId}, epoch ${what.producerEpoch}`;
    case 'producer-epoch-bumped':
      return `${node} goes on as producer ${what.producerId}, epoch ${what.producerEpoch}: ${what.reason}`;
    case 'producer-batch-sent':
      return `${node} sends ${batch(what)} to ${what.partition}${what.attempt > 1 ? `, for the ${what.attempt}. time` : ''}`;
    case 'producer-batch-retried':
      return `${node} will send its batch${sequence(what)} to ${what.partition} again: ${errorName(what.error)}`;
    case 'producer-batch-renumbered':
      return `${node} gives a batch for ${what.partition} another sequence, ${what.baseSequence} in epoch ${what.producerEpoch} instead of ${what.fromSequence} in epoch ${what.fromEpoch}: if it is in the log already, nobody can know`;
    case 'producer-batch-completed': {
      const times = what.attempts > 1 ? `, sent ${what.attempts} times,` : '';
      if (what.error !== 0) return `${node} gives up ${batch(what)} for ${what.partition}${times}: ${errorName(what.error)}`;
      return `${node} knows ${batch(what)}${times} to be in ${what.partition}${what.offset === -1 ? '' : ` at ${what.offset}`}`;
    }
    default:
      return null;
  }
}

function batch(what: { readonly records: number; readonly baseSequence: number }): string {
  return `a batch of ${what.records} ${what.records === 1 ? 'record' : 'records'}${sequence(what)}`;
}

function sequence({ baseSequence }: { readonly baseSequence: number }): string {
  return baseSequence === -1 ? '' : ` (sequence ${baseSequence})`;
}
