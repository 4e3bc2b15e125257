/** The security of one listener, read from a node's configuration. */
import { ConfigError, type ConfigValue } from '../config/definition.ts';
import { BROKER_CONFIG, type BrokerConfig, protocolMap } from '../config/index.ts';
import type { TlsServerSettings } from '../../ports/network.ts';
import { parseJaasFor, plainUsers } from './jaas.ts';
import { type PrincipalMapper, principalMapper } from './principal-mapping.ts';
import { isSecurityProtocol, type SecurityProtocol, usesSasl, usesTls } from './protocols.ts';
import { isSaslMechanism, SASL_MECHANISMS, type SaslMechanism } from './sasl-server.ts';
import { type PropertyReader, tlsIdentity } from './tls-settings.ts';

export interface ListenerSecurity {
  readonly protocol: SecurityProtocol;
  readonly tls: TlsServerSettings | null;
  readonly sasl: SaslSettings | null;
  /** Of the certificates of clients. */
  readonly mapPrincipal: PrincipalMapper;
  readonly failedAuthenticationDelayMs: number;
}

interface SaslSettings {
  readonly mechanisms: readonly SaslMechanism[];
  /** Passwords of PLAIN, by user. */
  readonly plainUsers: ReadonlyMap<string, string>;
  readonly maxReauthMs: ReadonlyMap<SaslMechanism, number>;
  readonly maxReceiveBytes: number;
}

/**
 * The security protocol of a listener, from `listener.security.protocol.map`; where that is left as it is by default, a controller's
 * listener is PLAINTEXT. Throws ConfigError if it has none.
 */
export function securityProtocolOf(config: BrokerConfig, listener: string): SecurityProtocol {
  for (const entry of protocolMap(config)) {
    const [name, protocol = ''] = entry.split(':');
    if (name === listener && isSecurityProtocol(protocol)) return protocol;
  }
  const isDefault = config['listener.security.protocol.map'] === BROKER_CONFIG.keys['listener.security.protocol.map'].default;
  if (isDefault && config['controller.listener.names'].includes(listener)) return 'PLAINTEXT';
  throw new ConfigError(`listener.security.protocol.map names no security protocol for the listener ${listener}.`);
}

/** Throws ConfigError when the properties of the listener do not fit each other. */
export function listenerSecurity(config: BrokerConfig, listener: string): ListenerSecurity {
  const protocol = securityProtocolOf(config, listener);
  const read = reader(config, listener);
  return {
    protocol,
    tls: usesTls(protocol) ? tlsServerSettings(read, listener, clientAuthOf(config, listener, protocol)) : null,
    sasl: usesSasl(protocol) ? saslSettings(read, listener) : null,
    mapPrincipal: principalMapper(read('ssl.principal.mapping.rules') as string),
    failedAuthenticationDelayMs: config['connection.failed.authentication.delay.ms'],
  };
}

/** The listener's own value of a property, or else the node's; a property of a mechanism alone may be absent. */
function reader(config: BrokerConfig, listener: string): PropertyReader {
  const values = config as unknown as Readonly<Record<string, ConfigValue | undefined>>;
  const prefix = listenerPrefix(listener);
  return (name) => values[prefix + name] ?? values[name] ?? null;
}

function listenerPrefix(listener: string): string {
  return `listener.name.${listener.toLowerCase()}.`;
}

/** Where SASL says who clients are, certificates are asked for only by the listener's own property (KIP-684). */
function clientAuthOf(config: BrokerConfig, listener: string, protocol: SecurityProtocol): TlsServerSettings['clientAuth'] {
  const own = (config as unknown as Readonly<Record<string, ConfigValue | undefined>>)[
    `${listenerPrefix(listener)}ssl.client.auth`
  ];
  if (own !== undefined) return own as TlsServerSettings['clientAuth'];
  return usesSasl(protocol) ? 'none' : config['ssl.client.auth'];
}

function tlsServerSettings(
  read: PropertyReader,
  listener: string,
  clientAuth: TlsServerSettings['clientAuth'],
): TlsServerSettings {
  const identity = tlsIdentity(read);
  if (identity.keystore === null) {
    throw new ConfigError(`The listener ${listener} speaks TLS, but ssl.keystore.location and ssl.keystore.key are both absent.`);
  }
  return { ...identity, clientAuth };
}

function saslSettings(read: PropertyReader, listener: string): SaslSettings {
  const names = read('sasl.enabled.mechanisms') as readonly string[];
  if (names.length === 0) throw new ConfigError(`sasl.enabled.mechanisms is empty, but the listener ${listener} needs one.`);
  const maxReauthMs = new Map<SaslMechanism, number>();
  let users: ReadonlyMap<string, string> = new Map();
  for (const name of names) {
    if (!isSaslMechanism(name)) {
      throw new ConfigError(`sasl.enabled.mechanisms holds ${name}, but each must be one of ${SASL_MECHANISMS.join(', ')}.`);
    }
    const ofMechanism = (property: string): ConfigValue => read(`${name.toLowerCase()}.${property}`);
    maxReauthMs.set(name, (ofMechanism('connections.max.reauth.ms') ?? read('connections.max.reauth.ms')) as number);
    const jaas = ofMechanism('sasl.jaas.config') as string | null;
    const property = `${listenerPrefix(listener)}${name.toLowerCase()}.sasl.jaas.config`;
    if (jaas !== null) {
      const entry = parseJaasFor(name, property, jaas);
      if (name === 'PLAIN') users = plainUsers(entry);
    } else if (name === 'PLAIN') {
      throw new ConfigError(`${property} is absent, but without it nobody can authenticate with PLAIN.`);
    }
  }
  return {
    mechanisms: names as readonly SaslMechanism[],
    plainUsers: users,
    maxReauthMs,
    maxReceiveBytes: read('sasl.server.max.receive.size') as number,
  };
}
