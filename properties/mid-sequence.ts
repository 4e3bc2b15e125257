/**
 * Producers whose log begins in mid-sequence. Kafka's brokers take any sequence from a producer that their log does not know, so
 * that a later batch can be taken while the first ones are still on their way: refused as too large and sent again in parts, or
 * sent to a leader that is no more (KAFKA-14359, open). The first ones are then out of sequence until the producer bumps its
 * epoch, and enter the log behind the later one: the order that idempotence promises is lost.
 */
import type { CheckContext } from './judge.ts';
import type { PartitionGhost } from './internal/replica-ghost.ts';

export class MidSequenceStarts {
  readonly #clients = new Map<number, string>();
  /** By client: `topic-partition`, and the same after its topic id. */
  readonly #starts = new Map<string, Set<string>>();

  constructor(context: CheckContext) {
    context.on('producer-id-acquired', ({ producerId }, at) => this.#clients.set(producerId, at.node));
  }

  note({ name, topicId }: PartitionGhost, producerId: number): void {
    const client = this.#clients.get(producerId);
    if (client === undefined) return;
    const partitions = this.#starts.get(client) ?? new Set();
    this.#starts.set(client, partitions.add(name).add(`${topicId}/${name}`));
  }

  /** Without a topic id: in that of any topic of the name. */
  has(client: string, partition: string, topicId: string | null = null): boolean {
    return this.#starts.get(client)?.has(topicId === null ? partition : `${topicId}/${partition}`) === true;
  }
}

const ofRuns = new WeakMap<CheckContext, MidSequenceStarts>();

/** Those of the run. */
export function midSequenceStartsOf(context: CheckContext): MidSequenceStarts {
  let starts = ofRuns.get(context);
  if (starts === undefined) {
    starts = new MidSequenceStarts(context);
    ofRuns.set(context, starts);
  }
  return starts;
}
