/** The security of a served cluster's client listener: its users and its certificate, as Kafka's properties. */
import fs from 'node:fs';
import { join } from 'node:path';
import type { Properties } from '../core/config/index.ts';
import { formatJaas } from '../core/security/jaas.ts';
import { type SecurityProtocol, usesSasl, usesTls } from '../core/security/protocols.ts';
import { SASL_MECHANISMS } from '../core/security/SaslServer.ts';
import { type Certificate, createCertificate, isUsable } from './tls/certificate.ts';
import type { Users } from './users.ts';
import { UnusableError } from './unusable.ts';

export interface ServedSecurity {
  readonly protocol: SecurityProtocol;
  /** Name of the listener that clients use. */
  readonly listener: string;
  /** Kafka's properties that make it so; what the user gave goes before them. */
  readonly properties: Properties;
  /** File of the certificate that clients must trust, if it was made here; null otherwise. */
  readonly certificateFile: string | null;
}

export interface SecurityOptions {
  readonly protocol: SecurityProtocol;
  readonly users: Users;
  readonly config: Properties;
  /** Where a certificate is kept. */
  readonly directory: string;
  /** Names and addresses that clients reach the cluster by. */
  readonly hosts: readonly string[];
}

const CERTIFICATE_FILE = 'certificate.pem';
const KEY_FILE = 'certificate.key.pem';

/** Rejects what does not fit, with one sentence. Makes a certificate if TLS is spoken and none is given. */
export function servedSecurity(options: SecurityOptions): ServedSecurity {
  const { protocol, users, config } = options;
  const listener = protocol;
  const prefix = `listener.name.${listener.toLowerCase()}.`;
  const given = (name: string): boolean => name in config || `${prefix}${name}` in config;
  const properties: Record<string, string> = {};
  if (usesSasl(protocol)) {
    if (Object.keys(users).length === 0 && !(`${prefix}plain.sasl.jaas.config` in config) && !given('sasl.enabled.mechanisms')) {
      throw new UnusableError(
        `${protocol} needs users: --user NAME:PASSWORD, or --config ${prefix}plain.sasl.jaas.config=... as in Kafka.`,
      );
    }
    properties['sasl.enabled.mechanisms'] = SASL_MECHANISMS.join(',');
    const passwords = Object.entries(users).map(([name, password]) => [`user_${name}`, password]);
    if (passwords.length > 0) properties[`${prefix}plain.sasl.jaas.config`] = formatJaas('PLAIN', Object.fromEntries(passwords));
  } else if (Object.keys(users).length > 0) {
    throw new UnusableError(
      `Users are given, but ${protocol} asks nobody for a name: --security-protocol must be SASL_PLAINTEXT or SASL_SSL.`,
    );
  }
  let certificateFile: string | null = null;
  if (usesTls(protocol) && !given('ssl.keystore.location') && !given('ssl.keystore.key')) {
    const { certificate, key } = ownCertificate(options.directory, options.hosts);
    properties[`${prefix}ssl.keystore.type`] = 'PEM';
    properties[`${prefix}ssl.keystore.certificate.chain`] = certificate;
    properties[`${prefix}ssl.keystore.key`] = key;
    certificateFile = join(options.directory, CERTIFICATE_FILE);
  }
  return { protocol, listener, properties, certificateFile };
}

/** The certificate of this directory, made anew if there is none that is still good. */
function ownCertificate(directory: string, hosts: readonly string[]): Certificate {
  const certificateFile = join(directory, CERTIFICATE_FILE);
  const keyFile = join(directory, KEY_FILE);
  if (fs.existsSync(certificateFile) && fs.existsSync(keyFile)) {
    const kept = { certificate: fs.readFileSync(certificateFile, 'utf8'), key: fs.readFileSync(keyFile, 'utf8') };
    if (isUsable(kept, hosts)) return kept;
  }
  const made = createCertificate({
    subject: [
      ['O', 'Trial'],
      ['CN', 'localhost'],
    ],
    hosts,
  });
  fs.writeFileSync(keyFile, made.key, { mode: 0o600 });
  fs.writeFileSync(certificateFile, made.certificate);
  return made;
}
