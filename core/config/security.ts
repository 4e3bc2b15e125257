/** Properties of TLS and SASL, by Kafka's names and defaults. */
import { atLeast, choice, type ConfigKey, int, list, listOf, long, password, string } from './definition.ts';

/** What both ends of a TLS connection have. */
const TLS_KEYS = {
  'ssl.enabled.protocols': list(
    ['TLSv1.2', 'TLSv1.3'],
    'medium',
    'Versions of TLS that are spoken.',
    listOf('TLSv1.2', 'TLSv1.3'),
  ),
  'ssl.endpoint.identification.algorithm': string(
    'https',
    'low',
    'https: the certificate of a server must be of the host that was dialled; empty: of any host.',
  ),
  'ssl.key.password': password('high', 'Password of the private key.'),
  'ssl.keystore.certificate.chain': password('high', 'Own certificate chain, PEM.'),
  'ssl.keystore.key': password('high', 'Private key, PEM (PKCS#8).'),
  'ssl.keystore.location': string(null, 'high', 'File of private key and certificate chain.'),
  'ssl.keystore.password': password('high', 'Password of the key store; PEM files have none.'),
  'ssl.keystore.type': string('JKS', 'medium', 'Format of the key store; only PEM is read here.'),
  'ssl.truststore.certificates': password('high', 'Trusted certificates, PEM.'),
  'ssl.truststore.location': string(null, 'high', 'File of trusted certificates.'),
  'ssl.truststore.password': password('high', 'Password of the trust store; PEM files have none.'),
  'ssl.truststore.type': string('JKS', 'medium', 'Format of the trust store; only PEM is read here.'),
} as const;

/** Of a broker: each can be given for one listener. */
export const SECURITY_KEYS = {
  ...TLS_KEYS,
  'connection.failed.authentication.delay.ms': int(
    100,
    'low',
    'Wait between a failed authentication and its answer.',
    atLeast(0),
  ),
  'connections.max.reauth.ms': long(0, 'medium', 'A SASL session older than this must authenticate again; 0: never.'),
  'sasl.enabled.mechanisms': list(['GSSAPI'], 'medium', 'SASL mechanisms of a listener: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.'),
  'sasl.server.max.receive.size': int(524_288, 'medium', 'Largest frame accepted before a SASL client is known.'),
  'ssl.client.auth': choice(['required', 'requested', 'none'], 'none', 'medium', 'Must a TLS client show a certificate?'),
  'ssl.principal.mapping.rules': string(
    'DEFAULT',
    'low',
    'How the distinguished name of a certificate becomes a principal: DEFAULT, or RULE:pattern/replacement/[LU].',
  ),
} as const;

/** Of a client. */
export const CLIENT_SECURITY_KEYS = {
  ...TLS_KEYS,
  'sasl.jaas.config': password('medium', 'Login module with the name and password of the user.'),
  'sasl.mechanism': string('GSSAPI', 'medium', 'SASL mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.'),
  'security.protocol': choice(
    ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    'PLAINTEXT',
    'medium',
    'How brokers are talked to.',
  ),
} as const;

/** After `listener.name.<name>.<mechanism>.` */
export const MECHANISM_KEYS: Readonly<Record<string, ConfigKey>> = {
  'connections.max.reauth.ms': SECURITY_KEYS['connections.max.reauth.ms'],
  'sasl.jaas.config': CLIENT_SECURITY_KEYS['sasl.jaas.config'],
};
