/**
 * Committed offsets whose tombstones are on their way. Outcomes come in the order of the log: a commit that a coordinator tells
 * of before it tells of the removal lies before the tombstone, and nobody can count on it; if the coordinator dies in between,
 * it never tells of the removal, but the next one finds the tombstone.
 */
import { ErrorCode } from '../core/protocol/errors.ts';
import type { TraceEventOf } from '../core/trace.ts';
import type { Occurrence } from '../sim/observe.ts';
import type { CheckContext } from './judge.ts';

/** A committed offset, by its place in the log. */
export type OffsetAt = Pick<TraceEventOf<'offset-committed'>, 'group' | 'partition' | 'logOffset'>;

export class OffsetRemovals {
  /** How many at a time, and in which partition of `__consumer_offsets`. */
  readonly #underWay = new Map<string, { count: number; readonly offsetsPartition: number }>();
  /** By group and partition, where in the log the last tombstone lies that was told of. */
  readonly #tombstones = new Map<string, number>();
  readonly #doubted: ((group: string, partition: string) => void)[] = [];

  constructor(context: CheckContext) {
    context.on('offset-removal-begun', ({ group, partition, offsetsPartition }, at) => {
      const key = keyOf(at, group, partition);
      const known = this.#underWay.get(key);
      if (known === undefined) this.#underWay.set(key, { count: 1, offsetsPartition });
      else known.count++;
      for (const listener of this.#doubted) listener(group, partition);
    });
    context.on('offset-removal-ended', ({ group, partition, error }, at) => {
      const key = keyOf(at, group, partition);
      const known = this.#underWay.get(key);
      // With its term a coordinator ceases to know what becomes of its tombstones.
      if (known !== undefined && error !== ErrorCode.NOT_COORDINATOR && --known.count === 0) this.#underWay.delete(key);
    });
    context.on('offset-removed', ({ group, partition, logOffset }) => {
      const key = `${group}/${partition}`;
      if (logOffset > (this.#tombstones.get(key) ?? -1)) this.#tombstones.set(key, logOffset);
    });
    // The next term begins with what is in the log.
    context.on('coordinator-loading', (event, at) => {
      for (const [key, { offsetsPartition }] of this.#underWay)
        if (offsetsPartition === event.offsetsPartition && key.startsWith(`${at.node}/`)) this.#underWay.delete(key);
    });
  }

  /** Lies a commit before a tombstone that was told of? A coordinator that stood still tells of its commits after its successor. */
  isRemoved({ group, partition, logOffset }: OffsetAt): boolean {
    return logOffset < (this.#tombstones.get(`${group}/${partition}`) ?? -1);
  }

  /** Is what this coordinator tells to be committed on its way out, if not gone already? */
  isDoomed(at: Occurrence, event: OffsetAt): boolean {
    return this.isRemoved(event) || (this.#underWay.size > 0 && this.#underWay.has(keyOf(at, event.group, event.partition)));
  }

  /** `listener` hears of each offset that may be gone from now on. */
  onDoubt(listener: (group: string, partition: string) => void): void {
    this.#doubted.push(listener);
  }
}

function keyOf(at: Occurrence, group: string, partition: string): string {
  return `${at.node}/${at.incarnation}/${group}/${partition}`;
}

const ofRuns = new WeakMap<CheckContext, OffsetRemovals>();

/** Those of the run. */
export function offsetRemovalsOf(context: CheckContext): OffsetRemovals {
  let removals = ofRuns.get(context);
  if (removals === undefined) {
    removals = new OffsetRemovals(context);
    ofRuns.set(context, removals);
  }
  return removals;
}
