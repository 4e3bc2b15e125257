/**
 * Where each leader epoch begins in a log (KIP-101, KIP-279): the memory that truncation by epoch rests on. Kafka's
 * LeaderEpochFileCache. Kept in `leader-epoch-checkpoint`; the file is written behind the memory, and at load the log itself
 * has the last word (recovery.ts), so a stale or torn file does no harm.
 */
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { EpochEntry } from './types.ts';

export class EpochCache {
  /** Ascending in epoch and in start offset. */
  #entries: EpochEntry[];
  readonly #changed: () => void;

  /** `changed` is called after every change, to have the file written. */
  constructor(entries: readonly EpochEntry[], changed: () => void) {
    this.#entries = [...entries];
    this.#changed = changed;
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries;
  }

  get latestEpoch(): LeaderEpoch | null {
    return this.#entries.at(-1)?.epoch ?? null;
  }

  /** Records that `epoch` begins at `startOffset`. Entries that contradict it go. True if anything changed. */
  assign(epoch: LeaderEpoch, startOffset: Offset): boolean {
    const latest = this.#entries.at(-1);
    if (latest !== undefined && latest.epoch === epoch && startOffset >= latest.startOffset) return false;
    let keep = this.#entries.length;
    while (keep > 0 && contradicts(this.#entries[keep - 1] as EpochEntry, epoch, startOffset)) keep--;
    this.#entries.length = keep;
    this.#entries.push({ epoch, startOffset });
    this.#changed();
    return true;
  }

  /**
   * The largest epoch at or below `epoch` and the offset after its last record; null if this log can't say. For the latest
   * epoch that is the log's end.
   */
  endOffsetFor(epoch: LeaderEpoch, logEndOffset: Offset): { epoch: LeaderEpoch; endOffset: Offset } | null {
    if (epoch < 0) return null;
    if (epoch === this.latestEpoch) return { epoch, endOffset: logEndOffset };
    const above = this.#entries.findIndex((entry) => entry.epoch > epoch);
    if (above < 0) return null;
    const endOffset = (this.#entries[above] as EpochEntry).startOffset;
    // Older than all we know: the data is gone, and what follows begins here.
    if (above === 0) return { epoch, endOffset };
    return { epoch: (this.#entries[above - 1] as EpochEntry).epoch, endOffset };
  }

  /** The epoch of the record at `offset`, null if it lies before the first entry. */
  epochForOffset(offset: Offset): LeaderEpoch | null {
    const above = this.#entries.findIndex((entry) => entry.startOffset > offset);
    const at = above < 0 ? this.#entries.length - 1 : above - 1;
    return this.#entries[at]?.epoch ?? null;
  }

  /** Drops the epochs that begin at or after `endOffset`. True if there were any. */
  truncateFromEnd(endOffset: Offset): boolean {
    let keep = this.#entries.length;
    while (keep > 0 && (this.#entries[keep - 1] as EpochEntry).startOffset >= endOffset) keep--;
    if (keep === this.#entries.length) return false;
    this.#entries.length = keep;
    this.#changed();
    return true;
  }

  /** The log now starts at `startOffset`: the epoch there begins there, older ones go. */
  truncateFromStart(startOffset: Offset): void {
    const truncated = truncatedFromStart(this.#entries, startOffset);
    if (truncated === this.#entries) return;
    this.#entries = truncated;
    this.#changed();
  }

  clear(): void {
    if (this.#entries.length === 0) return;
    this.#entries = [];
    this.#changed();
  }
}

/** May an older entry not stand before a new one? */
function contradicts(entry: EpochEntry, epoch: LeaderEpoch, startOffset: Offset): boolean {
  return entry.epoch >= epoch || entry.startOffset >= startOffset;
}

/** The same array if nothing has to change. */
function truncatedFromStart(entries: EpochEntry[], startOffset: Offset): EpochEntry[] {
  let first = -1;
  while (first + 1 < entries.length && (entries[first + 1] as EpochEntry).startOffset <= startOffset) first++;
  if (first < 0 || (first === 0 && (entries[0] as EpochEntry).startOffset === startOffset)) return entries;
  return [{ epoch: (entries[first] as EpochEntry).epoch, startOffset }, ...entries.slice(first + 1)];
}
