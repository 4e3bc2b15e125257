/**
 * Broker properties that Kafka lets people change while a broker runs and that have no meaning here: there are no threads, no
 * levels of compression, no tiered storage, no metrics to report. They are taken, kept and described.
 */
import { atLeast, between, boolean, type ConfigKeys, int, list, long, MAX_INT, NO_LIMIT, string } from './definition.ts';

export const INERT_BROKER_KEYS = {
  'background.threads': int(10, 'high', 'No meaning here.', atLeast(1)),
  'num.io.threads': int(8, 'high', 'No meaning here.', atLeast(1)),
  'num.network.threads': int(3, 'high', 'No meaning here.', atLeast(1)),
  'num.recovery.threads.per.data.dir': int(2, 'high', 'No meaning here.', atLeast(1)),
  'max.connection.creation.rate': int(MAX_INT, 'medium', 'No meaning here.', atLeast(0)),
  'config.providers': list([], 'low', 'No meaning here.'),
  'errors.deadletterqueue.auto.create.topics.enable': boolean(false, 'medium', 'No meaning here.'),
  'errors.deadletterqueue.topic.name.prefix': string('dlq.', 'medium', 'No meaning here.'),
  'follower.fetch.last.tiered.offset.enable': boolean(false, 'medium', 'No meaning here.'),
  'group.coordinator.cached.buffer.max.bytes': int(1_048_588, 'medium', 'No meaning here.', atLeast(524_288)),
  'share.coordinator.cached.buffer.max.bytes': int(1_048_588, 'medium', 'No meaning here.', atLeast(524_288)),
  'metric.reporters': list(['org.apache.kafka.common.metrics.JmxReporter'], 'low', 'No meaning here.'),
  'compression.gzip.level': int(-1, 'medium', 'No meaning here.', (value) =>
    value === -1 ? null : between(1, 9)(value) === null ? null : 'between 1 and 9, or -1',
  ),
  'compression.lz4.level': int(9, 'medium', 'No meaning here.', between(1, 17)),
  'compression.zstd.level': int(3, 'medium', 'No meaning here.', between(-131_072, 22)),
  'log.local.retention.bytes': long(-2, 'medium', 'No meaning here.', atLeast(-2)),
  'log.local.retention.ms': long(-2, 'medium', 'No meaning here.', atLeast(-2)),
  'log.remote.copy.lag.bytes': long(-1, 'medium', 'No meaning here.', atLeast(-1)),
  'log.remote.copy.lag.ms': long(0, 'medium', 'No meaning here.', atLeast(-1)),
  'remote.fetch.max.wait.ms': int(500, 'medium', 'No meaning here.', atLeast(1)),
  'remote.list.offsets.request.timeout.ms': long(30_000, 'medium', 'No meaning here.', atLeast(1)),
  'remote.log.index.file.cache.total.size.bytes': long(1_073_741_824, 'low', 'No meaning here.', atLeast(1)),
  'remote.log.manager.copier.thread.pool.size': int(10, 'medium', 'No meaning here.', atLeast(1)),
  'remote.log.manager.copy.max.bytes.per.second': long(NO_LIMIT, 'medium', 'No meaning here.', atLeast(1)),
  'remote.log.manager.expiration.thread.pool.size': int(10, 'medium', 'No meaning here.', atLeast(1)),
  'remote.log.manager.fetch.max.bytes.per.second': long(NO_LIMIT, 'medium', 'No meaning here.', atLeast(1)),
  'remote.log.manager.follower.thread.pool.size': int(2, 'medium', 'No meaning here.', atLeast(1)),
  'remote.log.reader.threads': int(10, 'medium', 'No meaning here.', atLeast(1)),
} as const satisfies ConfigKeys;

/** As those, but described only where they were set. */
export const INERT_QUOTA_KEYS: ConfigKeys = {
  'leader.replication.throttled.rate': long(NO_LIMIT, 'medium', 'No meaning here.', atLeast(0)),
  'follower.replication.throttled.rate': long(NO_LIMIT, 'medium', 'No meaning here.', atLeast(0)),
  'replica.alter.log.dirs.io.max.bytes.per.second': long(NO_LIMIT, 'medium', 'No meaning here.', atLeast(0)),
};
