/**
 * What applications do that read, make something of it and write that, exactly once (KIP-447): what is made of a poll's records, and the
 * offsets behind them, are one transaction. After an abort the consumer goes back to what is committed: Kafka's clients do not do that by
 * themselves (KAFKA-17582); and the next transaction is half as large, for one that takes longer than its time-out would be aborted for ever.
 */
import { topicPartitionKey } from '../../core/protocol/partition.ts';
import type { WorkloadContext } from '../../sim/workload/context.ts';
import type { Record_, RecordingConsumer } from '../../sim/workload/recording-consumer.ts';
import type { SendRequest } from '../../sim/workload/recording-producer.ts';
import { TransactionalProducer } from './transactional-producer.ts';

export interface ConsumeTransformProduce {
  readonly topics: readonly string[];
  readonly pollMs: number;
  /** What is to be sent because of a record; several, or none. */
  readonly transform: (record: Record_) => readonly Omit<SendRequest, 'input'>[];
  /** While it is false what is polled is left alone. */
  readonly goesOn: () => boolean;
  /** How many records a transaction is made of, where so many have piled up; 1: of what one poll returns. */
  readonly atOnce?: () => number;
  /** Before the offsets are sent; a long sleep here is a member that stalls. */
  readonly beforeOffsets?: () => Promise<void>;
  readonly aborts?: () => boolean;
}

/** Until the run is over. */
export async function consumeTransformProduce(context: WorkloadContext, how: ConsumeTransformProduce): Promise<void> {
  const producer = new TransactionalProducer(context, how.goesOn);
  let consumer = subscribed(context, how.topics);
  let mostRecords = Infinity;
  while (context.running()) {
    const polled = await consumer.poll(how.pollMs);
    if (polled.length === 0 || !how.goesOn()) continue;
    const group = consumer.groupMetadata();
    await context.toBeFinished(async () => {
      const piledUp = await andWhatFollows(consumer, polled, Math.min(mostRecords, how.atOnce?.() ?? 1), how.pollMs);
      const records = piledUp.slice(0, mostRecords);
      leaveForNextPoll(consumer, piledUp.slice(mostRecords));
      const outcome = await producer.run(async (open) => {
        const sends = records.flatMap((record) =>
          how.transform(record).map((request) => open.send({ ...request, input: record.value ?? '' })),
        );
        consumer.processed(records);
        await how.beforeOffsets?.();
        const offsets = await open.sendOffsetsToTransaction(offsetsBehind(records), group);
        return offsets.ok && how.aborts?.() !== true && (await Promise.all(sends)).every(({ ok }) => ok);
      });
      if (outcome === 'committed') {
        mostRecords *= 2;
        return true;
      }
      mostRecords = Math.max(1, Math.floor(records.length / 2));
      if (await rewound(consumer)) return false;
      // Nobody says what is committed: another consumer begins there.
      await consumer.close();
      consumer = subscribed(context, how.topics);
      return false;
    });
  }
  await producer.close();
  await consumer.close();
}

function subscribed(context: WorkloadContext, topics: readonly string[]): RecordingConsumer {
  const consumer = context.consumer({ 'enable.auto.commit': false, 'isolation.level': 'read_committed' });
  consumer.subscribe(topics);
  return consumer;
}

/**
 * These records and those that follow them, until there are so many. The group may move on between two polls: what is committed as the member of
 * before is refused then, and all of it is read again by whom it belongs to.
 */
async function andWhatFollows(
  consumer: RecordingConsumer,
  polled: readonly Record_[],
  enough: number,
  pollMs: number,
): Promise<readonly Record_[]> {
  const records = [...polled];
  while (records.length < enough) {
    const more = await consumer.poll(pollMs);
    if (more.length === 0) break;
    records.push(...more);
  }
  return records;
}

/** Has the consumer hand out again what was too much, in what is still its own. */
function leaveForNextPoll(consumer: RecordingConsumer, records: readonly Record_[]): void {
  const seen = new Set<string>();
  for (const { topic, partition, offset } of records) {
    const key = topicPartitionKey(topic, partition);
    if (seen.has(key) || consumer.position(topic, partition) === null) continue;
    seen.add(key);
    consumer.seek(topic, partition, offset);
  }
}

function offsetsBehind(records: readonly Record_[]) {
  const last = new Map(records.map((record) => [topicPartitionKey(record.topic, record.partition), record]));
  return Array.from(last.values(), ({ topic, partition, offset }) => ({ topic, partition, offset: offset + 1 }));
}

/** Goes back to what the group has committed, in what is still the consumer's. False if nobody says what that is. */
async function rewound(consumer: RecordingConsumer): Promise<boolean> {
  const told = await consumer.committed(consumer.assignment);
  if (told === null) return false;
  const committed = new Map(told.map(({ topic, partition, offset }) => [topicPartitionKey(topic, partition), offset]));
  // Where nothing is committed yet it goes back to the beginning.
  for (const { topic, partition } of consumer.assignment)
    consumer.seek(topic, partition, committed.get(topicPartitionKey(topic, partition)) ?? 0);
  return true;
}
