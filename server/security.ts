/** The security of a served cluster's client listeners: their users and their certificate, as Kafka's properties. */
import fs from 'node:fs';
import { join } from 'node:path';
import type { Properties } from '../core/config/index.ts';
import { formatJaas } from '../core/security/jaas.ts';
import { usesSasl, usesTls } from '../core/security/protocols.ts';
import { SASL_MECHANISMS } from '../core/security/sasl-server.ts';
import type { ListenerPlan } from './listeners.ts';
import { type Certificate, createCertificate, isUsable } from './tls/certificate.ts';
import type { Users } from './users.ts';
import { UnusableError } from './unusable.ts';

export interface ServedSecurity {
  /** Kafka's properties that make it so; what the user gave goes before them. */
  readonly properties: Properties;
  /** File of the certificate that clients must trust, if it was made here; null otherwise. */
  readonly certificateFile: string | null;
}

export interface SecurityOptions {
  /** What clients use, of any broker. */
  readonly listeners: readonly Pick<ListenerPlan, 'name' | 'securityProtocol'>[];
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
  const { listeners, users } = options;
  const properties: Record<string, string> = {};
  const secured = listeners.filter(({ securityProtocol }) => usesSasl(securityProtocol));
  if (secured.length === 0 && Object.keys(users).length > 0) {
    const protocols = [...new Set(listeners.map(({ securityProtocol }) => securityProtocol))].join(' and ');
    throw new UnusableError(
      `Users are given, but ${protocols} asks nobody for a name: --security-protocol must be SASL_PLAINTEXT or SASL_SSL.`,
    );
  }
  for (const listener of secured) Object.assign(properties, saslProperties(listener, options));
  const inNeed = listeners.filter(
    ({ name, securityProtocol }) =>
      usesTls(securityProtocol) &&
      !isGiven(options.config, name, 'ssl.keystore.location') &&
      !isGiven(options.config, name, 'ssl.keystore.key'),
  );
  if (inNeed.length === 0) return { properties, certificateFile: null };
  const { certificate, key } = ownCertificate(options.directory, options.hosts);
  for (const { name } of inNeed) {
    const prefix = prefixOf(name);
    properties[`${prefix}ssl.keystore.type`] = 'PEM';
    properties[`${prefix}ssl.keystore.certificate.chain`] = certificate;
    properties[`${prefix}ssl.keystore.key`] = key;
  }
  return { properties, certificateFile: join(options.directory, CERTIFICATE_FILE) };
}

function saslProperties({ name, securityProtocol }: SecurityOptions['listeners'][number], { users, config }: SecurityOptions) {
  const jaas = `${prefixOf(name)}plain.sasl.jaas.config`;
  if (Object.keys(users).length === 0 && !(jaas in config) && !isGiven(config, name, 'sasl.enabled.mechanisms')) {
    throw new UnusableError(`${securityProtocol} needs users: --user NAME:PASSWORD, or --config ${jaas}=... as in Kafka.`);
  }
  const passwords = Object.entries(users).map(([user, password]) => [`user_${user}`, password]);
  return {
    'sasl.enabled.mechanisms': SASL_MECHANISMS.join(','),
    ...(passwords.length === 0 ? {} : { [jaas]: formatJaas('PLAIN', Object.fromEntries(passwords)) }),
  };
}

function prefixOf(listener: string): string {
  return `listener.name.${listener.toLowerCase()}.`;
}

/** For this listener or for all. */
function isGiven(config: Properties, listener: string, property: string): boolean {
  return property in config || `${prefixOf(listener)}${property}` in config;
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
