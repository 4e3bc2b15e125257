/**
 * Jumps of readers over offsets, kept until the final reads tell what really was at those offsets. A jump is a violation if
 * the final log has a record there; offsets that no record has (and those that were removed on purpose, or compacted away) may be skipped, and by readers of
 * committed records those of aborted transactions.
 */
import type { PropertyId } from '../registry.ts';
import type { Session } from '../../sim/history.ts';
import type { ClusterView } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import type { Guarantees } from '../guarantees.ts';
import { readsCommitted } from './transactions.ts';

interface Gap {
  readonly property: PropertyId;
  readonly partition: string;
  /** Offsets from `from` up to but not including `to` were skipped. */
  readonly from: number;
  readonly to: number;
  readonly what: string;
  /** Of a reader that may pass by what is not committed. */
  readonly isOfCommitted: boolean;
}

export class GapLedger {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #gaps: Gap[] = [];

  constructor(context: CheckContext, guarantees: Guarantees) {
    this.#context = context;
    this.#guarantees = guarantees;
  }

  skipped(property: PropertyId, session: Session, partition: string, from: number, to: number, what: string): void {
    this.#gaps.push({ property, partition, from, to, what, isOfCommitted: readsCommitted(session) });
  }

  judge({ finalReads, finalCommittedReads }: ClusterView): void {
    for (const { property, partition, from, to, what, isOfCommitted } of this.#gaps) {
      const reads = isOfCommitted ? finalCommittedReads : finalReads;
      if (reads === null) continue;
      if (this.#guarantees.excused(property, partition)) continue;
      const begin = Math.max(from, this.#guarantees.removedBelow(partition));
      const found = reads
        .get(partition)
        ?.records.find(({ offset }) => offset >= begin && offset < to && !this.#guarantees.isCompactedAway(partition, offset));
      if (found !== undefined)
        this.#context.violated(property, `${what}, but ${partition}@${found.offset} holds ${found.value.slice(0, 40)}`, {
          partition,
          offset: found.offset,
        });
    }
  }
}
