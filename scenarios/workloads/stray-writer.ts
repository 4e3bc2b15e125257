/**
 * An application whose requests come when their transactions are over, or never were: where brokers do not verify
 * (`transaction.partition.verification.enable`), each leaves a transaction open in a partition, of which no coordinator knows.
 *
 * params: `topics` (comma separated), `everyMs`.
 */
import { millis, topicNames, workload } from './params.ts';

const PARAMS = { topics: topicNames, everyMs: millis };

export const strayWriter = workload(PARAMS, async (context) => {
  const topics = context.plan.topics.filter(({ name }) => String(context.params['topics']).split(',').includes(name));
  const everyMs = Number(context.params['everyMs'] ?? 5_000);
  while (context.writing()) {
    await context.sleep(context.random.between(Math.floor(everyMs / 2), everyMs, 'pause'));
    if (!context.writing()) break;
    const { name, partitions } = context.random.pick(topics, 'topic');
    const value = context.uniqueValue();
    // Each with an id of its own: who has one twice fences, and so aborts, what the first one left.
    const stray = context.strayProducer(`stray of ${value}`);
    await stray.write(name, context.random.below(partitions, 'partition'), value);
    stray.close();
  }
});
