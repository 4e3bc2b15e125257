/**
 * Somebody who administers the cluster while it is under load: creates and deletes topics, adds partitions, changes
 * configurations, asks for preferred leaders, describes things. Never deletes what the other workloads write to.
 *
 * params: `everyMs`.
 */
import type { Workload } from '../../sim/workload/context.ts';

export const operator: Workload = async (context) => {
  const everyMs = Number(context.params['everyMs'] ?? 5_000);
  const admin = context.admin();
  const topics = context.plan.topics;
  let created = 0;
  while (context.running()) {
    await context.sleep(context.random.between(Math.floor(everyMs / 2), everyMs, 'pause'));
    if (!context.writing()) continue;
    const topic = context.random.pick(topics, 'which-topic');
    switch (context.random.below(7, 'what')) {
      case 0: {
        const name = `extra-${context.name}-${created++}`;
        const partitions = 1 + context.random.below(3, 'partitions');
        await admin.run('createTopics', name, (client) =>
          client.createTopics([
            { name, numPartitions: partitions, replicationFactor: Math.min(3, context.plan.cluster.brokers) },
          ]),
        );
        break;
      }
      case 1: {
        if (created === 0) break;
        const name = `extra-${context.name}-${context.random.below(created, 'which-extra')}`;
        await admin.run('deleteTopics', name, (client) => client.deleteTopics([name]));
        break;
      }
      case 2: {
        if (created === 0) break;
        const name = `extra-${context.name}-${context.random.below(created, 'which-extra')}`;
        await admin.run('createPartitions', name, (client) => client.createPartitions([{ name, count: 4 + created }]));
        break;
      }
      case 3: {
        const value = String(context.random.pick([4_096, 65_536, 1_048_576], 'segment-bytes'));
        await admin.run('incrementalAlterConfigs', `${topic.name} segment.bytes=${value}`, (client) =>
          client.incrementalAlterConfigs([
            { resource: { type: 'topic', name: topic.name }, changes: [{ name: 'segment.bytes', operation: 'set', value }] },
          ]),
        );
        break;
      }
      case 4:
        await admin.run('electLeaders', topic.name, (client) =>
          client.electLeaders('preferred', [{ topic: topic.name, partition: 0 }]),
        );
        break;
      case 5:
        await admin.run('describeTopics', topic.name, (client) => client.describeTopics([topic.name]));
        break;
      default:
        await admin.run('describeCluster', '', (client) => client.describeCluster());
    }
  }
  await admin.close();
};
