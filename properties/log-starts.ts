/**
 * Where logs began over the run. Records below a log's start were removed on purpose (retention, DeleteRecords) and may be
 * missing anywhere, even where they are still to be seen: Kafka keeps log starts in memory and writes them to
 * log-start-offset-checkpoint once a minute (log.flush.start.offset.checkpoint.interval.ms), so that after a crash a replica
 * begins where its first segment does, and nothing brings its start in line with the others' again. Retention is each replica's
 * own business (UnifiedLog.deleteOldSegments), segment by segment, and segments need not have the same bounds everywhere.
 *
 * Replicas are compared within one topic: that another of the same name begins at 0 again makes no difference between them.
 */
import type { CheckContext } from './judge.ts';
import { ghostOf } from './internal/ghost.ts';
import type { PartitionGhost } from './internal/replica-ghost.ts';

export class LogStarts {
  readonly #highest = new Map<string, number>();
  /** By `topic-partition`, then by the partitions that had the name: the start of each node's replica. */
  readonly #ofNames = new Map<string, Map<PartitionGhost, Map<string, number>>>();
  /** Why a partition's replicas' starts may differ for good. */
  readonly #differences = new Map<PartitionGhost, string>();

  constructor(context: CheckContext) {
    const ghost = ghostOf(context);
    context.on('log-start-offset-advanced', ({ partition: name, to, reason }, at) => {
      if (to > this.removedBelow(name)) this.#highest.set(name, to);
      const partition = ghost.replica(at.nodeId, name)?.partition;
      if (partition === undefined) return;
      if (reason === 'retention') this.#differences.set(partition, 'each replica applies retention to its own segments');
      this.#nodesOf(partition).set(at.node, to);
    });
    context.on('log-loaded', ({ partition: name, topicId, logStartOffset }, at) => {
      const loaded = ghost.partition(name, topicId);
      for (const [partition, nodes] of this.#ofNames.get(name) ?? []) {
        // A log that does not know its topic's id may be that of any of the name.
        const mayBe = partition === loaded || topicId === '';
        if (mayBe && logStartOffset < (nodes.get(at.node) ?? 0))
          this.#differences.set(partition, 'a crash made a replica forget its log start, which Kafka writes down once a minute');
      }
      this.#nodesOf(loaded).set(at.node, logStartOffset);
    });
  }

  /**
   * The highest start that any replica's log of this name ever had: everything below was removed on purpose. Of whichever topic of the
   * name: clients don't tell of which one the offsets are that they know.
   */
  removedBelow(partition: string): number {
    return this.#highest.get(partition) ?? 0;
  }

  /** Why the replicas' starts may differ for good; null while they must be equal. */
  mayDiffer(partition: PartitionGhost): string | null {
    return this.#differences.get(partition) ?? null;
  }

  #nodesOf(partition: PartitionGhost): Map<string, number> {
    let ofName = this.#ofNames.get(partition.name);
    if (ofName === undefined) {
      ofName = new Map();
      this.#ofNames.set(partition.name, ofName);
    }
    let nodes = ofName.get(partition);
    if (nodes === undefined) {
      nodes = new Map();
      ofName.set(partition, nodes);
    }
    return nodes;
  }
}
