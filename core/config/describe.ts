/** What DescribeConfigs tells of topic and broker properties: value, where it comes from, and what stands behind it. */
import { BROKER_CONFIG, type BrokerConfig, type BrokerConfigName } from './broker.ts';
import { CLIENT_METRICS_CONFIG } from './client-metrics.ts';
import type { ConfigKey, ConfigKeys, ConfigType, ConfigValue, Properties } from './definition.ts';
import { DYNAMIC_BROKER_CONFIGS, dynamicBrokerKey, effectiveTopicConfig } from './effective.ts';
import { effectiveGroupConfig, GROUP_CONFIG, groupSynonym } from './group.ts';
import { INERT_QUOTA_KEYS } from './inert.ts';
import { composedBrokerKey } from './listener-keys.ts';
import { formatValue, parseValue } from './parse.ts';
import { SECURITY_KEYS } from './security.ts';
import { TOPIC_CONFIG, TOPIC_SYNONYMS, type TopicConfigName } from './topic.ts';

/** Where a value comes from, with Kafka's numbers. */
export const ConfigSource = {
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_CLUSTER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  CLIENT_METRICS: 7,
  GROUP: 8,
} as const;
type ConfigSourceCode = (typeof ConfigSource)[keyof typeof ConfigSource];

/** Kafka's numbers for types in DescribeConfigs. */
const CONFIG_TYPE_CODE: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
};

interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSourceCode;
}

export interface ConfigDescription {
  readonly name: string;
  readonly value: string | null;
  readonly default: string | null;
  readonly source: ConfigSourceCode;
  /** All values that this one was chosen from, the strongest first. */
  readonly synonyms: readonly ConfigSynonym[];
  readonly sensitive: boolean;
  readonly readOnly: boolean;
  /** 0: not known. */
  readonly type: number;
  readonly doc: string | null;
}

/** The layers that make up a broker's configuration. */
export interface BrokerConfigLayers {
  readonly started: Properties;
  readonly clusterOverrides: Readonly<Record<string, string>>;
  readonly brokerOverrides: Readonly<Record<string, string>>;
}

/** Null: a name that nobody here knows, kept for whoever set it. */
function brokerKey(name: string): ConfigKey | null {
  return dynamicBrokerKey(name) ?? composedBrokerKey(SECURITY_KEYS, name);
}

function brokerSynonyms(layers: BrokerConfigLayers, name: string): ConfigSynonym[] {
  const found: ConfigSynonym[] = [];
  const ofBroker = layers.brokerOverrides[name];
  if (ofBroker !== undefined) found.push({ name, value: ofBroker, source: ConfigSource.DYNAMIC_BROKER });
  const ofCluster = layers.clusterOverrides[name];
  if (ofCluster !== undefined) found.push({ name, value: ofCluster, source: ConfigSource.DYNAMIC_CLUSTER });
  const started = layers.started[name];
  if (started !== undefined) found.push({ name, value: String(started), source: ConfigSource.STATIC_BROKER });
  const key = (BROKER_CONFIG.keys as ConfigKeys)[name] ?? composedBrokerKey(SECURITY_KEYS, name);
  const byDefault = key === null || typeof key.default === 'symbol' ? null : formatValue(key.default, key.type);
  if (byDefault !== null) found.push({ name, value: byDefault, source: ConfigSource.DEFAULT });
  return found;
}

/** Kafka tells of weaker names only when the strongest one has a value of its own. */
function synonymsOf(layers: BrokerConfigLayers, names: readonly string[]): ConfigSynonym[] {
  const found = names.flatMap((name) => brokerSynonyms(layers, name));
  const first = found.findIndex(({ name }) => name === names[0]);
  return first < 0 ? [] : found.slice(first);
}

/** Broker properties that say the same in other units, the strongest first (`log.retention.ms`, `.minutes`, `.hours`). */
function alternatives(name: string): readonly string[] {
  for (const synonyms of Object.values(TOPIC_SYNONYMS)) {
    const index = synonyms.findIndex((synonym) => synonym.name === name);
    if (index >= 0) return synonyms.slice(index).map((synonym) => synonym.name);
  }
  return [name];
}

function description(
  name: string,
  key: ConfigKey,
  value: ConfigValue,
  synonyms: readonly ConfigSynonym[],
  readOnly: boolean,
): ConfigDescription {
  const sensitive = key.type === 'password';
  return {
    name,
    value: sensitive ? null : formatValue(value, key.type),
    default: typeof key.default === 'symbol' ? null : formatValue(key.default, key.type),
    source: synonyms[0]?.source ?? ConfigSource.DEFAULT,
    synonyms: sensitive ? synonyms.map((synonym) => ({ ...synonym, value: null })) : synonyms,
    sensitive,
    readOnly,
    type: CONFIG_TYPE_CODE[key.type],
    doc: key.doc,
  };
}

/** Of which names is told: those asked for, and of those for tests what somebody has set. */
function told(keys: ConfigKeys, names: readonly string[] | null, set: Readonly<Record<string, unknown>>): string[] {
  const all = Object.entries(keys).filter(([name, key]) => key.isInternal !== true || set[name] !== undefined);
  return all.map(([name]) => name).filter((name) => names === null || names.includes(name));
}

/** Describes a topic's properties; `names` null for all. Unknown names are left out. */
export function describeTopicConfig(
  names: readonly string[] | null,
  overrides: Readonly<Record<string, string>>,
  layers: BrokerConfigLayers,
  effective: Readonly<Record<string, ConfigValue>>,
): ConfigDescription[] {
  return told(TOPIC_CONFIG.keys, names, overrides).map((name) => {
    const key: ConfigKey = TOPIC_CONFIG.keys[name as TopicConfigName];
    const synonyms = synonymsOf(
      layers,
      TOPIC_SYNONYMS[name as TopicConfigName].map((synonym) => synonym.name),
    );
    const value = effective[name] ?? null;
    if (overrides[name] !== undefined)
      synonyms.unshift({ name, value: formatValue(value, key.type), source: ConfigSource.TOPIC });
    return description(name, key, value, synonyms, false);
  });
}

/**
 * Describes a new topic's properties as the controller sees them, which knows of a broker's configuration what holds, and of
 * the cluster's dynamic defaults the names.
 */
export function describeNewTopicConfig(
  overrides: Readonly<Record<string, string>>,
  broker: BrokerConfig,
  clusterDefaults: readonly string[],
): ConfigDescription[] {
  const effective: Readonly<Record<string, ConfigValue>> = effectiveTopicConfig(broker, overrides);
  return told(TOPIC_CONFIG.keys, null, overrides).map((name) => {
    const key: ConfigKey = TOPIC_CONFIG.keys[name as TopicConfigName];
    const value = effective[name] ?? null;
    const names = TOPIC_SYNONYMS[name as TopicConfigName].map((synonym) => synonym.name);
    let source: ConfigSourceCode = ConfigSource.DEFAULT;
    if (overrides[name] !== undefined) source = ConfigSource.TOPIC;
    else if (names.some((synonym) => clusterDefaults.includes(synonym))) source = ConfigSource.DYNAMIC_CLUSTER;
    else if (typeof key.default !== 'symbol' && formatValue(value) !== formatValue(key.default))
      source = ConfigSource.STATIC_BROKER;
    const described = description(name, key, value, [], false);
    return { ...described, value: overrides[name] ?? described.value, source };
  });
}

/** Describes a broker's properties; `names` null for all. Unknown names are left out unless somebody has set them. */
export function describeBrokerConfig(
  names: readonly string[] | null,
  layers: BrokerConfigLayers,
  effective: BrokerConfig,
): ConfigDescription[] {
  const { started, clusterOverrides, brokerOverrides } = layers;
  const set = { ...started, ...clusterOverrides, ...brokerOverrides };
  const known = new Set([...told(BROKER_CONFIG.keys, null, set), ...Object.keys(set)]);
  const wanted = names === null ? [...known] : names.filter((name) => known.has(name));
  return wanted.map((name) => {
    const key = brokerKey(name);
    const synonyms = synonymsOf(layers, alternatives(name));
    if (key === null) return unknownProperty(name, synonyms);
    const override = brokerOverrides[name] ?? clusterOverrides[name] ?? null;
    const isDynamic = DYNAMIC_BROKER_CONFIGS.has(name) || name in INERT_QUOTA_KEYS;
    if (name in effective || override === null)
      return description(name, key, effective[name as BrokerConfigName], synonyms, !isDynamic);
    // Of what is described only where it was set, Kafka has no documentation.
    return { ...description(name, key, parseValue(name, key, override), synonyms, !isDynamic), doc: null };
  });
}

/** Might be anything, also a secret: its value is told to nobody. */
function unknownProperty(name: string, synonyms: readonly ConfigSynonym[]): ConfigDescription {
  const source = synonyms[0]?.source ?? ConfigSource.DEFAULT;
  const hidden = synonyms.map((synonym) => ({ ...synonym, value: null }));
  return { name, value: null, default: null, source, synonyms: hidden, sensitive: true, readOnly: true, type: 0, doc: null };
}

/** Describes a group's properties, which have the broker's behind them; `names` null for all. Unknown names are left out. */
export function describeGroupConfig(
  names: readonly string[] | null,
  overrides: Readonly<Record<string, string>>,
  layers: BrokerConfigLayers,
  broker: BrokerConfig,
): ConfigDescription[] {
  const effective: Readonly<Record<string, ConfigValue>> = effectiveGroupConfig(broker, overrides);
  return told(GROUP_CONFIG.keys, names, overrides).map((name) => {
    const key = (GROUP_CONFIG.keys as ConfigKeys)[name] as ConfigKey;
    const value = effective[name] ?? null;
    const behind = groupSynonym(name);
    const byDefault = { name, value: formatValue(key.default as ConfigValue, key.type), source: ConfigSource.DEFAULT };
    const synonyms: ConfigSynonym[] = behind === null ? [byDefault] : synonymsOf(layers, [behind]);
    if (overrides[name] !== undefined)
      synonyms.unshift({ name, value: formatValue(value, key.type), source: ConfigSource.GROUP });
    return description(name, key, value, synonyms, false);
  });
}

/** Describes a subscription to clients' metrics; `names` null for all. Unknown names are left out. */
export function describeClientMetricsConfig(
  names: readonly string[] | null,
  overrides: Readonly<Record<string, string>>,
): ConfigDescription[] {
  return told(CLIENT_METRICS_CONFIG.keys, names, overrides).map((name) => {
    const key = (CLIENT_METRICS_CONFIG.keys as ConfigKeys)[name] as ConfigKey;
    const set = overrides[name];
    if (set === undefined) return description(name, key, key.default as ConfigValue, [], false);
    const value = parseValue(name, key, set);
    const own = { name, value: formatValue(value, key.type), source: ConfigSource.CLIENT_METRICS };
    return description(name, key, value, [own], false);
  });
}
