/**
 * R22: what a follower's log begins with is its leader's affair. Its start follows what retention and DeleteRecords removed, no further.
 * S8: what was removed is gone. Only what is committed is removed, nobody is given it again, and a log that is opened begins no lower than
 * its node had written down.
 */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type ClusterGhost, type GhostListener, ghostOf, type LoadedLog } from './ghost.ts';
import { logOf, type PartitionGhost, type ReplicaGhost } from './replica-ghost.ts';

class LogStart implements GhostListener {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  /** Up to where retention or DeleteRecords have removed records, on whatever replica went furthest. */
  readonly #removedBelow = new Map<PartitionGhost, number>();
  /** By node and topic id, the starts that were written to the node's checkpoint last. */
  readonly #written = new Map<string, number>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#ghost.listen(this);
    context.on('log-start-offset-advanced', (event, at) => {
      const replica = this.#ghost.replica(at.nodeId, event.partition);
      if (replica === undefined || event.partition === METADATA_PARTITION) return;
      if (event.reason === 'delete-records') this.#checkRemoval(replica, event.to);
      if (event.reason === 'leader') this.#check(replica, event.to, 'took from its leader');
      else this.#removedBelow.set(replica.partition, Math.max(event.to, this.#removed(replica.partition)));
    });
    context.on('checkpoint-written', ({ file, entries }, at) => {
      if (file !== 'log-start') return;
      for (const [partition, start] of entries) {
        const replica = this.#ghost.replica(at.nodeId, partition);
        if (replica !== undefined) this.#written.set(writtenBy(replica), start);
      }
    });
    context.on('fetch-served', (event, at) => {
      if (event.to === 'consumer' && event.endOffset > event.fetchOffset) this.#checkServed(event, at);
    });
  }

  /** A log that is cut below its start, or thrown away, begins anew there. */
  onTruncating(replica: ReplicaGhost, event: TraceEventOf<'log-truncated'>): void {
    const beginsAnew = event.to >= event.from || event.to < replica.log.start;
    if (beginsAnew && event.partition !== METADATA_PARTITION) this.#check(replica, event.to, `began anew (${event.reason}) at`);
  }

  onLoaded({ replica, event, lossesSince }: LoadedLog): void {
    // Before anybody has heard of its topic there is nothing to compare with.
    const isKnown = event.partition !== METADATA_PARTITION && event.topicId !== '';
    if (isKnown && !this.#ghost.hasRotted(replica.nodeId, replica.partition))
      this.#check(replica, event.logStartOffset, 'was loaded with');
    const written = this.#written.get(writtenBy(replica)) ?? 0;
    this.#written.delete(writtenBy(replica));
    // The checkpoint is as durable as any file; a log that ends before it begins anew where it ends.
    const { powerLost, diskReplaced, corrupted, directoryFailed } = lossesSince;
    if (!isKnown || written === 0 || powerLost + diskReplaced + corrupted + directoryFailed > 0) return;
    this.#context.evaluated('S8');
    if (event.logStartOffset >= Math.min(written, event.logEndOffset)) return;
    const message = `${replica.node}'s log of ${event.partition} was loaded with the start ${event.logStartOffset}, though its node had written down ${written}`;
    this.#context.violated('S8', message, { ...logOf(replica), offset: event.logStartOffset });
  }

  #checkRemoval(replica: ReplicaGhost, to: number): void {
    this.#context.evaluated('S8');
    if (to <= replica.highWatermark) return;
    const message = `${replica.node} removed what ${replica.partition.name} has below ${to}, of which only what is below ${replica.highWatermark} was committed`;
    this.#context.violated('S8', message, { ...logOf(replica), offset: to });
  }

  #checkServed({ partition, fetchOffset }: TraceEventOf<'fetch-served'>, { nodeId, node }: Occurrence): void {
    const replica = this.#ghost.replica(nodeId, partition);
    if (replica === undefined || fetchOffset >= replica.logStartOffset) return;
    const message = `${node} gave records of ${partition} from ${fetchOffset} on, though it had removed what is below ${replica.logStartOffset}`;
    this.#context.violated('S8', message, { ...logOf(replica), offset: fetchOffset });
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

function writtenBy({ nodeId, partition }: ReplicaGhost): string {
  return `${nodeId}/${partition.topicId}/${partition.name}`;
}

export const logStart = {
  properties: [
    { id: 'R22', title: "a follower's log begins no higher than what retention and DeleteRecords removed" },
    {
      id: 'S8',
      title: 'DeleteRecords removes only what is committed, and no broker gives out again what it knows to be removed',
    },
  ],
  create: (context): Checker => {
    new LogStart(context);
    return {};
  },
} as const satisfies PropertyDefinition;
