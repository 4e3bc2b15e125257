/** A node's addresses, voters and directories, read from its configuration once. */
import { ConfigError } from '../config/definition.ts';
import type { BrokerConfig } from '../config/index.ts';

export interface ListenerAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface NodeSettings {
  readonly nodeId: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  /** Where clients and other brokers connect; absent on a pure controller. */
  readonly brokerListener: ListenerAddress | null;
  /** Where brokers and other controllers connect; absent on a pure broker. */
  readonly controllerListener: ListenerAddress | null;
  readonly controllerListenerName: string;
  /** The broker listener as others are told of it. */
  readonly advertised: ListenerAddress | null;
  readonly voters: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly logDirectories: readonly string[];
  /** Directory that holds `__cluster_metadata-0`. */
  readonly metadataDirectory: string;
}

function parseListener(text: string, ownHost: string): ListenerAddress {
  const match = /^([^:]+):\/\/(.*):(\d+)$/.exec(text);
  if (match === null) throw new ConfigError(`listeners holds ${text}, but each must be NAME://host:port.`);
  return { name: match[1] as string, host: match[2] === '' ? ownHost : (match[2] as string), port: Number(match[3]) };
}

/** Reads the settings; throws ConfigError when a role has no listener. */
export function nodeSettings(config: BrokerConfig, ownHost: string): NodeSettings {
  const isBroker = config['process.roles'].includes('broker');
  const isController = config['process.roles'].includes('controller');
  const controllerNames = config['controller.listener.names'];
  const listeners = config.listeners.map((listener) => parseListener(listener, ownHost));
  const brokerListener = listeners.find((listener) => !controllerNames.includes(listener.name)) ?? null;
  const controllerListener = listeners.find((listener) => controllerNames.includes(listener.name)) ?? null;
  if (isBroker && brokerListener === null)
    throw new ConfigError('listeners has no broker listener, but process.roles has broker.');
  if (isController && controllerListener === null) {
    throw new ConfigError(`listeners has none of ${controllerNames.join(', ')}, but process.roles has controller.`);
  }
  const advertised = config['advertised.listeners']
    .map((listener) => parseListener(listener, ownHost))
    .find((listener) => listener.name === brokerListener?.name);
  const logDirectories = config['log.dirs'].length > 0 ? config['log.dirs'] : [config['log.dir']];
  return {
    nodeId: config['node.id'],
    isBroker,
    isController,
    brokerListener: isBroker ? brokerListener : null,
    controllerListener: isController ? controllerListener : null,
    controllerListenerName: controllerNames[0] ?? 'CONTROLLER',
    advertised: isBroker ? (advertised ?? brokerListener) : null,
    voters: config['controller.quorum.voters'].map((voter) => {
      const [id, address] = voter.split('@') as [string, string];
      const [host, port] = address.split(':') as [string, string];
      return { id: Number(id), host, port: Number(port) };
    }),
    logDirectories,
    metadataDirectory: config['metadata.log.dir'] ?? (logDirectories[0] as string),
  };
}
