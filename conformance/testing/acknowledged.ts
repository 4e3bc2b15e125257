/** What was acknowledged must be found, by another client than the one that wrote it. */
import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import type { Served } from './served.ts';
import { eventually, sleep } from './served.ts';

/** Without a record for this long, those still wanted are taken for lost. The first may have to wait for the topic of the offsets. */
const SILENCE_MS = 30_000;

/** Produces until it is stopped, this many messages at a time, and remembers what was acknowledged. */
export class Load {
  readonly acknowledged: string[] = [];
  readonly #lanes: Promise<void>[];
  #running = true;

  /** `send` resolves when the value is acknowledged. */
  constructor(lanes: number, send: (value: string) => Promise<unknown>) {
    this.#lanes = Array.from({ length: lanes }, (_, lane) => this.#produce(lane, send));
  }

  async #produce(lane: number, send: (value: string) => Promise<unknown>): Promise<void> {
    let index = 0;
    while (this.#running) {
      const value = `${lane}-${index++}`;
      try {
        await send(value);
        this.acknowledged.push(value);
      } catch {
        // Not acknowledged: it may or may not be there.
      }
    }
  }

  /** Resolves when `count` more have been acknowledged. */
  async more(count: number): Promise<void> {
    const wanted = this.acknowledged.length + count;
    await eventually('records are acknowledged', () => (this.acknowledged.length >= wanted ? true : null), 60_000);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#lanes);
  }
}

/** The second broker is killed and comes back, while records are acknowledged before, between and after. */
export async function killAndRestart({ cluster }: Served, load: Load): Promise<void> {
  const victim = cluster.nodes[1];
  if (victim === undefined) throw new Error('no second broker');
  await load.more(20);
  victim.kill();
  await load.more(20);
  await victim.start();
  await cluster.ready();
  await sleep(500);
  await load.stop();
}

async function search(
  wanted: readonly string[],
  read: (seen: (value: string) => void) => Promise<() => Promise<void>>,
): Promise<string[]> {
  const left = new Set(wanted);
  let lastMs = Date.now();
  const close = await read((value) => {
    left.delete(value);
    lastMs = Date.now();
  });
  await eventually('nothing more', () => (left.size === 0 || Date.now() - lastMs > SILENCE_MS ? true : null), 120_000);
  await close();
  return [...left];
}

/** What of `wanted` @platformatic/kafka does not find in the topic. */
export function missingForPlatformatic(bootstrapBrokers: string[], topic: string, wanted: readonly string[]): Promise<string[]> {
  return search(wanted, async (seen) => {
    const consumer = new Consumer({
      clientId: 'reader',
      groupId: `reader-${topic}`,
      bootstrapBrokers,
      deserializers: stringDeserializers,
    });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', maxWaitTime: 100 });
    stream.on('data', ({ value }) => seen(value));
    return async () => {
      await stream.close();
      await consumer.close(true);
    };
  });
}

/** What of `wanted` kafkajs does not find in the topic. */
export function missingForKafkajs(brokers: string[], topic: string, wanted: readonly string[]): Promise<string[]> {
  return search(wanted, async (seen) => {
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `reader-${topic}`, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => seen(String(message.value)) });
    return () => consumer.disconnect();
  });
}
