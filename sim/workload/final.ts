/** What the harness itself does as a client: a write to every partition after heal, and reading everything at the end. */
import type { ClientConfigName, GivenConfigs } from '../../core/config/index.ts';
import type { ClientEnvironment } from '../../core/environment.ts';
import { Consumer } from '../../core/client/consumer/consumer.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { utf8 } from '../../core/client/serializers.ts';
import { type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../../core/protocol/partition.ts';
import type { HistoryEvent } from '../history.ts';
import type { FinalRead } from '../observe.ts';
import type { Plan } from '../plan.ts';
import type { Recorder } from './recorder.ts';
import { RecordingProducer } from './recording-producer.ts';
import { nameOf } from './tombstone.ts';

const POLL_MS = 500;

export type IsolationLevel = 'read_uncommitted' | 'read_committed';

type FinalRecord = FinalRead['records'][number];

interface Found extends FinalRead {
  beginningOffsetAfter: number;
  readonly records: FinalRecord[];
}

function keyOf({ topic, partition }: TopicPartition): TopicPartitionKey {
  return topicPartitionKey(topic, partition);
}

function partitionsOf(plan: Plan, excused: ReadonlyMap<string, string>): TopicPartition[] {
  return plan.topics.flatMap(({ name: topic, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition })).filter((each) => !excused.has(keyOf(each))),
  );
}

/** With what the value of a record begins that the harness writes to see whether the cluster takes it. */
export const PROBE = 'harness#0:probe-';

/** Is it about such a write, whoever's producer makes it? */
export function isProbe(event: HistoryEvent): boolean {
  return 'call' in event && event.call.f === 'send' && event.call.value.startsWith(PROBE);
}

function isCompacted(plan: Plan, topic: string): boolean {
  return String(plan.topics.find(({ name }) => name === topic)?.configs['cleanup.policy'] ?? '').includes('compact');
}

/** A write that was to show that the cluster takes it, and did not. */
export interface FailedProbe {
  readonly partition: TopicPartitionKey;
  readonly error: string;
}

/** One acks=all write to each partition; returns what went wrong. */
export async function probeEveryPartition(
  env: ClientEnvironment,
  recorder: Recorder,
  plan: Plan,
  bootstrap: string,
  excused: ReadonlyMap<string, string>,
): Promise<readonly FailedProbe[]> {
  const producer = new RecordingProducer(env, recorder, 0, {
    'bootstrap.servers': bootstrap,
    'client.id': 'harness-probe',
    acks: 'all',
  });
  const outcomes = await Promise.all(
    partitionsOf(plan, excused).map(async ({ topic, partition }) => {
      const value = `${PROBE}${topic}-${partition}`;
      // A compacted topic takes no record without a key.
      const outcome = await producer.send({ topic, partition, value, key: isCompacted(plan, topic) ? PROBE : null });
      return outcome.ok ? null : { partition: topicPartitionKey(topic, partition), error: outcome.error };
    }),
  );
  await producer.close();
  return outcomes.filter((outcome) => outcome !== null);
}

/** One write to each partition of the topics that this producer has sent to before; returns what went wrong. */
export async function probeWith(
  producer: RecordingProducer,
  plan: Plan,
  excused: ReadonlyMap<string, string>,
): Promise<readonly FailedProbe[]> {
  const { client, id } = producer.session;
  const partitions = partitionsOf(plan, excused).filter(({ topic }) => producer.topics.has(topic));
  const outcomes = await Promise.all(
    partitions.map(async ({ topic, partition }) => {
      const value = `${PROBE}${client}-${id}-${topic}-${partition}`;
      const outcome = await producer.probe({ topic, partition, value, key: isCompacted(plan, topic) ? PROBE : null });
      return outcome.ok ? null : { partition: topicPartitionKey(topic, partition), error: outcome.error };
    }),
  );
  return outcomes.filter((outcome) => outcome !== null);
}

/** A new producer for each of these transactional ids; returns what went wrong, a sentence each. */
export async function probeTransactionalIds(
  env: ClientEnvironment,
  recorder: Recorder,
  bootstrap: string,
  transactionalIds: Iterable<string>,
): Promise<readonly string[]> {
  const outcomes = await Promise.all(
    Array.from(transactionalIds, async (transactionalId) => {
      const producer = new RecordingProducer(env, recorder, 0, {
        'bootstrap.servers': bootstrap,
        'client.id': 'harness-probe',
        'transactional.id': transactionalId,
      });
      const outcome = await producer.initTransactions();
      await producer.close();
      return outcome.ok ? null : `a new producer of transactional id ${transactionalId} failed with ${outcome.error.errorName}`;
    }),
  );
  return outcomes.filter((outcome) => outcome !== null);
}

/** Every partition of the plan's topics, read from its beginning to its end by a fresh consumer. */
export class FinalReading {
  /** Partitions not yet read to their end, and how far it got: part of a sentence. Empty when all is read. */
  readonly unread = new Map<string, string>();
  /** How far each partition is read. */
  readonly positions = new Map<string, number>();
  readonly #isolation: IsolationLevel;
  readonly #partitions: readonly TopicPartition[];
  readonly #found = new Map<string, Found>();

  constructor(plan: Plan, excused: ReadonlyMap<string, string>, isolation: IsolationLevel = 'read_uncommitted') {
    this.#isolation = isolation;
    this.#partitions = partitionsOf(plan, excused);
    for (const partition of this.#partitions) this.unread.set(keyOf(partition), 'was not asked for');
  }

  /** What was read of the partitions that were read whole; null while some are not. */
  get reads(): ReadonlyMap<string, FinalRead> | null {
    return this.unread.size === 0 ? this.#found : null;
  }

  /** Never rejects for what the cluster fails to do: `unread` tells. */
  async run(env: ClientEnvironment, bootstrap: string): Promise<void> {
    const consumer = new Consumer<string | null, string | null>(
      env,
      {
        'bootstrap.servers': bootstrap,
        'client.id': 'harness-verify',
        'enable.auto.commit': false,
        'isolation.level': this.#isolation,
        'auto.offset.reset': 'earliest',
        'max.poll.records': 5_000,
      } satisfies GivenConfigs<ClientConfigName>,
      { keyDeserializer: utf8.deserialize, valueDeserializer: utf8.deserialize },
    );
    consumer.assign(this.#partitions);
    await this.#locate(consumer);
    while (this.unread.size > 0) {
      try {
        for (const record of await consumer.poll(POLL_MS)) {
          const { offset, topicId, key } = record;
          this.#found.get(keyOf(record))?.records.push({ offset, topicId, value: nameOf(record), key });
        }
        await this.#finish(consumer, this.#look(consumer));
      } catch (error) {
        this.#failed(error);
        await new Promise<void>((resolve) => env.timers.after(POLL_MS, resolve));
      }
    }
    await consumer.close();
  }

  /** Where each partition begins and ends; asked for one by one, so that those which nobody leads do not stand in the way. */
  async #locate(consumer: Consumer<string | null, string | null>): Promise<void> {
    await Promise.all(
      this.#partitions.map(async (partition) => {
        const key = keyOf(partition);
        try {
          const [[beginning], [end]] = await Promise.all([
            consumer.beginningOffsets([partition]),
            consumer.endOffsets([partition]),
          ]);
          if (beginning === undefined || end === undefined) return;
          const { offset: beginningOffset } = beginning;
          this.#found.set(key, {
            ...partition,
            beginningOffset,
            beginningOffsetAfter: beginningOffset,
            endOffset: end.offset,
            records: [],
          });
          consumer.seek(partition, beginning.offset);
          this.unread.set(key, `was not read, it ends at ${end.offset}`);
        } catch (error) {
          this.#failed(error, key);
        }
      }),
    );
  }

  /** The unread partitions whose end is reached. */
  #look(consumer: Consumer<string | null, string | null>): TopicPartition[] {
    return consumer.positions().filter((position) => {
      const key = keyOf(position);
      const end = this.#found.get(key)?.endOffset;
      this.positions.set(key, position.offset);
      if (end === undefined || !this.unread.has(key)) return false;
      if (position.offset < end) this.unread.set(key, `was read up to ${position.offset} of ${end}`);
      return position.offset >= end;
    });
  }

  /** What is read to its end is done when it is known where it begins by now. */
  async #finish(consumer: Consumer<string | null, string | null>, atEnd: readonly TopicPartition[]): Promise<void> {
    if (atEnd.length === 0) return;
    for (const beginning of await consumer.beginningOffsets(atEnd)) {
      const key = keyOf(beginning);
      const found = this.#found.get(key);
      if (found === undefined) continue;
      found.beginningOffsetAfter = beginning.offset;
      this.unread.delete(key);
    }
  }

  #failed(error: unknown, only?: string): void {
    if (!(error instanceof KafkaError)) throw error;
    for (const [key, fact] of this.unread) {
      if (only === undefined && !fact.includes(error.errorName))
        this.unread.set(key, `${fact}, then ${error.errorName}: ${error.message}`);
      if (only === key) this.unread.set(key, `could not be located, ${error.errorName}: ${error.message}`);
    }
  }
}
