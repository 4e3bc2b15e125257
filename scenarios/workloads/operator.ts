/**
 * Somebody who administers the cluster while it is under load: creates topics, writes a little to them, deletes them and
 * creates them again under the same name; adds partitions, changes configurations, asks for preferred leaders, describes
 * things. Never deletes the topics that the other workloads write to; with `deletesRecords` it deletes the beginning of their logs.
 *
 * params: `everyMs`, `deletesRecords`, `makes` (the topics, comma separated; by default two that nobody else knows).
 */
import { flag, millis, topicNames, workload } from './params.ts';

const PARAMS = { everyMs: millis, deletesRecords: flag, makes: topicNames.optional() };

/** So few that the same name comes again with another topic id. */
const EXTRA_TOPICS = 'extra-0,extra-1';

export const operator = workload(PARAMS, async (context) => {
  const everyMs = Number(context.params['everyMs'] ?? 5_000);
  const admin = context.admin();
  const producer = context.producer({
    acks: 'all',
    'max.block.ms': 2_000,
    'request.timeout.ms': 2_000,
    'delivery.timeout.ms': 6_000,
  });
  const topics = context.plan.topics;
  const extras = String(context.params['makes'] ?? EXTRA_TOPICS).split(',');
  const extra = (): string => context.random.pick(extras, 'which-extra');
  let closed = false;
  while (context.running()) {
    await context.sleep(context.random.between(Math.floor(everyMs / 2), everyMs, 'pause'));
    if (!context.writing()) {
      if (!closed) await producer.close();
      closed = true;
      continue;
    }
    const topic = context.random.pick(topics, 'which-topic');
    switch (context.random.below(context.params['deletesRecords'] === true ? 11 : 9, 'what')) {
      case 0:
      case 1: {
        const name = extra();
        const numPartitions = 1 + context.random.below(3, 'partitions');
        const replicationFactor = Math.min(3, context.plan.cluster.brokers);
        const configs = { 'internal.segment.bytes': String(context.random.pick([2_048, 16_384, 1_048_576], 'segment-bytes')) };
        await admin.run('createTopics', name, (client) =>
          client.createTopics([{ name, numPartitions, replicationFactor, configs }]),
        );
        for (let count = 0; count < 3; count++) await producer.send({ topic: name, value: context.uniqueValue() });
        break;
      }
      case 2:
      case 3: {
        const name = extra();
        await admin.run('deleteTopics', name, (client) => client.deleteTopics([name]));
        break;
      }
      case 4: {
        const name = extra();
        const count = 4 + context.random.below(3, 'partitions');
        await admin.run('createPartitions', name, (client) => client.createPartitions([{ name, count }]));
        break;
      }
      case 5: {
        const value = String(context.random.pick([4_096, 65_536, 1_048_576], 'segment-bytes'));
        const resource = { type: 'topic', name: topic.name } as const;
        const changes = [{ name: 'internal.segment.bytes', operation: 'set', value }] as const;
        await admin.run('incrementalAlterConfigs', `${topic.name} internal.segment.bytes=${value}`, (client) =>
          client.incrementalAlterConfigs([{ resource, changes }]),
        );
        break;
      }
      case 6:
        await admin.run('electLeaders', topic.name, (client) =>
          client.electLeaders('preferred', [{ topic: topic.name, partition: 0 }]),
        );
        break;
      case 7:
        await admin.run('describeTopics', topic.name, (client) => client.describeTopics([topic.name]));
        break;
      case 9:
      case 10: {
        const at = { topic: topic.name, partition: context.random.below(topic.partitions, 'whose-records') };
        const ends = await admin.run('listOffsets', topic.name, (client) => client.listOffsets([{ ...at, at: 'latest' }]));
        const end = ends?.[0]?.offset ?? 0;
        // -1 is everything below the high watermark.
        const offset = context.random.chance(1, 4, 'all-records') ? -1 : context.random.below(end + 1, 'before');
        await admin.run('deleteRecords', `${at.topic}-${at.partition} before ${offset}`, (client) =>
          client.deleteRecords([{ ...at, offset }]),
        );
        break;
      }
      default:
        await admin.run('describeCluster', '', (client) => client.describeCluster());
    }
  }
  if (!closed) await producer.close();
  await admin.close();
});
