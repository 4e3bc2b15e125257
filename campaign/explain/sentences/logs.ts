/** What the log cleaner does to a compacted log, as sentences. */
import type { What } from './what.ts';

/** Null: it is none of that. */
export function logSentence(node: string, what: What): string | null {
  switch (what.type) {
    case 'log-cleaning-begun':
      return `${node} begins to clean ${what.partition}: it is dirty from ${what.firstDirtyOffset} on, and can be cleaned below ${what.firstUncleanableOffset}`;
    case 'segments-swapping':
      return `${node} has a cleaned copy of ${what.partition}, ${what.baseOffset} to ${what.endOffset}, which is to take the place of its segments`;
    case 'segments-swapped':
      return `${node} has the cleaned copy of ${what.partition}, ${what.baseOffset} to ${what.endOffset}, in place of its segments; delete.retention.ms is ${what.deleteRetentionMs}`;
    case 'log-cleaning-ended':
      return `${node} has cleaned ${what.partition} up to ${what.endOffset}`;
    default:
      return null;
  }
}
