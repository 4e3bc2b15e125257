/**
 * Which seeks of consumers may pass by records. One that goes back passes by none, nor does one to what the consumer's group has committed, as
 * its coordinator has just told: that is how a pipeline takes up again what an aborted transaction had consumed.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { CheckContext } from '../judge.ts';
import { type EventOf, onOperations } from './operations.ts';

export class Seeks {
  /** By session and partition, where its next poll goes on. */
  readonly #positions = new Map<string, number>();
  /** What it was last told to be committed. */
  readonly #committed = new Map<string, number>();

  constructor(context: CheckContext) {
    onOperations(context, ['ok poll'], ({ session, result }) => {
      for (const { topic, partition, offset } of result.positions)
        this.#positions.set(keyOf(session.id, topic, partition), offset);
    });
    onOperations(context, ['ok committed'], ({ session, result }) => {
      // Of what was never committed the beginning is the place to go back to.
      for (const { topic, partition, offset } of result.offsets)
        this.#committed.set(keyOf(session.id, topic, partition), Math.max(0, offset));
    });
    onOperations(context, ['assigned', 'revoked', 'lost'], ({ session, partitions }) => {
      for (const { topic, partition } of partitions) {
        this.#positions.delete(keyOf(session.id, topic, partition));
        this.#committed.delete(keyOf(session.id, topic, partition));
      }
    });
  }

  mayPassBy({ session, call: { topic, partition, offset } }: EventOf<'invoke seek'>): boolean {
    if (typeof offset !== 'number') return offset === 'end';
    const key = keyOf(session.id, topic, partition);
    return offset > (this.#positions.get(key) ?? -1) && offset !== this.#committed.get(key);
  }
}

function keyOf(session: number, topic: string, partition: number): string {
  return `${session}/${topicPartitionKey(topic, partition)}`;
}

const ofRuns = new WeakMap<CheckContext, Seeks>();

/** Those of the run. */
export function seeksOf(context: CheckContext): Seeks {
  let seeks = ofRuns.get(context);
  if (seeks === undefined) {
    seeks = new Seeks(context);
    ofRuns.set(context, seeks);
  }
  return seeks;
}
