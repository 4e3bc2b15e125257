/** What applications did and saw, as sentences. */
import type { HistoryEvent } from '../../../sim/history.ts';
import { narrateDone } from '../../narrate.ts';
import { clipped } from '../../printable.ts';
import { listed } from './listed.ts';
import type { What } from './what.ts';

/** Null: it is no operation of an application. Of others than memberships it is what `replay` says. */
export function operationSentence(node: string, what: What): string | null {
  return 'session' in what ? `${node} (${what.session.kind} ${what.session.id}): ${did(what)}` : null;
}

function did(what: HistoryEvent): string {
  switch (what.type) {
    case 'assigned':
      return `it now has ${partitions(what)}, in generation ${what.generation}`;
    case 'revoked':
      return `it gives up ${partitions(what)}, in generation ${what.generation}`;
    case 'lost':
      return `it has lost ${partitions(what)}, which it had in generation ${what.generation}`;
    case 'opened':
      return 'it begins its work';
    case 'closed':
      return 'it is closed';
    case 'crashed':
      return 'it is gone with its process';
    default:
      return clipped(narrateDone(what), LENGTH_MOST);
  }
}

/** Enough of a poll that brought hundreds of records. */
const LENGTH_MOST = 240;

function partitions({ partitions: list }: Extract<HistoryEvent, { readonly type: 'assigned' | 'revoked' | 'lost' }>): string {
  return listed(list.map(({ topic, partition }) => `${topic}-${partition}`));
}
