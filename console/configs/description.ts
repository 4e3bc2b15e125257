/** Lines of `configs --describe`, in the form of kafka-configs.sh. */
import type {
  DescribeConfigsResponseDescribeConfigsResourceResult,
  DescribeConfigsResponseDescribeConfigsSynonym,
} from '../../core/protocol/messages/describe-configs-response.ts';
import type { EntityType } from './options.ts';

/** By the numbers that DescribeConfigs has for them. */
const SOURCES = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
  'DYNAMIC_BROKER_LOGGER_CONFIG',
  'DYNAMIC_CLIENT_METRICS_CONFIG',
  'DYNAMIC_GROUP_CONFIG',
] as const;

/** Where an entity's own configs come from; null: there are no others. */
function ownSource(type: EntityType, name: string): (typeof SOURCES)[number] | null {
  switch (type) {
    case 'topics':
      return 'DYNAMIC_TOPIC_CONFIG';
    case 'brokers':
      return name === '' ? 'DYNAMIC_DEFAULT_BROKER_CONFIG' : 'DYNAMIC_BROKER_CONFIG';
    case 'broker-loggers':
      return null;
    case 'client-metrics':
      return 'DYNAMIC_CLIENT_METRICS_CONFIG';
    case 'groups':
      return 'DYNAMIC_GROUP_CONFIG';
  }
}

export type DescribedConfig = DescribeConfigsResponseDescribeConfigsResourceResult;

/** The configs to be shown, sorted by name: the entity's own, or all. */
export function shownConfigs(
  type: EntityType,
  name: string,
  configs: readonly DescribedConfig[],
  all: boolean,
): DescribedConfig[] {
  const source = ownSource(type, name);
  return configs
    .filter(({ configSource }) => all || source === null || SOURCES[configSource] === source)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** topics -> topic */
export function singular(type: EntityType): string {
  return type.slice(0, -1);
}

/** A headline, and a line for each config. */
export function configLines(type: EntityType, name: string, configs: readonly DescribedConfig[], all: boolean): string[] {
  const headline =
    name === ''
      ? `Default configs for ${type} in the cluster are:`
      : `${all ? 'All' : 'Dynamic'} configs for ${singular(type)} ${name} are:`;
  return [
    headline,
    ...shownConfigs(type, name, configs, all).map(
      (config) =>
        `  ${config.name}=${config.value} sensitive=${config.isSensitive} synonyms={${config.synonyms.map(synonym).join(', ')}}`,
    ),
  ];
}

function synonym({ source, name, value }: DescribeConfigsResponseDescribeConfigsSynonym): string {
  return `${SOURCES[source] ?? 'UNKNOWN'}:${name}=${value}`;
}
