/** What holds for a topic or a broker once overrides, synonyms and defaults are put together. */
import { BROKER_CONFIG, type BrokerConfig, type BrokerConfigName } from './broker.ts';
import { ConfigError, type ConfigKey, type ConfigKeys, type ConfigValue, type Properties } from './definition.ts';
import { FIXED_BROKER_NAMES } from './fixed-names.ts';
import { checkGroupBounds } from './group-bounds.ts';
import { INERT_BROKER_KEYS, INERT_QUOTA_KEYS } from './inert.ts';
import { defaultsOf } from './defaults.ts';
import { listItems, parseConfig, parseValue } from './parse.ts';
import { TOPIC_CONFIG, TOPIC_SYNONYMS, type TopicConfig, type TopicConfigName } from './topic.ts';

const TOPIC_NAMES = Object.keys(TOPIC_CONFIG.keys) as TopicConfigName[];

/** The broker's value behind a topic property: the strongest synonym that is set. */
function topicDefault(broker: BrokerConfig, name: TopicConfigName): ConfigValue {
  for (const synonym of TOPIC_SYNONYMS[name]) {
    const value: ConfigValue = broker[synonym.name as BrokerConfigName];
    if (value === null) continue;
    return typeof value === 'number' && synonym.scale !== 1 && value > 0 ? value * synonym.scale : value;
  }
  return TOPIC_CONFIG.keys[name].default as ConfigValue;
}

/**
 * The configuration of a topic on a broker: the topic's overrides over the broker's `log.*` properties. Overrides that this
 * version does not know are passed over, as the controller checked them when they were written.
 */
export function effectiveTopicConfig(broker: BrokerConfig, overrides: Readonly<Record<string, string>>): TopicConfig {
  const values = defaultsOf(TOPIC_CONFIG.keys);
  for (const name of TOPIC_NAMES) {
    const override = overrides[name];
    values[name] = override === undefined ? topicDefault(broker, name) : parseValue(name, TOPIC_CONFIG.keys[name], override);
  }
  return values as unknown as TopicConfig;
}

/** As effectiveTopicConfig, but only what replication asks for, for each replica again. */
export function effectiveMinIsr(
  broker: BrokerConfig,
  overrides: Readonly<Record<string, string>>,
): Pick<TopicConfig, 'min.insync.replicas'> {
  const name = 'min.insync.replicas';
  const override = overrides[name];
  const value = override === undefined ? topicDefault(broker, name) : parseValue(name, TOPIC_CONFIG.keys[name], override);
  return { [name]: value as number };
}

/** Why these topic overrides cannot be accepted: one sentence, or null when they can. */
export function validateTopicConfig(overrides: Readonly<Record<string, string>>, broker: BrokerConfig): string | null {
  try {
    for (const [name, value] of Object.entries(overrides)) {
      if (!(name in TOPIC_CONFIG.keys)) throw new ConfigError(`${name} is not a known topic property.`);
      parseValue(name, TOPIC_CONFIG.keys[name as TopicConfigName], value);
    }
    const config = effectiveTopicConfig(broker, overrides);
    if (config['min.compaction.lag.ms'] > config['max.compaction.lag.ms']) {
      throw new ConfigError(
        `min.compaction.lag.ms is ${config['min.compaction.lag.ms']}, but it must be at most max.compaction.lag.ms (${config['max.compaction.lag.ms']}).`,
      );
    }
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** Of those, what only one broker can have, since it is about its own disks. */
const PER_BROKER_CONFIGS: ReadonlySet<string> = new Set(['cordoned.log.dirs']);

/**
 * Broker properties that may change while the broker runs: the synonyms behind topic properties, the cleaner, producer ids,
 * connections, and what has no meaning here.
 */
export const DYNAMIC_BROKER_CONFIGS: ReadonlySet<string> = new Set([
  ...TOPIC_NAMES.flatMap((name) => TOPIC_SYNONYMS[name].slice(0, 1).map((synonym) => synonym.name)),
  'log.cleaner.backoff.ms',
  'log.cleaner.dedupe.buffer.size',
  'log.cleaner.io.buffer.load.factor',
  'log.cleaner.io.buffer.size',
  'log.cleaner.io.max.bytes.per.second',
  'log.cleaner.threads',
  'max.connections',
  'max.connections.per.ip',
  'max.connections.per.ip.overrides',
  'num.replica.fetchers',
  'producer.id.expiration.ms',
  'transaction.partition.verification.enable',
  ...['consumer', 'share', 'streams'].flatMap((type) => [
    `group.${type}.assignment.interval.ms`,
    `group.${type}.assignor.offload.enable`,
  ]),
  ...PER_BROKER_CONFIGS,
  ...Object.keys(INERT_BROKER_KEYS),
]);

/** The broker's configuration: dynamic overrides (this broker's over the cluster's) over what it was started with. */
export function effectiveBrokerConfig(
  started: Properties,
  clusterOverrides: Readonly<Record<string, string>>,
  brokerOverrides: Readonly<Record<string, string>>,
): BrokerConfig {
  const merged: Record<string, string | number | boolean> = { ...started };
  for (const overrides of [clusterOverrides, brokerOverrides]) {
    for (const [name, value] of Object.entries(overrides)) if (DYNAMIC_BROKER_CONFIGS.has(name)) merged[name] = value;
  }
  return parseConfig(BROKER_CONFIG, merged);
}

/** The key of a dynamic override; null: a name that is nobody's business here. */
export function dynamicBrokerKey(name: string): ConfigKey | null {
  return (BROKER_CONFIG.keys as ConfigKeys)[name] ?? INERT_QUOTA_KEYS[name] ?? null;
}

/**
 * Why these dynamic broker overrides cannot be accepted: one sentence, or null when they can. Names that no broker knows are
 * accepted, as in Kafka, where they may be those of a plug-in. `broker` is how a broker was started, `scope` what is altered: one
 * broker or the whole cluster.
 */
export function validateBrokerOverrides(
  overrides: Readonly<Record<string, string>>,
  scope: 'broker' | 'cluster',
  broker: BrokerConfig,
): string | null {
  try {
    const values: Record<string, ConfigValue> = {};
    for (const [name, value] of Object.entries(overrides)) {
      const key = dynamicBrokerKey(name);
      const isFixed = key === null ? isBrokerName(name) : name in BROKER_CONFIG.keys && !DYNAMIC_BROKER_CONFIGS.has(name);
      if (isFixed) return `${name} cannot be changed while the broker runs.`;
      if (key === null) continue;
      values[name] = parseValue(name, key, value);
      if (key.type === 'list' && new Set(listItems(value)).size < listItems(value).length) return `${name} holds an entry twice.`;
      if (scope === 'cluster' && PER_BROKER_CONFIGS.has(name))
        return `${name} is each broker's own: it cannot be altered for all.`;
    }
    checkGroupBounds({ ...broker, ...values });
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** Is it a property of Kafka's brokers, by itself or for one listener? */
function isBrokerName(name: string): boolean {
  return FIXED_BROKER_NAMES.has(name) || name.startsWith('listener.name.');
}
