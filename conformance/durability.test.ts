/** `serve --data` in a process of its own that is killed with kill -9 under load. `TRIAL_KILLS` says how many times, 20 if it does not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Kafka, logLevel } from 'kafkajs';
import { Load, missingForPlatformatic } from './testing/acknowledged.ts';
import { freePorts, ServeProcess } from './testing/child.ts';
import { sleep } from './testing/served.ts';

const KILLS = Number(process.env['TRIAL_KILLS'] ?? 20);
/** Messages that are in flight at any time. */
const LANES = 8;
const TOPIC = 'kept';

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
  const load = new Load(LANES, (value) => producer.send({ topic: TOPIC, acks: -1, messages: [{ key: value, value }] }));
  for (let kill = 0; kill < KILLS; kill++) {
    await load.more(100);
    await server.signal('SIGKILL');
    server = await ServeProcess.start(options);
  }
  await sleep(300);
  await load.stop();
  await producer.disconnect();
  t.log(`${KILLS} times killed, ${load.acknowledged.length} records acknowledged`);
  t.deepEqual(await missingForPlatformatic(server.brokers, TOPIC, load.acknowledged), []);
  t.is(await server.signal('SIGTERM'), 0);
}

test.serial('one node, killed with kill -9 under load: nothing acknowledged is lost; then it stops in order', (t) =>
  killed(t, 1),
);

test.serial('three brokers, all killed at once with kill -9 under load: nothing acknowledged is lost', (t) => killed(t, 3));
