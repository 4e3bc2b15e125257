/** Which partitions an offset command is about: `topic` or `topic:0,1,2`. */
import { UsageError } from '../errors.ts';

export interface Scope {
  readonly topic: string;
  /** Null: all of them. */
  readonly partitions: readonly number[] | null;
}

/** Throws UsageError for what is neither. */
export function parseScopes(given: readonly string[]): Scope[] {
  return given.map((text) => {
    const [topic = '', partitions, ...more] = text.split(':');
    if (topic === '' || more.length > 0) throw new UsageError(`--topic ${text} must be TOPIC or TOPIC:0,1,2`);
    if (partitions === undefined) return { topic, partitions: null };
    return {
      topic,
      partitions: partitions.split(',').map((partition) => {
        if (!/^\d+$/.test(partition.trim())) throw new UsageError(`--topic ${text} must be TOPIC or TOPIC:0,1,2`);
        return Number(partition);
      }),
    };
  });
}
