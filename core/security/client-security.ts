/** How a client proves who it is, and whom it trusts, read from its configuration. */
import { ConfigError, type ConfigValue } from '../config/definition.ts';
import type { AdminConfig } from '../config/index.ts';
import type { Crypto } from '../../ports/crypto.ts';
import type { TlsClientSettings } from '../../ports/network.ts';
import { clientCredentials } from './jaas.ts';
import { PlainClient } from './plain.ts';
import { usesSasl, usesTls } from './protocols.ts';
import { isSaslMechanism, SASL_MECHANISMS, type SaslClient } from './sasl-server.ts';
import { tlsIdentity } from './tls-settings.ts';
import { ScramClient } from './scram/scram-client.ts';

export interface ClientSecurity {
  readonly tls: TlsClientSettings | null;
  /** Begins a SASL exchange; null without SASL. */
  readonly newExchange: (() => SaslClient) | null;
}

/** What a client needs of its configuration. */
export type SecurityConfig = Pick<
  AdminConfig,
  'security.protocol' | 'sasl.mechanism' | 'sasl.jaas.config' | (`ssl.${string}` & keyof AdminConfig)
>;

/** Null for PLAINTEXT. Throws ConfigError when the properties do not fit each other, or `crypto` is absent and SASL asked for. */
export function clientSecurity(config: SecurityConfig, crypto: Crypto | undefined): ClientSecurity | null {
  const protocol = config['security.protocol'];
  if (protocol === 'PLAINTEXT') return null;
  return {
    tls: usesTls(protocol) ? tlsClientSettings(config) : null,
    newExchange: usesSasl(protocol) ? exchange(config, crypto) : null,
  };
}

function tlsClientSettings(config: SecurityConfig): TlsClientSettings {
  const values = config as unknown as Readonly<Record<string, ConfigValue | undefined>>;
  const algorithm = config['ssl.endpoint.identification.algorithm'] ?? '';
  if (algorithm !== '' && algorithm.toLowerCase() !== 'https') {
    throw new ConfigError(`ssl.endpoint.identification.algorithm is ${algorithm}, but it must be https or empty.`);
  }
  return { ...tlsIdentity((name) => values[name] ?? null), verifyHost: algorithm !== '' };
}

function exchange(config: SecurityConfig, crypto: Crypto | undefined): () => SaslClient {
  const mechanism = config['sasl.mechanism'];
  const jaas = config['sasl.jaas.config'];
  if (crypto === undefined) throw new ConfigError('security.protocol asks for SASL, but there is no cryptography in this world.');
  if (mechanism === null || !isSaslMechanism(mechanism)) {
    throw new ConfigError(`sasl.mechanism is ${mechanism}, but it must be one of ${SASL_MECHANISMS.join(', ')}.`);
  }
  if (jaas === null) throw new ConfigError('sasl.jaas.config is absent, but security.protocol asks for SASL.');
  const { username, password } = clientCredentials(mechanism, 'sasl.jaas.config', jaas);
  if (mechanism === 'PLAIN') return () => new PlainClient(username, password);
  return () => new ScramClient(crypto, mechanism, username, password);
}
