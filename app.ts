/**
 * For applications, in production as on trial: what only they can know. Outside of a trial it does nothing, and it loads nothing.
 *
 *     import { processed } from 'kafka-trial/app';
 */

/** A record by its place; kafkajs' offsets are texts. */
export interface ProcessedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | string | bigint;
}

/** This record is processed: all that is to come of it has. To be called before its offset is committed. */
export function processed({ topic, partition, offset }: ProcessedRecord): void {
  const tell: unknown = Reflect.get(globalThis, Symbol.for('kafka-trial.processed'));
  if (typeof tell === 'function') tell(topic, partition, Number(offset));
}
