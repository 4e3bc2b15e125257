/** What consumer groups are governed by, from the broker's configuration and the metadata: topics as groups see them, and configs of groups. */
import type { BrokerConfig } from '../config/broker.ts';
import { effectiveGroupConfig } from '../config/group.ts';
import { migrationPolicy } from '../config/migration-policy.ts';
import type { ConsumerGroupConfig, ConsumerGroupSettings } from '../group/consumer/consumer-group-settings.ts';
import { topicHash } from '../group/consumer/metadata-hash.ts';
import type { GroupTopic, TopicsView } from '../group/consumer/topics-view.ts';
import { type MetadataImage, ResourceType, resourceKey, type TopicImage } from '../metadata/image.ts';

export function consumerGroupSettings(config: BrokerConfig, image: () => MetadataImage): ConsumerGroupSettings {
  return {
    topics: () => topicsView(image()),
    migration: () => ({
      policy: migrationPolicy(config['group.consumer.migration.policy']),
      classicMaxSize: config['group.max.size'],
    }),
    group: (id) => groupConfig(config, image().configs.get(resourceKey(ResourceType.GROUP, id)) ?? {}),
  };
}

function groupConfig(config: BrokerConfig, overrides: Readonly<Record<string, string>>): ConsumerGroupConfig {
  const values = effectiveGroupConfig(config, overrides);
  const assignors = config['group.consumer.assignors'];
  return {
    sessionTimeoutMs: values['consumer.session.timeout.ms'] as number,
    heartbeatIntervalMs: values['consumer.heartbeat.interval.ms'] as number,
    assignmentIntervalMs: values['consumer.assignment.interval.ms'] as number,
    maxSize: config['group.consumer.max.size'],
    defaultAssignor: assignors[0] ?? 'uniform',
    assignors,
    regexRefreshMs: config['group.consumer.regex.refresh.interval.ms'],
  };
}

function topicsView(image: MetadataImage): TopicsView {
  const viewed = (topic: TopicImage | undefined): GroupTopic | undefined => {
    if (topic === undefined) return undefined;
    const { id, name, partitions } = topic;
    const seen = { id, name, partitions: partitions.size, racks: (index: number) => racksOf(image, topic, index) };
    return { ...seen, hash: () => topicHash(seen) };
  };
  return {
    version: image.provenance.offset,
    byName: (name) => viewed(image.topicsById.get(image.topicIds.get(name) ?? '')),
    byId: (id) => viewed(image.topicsById.get(id)),
    names: () => image.topicIds.keys(),
  };
}

function racksOf(image: MetadataImage, topic: TopicImage, partition: number): readonly string[] {
  const { replicas = [] } = topic.partitions.get(partition) ?? {};
  return replicas.flatMap((replica) => image.brokers.get(replica)?.rack ?? []).sort();
}
