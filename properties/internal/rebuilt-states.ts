/**
 * Where brokers have last built anew what they know of producers. Of transactions that had ended by then, below the snapshot that they began with, with
 * a marker that was not replicated yet, Kafka has forgotten that it was not (ProducerStateManager.truncateAndReload): it takes them for
 * decided below its high watermark, too. What they came to is known, and written down by their coordinator.
 */
import type { CheckContext } from '../judge.ts';

export class RebuiltStates {
  /** By node and partition. */
  readonly #from = new Map<string, number>();

  constructor(context: CheckContext) {
    context.on('producer-state-rebuilt', ({ partition, from }, at) => void this.#from.set(`${at.nodeId}/${partition}`, from));
  }

  /** Below, a node takes for decided whatever has a marker there. */
  from(nodeId: number, partition: string): number {
    return this.#from.get(`${nodeId}/${partition}`) ?? 0;
  }
}

const ofRuns = new WeakMap<CheckContext, RebuiltStates>();

/** Those of the run. */
export function rebuiltStatesOf(context: CheckContext): RebuiltStates {
  let rebuilt = ofRuns.get(context);
  if (rebuilt === undefined) {
    rebuilt = new RebuiltStates(context);
    ofRuns.set(context, rebuilt);
  }
  return rebuilt;
}
