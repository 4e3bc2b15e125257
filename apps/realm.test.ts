/** A realm is what Node is, in a simulated world. */
import test from 'ava';
import { folder, play } from './testing/play.ts';

/** What one program says. */
async function said(text: string, options = {}): Promise<readonly string[]> {
  const { said: lines, stopped } = await play({ app: text }, options);
  if (stopped !== null) throw stopped;
  return lines['app'] ?? [];
}

test("time is the world's: clocks, timers and their promises", async (t) => {
  const lines = await said(`
    import { setTimeout as sleep } from 'node:timers/promises';
    import { promisify } from 'node:util';
    import { performance as perf } from 'node:perf_hooks';
    const began = Date.now();
    console.log(new Date(began).getFullYear(), new Date() instanceof Date, typeof Date(), Date.name);
    await sleep(1500);
    console.log(Date.now() - began, Math.round(performance.now()), Math.round(perf.now()), Math.round(process.uptime() * 1000));
    await promisify(setTimeout)(500);
    console.log(Date.now() - began, Number(process.hrtime.bigint() / 1_000_000n) > 0);
    const alive = setInterval(() => {}, 1000);
    const signal = AbortSignal.timeout(250);
    await new Promise((done) => signal.addEventListener('abort', done));
    console.log(Date.now() - began, signal.reason.name);
    let ticks = 0;
    const every = setInterval(() => { if (++ticks === 3) { clearInterval(every); clearInterval(alive); console.log(Date.now() - began); } }, 100);
  `);
  t.deepEqual(lines, ['2026 true string Date', '1500 1500 1500 1500', '2000 true', '2250 TimeoutError', '2550']);
});

test('ticks, promises, immediates and timers take turns as in Node', async (t) => {
  const lines = await said(`
    const order = [];
    setTimeout(() => { order.push('first'); process.nextTick(() => order.push('tick')); Promise.resolve().then(() => order.push('promise')); }, 5);
    setTimeout(() => order.push('second'), 5);
    setTimeout(() => order.push('third'), 4.5);
    queueMicrotask(() => order.push('microtask'));
    process.nextTick(() => order.push('tick of main'));
    setImmediate(() => order.push('immediate'));
    order.push('main');
    setTimeout(() => console.log(order.join(', ')), 20);
  `);
  t.deepEqual(lines, ['main, tick of main, microtask, immediate, third, first, tick, promise, second']);
});

test('a negative delay is of 1 ms, and a timer that only sets itself again is later each time', async (t) => {
  const lines = await said(`
    const began = Date.now();
    await new Promise((done) => setTimeout(done, -5));
    console.log(Date.now() - began);
    let turns = 0;
    const spin = () => { turns++; setTimeout(spin, -Date.now()).unref(); };
    spin();
    setTimeout(() => console.log(turns), 5_000);
  `);
  t.is(lines[0], '1');
  t.true(Number(lines[1]) > 10 && Number(lines[1]) < 20, lines[1]);
});

test("chance is the seed's, and every life of a program begins anew", async (t) => {
  const text = `
    import { randomBytes, randomInt, randomUUID, createHash } from 'node:crypto';
    globalThis.lives = (globalThis.lives ?? 0) + 1;
    console.log(lives, Math.random(), randomUUID(), crypto.randomUUID(), randomInt(1000), randomBytes(4).toString('hex'));
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('x'));
    console.log(Buffer.from(digest).toString('hex') === createHash('sha256').update('x').digest('hex'));
  `;
  const [first, again, other] = [await said(text), await said(text), await said(text, { seed: 2 })];
  t.deepEqual(first, again);
  t.notDeepEqual(first, other);
  t.regex(first[0] ?? '', /^1 0\.\d+ [0-9a-f-]{36} [0-9a-f-]{36} \d+ [0-9a-f]{8}$/);
  t.is(first[1], 'true');
});

test('programs talk over the simulated network, with streams, and see each other die', async (t) => {
  const server = `
    import net from 'node:net';
    import { pipeline } from 'node:stream/promises';
    const server = net.createServer((socket) => {
      console.log('connection from', socket.remoteAddress);
      socket.on('error', (error) => console.log(error.code));
      pipeline(socket, async function* (source) { for await (const chunk of source) yield chunk.toString().toUpperCase(); }, socket).catch(() => {});
    });
    server.listen(80, () => console.log('listening', server.address().port));
    setTimeout(() => process.exit(3), 3000);
  `;
  const client = `
    import { connect } from 'node:net';
    import { lookup } from 'node:dns/promises';
    import { once } from 'node:events';
    const socket = connect({ host: 'server', port: 80 });
    socket.on('close', () => console.log('closed'));
    await once(socket, 'connect');
    console.log((await lookup('server')).address === socket.remoteAddress);
    socket.write('hello ');
    socket.write(Buffer.from('world'));
    let text = '';
    socket.on('data', (chunk) => { text += chunk; if (text.length === 11) console.log(text); });
    socket.on('end', () => console.log('end'));
    await once(socket, 'close');
    const [error] = await once(connect(81, 'server').on('error', () => {}), 'error');
    console.log(error.code, error instanceof Error);
  `;
  const { said: lines, ends, stopped } = await play({ client, server });
  t.is(stopped, null);
  t.deepEqual(lines['server'], ['listening 80', 'connection from 10.0.0.1']);
  t.deepEqual(lines['client'], ['true', 'HELLO WORLD', 'end', 'closed', 'ECONNREFUSED true']);
  t.is(ends['server']?.code, 3);
  t.is(ends['client']?.code, 0);
});

test('a program ends as under Node', async (t) => {
  const endOf = async (text: string, options = {}) => (await play({ app: text }, options)).ends['app'];
  t.deepEqual(await endOf(`setTimeout(() => {}, 100);`), { code: 0 });
  t.deepEqual(await endOf(`process.exitCode = 4; process.on('exit', (code) => console.log(code));`), { code: 4 });
  t.is((await endOf(`setTimeout(() => { throw new TypeError('thrown'); }, 100);`))?.code, 1);
  t.is((await endOf(`await new Promise(() => {});`))?.code, 13);
  const rejected = await endOf(`Promise.reject(new Error('nobody hears me')); setInterval(() => {}, 50);`);
  t.is((rejected?.error as Error | undefined)?.message, 'nobody hears me');
  t.deepEqual(await endOf(`setInterval(() => {}, 50);`, { endAtMs: 500 }), { code: 143 });
  t.deepEqual(await endOf(`setInterval(() => {}, 50); process.on('SIGTERM', () => process.exit(5));`, { endAtMs: 500 }), {
    code: 5,
  });
  t.is(
    await endOf(`setInterval(() => {}, 50); process.on('unhandledRejection', () => {}); Promise.reject(new Error());`),
    undefined,
  );
});

test('what a program hears of its own errors', async (t) => {
  const lines = await said(`
    process.on('uncaughtException', (error, origin) => console.log(origin, error.message));
    setTimeout(() => { throw new Error('in a timer'); }, 10);
    process.nextTick(() => { throw new Error('in a tick'); });
    Promise.reject(new Error('in a promise'));
    setInterval(() => {}, 1000);
  `);
  t.deepEqual([...lines].sort(), [
    'uncaughtException in a tick',
    'uncaughtException in a timer',
    'unhandledRejection in a promise',
  ]);
});

test("Node's modules work with what the realm makes", async (t) => {
  const lines = await said(`
    import { AsyncLocalStorage } from 'node:async_hooks';
    import { promisify } from 'node:util';
    import zlib from 'node:zlib';
    import { Readable } from 'node:stream';
    import { readFileSync } from 'node:fs';
    import { readFile } from 'node:fs/promises';
    import os from 'node:os';
    const store = new AsyncLocalStorage();
    await store.run('here', async () => { await new Promise((done) => setTimeout(done, 5)); console.log(store.getStore()); });
    const zipped = await promisify(zlib.gzip)('text');
    console.log(String(zlib.gunzipSync(zipped)), zipped instanceof Uint8Array, new Uint8Array(2) instanceof Uint8Array);
    const chunks = [];
    for await (const chunk of Readable.from(['a', 'b']).pipe(zlib.createGzip()).pipe(zlib.createGunzip())) chunks.push(chunk);
    console.log(Buffer.concat(chunks).toString());
    try { JSON.parse('{'); } catch (error) { console.log(error instanceof SyntaxError, error instanceof Error); }
    try { readFileSync('package.nothing'); } catch (error) { console.log(error.code, error instanceof Error, error instanceof TypeError); }
    console.log(JSON.parse(await readFile('package.json', 'utf8')).name, os.hostname(), process.argv[2], process.env.NAME);
  `);
  t.deepEqual(lines, ['here', 'text true true', 'ab', 'true true', 'ENOENT true false', 'kafka-trial app one app']);
});

const OUTSIDE: Readonly<Record<string, [text: string, sentence: RegExp]>> = {
  'a file is written': [
    `import fs from 'node:fs'; fs.writeFileSync('out.txt', 'x');`,
    /^writeFileSync of node:fs was called .* standIns: \{ 'node:fs'/,
  ],
  'a file elsewhere is read': [
    `import { readFileSync } from 'fs'; readFileSync('/etc/passwd');`,
    /"\/etc\/passwd" is no file of the project/,
  ],
  'a program is started': [
    `import { spawn } from 'node:child_process'; try { spawn('ls'); } catch {}`,
    /^spawn of node:child_process/,
  ],
  'a thread is started': [`const { Worker } = require('worker_threads'); new Worker('x');`, /^Worker of node:worker_threads/],
  'another host is asked': [
    `fetch('https://example.com').catch(() => {});`,
    /^fetch of the platform was called .* is called example\.com: give it one, services: \{ 'example\.com'/,
  ],
  'another host is asked with node:http': [
    `import http from 'node:http'; try { http.get('http://example.com/'); } catch {}`,
    /^request of node:http was called .* is called example\.com/,
  ],
  'an unknown host is called': [
    `import net from 'node:net'; net.connect(443, 'example.com').on('error', () => {});`,
    /connect to example\.com:443/,
  ],
};
for (const [what, [text, sentence]] of Object.entries(OUTSIDE)) {
  test(`${what}: the run ends with a sentence`, async (t) => {
    const { stopped } = await play({ app: text });
    t.is(stopped?.name, 'OutsideError');
    t.regex(stopped?.message ?? '', sentence);
  });
}

test('a stand-in takes the place of a module', async (t) => {
  const files = folder();
  try {
    const fake = files.write('fake.ts', `export const spawn = (name: string) => 'would start ' + name;`);
    const text = `import { spawn } from 'node:child_process'; console.log(spawn('ls'));`;
    t.deepEqual(await said(text, { standIns: { 'node:child_process': fake } }), ['would start ls']);
  } finally {
    files.remove();
  }
});

test('programs ask each other by HTTP, with node:http and fetch', async (t) => {
  const server = `
    import http from 'node:http';
    const server = http.createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      if (request.url === '/old') return response.writeHead(302, { location: '/new' }).end();
      console.log(request.method, request.url, request.headers['x-one'] ?? '', body);
      response.setHeader('x-two', 'two');
      response.end(JSON.stringify({ got: body }));
    });
    server.listen(80, () => console.log('listening', server.listening));
    process.on('SIGTERM', () => server.close(() => console.log('closed')));
  `;
  const client = `
    import http from 'node:http';
    import https from 'node:https';
    import { text } from 'node:stream/consumers';
    const answer = await fetch('http://server/a?b=c', { method: 'POST', body: '{"n":1}', headers: { 'X-One': '1' } });
    console.log(answer.status, answer.ok, answer.headers.get('x-two'), answer.headers.get('date'), (await answer.json()).got);
    const moved = await fetch('http://server/old');
    console.log(moved.url, moved.redirected, await moved.text());
    const asked = http.request({ host: 'server', path: '/b', method: 'PUT' }, async (response) => {
      console.log(response.statusCode, await text(response));
    });
    asked.write('x');
    asked.end('y');
    https.get('https://server/').on('error', (error) => console.log(error.code));
    await fetch('http://server:81/').catch((error) => console.log(error instanceof TypeError, error.message, error.cause.code));
    const controller = new AbortController();
    const aborted = fetch('http://server/', { signal: controller.signal }).catch((error) => console.log(error.name));
    controller.abort();
    await aborted;
  `;
  const { said: lines, ends, stopped } = await play({ client, server }, { endAtMs: 9_000, forMs: 12_000 });
  t.is(stopped, null);
  t.deepEqual(lines['server'], ['listening true', 'POST /a?b=c 1 {"n":1}', 'GET /new  ', 'PUT /b  xy', 'closed']);
  t.deepEqual([...(lines['client'] ?? [])].sort(), [
    '200 true two null {"n":1}',
    '200 {"got":"xy"}',
    'AbortError',
    'ECONNREFUSED',
    'http://server/new true {"got":""}',
    'true fetch failed ECONNREFUSED',
  ]);
  t.is(ends['client']?.code, 0);
  t.is(ends['server']?.code, 0);
});

test('what a program says it has processed is heard, whatever the type of the offset', async (t) => {
  const lines = await said(`
    import { processed } from '../../../app.ts';
    processed({ topic: 'orders', partition: 1, offset: '7' });
    processed({ topic: 'orders', partition: 1, offset: 8n });
  `);
  t.deepEqual(lines, ['processed orders-1@7', 'processed orders-1@8']);
});
