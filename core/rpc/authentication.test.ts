import test, { type ExecutionContext } from 'ava';
import type { ClientEnvironment } from '../environment.ts';
import type { Connection } from '../../ports/network.ts';
import { decodeResponse, encodeRequest } from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { FrameReader } from '../protocol/framing.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { stringToUtf8 } from '../protocol/strings.ts';
import type { ClientSecurity } from '../security/client-security.ts';
import { PlainClient } from '../security/plain.ts';
import { principalMapper } from '../security/principal-mapping.ts';
import type { SaslMechanism } from '../security/sasl-server.ts';
import { newCredential } from '../security/scram/keys.ts';
import { SCRAM } from '../security/scram/mechanism.ts';
import { ScramClient } from '../security/scram/scram-client.ts';
import { testCrypto } from '../../tools/testing/crypto.ts';
import { type AuthenticationFailure, RpcClient } from './rpc-client.ts';
import { type IncomingRequest, RpcServer } from './rpc-server.ts';
import { TestWorld } from '../testing/test-world.ts';

const TO = { id: '1', host: 'b1', port: 9092 };
const DELAY_MS = 100;
const APIS = new Map<ApiName, readonly [number, number]>([
  ['ApiVersions', [0, 4]],
  ['Metadata', [0, 9]],
  ['SaslHandshake', [0, 1]],
  ['SaslAuthenticate', [0, 2]],
]);
const API_KEYS = {
  apiKeys: [...APIS.values()].map(([minVersion, maxVersion], index) => ({
    apiKey: [18, 3, 17, 36][index] as number,
    minVersion,
    maxVersion,
  })),
};
const USERS = new Map([
  ['alice', 'secret'],
  ['bob', 'other'],
]);
const crypto = testCrypto();
const scram = newCredential(crypto, SCRAM['SCRAM-SHA-256'], 'secret', 4096);

const REFUSED = 'refused';

interface Options {
  readonly maxReauthMs?: number;
  readonly mechanisms?: readonly SaslMechanism[];
}

class Lab {
  readonly world = new TestWorld();
  /** Who asked what, as the handlers saw it. */
  readonly handled: string[] = [];

  constructor({ maxReauthMs = 0, mechanisms = ['PLAIN', 'SCRAM-SHA-256'] }: Options = {}) {
    const handle = (request: IncomingRequest): void => {
      this.handled.push(`${request.principal.type}:${request.principal.name} ${request.api}`);
      if (request.api === 'ApiVersions') request.respond(API_KEYS);
      else if (request.api === 'SaslHandshake') request.respond({ errorCode: ErrorCode.ILLEGAL_SASL_STATE });
      else request.respond({});
    };
    new RpcServer(
      this.environment('b1'),
      {
        port: 9092,
        listener: 'SASL_PLAINTEXT',
        apis: APIS,
        maxRequestBytes: 1_000_000,
        connectionsMaxIdleMs: 600_000,
        security: {
          protocol: 'SASL_PLAINTEXT',
          tls: null,
          mapPrincipal: principalMapper('DEFAULT'),
          failedAuthenticationDelayMs: DELAY_MS,
          apiVersions: ({ body }) => (body.clientSoftwareName === REFUSED ? { errorCode: ErrorCode.INVALID_REQUEST } : API_KEYS),
          sasl: {
            mechanisms,
            maxReceiveBytes: 10_000,
            plainPassword: (name) => USERS.get(name) ?? null,
            scramCredential: (_, name) => (name === 'alice' ? scram : null),
            maxReauthMs: () => maxReauthMs,
          },
        },
      },
      handle,
    );
  }

  environment(name: string): ClientEnvironment {
    return { ...this.world.environment(name), crypto };
  }

  failures(): string[] {
    return this.world.trace.flatMap(({ event }) => (event.type === 'authentication-failed' ? [event.reason] : []));
  }

  raw(): Wire {
    return new Wire(this.world);
  }
}

/** A connection whose frames are written by hand. */
class Wire {
  readonly answers: Uint8Array[] = [];
  closedAtMs: number | null = null;
  readonly #world: TestWorld;
  readonly #connection: Connection;
  readonly #frames = new FrameReader(1_000_000);

  constructor(world: TestWorld) {
    this.#world = world;
    this.#connection = world.environment('c1').network.connect('b1', 9092, {
      onData: (chunk) => this.#frames.push(chunk, (payload) => this.answers.push(payload)),
      onClose: () => {
        this.closedAtMs = world.nowMs;
      },
    });
    world.run(10);
  }

  /** Sends a request; its answer, or null if there was none within `waitMs`. */
  ask<A extends ApiName>(api: A, version: number, body: Draft<RequestTypes[A]>, waitMs = 10): ResponseTypes[A] | null {
    this.frame(encodeRequest(api, version, 7, 'c', body), waitMs);
    const answer = this.answers.pop();
    return answer === undefined ? null : decodeResponse(api, version, answer).body;
  }

  /** A frame as it is; null if nothing came back. */
  frame(bytes: Uint8Array, waitMs = 10): Uint8Array | null {
    this.answers.length = 0;
    this.#connection.send(bytes);
    this.#world.run(waitMs);
    return this.answers.at(-1) ?? null;
  }

  token(text: string, waitMs = 10): Uint8Array | null {
    const token = stringToUtf8(text);
    const bytes = new Uint8Array(4 + token.length);
    new DataView(bytes.buffer).setInt32(0, token.length);
    bytes.set(token, 4);
    return this.frame(bytes, waitMs);
  }

  logIn(user = 'alice', password = 'secret'): ResponseTypes['SaslAuthenticate'] | null {
    this.ask('SaslHandshake', 1, { mechanism: 'PLAIN' });
    return this.authenticate(`\0${user}\0${password}`);
  }

  authenticate(token: string, waitMs = 2 * DELAY_MS): ResponseTypes['SaslAuthenticate'] | null {
    return this.ask('SaslAuthenticate', 2, { authBytes: stringToUtf8(token) }, waitMs);
  }
}

test('who authenticates is known to the handlers', (t) => {
  const lab = new Lab();
  const wire = lab.raw();
  t.is(wire.ask('ApiVersions', 3, {})?.apiKeys.length, 4);
  t.deepEqual(wire.ask('SaslHandshake', 1, { mechanism: 'PLAIN' }), {
    errorCode: ErrorCode.NONE,
    mechanisms: ['PLAIN', 'SCRAM-SHA-256'],
  });
  t.is(wire.authenticate('\0alice\0secret')?.errorCode, ErrorCode.NONE);
  t.truthy(wire.ask('Metadata', 9, {}));
  t.deepEqual(lab.handled, ['User:alice Metadata']);
});

test('an unknown version of ApiVersions may be followed by a known one', (t) => {
  const lab = new Lab();
  const wire = lab.raw();
  const future = encodeRequest('ApiVersions', 4, 7, 'c', {});
  future[7] = 99;
  const answer = decodeResponse('ApiVersions', 0, wire.frame(future) as Uint8Array);
  t.is(answer.body.errorCode, ErrorCode.UNSUPPORTED_VERSION);
  t.truthy(wire.ask('ApiVersions', 0, {}));
  t.is(wire.logIn()?.errorCode, ErrorCode.NONE);
});

test('a request for the versions that is refused may be followed by another, as in Kafka', (t) => {
  const lab = new Lab();
  const wire = lab.raw();
  t.is(wire.ask('ApiVersions', 3, { clientSoftwareName: REFUSED })?.errorCode, ErrorCode.INVALID_REQUEST);
  t.is(wire.ask('ApiVersions', 3, {})?.errorCode, ErrorCode.NONE);
  t.is(wire.logIn()?.errorCode, ErrorCode.NONE);
});

test('after handshake version 0 tokens are bare', (t) => {
  const lab = new Lab();
  const wire = lab.raw();
  t.is(wire.ask('SaslHandshake', 0, { mechanism: 'PLAIN' })?.errorCode, ErrorCode.NONE);
  t.is(wire.token('\0alice\0secret')?.length, 0);
  wire.ask('Metadata', 9, {});
  t.deepEqual(lab.handled, ['User:alice Metadata']);
});

/** The connection ends after the delay and not before, and no handler was asked. */
function refusedAfterDelay(t: ExecutionContext, lab: Lab, wire: Wire, reason: RegExp): void {
  lab.world.run(2 * DELAY_MS);
  t.not(wire.closedAtMs, null);
  t.regex(lab.failures().at(-1) ?? '', reason);
  t.deepEqual(lab.handled, []);
}

test('a wrong password is told after a delay, in words that tell nothing, and the connection ends', (t) => {
  const lab = new Lab();
  const plain = lab.raw();
  plain.ask('SaslHandshake', 1, { mechanism: 'PLAIN' });
  t.is(plain.authenticate('\0alice\0wrong', DELAY_MS / 2), null);
  t.is(plain.closedAtMs, null);
  lab.world.run(DELAY_MS);
  const refusal = decodeResponse('SaslAuthenticate', 2, plain.answers[0] as Uint8Array).body;
  t.is(refusal.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
  t.is(refusal.errorMessage, 'Authentication failed: Invalid username or password');
  refusedAfterDelay(t, lab, plain, /Invalid username or password/);

  const unknown = lab.raw();
  unknown.ask('SaslHandshake', 1, { mechanism: 'SCRAM-SHA-256' });
  t.is(
    unknown.authenticate('n,,n=nobody,r=abc')?.errorMessage,
    'Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256',
  );
  refusedAfterDelay(t, lab, unknown, /Invalid user credentials/);

  const bare = lab.raw();
  bare.ask('SaslHandshake', 0, { mechanism: 'PLAIN' });
  t.is(bare.token('\0alice\0wrong', 2 * DELAY_MS), null);
  refusedAfterDelay(t, lab, bare, /Invalid username or password/);
});

test('a mechanism that is not enabled is refused with those that are', (t) => {
  const lab = new Lab({ mechanisms: ['SCRAM-SHA-256'] });
  for (const mechanism of ['PLAIN', 'GSSAPI', '']) {
    const wire = lab.raw();
    t.deepEqual(wire.ask('SaslHandshake', 1, { mechanism }, 2 * DELAY_MS), {
      errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM,
      mechanisms: ['SCRAM-SHA-256'],
    });
    refusedAfterDelay(t, lab, wire, /Unsupported SASL mechanism/);
  }
});

test('any other request before the client is known ends the connection', (t) => {
  const lab = new Lab();
  const first = lab.raw();
  t.is(first.ask('Metadata', 9, {}), null);
  refusedAfterDelay(t, lab, first, /Unexpected Kafka request of type Metadata during SASL handshake/);

  const afterVersions = lab.raw();
  afterVersions.ask('ApiVersions', 0, {});
  t.is(afterVersions.ask('ApiVersions', 0, {}, 2 * DELAY_MS), null);
  refusedAfterDelay(t, lab, afterVersions, /Unexpected Kafka request of type ApiVersions/);

  const early = lab.raw();
  t.is(early.authenticate('\0alice\0secret'), null);
  refusedAfterDelay(t, lab, early, /type SaslAuthenticate during SASL handshake/);

  const between = lab.raw();
  between.ask('SaslHandshake', 1, { mechanism: 'PLAIN' });
  t.is(between.ask('Metadata', 9, {}, 2 * DELAY_MS), null);
  refusedAfterDelay(t, lab, between, /type Metadata during SASL authentication/);

  const garbage = lab.raw();
  t.is(garbage.token('\u0060GSSAPI'), null);
  refusedAfterDelay(t, lab, garbage, /no Kafka request/);

  const large = lab.raw();
  t.is(large.token('x'.repeat(10_001)), null);
  t.not(large.closedAtMs, null);
});

test('what was pipelined behind a failed authentication is not handled', (t) => {
  const lab = new Lab();
  const wire = lab.raw();
  wire.ask('SaslHandshake', 1, { mechanism: 'PLAIN' });
  const wrong = encodeRequest('SaslAuthenticate', 2, 1, 'c', { authBytes: stringToUtf8('\0alice\0wrong') });
  const metadata = encodeRequest('Metadata', 9, 2, 'c', {});
  wire.frame(Uint8Array.from([...wrong, ...metadata]));
  refusedAfterDelay(t, lab, wire, /Invalid/);
});

test('without a limit on sessions a second handshake is an illegal state', (t) => {
  const lab = new Lab();
  const wire = lab.raw();
  wire.logIn();
  t.is(wire.ask('SaslHandshake', 1, { mechanism: 'PLAIN' })?.errorCode, ErrorCode.ILLEGAL_SASL_STATE);
});

test('KIP-368: a session ends unless the client authenticates again, as the same and in the same way', (t) => {
  const lab = new Lab({ maxReauthMs: 5_000 });
  const renewed = lab.raw();
  t.is(renewed.logIn()?.sessionLifetimeMs, 5_000);
  lab.world.run(3_000);
  t.is(renewed.logIn()?.errorCode, ErrorCode.NONE);
  // Not twice in a second.
  t.is(renewed.ask('SaslHandshake', 1, { mechanism: 'PLAIN' })?.errorCode, ErrorCode.ILLEGAL_SASL_STATE);
  lab.world.run(4_000);
  t.truthy(renewed.ask('Metadata', 9, {}));
  lab.world.run(2_000);
  t.is(renewed.ask('Metadata', 9, {}), null);
  t.not(renewed.closedAtMs, null);
  t.is(lab.failures().at(-1), 'the session has expired');

  const other = lab.raw();
  other.logIn();
  t.is(other.logIn('bob', 'other')?.errorMessage, 'Cannot change principals during re-authentication from User.alice: User.bob');
  t.not(other.closedAtMs, null);

  const otherMechanism = lab.raw();
  otherMechanism.logIn();
  t.is(otherMechanism.ask('SaslHandshake', 1, { mechanism: 'SCRAM-SHA-256' })?.errorCode, ErrorCode.NONE);
  t.is(
    otherMechanism.authenticate('n,,n=alice,r=abc')?.errorMessage,
    "SASL mechanism 'SCRAM-SHA-256' requested by client is not supported for re-authentication of mechanism 'PLAIN'",
  );
  t.not(otherMechanism.closedAtMs, null);
});

function client(lab: Lab, newExchange: ClientSecurity['newExchange']) {
  const failures: AuthenticationFailure[] = [];
  const results: string[] = [];
  const rpc = new RpcClient(lab.environment('c1'), {
    clientId: 'c1',
    versions: 'negotiate',
    requestTimeoutMs: 1000,
    security: { tls: null, newExchange },
    onAuthenticationFailed: (failure) => failures.push(failure),
  });
  const send = (): void =>
    rpc.send(TO, 'Metadata', {}, {}, (result) => results.push(result.ok ? 'ok' : `${result.reason}: ${result.detail}`));
  return { failures, results, send };
}

test('the client authenticates before it negotiates, and again before its session ends', (t) => {
  const lab = new Lab({ maxReauthMs: 10_000 });
  const { failures, results, send } = client(lab, () => new ScramClient(crypto, 'SCRAM-SHA-256', 'alice', 'secret'));
  for (let second = 0; second < 60; second++) {
    send();
    send();
    lab.world.run(1_000);
  }
  t.deepEqual([...new Set(results)], ['ok']);
  t.is(results.length, 120);
  t.deepEqual(failures, []);
  t.deepEqual([...new Set(lab.handled)], ['User:alice ApiVersions', 'User:alice Metadata']);
  // One connection, renewed.
  t.is(lab.handled.filter((what) => what.endsWith('ApiVersions')).length, 1);
  t.true(lab.world.trace.filter(({ event }) => event.type === 'connection-authenticated').length >= 6);
});

test('the client tells why it was refused', (t) => {
  const lab = new Lab({ mechanisms: ['PLAIN'] });
  const wrong = client(lab, () => new PlainClient('alice', 'wrong'));
  wrong.send();
  lab.world.runTo(1_000);
  t.deepEqual(wrong.results, ['authentication-failed: Authentication failed: Invalid username or password']);
  t.deepEqual(wrong.failures, [{ by: 'sasl', message: 'Authentication failed: Invalid username or password' }]);
  const other = client(lab, () => new ScramClient(crypto, 'SCRAM-SHA-512', 'alice', 'secret'));
  other.send();
  lab.world.runTo(2_000);
  t.regex(other.results[0] ?? '', /'SCRAM-SHA-512' not enabled in the server, enabled mechanisms are PLAIN/);
});
