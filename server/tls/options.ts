/** TLS settings of core as Node's TLS takes them. */
import fs from 'node:fs';
import tls from 'node:tls';
import type { PemSource, TlsIdentity } from '../../ports/network.ts';

const VERSIONS: readonly tls.SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];

/** Reads the files. Throws an Error with one sentence if something cannot be read or used. */
export function secureContextOptions(identity: TlsIdentity): tls.SecureContextOptions {
  const { keystore, truststore } = identity;
  const spoken = VERSIONS.filter((version) => identity.protocols.includes(version));
  const [minVersion] = spoken;
  const maxVersion = spoken.at(-1);
  if (minVersion === undefined || maxVersion === undefined) {
    throw new Error(`ssl.enabled.protocols is ${identity.protocols.join(',')}, but it must hold TLSv1.2 or TLSv1.3.`);
  }
  const options: tls.SecureContextOptions = { minVersion, maxVersion };
  if (truststore !== null) options.ca = read(truststore, 'ssl.truststore');
  if (keystore !== null) {
    options.cert = read(keystore.chain, 'ssl.keystore');
    options.key = read(keystore.key, 'ssl.keystore');
    if (keystore.keyPassword !== null) options.passphrase = keystore.keyPassword;
  }
  try {
    tls.createSecureContext(options);
  } catch (error) {
    throw new Error(`The key store or trust store cannot be used: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return options;
}

function read(source: PemSource, property: string): string {
  if ('pem' in source) return source.pem;
  try {
    return fs.readFileSync(source.location, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${property}.location ${source.location} cannot be read: ${why}.`);
  }
}
