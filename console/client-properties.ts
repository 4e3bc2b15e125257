/** From the command line to the properties of one client: bootstrap servers, properties files, single properties. */
import { ADMIN_CONFIG, CONSUMER_CONFIG, PRODUCER_CONFIG } from '../core/config/index.ts';
import { UsageError } from './errors.ts';
import { parseKeyValues, readProperties, type StringProperties } from './properties.ts';
import type { Terminal } from './terminal.ts';

/** What every tool takes to reach a cluster. */
export interface ConnectionOptions {
  readonly bootstrapServer?: string;
  /** A properties file for the clients. */
  readonly commandConfig?: string;
  /** KEY=VALUE each; before those of the file. */
  readonly commandProperty?: readonly string[];
}

const TABLES = { admin: ADMIN_CONFIG, producer: PRODUCER_CONFIG, consumer: CONSUMER_CONFIG };
export type ClientKind = keyof typeof TABLES;

/** Settings that keep a connection safe: never left out in silence. */
const SAFETY = /^(?:security|sasl|ssl)\./;

/** The addresses to begin with, host:port each. Throws UsageError for what is none. */
export function bootstrapServers(given: string | undefined): string[] {
  if (given === undefined) throw new UsageError('--bootstrap-server HOST:PORT[,HOST:PORT...] is missing');
  const servers = given.split(',').map((server) => server.trim().replace(/^[A-Za-z0-9_]+:\/\//, ''));
  for (const server of servers) {
    const port = Number(/^(?:[^:[\]\s]+|\[[^[\]\s]+\]):(\d+)$/.exec(server)?.[1] ?? Number.NaN);
    if (!(port >= 1 && port <= 65_535))
      throw new UsageError(`--bootstrap-server ${server === '' ? JSON.stringify(given) : server} must be HOST:PORT`);
  }
  return servers;
}

/** Properties of the file, over them single ones, over them the bootstrap servers. */
export function givenProperties(options: ConnectionOptions): StringProperties {
  return {
    ...(options.commandConfig === undefined ? {} : readProperties(options.commandConfig)),
    ...parseKeyValues('--command-property', options.commandProperty ?? []),
    'bootstrap.servers': bootstrapServers(options.bootstrapServer).join(','),
  };
}

/**
 * Those of the properties that a client of this kind has. Others are left out, as Kafka's clients do, with a word on those that
 * no client here has; but one that asks for a safe connection is refused.
 */
export function propertiesFor(kind: ClientKind, given: Readonly<StringProperties>, terminal: Terminal): StringProperties {
  const properties: StringProperties = {};
  for (const [name, value] of Object.entries(given)) {
    if (name in TABLES[kind].keys) properties[name] = value;
    else if (SAFETY.test(name)) throw new UsageError(`${name} is not a property that this client has`);
    else if (!Object.values(TABLES).some(({ keys }) => name in keys))
      terminal.note(`trial: warning: ${name} is not a property that this client has; it is left out.`);
  }
  return properties;
}
