/**
 * The served cluster under real clients on this machine: throughput and latency of kafkajs, and of librdkafka by way of kcat where
 * it is installed, with records of 100 bytes and of 1 KiB, on one broker and on three (each partition on all of them, acks=all).
 * The cluster has a process of its own; clients and cluster share the processors.
 *
 *     node bench/serve.ts [--quick]      or      npm run bench -- --only serve
 */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { type Figure, line } from './figure.ts';
import { spread } from './statistics.ts';

const SIZES = [100, 1024];
/** Records of one produce request of kafkajs, which sends what it is given at once. */
const BATCH_BYTES = 100_000;
/** Requests that kafkajs has in flight. */
const LANES = 4;
const PARTITIONS = 3;

interface Amount {
  /** Bytes of values in one measurement of throughput. */
  readonly bytes: number;
  /** Sends of one record each, one after the other. */
  readonly sends: number;
  readonly rounds: number;
}

interface Served {
  readonly brokers: string[];
  readonly stop: () => Promise<void>;
}

/** The `trial serve` command, on free ports. */
function start(brokers: number): Promise<Served> {
  const cli = fileURLToPath(new URL('../cli/trial.mjs', import.meta.url));
  const child = spawn(process.execPath, [cli, 'serve', '--quiet', '--port', '0', '--brokers', String(brokers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
    createInterface({ input: child.stdout }).once('line', (text) =>
      resolve({ brokers: text.slice(text.indexOf('=') + 1).split(','), stop }),
    );
  });
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await work();
  return (performance.now() - before) / 1000;
};

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** What one measurement gives: produce and consume in seconds, and times of single records in ms. */
interface Run {
  produce: number;
  consume: number;
  latencies: number[];
}

let topics = 0;

async function createTopic(kafka: Kafka, brokers: number, numPartitions: number): Promise<string> {
  const topic = `bench-${topics++}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: brokers }], waitForLeaders: true });
  await admin.disconnect();
  return topic;
}

async function runKafkajs({ brokers }: Served, recordBytes: number, { bytes, sends }: Amount): Promise<Run> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const topic = await createTopic(kafka, brokers.length, PARTITIONS);
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const value = Buffer.alloc(recordBytes, 'x');
  const records = Math.round(bytes / recordBytes);
  const messages = Array.from({ length: Math.round(BATCH_BYTES / recordBytes) }, () => ({ value }));
  await producer.send({ topic, acks: -1, messages: [{ value }] });
  let left = Math.ceil(records / messages.length);
  const sent = left * messages.length;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await producer.send({ topic, acks: -1, messages });
  };
  const produce = (await seconds(() => Promise.all(Array.from({ length: LANES }, lane)))) * (records / sent);
  const latencies: number[] = [];
  for (let send = 0; send < sends; send++) {
    latencies.push(1000 * (await seconds(() => producer.send({ topic, acks: -1, messages: [{ value }] }))));
  }
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let [seen, first] = [0, 0];
  const consumed = await new Promise<number>((resolve) => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        if (seen === 0) first = performance.now();
        seen += batch.messages.length;
        if (seen >= sent) resolve((performance.now() - first) / 1000);
      },
    });
  });
  await consumer.disconnect();
  return { produce, consume: consumed * (records / sent), latencies };
}

function kcat(args: readonly string[], input: Buffer | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('kcat', ['-q', ...args], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`kcat ended with ${code}`))));
    child.stdin.end(input ?? '');
  });
}

/** Times from kafkajs's send to the record's coming out of kcat, which has no way to be given single records without delay. */
async function passThrough(
  kafka: Kafka,
  brokers: readonly string[],
  topic: string,
  recordBytes: number,
  sends: number,
): Promise<number[]> {
  const args = ['-q', '-b', brokers.join(','), '-t', topic, '-u', '-C', '-o', 'end'];
  const consumer = spawn('kcat', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  let arrived: () => void = () => {};
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve;
    });
  createInterface({ input: consumer.stdout }).on('line', () => arrived());
  const messages = [{ value: 'x'.repeat(recordBytes) }];
  const send = () => producer.send({ topic, acks: -1, messages });
  // What is sent before the consumer has found the end is not seen: the first is sent until one comes.
  const begun = next();
  const attempts = setInterval(() => void send(), 500);
  await begun;
  clearInterval(attempts);
  await new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  const latencies: number[] = [];
  for (let index = 0; index < sends; index++) {
    const passed = next();
    const before = performance.now();
    await Promise.all([send(), passed]);
    latencies.push(performance.now() - before);
  }
  await producer.disconnect();
  consumer.kill();
  return latencies;
}

/** kcat's own start is in its times; a single partition, since it ends at the end of each. */
async function runKcat({ brokers }: Served, recordBytes: number, { bytes, sends }: Amount): Promise<Run> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const topic = await createTopic(kafka, brokers.length, 1);
  const records = Math.round(bytes / recordBytes);
  const input = Buffer.from(`${'x'.repeat(recordBytes)}\n`.repeat(records));
  const common = ['-b', brokers.join(','), '-t', topic];
  const produce = await seconds(() => kcat(['-P', ...common, '-X', 'acks=-1', '-X', 'linger.ms=5'], input));
  const consume = await seconds(() => kcat(['-C', ...common, '-o', 'beginning', '-c', String(records)], null));
  return { produce, consume, latencies: await passThrough(kafka, brokers, topic, recordBytes, sends) };
}

function figures(id: string, title: string, record: string, recordBytes: number, amount: Amount, runs: readonly Run[]): Figure[] {
  const figure = (name: string, what: string, unit: string, values: readonly number[]): Figure => ({
    id: `serve.${id}.${name}`,
    title: `${title}: ${what}`,
    unit,
    clock: 'wall',
    value: spread(values),
  });
  const records = Math.round(amount.bytes / recordBytes);
  const both = (name: 'produce' | 'consume'): Figure[] => [
    figure(
      `${name}.records`,
      name,
      'records/s',
      runs.map((run) => records / run[name]),
    ),
    figure(
      `${name}.bytes`,
      name,
      'MB/s',
      runs.map((run) => amount.bytes / 1e6 / run[name]),
    ),
  ];
  const latency = (share: number): Figure =>
    figure(
      `p${share * 100}`,
      `${record}, p${share * 100}`,
      'ms',
      runs.map(({ latencies }) => quantile(latencies, share)),
    );
  return [...both('produce'), ...both('consume'), latency(0.5), latency(0.99)];
}

export async function measureServe(quick: boolean): Promise<Figure[]> {
  const amount: Amount = quick ? { bytes: 5e6, sends: 200, rounds: 1 } : { bytes: 20e6, sends: 300, rounds: 3 };
  const clients = [{ name: 'kafkajs', run: runKafkajs, record: 'one send' }];
  if (spawnSync('kcat', ['-V']).error === undefined) clients.push({ name: 'kcat', run: runKcat, record: 'kafkajs to kcat' });
  const measured: Figure[] = [];
  for (const brokers of [1, 3]) {
    const served = await start(brokers);
    for (const { name, run, record } of clients) {
      for (const recordBytes of SIZES) {
        await run(served, recordBytes, { bytes: 2e6, sends: 50, rounds: 1 });
        const runs: Run[] = [];
        for (let round = 0; round < amount.rounds; round++) runs.push(await run(served, recordBytes, amount));
        const title = `${brokers} broker${brokers === 1 ? '' : 's'}, ${name}, ${recordBytes} bytes`;
        measured.push(...figures(`${brokers}.${name}.${recordBytes}`, title, record, recordBytes, amount, runs));
      }
    }
    await served.stop();
  }
  return measured;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const figure of await measureServe(process.argv.includes('--quick'))) console.log(line(figure));
}
