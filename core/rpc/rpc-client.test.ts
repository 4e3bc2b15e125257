import test from 'ava';
import { decodeResponse, encodeRequest } from '../protocol/codec.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName } from '../protocol/messages/index.ts';
import { endingAt, negotiate, RELEASE_APIS } from './api-versions.ts';
import { RpcClient, type RpcClientOptions } from './rpc-client.ts';
import { type IncomingRequest, RpcServer } from './rpc-server.ts';
import { TestWorld } from '../testing/test-world.ts';

const TO = { id: '1', host: 'b1', port: 9092 };
const APIS = new Map<ApiName, readonly [number, number]>([
  ['ApiVersions', [0, 4]],
  ['Metadata', [0, 9]],
  ['Heartbeat', [0, 4]],
]);

function answer(request: IncomingRequest): void {
  if (request.api === 'ApiVersions') {
    const apiKeys = [
      { apiKey: 18, minVersion: 0, maxVersion: 4 },
      { apiKey: 3, minVersion: 0, maxVersion: 9 },
      { apiKey: 12, minVersion: 0, maxVersion: 4 },
    ];
    request.respond({ apiKeys });
  } else {
    request.respond({});
  }
}

function setUp(options: Partial<RpcClientOptions> = {}, handle: (request: IncomingRequest) => void = answer, apis = APIS) {
  const world = new TestWorld();
  const listen = () =>
    new RpcServer(
      world.environment('b1'),
      { port: 9092, listener: 'PLAINTEXT', apis, maxRequestBytes: 1_000_000, connectionsMaxIdleMs: 600_000 },
      handle,
    );
  const client = new RpcClient(world.environment('c1'), {
    clientId: 'c1',
    versions: 'negotiate',
    requestTimeoutMs: 1000,
    ...options,
  });
  const results: string[] = [];
  const send = (
    label: string,
    api: ApiName = 'Metadata',
    more: { timeoutMs?: number; version?: number; maxVersion?: number; noResponse?: boolean } = {},
  ) =>
    client.send(TO, api, {}, more, (result) =>
      results.push(
        `${label} ${result.ok ? `v${result.version}` : `${result.reason}${result.sent ? ' sent' : ''}`} @${world.nowMs}`,
      ),
    );
  return { world, listen, client, results, send };
}

test('negotiates the highest common version and answers in order', (t) => {
  const { world, listen, results, send } = setUp();
  listen();
  send('a');
  send('b', 'Heartbeat');
  world.runTo(100);
  t.regex(results[0] ?? '', /^a v9/);
  t.regex(results[1] ?? '', /^b v4/);
});

test('a client of an older release uses no version that it does not know', (t) => {
  const apis = endingAt(RELEASE_APIS, { Metadata: 6, ApiVersions: 2, Heartbeat: 'none' });
  const { world, listen, results, send } = setUp({ apis });
  listen();
  send('a');
  send('b', 'Heartbeat');
  world.run(100);
  t.deepEqual(
    results.map((result) => result.replace(/ @.*/, '')),
    ['b unsupported-version', 'a v6'],
  );
});

test('the version of a request is one that both sides speak and that it can be written in', (t) => {
  const older = endingAt(RELEASE_APIS, { Vote: 1, Fetch: 3 });
  t.is(negotiate('Vote', RELEASE_APIS, null, {}), 2);
  t.is(negotiate('Vote', RELEASE_APIS, older, {}), 1);
  t.is(negotiate('Vote', older, RELEASE_APIS, {}), 1);
  t.is(negotiate('Vote', RELEASE_APIS, older, { minVersion: 2 }), null);
  t.is(negotiate('Vote', older, null, { minVersion: 2 }), null);
  t.is(negotiate('Vote', RELEASE_APIS, RELEASE_APIS, { maxVersion: 0 }), 0);
  t.false(older.has('Fetch'));
  t.is(negotiate('Fetch', RELEASE_APIS, older, {}), null);
});

test('an API or a version that the other side lacks is unsupported, and the connection lives on', (t) => {
  const { world, listen, results, send } = setUp();
  listen();
  send('a', 'Fetch');
  send('b', 'Metadata', { version: 12 });
  send('c', 'Metadata', { version: 5 });
  world.runTo(100);
  t.deepEqual(results.map((line) => line.split(' @')[0]).sort(), ['a unsupported-version', 'b unsupported-version', 'c v5']);
});

test('a request that is limited to a version is written in a lower one, if the other side has no higher', (t) => {
  const { world, listen, results, send } = setUp();
  listen();
  send('limited', 'Metadata', { maxVersion: 7 });
  send('not limited by it', 'Heartbeat', { maxVersion: 12 });
  world.runTo(100);
  t.deepEqual(
    results.map((result) => result.replace(/ @.*/, '')),
    ['limited v7', 'not limited by it v4'],
  );
});

test('KIP-511: falls back when the server does not know our ApiVersions version', (t) => {
  const apis = new Map(APIS).set('ApiVersions', [0, 2]);
  const { world, listen, results, send } = setUp({}, answer, apis);
  listen();
  send('a');
  world.runTo(100);
  t.regex(results[0] ?? '', /^a v9/);
});

test('a refused connect fails what waits; later attempts back off', (t) => {
  const { world, listen, results, send } = setUp();
  send('a');
  world.runTo(10);
  t.deepEqual(results, ['a disconnected @2']);
  send('b');
  listen();
  world.runTo(39);
  t.is(results.length, 1);
  world.runTo(200);
  t.regex(results[1] ?? '', /^b v9/);
});

test('a request that is not answered in time closes the connection; the others are disconnected', (t) => {
  const { world, listen, results, send } = setUp({ versions: 'latest' }, () => {});
  listen();
  send('a', 'Heartbeat', { timeoutMs: 500 });
  send('b', 'Heartbeat');
  world.runTo(3000);
  t.deepEqual(results, ['a timed-out sent @502', 'b disconnected sent @502']);
  t.is(world.world.network.connections('c1').length, 0);
});

test('connection set-up has a time-out', (t) => {
  const { world, results, send } = setUp({ connectionSetupTimeoutMs: 100, connectionSetupTimeoutMaxMs: 100 });
  world.world.network.cut(['c1'], ['b1']);
  send('a');
  world.runTo(1000);
  t.deepEqual(results, ['a disconnected @100']);
});

test('a dead server disconnects what is in flight, and nothing is called after close', (t) => {
  const { world, listen, client, results, send } = setUp({ versions: 'latest' }, () => {});
  listen();
  send('a', 'Heartbeat');
  world.runTo(10);
  world.process('b1').kill();
  world.runTo(20);
  t.deepEqual(results, ['a disconnected sent @11']);
  send('b', 'Heartbeat');
  client.close();
  world.runTo(5000);
  t.is(results.length, 1);
});

test('without a response the request is done when it is written', (t) => {
  const seen: string[] = [];
  const { world, listen, results, send } = setUp({ versions: 'latest' }, (request) => {
    seen.push(request.api);
    request.noResponse();
  });
  listen();
  send('a', 'Heartbeat', { noResponse: true });
  send('b', 'Heartbeat', { noResponse: true });
  world.runTo(50);
  t.deepEqual(results, ['a v4 @2', 'b v4 @2']);
  t.deepEqual(seen, ['Heartbeat', 'Heartbeat']);
});

test('the server handles one request of a connection at a time', (t) => {
  const held: IncomingRequest[] = [];
  const { world, listen, results, send } = setUp({ versions: 'latest' }, (request) => held.push(request));
  listen();
  send('a', 'Heartbeat');
  send('b', 'Heartbeat');
  world.runTo(10);
  t.is(held.length, 1);
  held[0]?.respond({});
  t.is(held.length, 1, 'not inside the step that answered');
  world.runTo(11);
  t.is(held.length, 2);
  held[1]?.respond({});
  t.throws(() => held[1]?.respond({}));
  world.runTo(20);
  t.is(results.length, 2);
});

test('the server closes on garbage, oversized frames and unsupported versions, and answers unknown ApiVersions', (t) => {
  const { world, listen } = setUp();
  listen();
  const talk = (bytes: Uint8Array): string => {
    let heard = 'nothing';
    const connection = world.environment('x').network.connect('b1', 9092, {
      onData: (chunk) => {
        const { body } = decodeResponse('ApiVersions', 0, chunk.subarray(4));
        heard = `error ${body.errorCode}, ${JSON.stringify(body.apiKeys)}`;
      },
      onClose: (reason) => {
        heard = reason;
      },
    });
    connection.send(bytes);
    world.run(20);
    connection.close();
    return heard;
  };
  t.is(talk(Uint8Array.of(0, 0, 0, 3, 1, 2, 3)), 'closed');
  t.is(talk(Uint8Array.of(0x7f, 0, 0, 0)), 'closed');
  t.is(talk(Uint8Array.of(0xff, 0xff, 0xff, 0xff)), 'closed');
  t.is(talk(encodeRequest('Metadata', 12, 1, null, {})), 'closed');
  const future = encodeRequest('ApiVersions', 4, 1, null, { clientSoftwareName: 'x', clientSoftwareVersion: '1' });
  future[7] = 99;
  t.is(talk(future), `error ${ErrorCode.UNSUPPORTED_VERSION}, [{"apiKey":18,"minVersion":0,"maxVersion":4}]`);
});
