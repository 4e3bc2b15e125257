/**
 * Consume-transform-produce: an application reads a topic in a group and writes what it read to another topic, together with the offsets,
 * in transactions, of which it aborts some. While it does so a broker is killed and comes back. At the end each input must be there once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ExecutionContext } from 'ava';
import { Kafka, logLevel } from 'kafkajs';
import { eventually, type Served, sleep } from './served.ts';
import type { Program } from './session.ts';

/** One in so many transactions is aborted, and its input read again. */
export const ABORTED_EVERY = 4;
/** Inputs of a transaction. */
export const BATCH = 10;
const INPUTS = 300;
const PARTITIONS = 3;
const LIMIT_MS = 120_000;
/** What is repeated would have come by then. */
const SILENCE_MS = 2_000;
const TEARDOWN_LIMIT_MS = 10_000;

export interface Transform {
  readonly input: string;
  readonly output: string;
  readonly group: string;
  readonly transactionalId: string;
}

/** A running application. */
export interface Application {
  stop(): Promise<void>;
}

/** Runs the application of a client through it. `name` tells its topics from those of others. */
export async function transformed(
  t: ExecutionContext<Served>,
  name: string,
  start: (transform: Transform) => Promise<Application>,
): Promise<void> {
  const { brokers, cluster } = t.context;
  const transform = { input: `${name}-in`, output: `${name}-out`, group: `${name}-group`, transactionalId: `${name}-id` };
  // It tries the dead broker's address until that is fenced, which takes up to 12 s (broker.session.timeout.ms).
  const retry = { retries: 150, maxRetryTime: 500 };
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry });
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = [{ name: 'min.insync.replicas', value: '2' }];
  const topics = [transform.input, transform.output].map((topic) => ({
    topic,
    numPartitions: PARTITIONS,
    replicationFactor: 3,
    configEntries,
  }));
  await admin.createTopics({ topics, waitForLeaders: true });
  const writer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await writer.connect();
  const write = async (from: number, to: number): Promise<void> => {
    const values = Array.from({ length: to - from }, (_, index) => from + index);
    // To one partition at a time: of several, kafkajs forgets what it should send again to a broker that has answered already.
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const messages = values.filter((value) => value % PARTITIONS === partition).map(String);
      await writer.send({ topic: transform.input, acks: -1, messages: messages.map((value) => ({ partition, value })) });
    }
  };
  const committed = await readAll(kafka, transform.output, false);
  const all = await readAll(kafka, transform.output, true);
  afterwards(t, () => Promise.all([committed.close(), all.close(), writer.disconnect(), admin.disconnect()]));
  await write(0, INPUTS / 2);
  const application = await start(transform);
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) await application.stop();
    isStopped = true;
  };
  afterwards(t, stop);
  const some = (count: number): Promise<unknown> =>
    eventually(`${count} outputs`, () => (new Set(committed.values).size >= count ? true : null), LIMIT_MS);
  await some(INPUTS / 6);
  cluster.nodes[1]?.kill();
  await write(INPUTS / 2, INPUTS);
  await some((INPUTS * 2) / 3);
  await cluster.nodes[1]?.start();
  await cluster.ready();
  await some(INPUTS);
  await sleep(SILENCE_MS);
  await stop();
  await sleep(SILENCE_MS);
  const inOrder = committed.values.toSorted((a, b) => a - b);
  t.deepEqual(
    inOrder,
    Array.from({ length: INPUTS }, (_, index) => index),
    'each input once',
  );
  // The second reader may be behind the first: after an error it waits before it reads on.
  await eventually('outputs of aborted transactions', () => (all.values.length > INPUTS ? true : null), LIMIT_MS);
  const ends = await admin.fetchTopicOffsets(transform.input);
  const offsets = await admin.fetchOffsets({ groupId: transform.group, topics: [transform.input] });
  t.deepEqual(
    offsets[0]?.partitions.map(({ partition, offset }) => [partition, offset]).toSorted(),
    ends.map(({ partition, high }) => [partition, high]).toSorted(),
    'the offsets are those of the last inputs',
  );
}

/** Cleans up after a test that may have failed: clients that wait for what will not come are left to the end of the process. */
function afterwards(t: ExecutionContext<Served>, clean: () => Promise<unknown>): void {
  t.teardown(() => Promise.race([clean().catch(() => undefined), sleep(TEARDOWN_LIMIT_MS)]));
}

/** Reads a topic from its beginning on. */
async function readAll(kafka: Kafka, topic: string, readUncommitted: boolean) {
  const values: number[] = [];
  const groupId = `reader-${topic}-${readUncommitted}`;
  const consumer = kafka.consumer({ groupId, readUncommitted, maxWaitTimeInMs: 100, sessionTimeout: 10_000 });
  // After an error it reads some again.
  const seen = new Set<string>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message: { offset, value } }) => {
      const place = `${partition} ${offset}`;
      if (!seen.has(place)) values.push(Number(value));
      seen.add(place);
    },
  });
  return { values, close: () => consumer.disconnect() };
}

/** An application in another language, which stops when its input ends, and is killed when it is still there after the test. */
export function pipedTransform(t: ExecutionContext<Served>, program: Program, transform: Transform): Application {
  const [command, ...args] = program;
  const { input, output, group, transactionalId } = transform;
  const options = [...args, t.context.brokers.join(','), 'transform', input, output, group, transactionalId];
  const child: ChildProcess = spawn(command, options, { stdio: ['pipe', 'ignore', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  return {
    async stop() {
      child.stdin?.end();
      if (child.exitCode === null) await once(child, 'exit');
      if (child.exitCode !== 0) throw new Error(`the application ended with ${child.exitCode}`);
    },
  };
}
