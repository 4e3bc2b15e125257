/** `serve --data` in a process of its own that is killed with kill -9 under load. `TRIAL_KILLS=20` for as many times. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { Kafka, logLevel } from 'kafkajs';
import { eventually, sleep } from './testing/served.ts';

const KILLS = Number(process.env['TRIAL_KILLS'] ?? 3);
const CHILD = fileURLToPath(new URL('./testing/serve-child.ts', import.meta.url));

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Resolves when the cluster serves. */
function start(data: string, port: number): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--no-warnings', CHILD, data, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', () => resolve(child));
  });
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

test('killed with kill -9 under load: nothing acknowledged is lost; then it stops in order', async (t) => {
  t.timeout(10 * 60_000);
  const data = mkdtempSync(join(tmpdir(), 'trial-durability-'));
  t.teardown(() => rmSync(data, { recursive: true, force: true }));
  const port = await freePort();
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
  const topic = 'kept';
  const acknowledged: string[] = [];
  let server = await start(data, port);
  t.teardown(() => server.kill('SIGKILL'));
  const producer = kafka.producer({ retry: { retries: 50, initialRetryTime: 50, maxRetryTime: 300 } });
  await producer.connect();
  let isProducing = true;
  const producing = (async () => {
    for (let index = 0; isProducing; index++) {
      const value = `m${index}`;
      try {
        await producer.send({ topic, acks: -1, messages: [{ value }] });
        acknowledged.push(value);
      } catch {
        // Not acknowledged.
      }
    }
  })();
  for (let kill = 0; kill < KILLS; kill++) {
    const before = acknowledged.length;
    await eventually('records are acknowledged again', () => (acknowledged.length > before + 50 ? true : null));
    const gone = ended(server);
    server.kill('SIGKILL');
    await gone;
    server = await start(data, port);
  }
  await sleep(300);
  isProducing = false;
  await producing;
  await producer.disconnect();

  const received = new Set<string>();
  const consumer = kafka.consumer({ groupId: 'kept', maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void received.add(String(message.value)) });
  await eventually('all acknowledged', () => (acknowledged.every((value) => received.has(value)) ? true : null), 30_000);
  await consumer.disconnect();
  const gone = ended(server);
  server.kill('SIGTERM');
  t.is(await gone, 0);
});
