/** A node's addresses, voters and directories, read from its configuration once. */
import { ConfigError } from '../config/definition.ts';
import { type BrokerConfig, logDirectories } from '../config/index.ts';
import type { BrokerId } from '../protocol/numbers.ts';
import { VoterSet } from '../raft/voter-set.ts';
import { type ListenerSecurity, listenerSecurity, securityProtocolOf } from '../security/listener-security.ts';

export interface ListenerAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** A listener of a broker. */
export interface Listener extends ListenerAddress {
  /** As others are told of it. */
  readonly advertised: ListenerAddress;
  readonly security: ListenerSecurity;
}

export interface NodeSettings {
  readonly nodeId: BrokerId;
  readonly isBroker: boolean;
  readonly isController: boolean;
  /** Where clients and other brokers connect; none on a pure controller. */
  readonly brokerListeners: readonly Listener[];
  /** Where brokers and other controllers connect; absent on a pure broker. */
  readonly controllerListener: ListenerAddress | null;
  readonly controllerListenerName: string;
  /** The listener that brokers use among themselves. */
  readonly interBrokerListener: string;
  readonly voters: VoterSet;
  readonly logDirectories: readonly string[];
  /** Directory that holds `__cluster_metadata-0`. */
  readonly metadataDirectory: string;
}

function parseListener(text: string, ownHost: string): ListenerAddress {
  const match = /^([^:]+):\/\/(.*):(\d+)$/.exec(text);
  if (match === null) throw new ConfigError(`listeners holds ${text}, but each must be NAME://host:port.`);
  return { name: match[1] as string, host: match[2] === '' ? ownHost : (match[2] as string), port: Number(match[3]) };
}

function brokerListenersOf(config: BrokerConfig, listeners: readonly ListenerAddress[], ownHost: string): readonly Listener[] {
  const advertised = (config['advertised.listeners'] ?? []).map((listener) => parseListener(listener, ownHost));
  const own = listeners.filter((listener) => !config['controller.listener.names'].includes(listener.name));
  if (own.length === 0) throw new ConfigError('listeners has no broker listener, but process.roles has broker.');
  const names = new Set(own.map(({ name }) => name));
  if (names.size < own.length) throw new ConfigError('listeners has two of the same name.');
  return own.map((listener) => ({
    ...listener,
    advertised: advertised.find(({ name }) => name === listener.name) ?? listener,
    security: listenerSecurity(config, listener.name),
  }));
}

/** Nodes do not authenticate to each other here. */
function checkPlaintext(config: BrokerConfig, listener: string, users: string): void {
  const protocol = securityProtocolOf(config, listener);
  if (protocol === 'PLAINTEXT') return;
  throw new ConfigError(
    `The listener ${listener}, which ${users} use among themselves, is ${protocol}, but it must be PLAINTEXT.`,
  );
}

/** Reads the settings; throws ConfigError when a role has no listener. */
export function nodeSettings(config: BrokerConfig, ownHost: string): NodeSettings {
  const isBroker = config['process.roles'].includes('broker');
  const isController = config['process.roles'].includes('controller');
  const controllerNames = config['controller.listener.names'];
  const listeners = config.listeners.map((listener) => parseListener(listener, ownHost));
  const controllerListener = listeners.find((listener) => controllerNames.includes(listener.name)) ?? null;
  const brokerListeners = isBroker ? brokerListenersOf(config, listeners, ownHost) : [];
  if (isController && controllerListener === null) {
    throw new ConfigError(`listeners has none of ${controllerNames.join(', ')}, but process.roles has controller.`);
  }
  if (controllerListener !== null) checkPlaintext(config, controllerListener.name, 'controllers');
  const interBrokerListener = config['inter.broker.listener.name'] ?? brokerListeners[0]?.name ?? 'PLAINTEXT';
  if (isBroker) {
    if (!brokerListeners.some(({ name }) => name === interBrokerListener)) {
      throw new ConfigError(`inter.broker.listener.name is ${interBrokerListener}, but listeners has none of that name.`);
    }
    checkPlaintext(config, interBrokerListener, 'brokers');
  }
  return {
    nodeId: config['node.id'],
    isBroker,
    isController,
    brokerListeners,
    interBrokerListener,
    controllerListener: isController ? controllerListener : null,
    controllerListenerName: controllerNames[0] as string,
    voters: new VoterSet(
      config['controller.quorum.voters'].map((voter) => {
        const [id, address] = voter.split('@') as [string, string];
        const [host, port] = address.split(':') as [string, string];
        return { id: Number(id), host, port: Number(port) };
      }),
    ),
    logDirectories: logDirectories(config),
    metadataDirectory: config['metadata.log.dir'] ?? (logDirectories(config)[0] as string),
  };
}
