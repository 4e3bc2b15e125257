/** A service of the simulated world: what it answers, keeps, and loses. */
import test from 'ava';
import { stringToUtf8, utf8ToString } from '../../core/protocol/strings.ts';
import { createNodeHost } from '../../campaign/host-node.ts';
import type { ConnectionHandlers } from '../../ports/network.ts';
import { kafkaEnvironment } from '../kafka-environment.ts';
import { World } from '../../world/world.ts';
import { HttpError, HttpReader, type HttpRequest } from './http.ts';
import { keyValueStore } from './key-value-store.ts';
import { type ServiceOptions, serveRequests } from './service.ts';

function read(...chunks: string[]): HttpRequest[] {
  const reader = new HttpReader();
  const requests: HttpRequest[] = [];
  for (const chunk of chunks) reader.push(stringToUtf8(chunk), (request) => requests.push(request));
  return requests;
}

test('requests are found however their bytes are cut', (t) => {
  const text = 'PUT /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n';
  const whole = read(text);
  t.deepEqual(whole, read(...text.split('')));
  t.deepEqual(whole, [
    { method: 'PUT', path: '/a', query: 'b=c', headers: { host: 'x', 'content-length': '3' }, body: 'abc' },
    { method: 'GET', path: '/', query: '', headers: {}, body: '' },
  ]);
});

test('a body may come in chunks', (t) => {
  const text = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n';
  t.deepEqual(
    read(text).map(({ body }) => body),
    ['abc0123456789'],
  );
  t.deepEqual(
    read(...text.split('')).map(({ body }) => body),
    ['abc0123456789'],
  );
});

test('what is no HTTP is refused', (t) => {
  t.throws(() => read('hello\r\n\r\n'), { instanceOf: HttpError });
  t.throws(() => read('GET / HTTP/1.1\r\nnothing\r\n\r\n'), { instanceOf: HttpError });
  t.throws(() => read('GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n'), { instanceOf: HttpError });
});

/** Asks a store of the world, one request after the other; `kill` between two of them lets its process die and come back. */
async function ask(lines: readonly (string | 'kill')[], options: ServiceOptions = { failsOneIn: 0 }) {
  const world = new World({ seed: 1 });
  const host = createNodeHost();
  const answers: string[] = [];
  const stored: string[] = [];
  const server = world.createProcess({ name: 'db', machine: world.createMachine({ name: 'db' }), async: true });
  const client = world.createProcess({ name: 'app', machine: world.createMachine({ name: 'app' }), async: true });
  const start = (): void => {
    server.start();
    server.spawn(async (ports) => {
      const env = kafkaEnvironment(ports);
      const chance = world.chance.stream('db');
      const sleep = (ms: number): Promise<void> => server.sleep(ms);
      const told = (changes: readonly { readonly key: string; readonly value: string | null }[]): void =>
        void stored.push(changes.map(({ key, value }) => `${key}=${value}`).join(' '));
      await serveRequests('db', keyValueStore(), options, { env, chance, isTroubled: () => true, sleep, stored: told });
    });
  };
  start();
  client.start();
  client.spawn(async (ports) => {
    for (const line of lines) {
      if (line === 'kill') {
        server.kill();
        start();
        await client.sleep(100);
        continue;
      }
      const [method, path, body = ''] = line.split(' ');
      await new Promise<void>((done) => {
        const handlers: ConnectionHandlers = {
          onData(chunk) {
            const [head = '', text = ''] = utf8ToString(chunk).split('\r\n\r\n');
            answers.push(`${head.split(' ')[1]} ${text}`.trim());
            connection.close();
            done();
          },
          onClose(reason) {
            answers.push(reason);
            done();
          },
        };
        const connection = ports.network.connect('db', 80, handlers);
        connection.send(stringToUtf8(`${method} ${path} HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`));
      });
    }
  });
  await world.run({ until: 60_000_000, host });
  host.close();
  return { answers, stored };
}

test('the key-value store keeps what it has answered, over the death of its process', async (t) => {
  const { answers, stored } = await ask([
    'PUT /keys/a {"n":1}',
    'PUT /keys/a%20b 2',
    'kill',
    'GET /keys/a',
    'GET /keys?prefix=a%20',
    'DELETE /keys/a',
    'GET /keys/a',
    'PUT /keys/c nonsense',
    'GET /elsewhere',
    'PATCH /keys/a',
  ]);
  t.deepEqual(answers.slice(0, 6), ['204', '204', '200 {"n":1}', '200 {"a b":2}', '204', '404 there is no key a']);
  t.deepEqual(
    answers.slice(6).map((answer) => answer.slice(0, 3)),
    ['400', '404', '405'],
  );
  // What a life has loaded it tells again; the run counts.
  t.deepEqual(stored, ['a={"n":1}', 'a b=2', 'a={"n":1}', 'a b=2', 'a=null']);
});

test('a transaction is done as a whole, if its conditions are met', async (t) => {
  const { answers, stored } = await ask([
    'POST /transactions {"if":{"a":null},"put":{"a":1,"b":2}}',
    'POST /transactions {"if":{"a":null},"put":{"a":7}}',
    'POST /transactions {"if":{"a":1,"b":2},"put":{"a":3},"remove":["b"]}',
    'POST /transactions {"put":{"a":3}}',
    'POST /transactions nonsense',
    'GET /keys',
  ]);
  t.deepEqual(answers, [
    '200 {"done":true,"values":{"a":null}}',
    '409 {"done":false,"values":{"a":1}}',
    '200 {"done":true,"values":{"a":1,"b":2}}',
    '200 {"done":true,"values":{}}',
    '400 a transaction is an object: { if, put, remove }',
    '200 {"a":3}',
  ]);
  // What changes nothing is no change.
  t.deepEqual(stored, ['a=1 b=2', 'a=3 b=null']);
});

test('a service that fails does so in each of its ways', async (t) => {
  const { answers, stored } = await ask(
    Array.from({ length: 40 }, (_, n) => `PUT /keys/k${n} ${n}`),
    { failsOneIn: 1 },
  );
  const refused = answers.filter((answer) => answer.startsWith('503'));
  const closed = answers.filter((answer) => answer === 'closed');
  t.true(refused.length > 0 && closed.length > 0 && refused.length + closed.length === 40, answers.join(', '));
  // Some of those that were told nothing were done.
  t.true(stored.length > 0 && stored.length < closed.length, `${stored.length} of ${closed.length}`);
});
