/** Kafka's properties for the nodes of a served cluster. */
import { BROKER_CONFIG, type BrokerConfig, ConfigError, type Properties, parseConfig } from '../core/config/index.ts';
import { listenerSecurity } from '../core/security/listener-security.ts';
import { CONTROLLER, INTERNAL, type ServedListener } from './listeners.ts';
import type { ServedSecurity } from './security.ts';
import { secureContextOptions } from './tls/options.ts';
import type { NodeRole, Topology } from './topology.ts';

/** What the server sets for each node by itself. */
const OWN: ReadonlySet<string> = new Set([
  'node.id',
  'process.roles',
  'controller.listener.names',
  'controller.quorum.voters',
  'inter.broker.listener.name',
  'log.dir',
  'log.dirs',
  'metadata.log.dir',
]);

/** Bound to loopback, at ports that are not told to clients: by these the nodes know each other. */
export const INTERNAL_LISTENERS: readonly string[] = [CONTROLLER, INTERNAL];

/** Where a node is reached; null where it has no such listener. */
export interface NodeAddresses {
  /** Of clients; none of a node that is no broker. */
  readonly listeners: readonly ServedListener[];
  /** Where brokers reach each other if not by the same listener as clients do. */
  readonly internalPort: number | null;
  readonly controllerPort: number | null;
}

/**
 * Where the defaults differ from Kafka's: what waits in a real cluster for machines far apart would only make a local one
 * slow. A group's first rebalance does not wait for more members (as in Kafka's quick start), the internal topics are
 * replicated as often as there are brokers (at most three times), the controller does not gather writes, a quorum elects after
 * tenths of a second, and a dead broker is noticed after 3 seconds instead of 9. Logs are compacted only where that is asked for: the cleaner
 * has not stood its trial yet (docs/fidelity.md).
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
    'log.cleaner.enable': false,
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
  security: Pick<ServedSecurity, 'properties'>,
): Properties {
  for (const name of Object.keys(config)) {
    if (OWN.has(name)) throw new ConfigError(`${name} cannot be given: the server sets it for each node.`);
  }
  const { listeners, internalPort, controllerPort } = addresses;
  const internal = internalPort === null ? [] : [`${INTERNAL}://127.0.0.1:${internalPort}`];
  const controller = controllerPort === null ? [] : [`${CONTROLLER}://127.0.0.1:${controllerPort}`];
  const ofClients = listeners.map(({ name, host, port }) => `${name}://${host}:${port}`);
  const advertised = listeners.map((listener) => `${listener.name}://${listener.advertisedHost}:${listener.advertisedPort}`);
  const protocols = listeners.map(({ name, securityProtocol }) => `${name}:${securityProtocol}`);
  const properties: Properties = {
    ...serveDefaults(topology.brokers.length),
    ...(node.isBroker ? security.properties : {}),
    ...config,
    'node.id': node.nodeId,
    'process.roles': [...(node.isBroker ? ['broker'] : []), ...(node.isController ? ['controller'] : [])].join(','),
    listeners: [...ofClients, ...internal, ...controller].join(','),
    // A node that clients do not reach has none.
    ...(node.isBroker ? { 'advertised.listeners': [...advertised, ...internal].join(',') } : {}),
    'controller.listener.names': CONTROLLER,
    'controller.quorum.voters': topology.voters.map((id) => `${id}@127.0.0.1:${voterPorts.get(id)}`).join(','),
    'inter.broker.listener.name': internal.length > 0 ? INTERNAL : (listeners[0]?.name ?? INTERNAL),
    'listener.security.protocol.map': [...protocols, `${INTERNAL}:PLAINTEXT`, `${CONTROLLER}:PLAINTEXT`].join(','),
    'log.dirs': directory,
  };
  const parsed = parseConfig(BROKER_CONFIG, properties);
  for (const { name } of listeners) checkListener(parsed, name);
  return properties;
}
