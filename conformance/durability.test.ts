/** `serve --data` in a process of its own that is killed with kill -9 under load. `TRIAL_KILLS` says how many times, 20 if it does not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Consumer, stringDeserializers } from '@platformatic/kafka';
import test, { type ExecutionContext } from 'ava';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { freePorts, ServeProcess } from './testing/child.ts';
import { eventually, sleep } from './testing/served.ts';

const KILLS = Number(process.env['TRIAL_KILLS'] ?? 20);
/** Messages that are in flight at any time. */
const LANES = 8;
const TOPIC = 'kept';

/** Produces until it is stopped, and remembers what was acknowledged. */
class Load {
  readonly acknowledged: string[] = [];
  readonly #lanes: Promise<void>[];
  #running = true;

  constructor(producer: Producer) {
    this.#lanes = Array.from({ length: LANES }, async (_, lane) => {
      for (let index = 0; this.#running; index++) {
        const value = `${lane}-${index}`;
        try {
          await producer.send({ topic: TOPIC, acks: -1, messages: [{ key: value, value }] });
          this.acknowledged.push(value);
        } catch {
          // Not acknowledged: it may or may not be there.
        }
      }
    });
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#lanes);
  }
}

/** What of `wanted` another client than the one that wrote it does not find. */
async function missing(bootstrapBrokers: string[], wanted: readonly string[]): Promise<string[]> {
  const left = new Set(wanted);
  const consumer = new Consumer({ clientId: 'reader', groupId: 'reader', bootstrapBrokers, deserializers: stringDeserializers });
  const stream = await consumer.consume({ topics: [TOPIC], mode: 'earliest', maxWaitTime: 100 });
  let lastMs = Date.now();
  stream.on('data', ({ value }) => {
    left.delete(value);
    lastMs = Date.now();
  });
  await eventually('nothing more', () => (left.size === 0 || Date.now() - lastMs > 10_000 ? true : null), 120_000);
  await stream.close();
  await consumer.close(true);
  return [...left];
}

async function killed(t: ExecutionContext, brokers: number): Promise<void> {
  t.timeout(10 * 60_000);
  const data = mkdtempSync(join(tmpdir(), 'trial-durability-'));
  t.teardown(() => rmSync(data, { recursive: true, force: true }));
  const options = { brokers, data, port: await freePorts(brokers) };
  let server = await ServeProcess.start(options);
  t.teardown(() => server.signal('SIGKILL'));
  const kafka = new Kafka({ brokers: server.brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = [{ name: 'min.insync.replicas', value: String(Math.min(2, brokers)) }];
  await admin.createTopics({
    topics: [{ topic: TOPIC, numPartitions: 3, replicationFactor: brokers, configEntries }],
    waitForLeaders: true,
  });
  await admin.disconnect();
  const producer = kafka.producer({ retry: { retries: 50, initialRetryTime: 50, maxRetryTime: 300 } });
  await producer.connect();
  const load = new Load(producer);
  for (let kill = 0; kill < KILLS; kill++) {
    const before = load.acknowledged.length;
    await eventually('records are acknowledged again', () => (load.acknowledged.length > before + 100 ? true : null), 60_000);
    await server.signal('SIGKILL');
    server = await ServeProcess.start(options);
  }
  await sleep(300);
  await load.stop();
  await producer.disconnect();
  t.log(`${KILLS} times killed, ${load.acknowledged.length} records acknowledged`);
  t.deepEqual(await missing(server.brokers, load.acknowledged), []);
  t.is(await server.signal('SIGTERM'), 0);
}

test.serial('one node, killed with kill -9 under load: nothing acknowledged is lost; then it stops in order', (t) =>
  killed(t, 1),
);

test.serial('three brokers, all killed at once with kill -9 under load: nothing acknowledged is lost', (t) => killed(t, 3));
