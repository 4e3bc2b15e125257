/** What an application does to the real world, or leaves behind in it, is found in its own run and said in a sentence. */
import { randomUUID } from 'node:crypto';
import dns from 'node:dns';
import fs, { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import test from 'ava';
import { scenario } from '../scenarios/scenario.ts';
import type { Workload } from '../sim/workload/context.ts';
import { simulate } from './simulate.ts';

const HERE = new URL(import.meta.url);

async function play(run: Workload): Promise<string> {
  const tried = scenario({
    name: 'tried',
    about: 'tried by a test',
    cluster: { brokers: 1, controllers: 1 },
    topics: [{ name: 'orders', partitions: 1, replicationFactor: 1 }],
    clients: [{ name: 'app', count: 1, run }],
    warmUpMs: 500,
    chaosMs: 2_000,
    faults: 'none',
  });
  const { error, violations } = await simulate({ scenario: tried, seed: 1 });
  return error ?? violations.map(({ property, atMs, message }) => `${property} at ${atMs}: ${message}`).join('\n');
}

test.serial('a promise that rejects and is handled by nobody is found in the run that it belongs to', async (t) => {
  const floats: Workload = async (context) => {
    void context.sleep(700).then(() => {
      throw new Error('nobody hears me');
    });
  };
  const told = await play(floats);
  t.regex(told, /^A1 at \d+: app-1: Error: nobody hears me\n.*escapes\.test\.ts:\d+/s);
  t.is(await play(floats), told);
  t.is(await play(async () => undefined), '');
});

test.serial('one that is handled late is not', async (t) => {
  const told = await play(async (context) => {
    const late = Promise.reject(new Error('heard in the end'));
    await context.sleep(10);
    await late.catch(() => undefined);
  });
  t.is(told, '');
});

test.serial('an exception in a job of its own', async (t) => {
  const told = await play(async () => {
    queueMicrotask(() => {
      throw new Error('in a microtask');
    });
  });
  t.regex(told, /^A1 at \d+: app-1: Error: in a microtask/);
});

const read = promisify(fs.readFile);
const { hrtime } = process;

const FORBIDDEN: Readonly<Record<string, Workload>> = {
  'exit of process': async () => process.exit(7),
  'kill of process': async () => void process.kill(process.pid),
  'hrtime of process': async () => void hrtime(),
  'bigint of process.hrtime': async () => void process.hrtime.bigint(),
  'setTimeout of node:timers/promises': async () => await sleep(10),
  'readFile of node:fs/promises': async () => void (await readFile(HERE)),
  'readFile of node:fs': async () => void (await read(HERE)),
  'createReadStream of node:fs': async () => void createReadStream(HERE),
  'randomUUID of node:crypto': async () => void randomUUID(),
  'digest of crypto.subtle': async () => void (await crypto.subtle.digest('SHA-256', new Uint8Array(1))),
  'fetch of the platform': async () => void (await fetch('http://localhost:9')),
  'Math.random': async () => void Math.random(),
};

for (const [what, run] of Object.entries(FORBIDDEN)) {
  test.serial(`refused in an application: ${what}`, async (t) => {
    const told = await play(run);
    t.regex(told, /^A1 at \d+: app-1: RealWorldError: /);
    t.true(told.includes(`RealWorldError: ${what} was called inside a simulation`), told);
    t.true(told.includes('a scenario has context.sleep'), told);
    t.regex(told, /escapes\.test\.ts:\d+/);
  });
}

test.serial('waiting for what has no name here is noticed too', async (t) => {
  const connects = await play(async (context) => {
    createConnection(9, 'localhost').on('error', () => undefined);
    await context.sleep(1_000);
  });
  t.regex(connects, /^A1 at \d+: app-1: RealWorldError: simulated code waits for the network of the real world/);
  t.regex(connects, /escapes\.test\.ts:\d+/);
  const looksUp = await play(async () => void (await dns.promises.lookup('localhost')));
  t.regex(looksUp, /waits for the name service of the real world/);
});

test.serial('what is harmless stays allowed, and everything is for whoever is not simulated', async (t) => {
  const [told, text] = await Promise.all([
    play(async (context) => {
      console.error('a line from an application');
      fs.readFileSync(HERE);
      await Promise.resolve();
      await context.sleep(10);
    }),
    readFile(HERE, 'utf8'),
  ]);
  t.is(told, '');
  t.true(text.length > 0);
  await sleep(1);
  t.regex(randomUUID(), /-/);
});
