/**
 * Somebody who makes topics, enlarges them, deletes them and makes them again under the same name, at once or later, while
 * others write to them and read them. The topics are not the plan's: what is in them at the end is nobody's promise.
 *
 * params: `makes` (comma separated), `everyMs`, `mostPartitions` (a topic begins with).
 */
import { count, millis, topicNames, workload } from './params.ts';

const PARAMS = { makes: topicNames, everyMs: millis, mostPartitions: count };

export const topicKeeper = workload(PARAMS, async (context) => {
  const topics = String(context.params['makes']).split(',');
  const everyMs = Number(context.params['everyMs'] ?? 2_000);
  const mostPartitions = Number(context.params['mostPartitions'] ?? 3);
  const admin = context.admin();
  /** Partitions of each topic as far as it knows: an attempt of unknown outcome may have made more, or none. */
  const sizes = new Map<string, number>();
  const create = async (name: string): Promise<void> => {
    const numPartitions = context.random.between(1, mostPartitions, 'partitions');
    const replicationFactor = Math.min(3, context.plan.cluster.brokers);
    await admin.run('createTopics', name, (client) => client.createTopics([{ name, numPartitions, replicationFactor }]));
    sizes.set(name, numPartitions);
  };
  const destroy = async (name: string): Promise<void> => {
    await admin.run('deleteTopics', name, (client) => client.deleteTopics([name]));
    sizes.delete(name);
  };
  const enlarge = async (name: string): Promise<void> => {
    const count = (sizes.get(name) ?? mostPartitions) + context.random.between(1, 2, 'more');
    await admin.run('createPartitions', `${name} to ${count}`, (client) => client.createPartitions([{ name, count }]));
    sizes.set(name, count);
  };
  for (const name of topics) await create(name);
  while (context.running()) {
    await context.sleep(context.random.between(Math.floor(everyMs / 2), everyMs, 'pause'));
    if (!context.writing()) continue;
    const name = context.random.pick(topics, 'which');
    switch (context.random.below(5, 'what')) {
      case 0:
        await destroy(name);
        break;
      case 1:
        await destroy(name);
        await create(name);
        break;
      case 2:
        await enlarge(name);
        break;
      default:
        if (sizes.has(name)) await enlarge(name);
        else await create(name);
    }
  }
  await admin.close();
});
