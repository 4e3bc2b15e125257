import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Admin } from '../core/client/admin/admin.ts';
import { Consumer } from '../core/client/consumer/consumer.ts';
import type { KafkaError } from '../core/client/errors.ts';
import { Producer } from '../core/client/producer/producer.ts';
import type { Properties } from '../core/config/index.ts';
import type { ClientEnvironment } from '../core/environment.ts';
import { ErrorCode } from '../core/protocol/errors.ts';
import { formatJaas } from '../core/security/jaas.ts';
import type { SaslMechanism } from '../core/security/sasl-server.ts';
import type { TraceEvent } from '../core/trace.ts';
import { clientProcess } from './client-environment.ts';
import { type Cluster, type ServeOptions, serve } from './serve.ts';
import { createCertificate } from './tls/certificate.ts';

const USERS = { alice: 's3cret', 'b=o,b': 'p"w\\d' };

interface Lab {
  readonly cluster: Cluster;
  readonly trace: TraceEvent[];
  readonly env: ClientEnvironment;
}

async function lab(t: ExecutionContext, options: ServeOptions): Promise<Lab> {
  const trace: TraceEvent[] = [];
  const cluster = await serve({ port: 0, onTrace: (_, event) => trace.push(event), ...options });
  t.teardown(() => cluster.stop());
  const client = clientProcess({ name: 'client', onFailed: ({ reason }) => t.fail(reason) });
  t.teardown(() => client.end());
  return { cluster, trace, env: client.environment };
}

function directory(t: ExecutionContext): string {
  const path = fs.mkdtempSync(join(tmpdir(), 'trial-security-'));
  t.teardown(() => fs.rmSync(path, { recursive: true, force: true }));
  return path;
}

function sasl(mechanism: SaslMechanism, username: string, password: string): Properties {
  return { 'sasl.mechanism': mechanism, 'sasl.jaas.config': formatJaas(mechanism, { username, password }) };
}

function trusting(location: string | null): Properties {
  return location === null ? {} : { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': location };
}

function principals(trace: readonly TraceEvent[]): string[] {
  return [
    ...new Set(trace.flatMap((event) => (event.type === 'connection-authenticated' ? [`${event.principal} ${event.by}`] : []))),
  ];
}

async function describes(env: ClientEnvironment, properties: Properties): Promise<number> {
  const admin = new Admin(env, { 'default.api.timeout.ms': 5_000, ...properties });
  try {
    return (await admin.describeCluster()).brokers.length;
  } finally {
    await admin.close();
  }
}

async function refused(t: ExecutionContext, env: ClientEnvironment, properties: Properties): Promise<KafkaError> {
  const begun = Date.now();
  const error = (await t.throwsAsync(describes(env, properties))) as KafkaError;
  t.true(Date.now() - begun < 4_000, `${error.message}: at once, not when the time is over`);
  return error;
}

test('SASL_SSL: produce and consume as a user, with the certificate that was made', async (t) => {
  const { cluster, trace, env } = await lab(t, { brokers: 2, securityProtocol: 'SASL_SSL', users: USERS });
  const servers: Properties = {
    'bootstrap.servers': cluster.bootstrapServers,
    'security.protocol': 'SASL_SSL',
    ...trusting(cluster.certificateFile),
  };
  const producer = new Producer(env, { ...servers, ...sasl('SCRAM-SHA-512', 'alice', 's3cret') });
  const { offset } = await producer.send({ topic: 'orders', partition: 0, key: null, value: Uint8Array.of(7) });
  await producer.close();
  const consumer = new Consumer(env, {
    ...servers,
    ...sasl('SCRAM-SHA-256', 'b=o,b', 'p"w\\d'),
    'auto.offset.reset': 'earliest',
  });
  consumer.assign([{ topic: 'orders', partition: 0 }]);
  const records = await consumer.poll(10_000);
  await consumer.close();
  t.deepEqual([offset, records.length], [0, 1]);
  t.is(await describes(env, { ...servers, ...sasl('PLAIN', 'b=o,b', 'p"w\\d') }), 2);
  t.deepEqual(principals(trace).sort(), ['User:alice SCRAM-SHA-512', 'User:b=o,b PLAIN', 'User:b=o,b SCRAM-SHA-256']);

  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    const error = await refused(t, env, { ...servers, ...sasl(mechanism, 'alice', 'wrong') });
    t.is(error.code, ErrorCode.SASL_AUTHENTICATION_FAILED);
    t.regex(
      error.message,
      mechanism === 'PLAIN' ? /Invalid username or password/ : /invalid credentials with SASL mechanism SCRAM/,
    );
  }
  const failing = new Producer(env, { ...servers, ...sasl('PLAIN', 'alice', 'wrong') });
  await t.throwsAsync(failing.send({ topic: 'orders', key: null, value: null }), { message: /Invalid username or password/ });
  await failing.close();
  const polling = new Consumer(env, { ...servers, ...sasl('PLAIN', 'alice', 'wrong') });
  polling.assign([{ topic: 'orders', partition: 0 }]);
  await t.throwsAsync(polling.poll(5_000), { message: /Invalid username or password/ });
  await polling.close();

  const other = createCertificate({ subject: [['CN', 'localhost']], hosts: ['127.0.0.1'] });
  const untrusted = { ...servers, ...sasl('PLAIN', 'alice', 's3cret'), 'ssl.truststore.location': '' };
  const { 'ssl.truststore.location': _, ...rest } = untrusted;
  const error = await refused(t, env, { ...rest, 'ssl.truststore.certificates': other.certificate });
  t.is(error.errorName, 'TLS_AUTHENTICATION_FAILED');
  const missing = await refused(t, env, { ...rest, 'ssl.truststore.location': '/nowhere.pem' });
  t.regex(missing.message, /ssl\.truststore\.location \/nowhere\.pem cannot be read/);

  // Nothing of this tells a password.
  const told = JSON.stringify(trace);
  for (const password of Object.values(USERS)) t.false(told.includes(JSON.stringify(password).slice(1, -1)));
});

test('SSL: who shows a certificate is its subject', async (t) => {
  const authority = createCertificate({ subject: [['CN', 'authority']] });
  const server = createCertificate({ subject: [['CN', 'server']], hosts: ['127.0.0.1'], issuer: authority });
  const alice = createCertificate({
    subject: [
      ['C', 'US'],
      ['O', 'Acme, Inc.'],
      ['CN', 'alice'],
    ],
    issuer: authority,
  });
  const stranger = createCertificate({ subject: [['CN', 'stranger']] });
  const keystore = ({ certificate, key }: { certificate: string; key: string }): Properties => ({
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': certificate,
    'ssl.keystore.key': key,
  });
  const trust = { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': authority.certificate };
  const file = join(directory(t), 'server.pem');
  fs.writeFileSync(file, server.key + server.certificate);
  const { cluster, trace, env } = await lab(t, {
    securityProtocol: 'SSL',
    config: { ...trust, 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': file, 'ssl.client.auth': 'requested' },
  });
  t.is(cluster.certificateFile, null);
  const servers = { 'bootstrap.servers': cluster.bootstrapServers, 'security.protocol': 'SSL', ...trust };
  t.is(await describes(env, servers), 1);
  t.deepEqual(principals(trace), []);
  t.is(await describes(env, { ...servers, ...keystore(alice) }), 1);
  t.deepEqual(principals(trace), ['User:CN=alice,O=Acme\\, Inc.,C=US SSL']);
  await t.throwsAsync(
    describes(env, { ...servers, ...keystore(stranger), 'default.api.timeout.ms': 500, 'request.timeout.ms': 200 }),
  );
  t.is(principals(trace).length, 1);

  const strict = await lab(t, {
    securityProtocol: 'SSL',
    config: {
      ...trust,
      ...keystore(server),
      'ssl.client.auth': 'required',
      'ssl.principal.mapping.rules': 'RULE:^CN=(.*?),.*$/$1/U',
    },
  });
  const strictly = { ...servers, 'bootstrap.servers': strict.cluster.bootstrapServers };
  t.is(await describes(env, { ...strictly, ...keystore(alice) }), 1);
  t.deepEqual(principals(strict.trace), ['User:ALICE SSL']);
  t.is((await refused(t, env, strictly)).errorName, 'TLS_AUTHENTICATION_FAILED');
});

test('the certificate must be of the host that was dialled', async (t) => {
  const server = createCertificate({ subject: [['CN', 'elsewhere']], hosts: ['elsewhere.example'] });
  const { cluster, env } = await lab(t, {
    securityProtocol: 'SSL',
    config: { 'ssl.keystore.type': 'PEM', 'ssl.keystore.certificate.chain': server.certificate, 'ssl.keystore.key': server.key },
  });
  const servers = {
    'bootstrap.servers': cluster.bootstrapServers,
    'security.protocol': 'SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': server.certificate,
  };
  t.is((await refused(t, env, servers)).errorName, 'TLS_AUTHENTICATION_FAILED');
  t.is(await describes(env, { ...servers, 'ssl.endpoint.identification.algorithm': '' }), 1);
});

test('whoever does not speak TLS is dropped, and the others go on', async (t) => {
  const { cluster, env } = await lab(t, { securityProtocol: 'SSL' });
  const port = Number(cluster.bootstrapServers.split(':')[1]);
  const dropped = new Promise<void>((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
  await dropped;
  // One that never says anything must not keep the cluster from stopping.
  const silent = net.connect(port, '127.0.0.1');
  silent.on('error', () => {});
  t.teardown(() => silent.destroy());
  t.is(
    await describes(env, {
      'bootstrap.servers': cluster.bootstrapServers,
      'security.protocol': 'SSL',
      ...trusting(cluster.certificateFile),
    }),
    1,
  );
});

test('with a data directory the certificate stays, and passwords may change', async (t) => {
  const data = directory(t);
  const first = await lab(t, { data, securityProtocol: 'SASL_SSL', users: { alice: 'old' } });
  const certificate = fs.readFileSync(first.cluster.certificateFile as string, 'utf8');
  await first.cluster.stop();
  const { cluster, env } = await lab(t, { data, securityProtocol: 'SASL_SSL', users: { alice: 'new' } });
  t.is(fs.readFileSync(cluster.certificateFile as string, 'utf8'), certificate);
  t.is(fs.statSync(join(data, 'certificate.key.pem')).mode & 0o077, 0);
  const servers = {
    'bootstrap.servers': cluster.bootstrapServers,
    'security.protocol': 'SASL_SSL',
    ...trusting(cluster.certificateFile),
  };
  t.is(await describes(env, { ...servers, ...sasl('SCRAM-SHA-256', 'alice', 'new') }), 1);
  t.is(
    (await refused(t, env, { ...servers, ...sasl('SCRAM-SHA-256', 'alice', 'old') })).code,
    ErrorCode.SASL_AUTHENTICATION_FAILED,
  );
});

test('what does not fit is refused in a sentence', async (t) => {
  const refuses = (options: ServeOptions, message: RegExp) => t.throwsAsync(serve({ port: 0, ...options }), { message });
  await refuses({ users: USERS }, /--security-protocol must be/);
  await refuses({ securityProtocol: 'SASL_PLAINTEXT' }, /needs users: --user NAME:PASSWORD/);
  await refuses({ securityProtocol: 'SASL_PLAINTEXT', config: { 'sasl.enabled.mechanisms': 'GSSAPI' } }, /holds GSSAPI/);
  const ssl = { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': '/nowhere.pem' };
  await refuses({ securityProtocol: 'SSL', config: ssl }, /ssl\.keystore\.location \/nowhere\.pem cannot be read/);
  const broken = { 'ssl.keystore.type': 'PEM', 'ssl.keystore.certificate.chain': 'x', 'ssl.keystore.key': 'y' };
  await refuses({ securityProtocol: 'SSL', config: broken }, /key store or trust store cannot be used/);
});
