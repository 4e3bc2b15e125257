/** What the harness itself does as a client: a write to every partition after heal, and reading everything at the end. */
import type { ClientEnvironment } from '../../core/environment.ts';
import { Consumer } from '../../core/client/consumer/Consumer.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { utf8 } from '../../core/client/serializers.ts';
import type { FinalRead } from '../observe.ts';
import type { Plan } from '../plan.ts';
import type { Recorder } from './recorder.ts';
import { RecordingProducer } from './recording-producer.ts';

interface Partition {
  readonly topic: string;
  readonly partition: number;
}

function partitionsOf(plan: Plan, excused: ReadonlyMap<string, string>): Partition[] {
  return plan.topics.flatMap((topic) =>
    Array.from({ length: topic.partitions }, (_, partition) => ({ topic: topic.name, partition })).filter(
      ({ topic: name, partition }) => !excused.has(`${name}-${partition}`),
    ),
  );
}

/** One acks=all write to each partition; returns what went wrong, a sentence each. */
export async function probeEveryPartition(
  env: ClientEnvironment,
  recorder: Recorder,
  plan: Plan,
  bootstrap: string,
  excused: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const producer = new RecordingProducer(env, recorder, 0, {
    'bootstrap.servers': bootstrap,
    'client.id': 'harness-probe',
    acks: 'all',
  });
  const outcomes = await Promise.all(
    partitionsOf(plan, excused).map(async ({ topic, partition }) => {
      const outcome = await producer.send({ topic, partition, value: `harness#0:probe-${topic}-${partition}` });
      return outcome.ok ? null : `a write to ${topic}-${partition} failed with ${outcome.error}`;
    }),
  );
  await producer.close();
  return outcomes.filter((outcome) => outcome !== null);
}

/** Reads every partition of the plan's topics from its beginning to its end with a fresh consumer. */
export async function readEverything(
  env: ClientEnvironment,
  plan: Plan,
  bootstrap: string,
  excused: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, FinalRead>> {
  const partitions = partitionsOf(plan, excused);
  const consumer = new Consumer<string | null, string | null>(
    env,
    {
      'bootstrap.servers': bootstrap,
      'client.id': 'harness-verify',
      'enable.auto.commit': false,
      'auto.offset.reset': 'earliest',
      'max.poll.records': 5_000,
    },
    { keyDeserializer: utf8.deserialize, valueDeserializer: utf8.deserialize },
  );
  consumer.assign(partitions);
  const [beginnings, ends] = await Promise.all([consumer.beginningOffsets(partitions), consumer.endOffsets(partitions)]);
  const found = new Map(
    partitions.map(({ topic, partition }) => [
      `${topic}-${partition}`,
      [] as { offset: number; value: string; key: string | null }[],
    ]),
  );
  const pending = new Map(ends.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]));
  for (const { topic, partition, offset } of beginnings) consumer.seek({ topic, partition }, offset);
  const behind = (): boolean =>
    consumer.positions().some(({ topic, partition, offset }) => offset < (pending.get(`${topic}-${partition}`) ?? 0));
  while (behind()) {
    try {
      for (const record of await consumer.poll(500)) {
        found
          .get(`${record.topic}-${record.partition}`)
          ?.push({ offset: record.offset, value: record.value ?? '', key: record.key });
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
    }
  }
  await consumer.close();
  return new Map(
    partitions.map(({ topic, partition }) => {
      const key = `${topic}-${partition}`;
      const beginningOffset = beginnings.find((b) => b.topic === topic && b.partition === partition)?.offset ?? 0;
      return [key, { beginningOffset, endOffset: pending.get(key) ?? 0, records: found.get(key) ?? [] }];
    }),
  );
}
