/** `ssl.*` properties into TLS settings, with Kafka's refusals. */
import { ConfigError, type ConfigValue } from '../config/definition.ts';
import type { PemSource, TlsIdentity } from '../../ports/network.ts';

/** Reads one property; of a listener, its own value before the node's. */
export type PropertyReader = (name: string) => ConfigValue;

/** Keystore, truststore and protocols. Throws ConfigError when they do not fit each other. */
export function tlsIdentity(read: PropertyReader): TlsIdentity {
  return {
    keystore: keystoreOf(read),
    truststore: truststoreOf(read),
    protocols: read('ssl.enabled.protocols') as readonly string[],
  };
}

function keystoreOf(read: PropertyReader): TlsIdentity['keystore'] {
  const location = read('ssl.keystore.location') as string | null;
  const key = read('ssl.keystore.key') as string | null;
  const chain = read('ssl.keystore.certificate.chain') as string | null;
  const keyPassword = read('ssl.key.password') as string | null;
  if (location === null && key === null && chain === null) {
    if (read('ssl.keystore.password') !== null)
      throw new ConfigError('ssl.keystore.password is given, but there is no key store.');
    return null;
  }
  const type = String(read('ssl.keystore.type')).toUpperCase();
  if (type !== 'PEM') throw new ConfigError(`ssl.keystore.type is ${type}, but only PEM is read here.`);
  if (read('ssl.keystore.password') !== null) {
    throw new ConfigError(
      'ssl.keystore.password cannot be given with PEM, where only the key may have a password (ssl.key.password).',
    );
  }
  if (location !== null) {
    if (key !== null || chain !== null) throw new ConfigError('ssl.keystore.location and ssl.keystore.key exclude each other.');
    return { chain: { location }, key: { location }, keyPassword };
  }
  if (chain === null) throw new ConfigError('ssl.keystore.key is given, but ssl.keystore.certificate.chain is not.');
  if (key === null) throw new ConfigError('ssl.keystore.certificate.chain is given, but ssl.keystore.key is not.');
  return { chain: { pem: chain }, key: { pem: key }, keyPassword };
}

function truststoreOf(read: PropertyReader): PemSource | null {
  const location = read('ssl.truststore.location') as string | null;
  const certificates = read('ssl.truststore.certificates') as string | null;
  if (location === null && certificates === null) return null;
  const type = String(read('ssl.truststore.type')).toUpperCase();
  if (type !== 'PEM') throw new ConfigError(`ssl.truststore.type is ${type}, but only PEM is read here.`);
  if (read('ssl.truststore.password') !== null) throw new ConfigError('ssl.truststore.password cannot be given with PEM.');
  if (location === null) return { pem: certificates as string };
  if (certificates !== null) {
    throw new ConfigError('ssl.truststore.location and ssl.truststore.certificates exclude each other.');
  }
  return { location };
}
