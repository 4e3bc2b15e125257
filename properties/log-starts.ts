/**
 * Where logs began over the run. Records below a log's start were removed on purpose (retention, DeleteRecords) and may be
 * missing anywhere, even where they are still to be seen: Kafka keeps log starts in memory and writes them to
 * log-start-offset-checkpoint once a minute (log.flush.start.offset.checkpoint.interval.ms), so that after a crash a replica
 * begins where its first segment does, and nothing brings its start in line with the others' again. Retention is each replica's
 * own business (UnifiedLog.deleteOldSegments), segment by segment, and segments need not have the same bounds everywhere.
 */
import type { CheckContext } from '../sim/observe.ts';

export class LogStarts {
  readonly #highest = new Map<string, number>();
  /** By partition, the start of each node's replica. */
  readonly #ofNodes = new Map<string, Map<string, number>>();
  /** By partition, why its replicas' starts may differ for good. */
  readonly #differences = new Map<string, string>();

  constructor(context: CheckContext) {
    context.on('log-start-offset-advanced', ({ partition, to, reason }, at) => {
      if (reason === 'retention') this.#differences.set(partition, 'each replica applies retention to its own segments');
      this.#nodesOf(partition).set(at.node, to);
      if (to > this.removedBelow(partition)) this.#highest.set(partition, to);
    });
    context.on('log-loaded', ({ partition, logStartOffset }, at) => {
      const nodes = this.#nodesOf(partition);
      if (logStartOffset < (nodes.get(at.node) ?? 0))
        this.#differences.set(partition, 'a crash made a replica forget its log start, which Kafka writes down once a minute');
      nodes.set(at.node, logStartOffset);
    });
  }

  /** The highest start that any replica's log ever had: everything below was removed on purpose. */
  removedBelow(partition: string): number {
    return this.#highest.get(partition) ?? 0;
  }

  /** Why the replicas' starts may differ for good; null while they must be equal. */
  mayDiffer(partition: string): string | null {
    return this.#differences.get(partition) ?? null;
  }

  #nodesOf(partition: string): Map<string, number> {
    let nodes = this.#ofNodes.get(partition);
    if (nodes === undefined) {
      nodes = new Map();
      this.#ofNodes.set(partition, nodes);
    }
    return nodes;
  }
}
