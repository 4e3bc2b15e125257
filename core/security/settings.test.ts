import test from 'ava';
import {
  BROKER_CONFIG,
  type BrokerConfig,
  ConfigError,
  describeBrokerConfig,
  parseConfig,
  type Properties,
} from '../config/index.ts';
import { formatJaas } from './jaas.ts';
import { listenerSecurity, securityProtocolOf } from './listener-security.ts';

const JAAS = formatJaas('PLAIN', { user_alice: 's3cret' });
const NODE: Properties = {
  'node.id': 1,
  'process.roles': 'broker',
  'controller.quorum.voters': '3000@c1:9093',
  'listener.security.protocol.map': 'CLIENTS:SASL_SSL,PLAINTEXT:PLAINTEXT,WEB:SSL',
};
const PEM: Properties = {
  'ssl.keystore.type': 'PEM',
  'ssl.keystore.key': 'the key s3cret',
  'ssl.keystore.certificate.chain': 'the chain',
};
const SASL: Properties = {
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
  'listener.name.clients.plain.sasl.jaas.config': JAAS,
};

const parse = (properties: Properties): BrokerConfig => parseConfig(BROKER_CONFIG, { ...NODE, ...properties });

test('a listener has its own properties before the node’s', (t) => {
  const config = parse({
    ...PEM,
    ...SASL,
    'ssl.client.auth': 'required',
    'listener.name.web.ssl.client.auth': 'requested',
    'listener.name.web.ssl.truststore.type': 'PEM',
    'listener.name.web.ssl.truststore.location': '/trust.pem',
    'connections.max.reauth.ms': 60_000,
    'listener.name.clients.plain.connections.max.reauth.ms': '1000',
    'listener.name.clients.sasl.server.max.receive.size': 100,
  });
  const clients = listenerSecurity(config, 'CLIENTS');
  t.is(clients.protocol, 'SASL_SSL');
  t.like(clients.tls, { clientAuth: 'none', truststore: null, protocols: ['TLSv1.2', 'TLSv1.3'] });
  t.like(clients.tls?.keystore, { key: { pem: 'the key s3cret' }, chain: { pem: 'the chain' }, keyPassword: null });
  t.deepEqual(clients.sasl?.mechanisms, ['PLAIN', 'SCRAM-SHA-512']);
  t.deepEqual([...(clients.sasl?.plainUsers ?? [])], [['alice', 's3cret']]);
  t.deepEqual(
    [...(clients.sasl?.maxReauthMs ?? [])],
    [
      ['PLAIN', 1000],
      ['SCRAM-SHA-512', 60_000],
    ],
  );
  t.is(clients.sasl?.maxReceiveBytes, 100);
  const web = listenerSecurity(config, 'WEB');
  t.like(web.tls, { clientAuth: 'requested', truststore: { location: '/trust.pem' } });
  t.is(web.sasl, null);
  t.is(listenerSecurity(parse({ ...PEM, 'ssl.client.auth': 'required' }), 'WEB').tls?.clientAuth, 'required');
  const own = parse({ ...PEM, ...SASL, 'listener.name.clients.ssl.client.auth': 'required' });
  t.is(listenerSecurity(own, 'CLIENTS').tls?.clientAuth, 'required');
  t.like(listenerSecurity(config, 'PLAINTEXT'), { protocol: 'PLAINTEXT', tls: null, sasl: null });
});

test('by default a listener has the protocol of its name and that of controllers none; a map that is given names all of them', (t) => {
  const { 'listener.security.protocol.map': given, ...node } = NODE;
  const byDefault = parseConfig(BROKER_CONFIG, node);
  t.is(securityProtocolOf(byDefault, 'SASL_SSL'), 'SASL_SSL');
  t.is(securityProtocolOf(byDefault, 'CONTROLLER'), 'PLAINTEXT');
  t.throws(() => securityProtocolOf(byDefault, 'CLIENTS'), { instanceOf: ConfigError });
  const named = parseConfig(BROKER_CONFIG, { ...node, 'listener.security.protocol.map': String(given) });
  t.is(securityProtocolOf(named, 'CLIENTS'), 'SASL_SSL');
  for (const listener of ['CONTROLLER', 'SSL'])
    t.throws(() => securityProtocolOf(named, listener), { instanceOf: ConfigError }, listener);
});

test('what does not fit is refused in one sentence, without secrets', (t) => {
  const wrong: readonly (readonly [properties: Properties, says: RegExp])[] = [
    [SASL, /CLIENTS speaks TLS, but ssl\.keystore\.location/],
    [{ ...SASL, ...PEM, 'ssl.keystore.type': 'JKS' }, /only PEM is read/],
    [{ ...SASL, ...PEM, 'ssl.keystore.location': '/x' }, /exclude each other/],
    [{ ...SASL, ...PEM, 'ssl.keystore.password': 's3cret' }, /ssl\.keystore\.password cannot be given/],
    [{ ...SASL, 'ssl.keystore.type': 'PEM', 'ssl.keystore.key': 's3cret' }, /certificate\.chain is not/],
    [{ ...SASL, 'ssl.keystore.password': 's3cret' }, /there is no key store/],
    [{ ...SASL, ...PEM, 'ssl.truststore.location': '/x' }, /ssl\.truststore\.type is JKS/],
    [{ ...SASL, ...PEM, 'ssl.principal.mapping.rules': 'RULE:' }, /each rule must be/],
    [PEM, /holds GSSAPI/],
    [{ ...PEM, 'sasl.enabled.mechanisms': '' }, /is empty/],
    [{ ...PEM, 'sasl.enabled.mechanisms': 'PLAIN' }, /listener\.name\.clients\.plain\.sasl\.jaas\.config is absent/],
    [{ ...PEM, ...SASL, 'listener.name.clients.plain.sasl.jaas.config': 'x required s3cret;' }, /no value for an option/],
    [{ ...PEM, ...SASL, 'listener.security.protocol.map': 'WEB:SSL' }, /no security protocol for the listener CLIENTS/],
    [{ 'listener.security.protocol.map': 'CLIENTS:TLS' }, /must be NAME:PROTOCOL/],
    [{ 'listener.security.protocol.map': 'A:SSL,A:PLAINTEXT' }, /names A twice/],
    [{ 'listener.name.clients.num.partitions': 1 }, /not a known property/],
    [{ 'listener.name.clients.plain.num.partitions': 1 }, /not a known property/],
    [{ 'ssl.client.auth': 'yes' }, /one of required, requested, none/],
    [{ 'ssl.enabled.protocols': 'SSLv3' }, /a list of TLSv1\.2, TLSv1\.3/],
  ];
  for (const [properties, says] of wrong) {
    const error = t.throws(() => listenerSecurity(parse(properties), 'CLIENTS'), { instanceOf: ConfigError, message: says });
    t.false(error?.message.includes('s3cret'), error?.message);
  }
});

test('DescribeConfigs tells that there is a secret, and not which', (t) => {
  const started = { ...NODE, ...PEM, ...SASL };
  const all = describeBrokerConfig(null, { started, clusterOverrides: {}, brokerOverrides: {} }, parse({ ...PEM, ...SASL }));
  t.false(JSON.stringify(all).includes('s3cret'));
  const secrets = all.filter(({ sensitive }) => sensitive);
  t.true(secrets.every(({ value, type }) => value === null && type === 9));
  t.deepEqual(
    secrets.filter(({ source }) => source === 4).map(({ name }) => name),
    ['ssl.keystore.certificate.chain', 'ssl.keystore.key', 'listener.name.clients.plain.sasl.jaas.config'],
  );
});
