/** Configuration of nodes, topics and clients. */
export {
  BROKER_CONFIG,
  type BrokerConfig,
  type BrokerConfigName,
  cordonedDirectories,
  cordonProblem,
  logDirectories,
  protocolMap,
  voterIds,
} from './broker.ts';
export { checkMatch, CLIENT_METRICS_CONFIG, intervalProblem } from './client-metrics.ts';
export {
  ADMIN_CONFIG,
  type AdminConfig,
  type ClientConfigName,
  CONSUMER_CONFIG,
  type ConsumerConfig,
  PRODUCER_CONFIG,
  type ProducerConfig,
} from './clients.ts';
export { meant } from './closest-name.ts';
export {
  ConfigError,
  type ConfigKeys,
  type ConfigTable,
  type GivenConfigs,
  NO_LIMIT,
  type Properties,
} from './definition.ts';
export {
  type BrokerConfigLayers,
  type ConfigDescription,
  ConfigSource,
  describeBrokerConfig,
  describeClientMetricsConfig,
  describeGroupConfig,
  describeNewTopicConfig,
  describeTopicConfig,
} from './describe.ts';
export {
  DYNAMIC_BROKER_CONFIGS,
  effectiveBrokerConfig,
  effectiveMinIsr,
  effectiveTopicConfig,
  validateBrokerOverrides,
  validateTopicConfig,
} from './effective.ts';
export { givenOrDefault, numberGiven } from './given.ts';
export { checkGroupConfig } from './group.ts';
export { hostCounts } from './host-counts.ts';
export { formatValue, listItems, parseConfig, parseValue } from './parse.ts';
export { type ResetStrategy, resetStrategy } from './reset-strategy.ts';
export { SEGMENT_BYTES_MIN, TOPIC_CONFIG, type TopicConfig, type TopicConfigName } from './topic.ts';
