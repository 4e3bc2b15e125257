/** The records of writers: unique values of keys that come again and, in topics that are compacted, tombstones for some of them. */
import { whole } from '../../core/config/strict.ts';
import type { WorkloadContext } from '../../sim/workload/context.ts';
import type { SendRequest } from '../../sim/workload/recording-producer.ts';
import { count, topicNames } from './params.ts';

/**
 * `keys` (0: no keys, else how many), `bytes` (size to pad values to), `largeOneIn` (0: never; else one of so many values is padded to
 * 3,000 bytes, which is more than some topics take), `deletesFrom` (topics, comma separated, in which some records delete their
 * key instead), `deleteOneIn` (one of so many, 5 if left out).
 */
export const RECORD_PARAMS = {
  keys: count,
  bytes: count,
  largeOneIn: count,
  deletesFrom: topicNames.optional(),
  deleteOneIn: whole(1, 1_000_000).optional(),
};

const LARGE_BYTES = 3_000;

/** Makes the next record for a topic, by the client's params. */
export function recordMaker(context: WorkloadContext): (topic: string) => SendRequest {
  const { params, random } = context;
  const keys = Number(params['keys'] ?? 0);
  const bytes = Number(params['bytes'] ?? 0);
  const largeOneIn = Number(params['largeOneIn'] ?? 0);
  const tables = String(params['deletesFrom'] ?? '').split(',');
  const deleteOneIn = Number(params['deleteOneIn'] ?? 5);
  return (topic) => {
    const value = context.uniqueValue();
    const key = keys > 0 ? `k${random.below(keys, 'key')}` : null;
    const deletes = key !== null && tables.includes(topic) && random.chance(1, deleteOneIn, 'deletes');
    if (deletes) return { topic, key, value, deletes };
    const isLarge = largeOneIn > 0 && random.chance(1, largeOneIn, 'large');
    return { topic, key, value: value.padEnd(isLarge ? LARGE_BYTES : bytes, '.') };
  };
}
