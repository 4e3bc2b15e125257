/** Kafka's properties for the nodes of a served cluster. */
import { BROKER_CONFIG, type BrokerConfig, ConfigError, type Properties, parseConfig } from '../core/config/index.ts';
import { listenerSecurity } from '../core/security/listenerSecurity.ts';
import type { ServedSecurity } from './security.ts';
import { secureContextOptions } from './tls/options.ts';
import type { NodeRole, Topology } from './topology.ts';

/** What the server sets for each node by itself. */
const OWN: ReadonlySet<string> = new Set([
  'node.id',
  'process.roles',
  'listeners',
  'advertised.listeners',
  'controller.listener.names',
  'controller.quorum.voters',
  'inter.broker.listener.name',
  'listener.security.protocol.map',
  'log.dir',
  'log.dirs',
  'metadata.log.dir',
]);

/** The loopback listener of the brokers among themselves, where the one of the clients is not PLAINTEXT or has an authorizer. */
const INTERNAL = 'INTERNAL';
const CONTROLLER = 'CONTROLLER';

/** Bound to loopback, at ports that are not told to clients: by these the nodes know each other. */
export const INTERNAL_LISTENERS: readonly string[] = [CONTROLLER, INTERNAL];

/** Where a node is reached; null where it has no such listener. */
export interface NodeAddresses {
  readonly bindHost: string;
  readonly advertisedHost: string;
  readonly brokerPort: number | null;
  /** Where brokers reach each other if not by the same listener as clients do. */
  readonly internalPort: number | null;
  readonly controllerPort: number | null;
}

/**
 * Where the defaults differ from Kafka's: what waits in a real cluster for machines far apart would only make a local one
 * slow. A group's first rebalance does not wait for more members (as in Kafka's quick start), the internal topics are
 * replicated as often as there are brokers (at most three times), the controller does not gather writes, a quorum elects after
 * tenths of a second, and a dead broker is noticed after 3 seconds instead of 9.
 */
function serveDefaults(brokers: number): Record<string, string | number | boolean> {
  const replicas = Math.min(3, brokers);
  return {
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': Math.min(2, replicas),
    'controller.quorum.append.linger.ms': 0,
    'controller.quorum.election.timeout.ms': 300,
    'broker.heartbeat.interval.ms': 500,
    'broker.session.timeout.ms': 3000,
  };
}

/** Finds out before a node is started whether its files can be read and used. */
function checkListener(config: BrokerConfig, listener: string): void {
  const { tls } = listenerSecurity(config, listener);
  if (tls !== null) secureContextOptions(tls);
}

/** Throws ConfigError if `config` sets what the server must set by itself, or what no node would accept. */
export function nodeProperties(
  node: NodeRole,
  topology: Topology,
  addresses: NodeAddresses,
  voterPorts: ReadonlyMap<number, number>,
  directory: string,
  config: Properties,
  security: Pick<ServedSecurity, 'listener' | 'protocol' | 'properties'>,
): Properties {
  for (const name of Object.keys(config)) {
    if (OWN.has(name)) throw new ConfigError(`${name} cannot be given: the server sets it for each node.`);
  }
  const { listener, protocol } = security;
  const internal = addresses.internalPort === null ? [] : [`${INTERNAL}://127.0.0.1:${addresses.internalPort}`];
  const listeners = [
    ...(addresses.brokerPort === null ? [] : [`${listener}://${addresses.bindHost}:${addresses.brokerPort}`]),
    ...internal,
    ...(addresses.controllerPort === null ? [] : [`${CONTROLLER}://127.0.0.1:${addresses.controllerPort}`]),
  ];
  const properties: Properties = {
    ...serveDefaults(topology.brokers.length),
    ...(node.isBroker ? security.properties : {}),
    ...config,
    'node.id': node.nodeId,
    'process.roles': [...(node.isBroker ? ['broker'] : []), ...(node.isController ? ['controller'] : [])].join(','),
    listeners: listeners.join(','),
    ...(addresses.brokerPort === null
      ? {}
      : { 'advertised.listeners': [`${listener}://${addresses.advertisedHost}:${addresses.brokerPort}`, ...internal].join(',') }),
    'controller.listener.names': CONTROLLER,
    'controller.quorum.voters': topology.voters.map((id) => `${id}@127.0.0.1:${voterPorts.get(id)}`).join(','),
    'inter.broker.listener.name': internal.length > 0 ? INTERNAL : listener,
    'listener.security.protocol.map': `${listener}:${protocol},${INTERNAL}:PLAINTEXT,${CONTROLLER}:PLAINTEXT`,
    'log.dirs': directory,
  };
  const parsed = parseConfig(BROKER_CONFIG, properties);
  if (node.isBroker) checkListener(parsed, listener);
  return properties;
}
