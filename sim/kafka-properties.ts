/** Kafka's properties as plans and scenarios give them: what of them can't be used, as a sentence, before anything runs. */
import {
  ADMIN_CONFIG,
  BROKER_CONFIG,
  type BrokerConfigName,
  type ClientConfigName,
  ConfigError,
  type ConfigTable,
  CONSUMER_CONFIG,
  type GivenConfigs,
  meant,
  parseValue,
  PRODUCER_CONFIG,
  TOPIC_CONFIG,
} from '../core/config/index.ts';

type Scalar = string | number | boolean;

/** What follows from the rest of a plan, so that a value for it would be passed over or break the cluster's shape. */
const OWN: { readonly [Name in BrokerConfigName]?: string } = {
  'node.id': 'the number of brokers and controllers',
  'process.roles': 'cluster.combined',
  listeners: 'the names of the nodes',
  'advertised.listeners': 'the names of the nodes',
  'listener.security.protocol.map': 'the names of the nodes',
  'inter.broker.listener.name': 'the names of the nodes',
  'controller.listener.names': 'the names of the nodes',
  'controller.quorum.voters': 'cluster.controllers',
  'broker.rack': 'cluster.racks',
  'log.dir': 'cluster.logDirs',
  'log.dirs': 'cluster.logDirs',
};

const OWN_OF_CLIENTS: { readonly [Name in ClientConfigName]?: string } = { 'bootstrap.servers': 'the names of the nodes' };

/** What is wrong with a property of the brokers, null if nothing is. */
export function brokerPropertyMisfit(name: string, value: Scalar): string | null {
  return misfitOf('broker', [BROKER_CONFIG], OWN, name, value);
}

/** What is wrong with a config of a topic, null if nothing is. */
export function topicConfigMisfit(name: string, value: Scalar): string | null {
  return misfitOf('topic', [TOPIC_CONFIG], {}, name, value);
}

/** What is wrong with a property of a client, null if nothing is: it must be one of a producer, a consumer or an admin client. */
export function clientPropertyMisfit(name: string, value: Scalar): string | null {
  return misfitOf('client', [PRODUCER_CONFIG, CONSUMER_CONFIG, ADMIN_CONFIG], OWN_OF_CLIENTS, name, value);
}

/** Of the properties of a process that has clients of several kinds, those of one kind. */
export function propertiesOfKind(table: ConfigTable, properties: GivenConfigs<ClientConfigName>): GivenConfigs<ClientConfigName> {
  const isOf = (name: string): boolean => Object.hasOwn(table.keys, name) || (table.composed?.(name) ?? null) !== null;
  return Object.fromEntries(Object.entries(properties).filter(([name]) => isOf(name)));
}

function misfitOf(
  owner: string,
  tables: readonly ConfigTable[],
  own: Readonly<Record<string, string>>,
  name: string,
  value: Scalar,
): string | null {
  const from = Object.hasOwn(own, name) ? own[name] : undefined;
  if (from !== undefined) return `"${name}" can't be given: it follows from ${from}`;
  const keys = tables.flatMap((table) => (Object.hasOwn(table.keys, name) ? [table.keys[name]] : [table.composed?.(name)]));
  const known = keys.filter((key) => key !== undefined && key !== null);
  if (known.length === 0) {
    const hint = meant(
      tables.flatMap((table) => Object.keys(table.keys)),
      name,
    );
    return `"${name}" is no property of a ${owner}${hint || '; see "trial list configs"'}`;
  }
  for (const key of known) {
    try {
      parseValue(name, key, value);
    } catch (error) {
      if (error instanceof ConfigError) return error.message.replace(/\.$/, '');
      throw error;
    }
  }
  return null;
}
