/**
 * The assignments of one group, by their places in the log of its `__consumer_offsets` partition. They are judged in the order
 * of that log and not in the order in which coordinators tell of them: one that is stopped between an append and its
 * commit goes on where it was, and tells of its generation when a later coordinator has long made others.
 */

export interface StoredAssignment {
  readonly logOffset: number;
  readonly generation: number;
  /** Partitions of each member, sorted and joined. */
  readonly members: ReadonlyMap<string, string>;
}

/** Where the group was deleted: what comes behind begins anew. */
interface Deletion {
  readonly logOffset: number;
  readonly generation: null;
}

export type AssignmentFault =
  | { readonly kind: 'generation-decreased'; readonly earlier: number; readonly later: number }
  | { readonly kind: 'assigned-differently' };

/** Older ones are forgotten: nobody is stopped for as many generations. */
const KEPT = 200;

export class AssignmentHistory {
  /** In the order of the log. */
  readonly #entries: (StoredAssignment | Deletion)[] = [];

  /** What is wrong with it beside its neighbours in the log; null: nothing. */
  add(assignment: StoredAssignment): AssignmentFault | null {
    const at = this.#insert(assignment);
    const before = this.#entries[at - 1];
    const after = this.#entries[at + 1];
    return faultBetween(before, assignment) ?? faultBetween(assignment, after);
  }

  /** May be told again: by the coordinator that deleted it, and by each that reads the tombstone. */
  deleted(logOffset: number): void {
    if (!this.#entries.some((entry) => entry.generation === null && entry.logOffset === logOffset))
      this.#insert({ logOffset, generation: null });
  }

  /** The last one of this generation. */
  of(generation: number): StoredAssignment | undefined {
    const entry = this.#entries.findLast((each) => each.generation === generation);
    return entry?.generation === generation ? (entry as StoredAssignment) : undefined;
  }

  /** The one that held where the log came to this offset; null if there was none, or the group had been deleted since. */
  before(logOffset: number): StoredAssignment | null {
    const entry = this.#entries.findLast((each) => each.logOffset < logOffset);
    return entry === undefined || entry.generation === null ? null : entry;
  }

  /** Gives its place among the entries. */
  #insert(entry: StoredAssignment | Deletion): number {
    let at = this.#entries.length;
    while (at > 0 && (this.#entries[at - 1] as StoredAssignment).logOffset > entry.logOffset) at--;
    this.#entries.splice(at, 0, entry);
    if (this.#entries.length <= KEPT || at === 0) return at;
    this.#entries.shift();
    return at - 1;
  }
}

function faultBetween(
  earlier: StoredAssignment | Deletion | undefined,
  later: StoredAssignment | Deletion | undefined,
): AssignmentFault | null {
  if (earlier === undefined || later === undefined || earlier.generation === null || later.generation === null) return null;
  if (earlier.generation > later.generation)
    return { kind: 'generation-decreased', earlier: earlier.generation, later: later.generation };
  const isAgain = earlier.generation === later.generation;
  return isAgain && !isSame(earlier.members, later.members) ? { kind: 'assigned-differently' } : null;
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false;
  for (const [member, partitions] of a) if (b.get(member) !== partitions) return false;
  return true;
}
