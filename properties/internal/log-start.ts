/** R22: what a follower's log begins with is its leader's affair. Its start follows what retention and DeleteRecords removed, no further. */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type ClusterGhost, type GhostListener, ghostOf, type LoadedLog } from './ghost.ts';
import { type PartitionGhost, type ReplicaGhost } from './replica-ghost.ts';

class LogStart implements GhostListener {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  /** Up to where retention or DeleteRecords have removed records, on whatever replica went furthest. */
  readonly #removedBelow = new Map<PartitionGhost, number>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#ghost.listen(this);
    context.on('log-start-offset-advanced', (event, at) => {
      const replica = this.#ghost.replica(at.nodeId, event.partition);
      if (replica === undefined || event.partition === METADATA_PARTITION) return;
      if (event.reason === 'leader') this.#check(replica, event.to, 'took from its leader');
      else this.#removedBelow.set(replica.partition, Math.max(event.to, this.#removed(replica.partition)));
    });
  }

  /** A log that is cut below its start, or thrown away, begins anew there. */
  onTruncating(replica: ReplicaGhost, event: TraceEventOf<'log-truncated'>): void {
    const beginsAnew = event.to >= event.from || event.to < replica.log.start;
    if (beginsAnew && event.partition !== METADATA_PARTITION) this.#check(replica, event.to, `began anew (${event.reason}) at`);
  }

  onLoaded({ replica, event }: LoadedLog): void {
    // Before anybody has heard of its topic there is nothing to compare with.
    const isKnown = event.partition !== METADATA_PARTITION && event.topicId !== '';
    if (isKnown && !this.#ghost.hasRotted(replica.nodeId, replica.partition))
      this.#check(replica, event.logStartOffset, 'was loaded with');
  }

  #check(replica: ReplicaGhost, start: number, how: string): void {
    if (start === 0) return;
    this.#context.evaluated('R22');
    const removed = this.#removed(replica.partition);
    if (start <= removed) return;
    const message = `${replica.node}'s log of ${replica.partition.name} ${how} the start ${start}; retention and DeleteRecords removed what is below ${removed}`;
    this.#ghost.violatedWithinBudget('R22', replica.partition, message, { nodeId: replica.nodeId, offset: start });
  }

  #removed(partition: PartitionGhost): number {
    return this.#removedBelow.get(partition) ?? 0;
  }
}

export const logStart = {
  properties: [{ id: 'R22', title: "a follower's log begins no higher than what retention and DeleteRecords removed" }],
  create: (context): Checker => {
    new LogStart(context);
    return {};
  },
} as const satisfies PropertyDefinition;
