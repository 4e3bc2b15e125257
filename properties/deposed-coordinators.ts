/**
 * Committed offsets told by a broker that is the group's coordinator no more and has not heard so. Kafka has no leases: a coordinator
 * with nothing under way answers a stable OffsetFetch from memory (CoordinatorRuntime.waitForPendingWrites), and may not know of what
 * its successor has taken since. What the current one answers is GR6.
 */
import type { PropertyId } from './registry.ts';
import { ErrorCode } from '../core/protocol/errors.ts';
import type { CheckContext } from './judge.ts';
import { guaranteesOf } from './guarantees.ts';
import { ghostOf } from './internal/ghost.ts';

const NO_OFFSET = -1;

export class DeposedCoordinators {
  readonly #context: CheckContext;
  /** By group, partition and offset, the step of the last such answer. */
  readonly #answers = new Map<string, number>();
  /** By partition, a group that was answered for. */
  readonly #groups = new Map<string, string>();

  constructor(context: CheckContext) {
    this.#context = context;
    const guarantees = guaranteesOf(context);
    const ghost = ghostOf(context);
    context.on('offset-fetched', ({ group, partition, offset, error }, at) => {
      const offsetsPartition = guarantees.offsetsPartition(group);
      if (error !== ErrorCode.NONE || offsetsPartition === null || guarantees.leader(offsetsPartition) === at.nodeId) return;
      const replica = ghost.replica(at.nodeId, offsetsPartition);
      // With writes under way it would have to wait for them, and hear that it is deposed.
      if (replica === undefined || replica.log.end > replica.highWatermark) return;
      this.#answers.set(`${group}/${partition}@${offset}`, at.step);
      this.#groups.set(partition, group);
    });
  }

  /** Did one of them ever tell anybody of an offset of this partition? Then the property is excused. */
  excusesAll(property: PropertyId, partition: string): boolean {
    const group = this.#groups.get(partition);
    if (group === undefined) return false;
    this.#context.excuse(property, `a broker that was the coordinator of group ${group} no more told what it remembered`);
    return true;
  }

  /** Did one of them tell of this offset (null: of none) since that step? Then the property is excused. */
  excuses(property: PropertyId, group: string, partition: string, offset: number | null, since: number): boolean {
    const step = this.#answers.get(`${group}/${partition}@${offset ?? NO_OFFSET}`);
    if (step === undefined || step < since) return false;
    this.#context.excuse(property, `a broker that was the coordinator of group ${group} no more told what it remembered`);
    return true;
  }
}

const ofRuns = new WeakMap<CheckContext, DeposedCoordinators>();

/** Those of the run. */
export function deposedCoordinatorsOf(context: CheckContext): DeposedCoordinators {
  let deposed = ofRuns.get(context);
  if (deposed === undefined) {
    deposed = new DeposedCoordinators(context);
    ofRuns.set(context, deposed);
  }
  return deposed;
}
