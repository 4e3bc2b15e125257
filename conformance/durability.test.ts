/** `serve --data` in a process of its own that is killed with kill -9 under load. `TRIAL_KILLS` says how many times, 20 if it does not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { Load, missingForPlatformatic } from './testing/acknowledged.ts';
import { freePorts, ServeProcess } from './testing/child.ts';
import {
  CommittedReader,
  PARTITIONS,
  patientKafka,
  TransactionLoad,
  transactionalProducer,
  written,
} from './testing/killed-transactions.ts';
import { eventually, sleep } from './testing/served.ts';

const KILLS = Number(process.env['TRIAL_KILLS'] ?? 20);
/** Messages that are in flight at any time. */
const LANES = 8;
const TOPIC = 'kept';
/** Of the brokers that are killed in the midst of transactions: kills, producers at work, transactions between two kills. */
const TRANSACTION_KILLS = Math.min(3, KILLS);
const PRODUCERS = 4;
const TRANSACTIONS = 12;
/** Of a transaction that nobody ends. */
const TIMEOUT_MS = 3_000;
const LONG_MS = 600_000;

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

test.serial(
  'three brokers, killed with kill -9 in the midst of transactions: each is ended by its producer, the next one, or its timeout',
  async (t) => {
    t.timeout(10 * 60_000);
    const data = mkdtempSync(join(tmpdir(), 'trial-durability-'));
    t.teardown(() => rmSync(data, { recursive: true, force: true }));
    const config = ['transaction.abort.timed.out.transaction.cleanup.interval.ms=500'];
    const options = { brokers: 3, data, port: await freePorts(3), config };
    let server = await ServeProcess.start(options);
    t.teardown(() => server.signal('SIGKILL'));
    const kafka = patientKafka(server.brokers);
    const admin = kafka.admin();
    await admin.connect();
    const configEntries = [{ name: 'min.insync.replicas', value: '2' }];
    await admin.createTopics({
      topics: [{ topic: TOPIC, numPartitions: PARTITIONS, replicationFactor: 3, configEntries }],
      waitForLeaders: true,
    });
    // Open when the brokers are killed.
    const producers = await Promise.all(
      [LONG_MS, LONG_MS, LONG_MS, TIMEOUT_MS].map((timeoutMs, index) => transactionalProducer(kafka, `open-${index}`, timeoutMs)),
    );
    const load = new TransactionLoad(kafka, TOPIC, PRODUCERS);
    await load.more(1);
    const open = await Promise.all(
      ['own-commit', 'own-abort', 'fenced', 'timed-out'].map((value, index) =>
        written(producers[index] as Producer, TOPIC, value),
      ),
    );
    for (let kill = 0; kill < TRANSACTION_KILLS; kill++) {
      if (kill > 0) await load.more(TRANSACTIONS);
      await server.signal('SIGKILL');
      server = await ServeProcess.start(options);
    }
    await load.more(1);
    await load.stop();

    const writer = kafka.producer();
    await writer.connect();
    const mark = async (value: string): Promise<void> => {
      const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value }));
      await writer.send({ topic: TOPIC, acks: -1, messages });
    };
    const reader = (): CommittedReader => new CommittedReader(server.brokers.join(','), TOPIC, (error) => t.fail(String(error)));
    const early = reader();
    await mark('while open');
    await sleep(500);
    t.deepEqual(early.of('while open'), [], 'what is behind open transactions is not read yet');
    await open[0]?.commit();
    await open[1]?.abort();
    const heir = await transactionalProducer(kafka, 'open-2', LONG_MS);
    await (await written(heir, TOPIC, 'heir')).commit();
    await mark('the end');
    await early.until('the end');
    const late = reader();
    await late.until('the end');

    const whole = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    for (const reader of [early, late]) {
      const lost = ['own-commit', 'heir', ...load.committed].filter((value) => String(reader.of(value)) !== String(whole));
      const undone = ['own-abort', 'fenced', 'timed-out', ...load.aborted].filter((value) => reader.of(value).length > 0);
      const torn = reader.values.filter((value) => String(reader.of(value)) !== String(whole));
      t.deepEqual({ lost, undone, torn }, { lost: [], undone: [], torn: [] });
    }
    const offsetsOf = async (groupId: string): Promise<string[]> => {
      const [topic] = await eventually('offsets of no open transaction', () =>
        admin.fetchOffsets({ groupId, topics: [TOPIC] }).catch(() => null),
      );
      return topic?.partitions.map(({ offset }) => offset) ?? [];
    };
    for (const value of ['own-commit', 'heir', ...load.committed.slice(-TRANSACTIONS)])
      t.deepEqual(await offsetsOf(value), ['7', '7', '7'], value);
    for (const value of ['own-abort', 'fenced', 'timed-out', ...load.aborted.slice(-TRANSACTIONS)])
      t.deepEqual(await offsetsOf(value), ['-1', '-1', '-1'], value);
    t.log(`${TRANSACTION_KILLS} times killed, ${load.committed.length} transactions committed, ${load.aborted.length} aborted`);
    const clients = [early.close(), late.close(), writer.disconnect(), admin.disconnect(), heir.disconnect()];
    await Promise.all([...clients, ...producers.map((producer) => producer.disconnect())]);
    t.is(await server.signal('SIGTERM'), 0);
  },
);
