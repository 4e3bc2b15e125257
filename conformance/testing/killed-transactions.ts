/** Transactions of kafkajs that a whole cluster is killed in the midst of, and who reads what came of them. */
import { Kafka, logLevel, type Producer, type Transaction } from 'kafkajs';
import { Consumer } from '../../core/client/consumer/consumer.ts';
import { utf8 } from '../../core/client/serializers.ts';
import { type ClientProcess, clientProcess } from '../../server/client-environment.ts';
import { eventually } from './served.ts';

/** Each transaction writes one record to each. */
export const PARTITIONS = 3;
/** One in so many transactions is aborted. */
const ABORTED_EVERY = 3;
const LIMIT_MS = 60_000;

/** Its clients wait for brokers that are being started again. */
export function patientKafka(brokers: string[]): Kafka {
  return new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 100, initialRetryTime: 50, maxRetryTime: 300 } });
}

/** A transaction with `value` in each partition, and with offset 7 of each for the group that is named as the value. */
export async function written(producer: Producer, topic: string, value: string): Promise<Transaction> {
  const transaction = await producer.transaction();
  // To one partition at a time: of several, kafkajs forgets what it should send again to a broker that has answered already.
  for (let partition = 0; partition < PARTITIONS; partition++)
    await transaction.send({ topic, acks: -1, messages: [{ partition, value }] });
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, offset: '7' }));
  await transaction.sendOffsets({ consumerGroupId: value, topics: [{ topic, partitions }] });
  return transaction;
}

/** A producer of this transactional id. Its transactions time out after `timeoutMs`. */
export async function transactionalProducer(kafka: Kafka, transactionalId: string, timeoutMs: number): Promise<Producer> {
  const options = { transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: timeoutMs };
  const producer = kafka.producer(options);
  await producer.connect();
  return producer;
}

/** Commits and aborts transactions until it is stopped, and remembers what became of each; of those in neither list it does not know. */
export class TransactionLoad {
  readonly committed: string[] = [];
  readonly aborted: string[] = [];
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #lanes: Promise<void>[];
  #running = true;

  constructor(kafka: Kafka, topic: string, lanes: number) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#lanes = Array.from({ length: lanes }, (_, lane) => this.#run(`lane-${lane}`));
  }

  async #run(id: string): Promise<void> {
    let producer = await transactionalProducer(this.#kafka, id, LIMIT_MS);
    let index = -1;
    while (this.#running) {
      index++;
      const value = `${id}-${index}`;
      const isAborted = index % ABORTED_EVERY === ABORTED_EVERY - 1;
      try {
        const transaction = await written(producer, this.#topic, value);
        await (isAborted ? transaction.abort() : transaction.commit());
        (isAborted ? this.aborted : this.committed).push(value);
      } catch {
        // It may or may not be committed. The next of its id ends it, if it is open.
        await producer.disconnect();
        producer = await transactionalProducer(this.#kafka, id, LIMIT_MS);
      }
    }
    await producer.disconnect();
  }

  /** Resolves when `count` more have been committed. */
  async more(count: number): Promise<void> {
    const wanted = this.committed.length + count;
    await eventually('transactions are committed', () => (this.committed.length >= wanted ? true : null), LIMIT_MS);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#lanes);
  }
}

/** Reads committed records, from the beginning on; remembers, by value, the partitions that it found it in. */
export class CommittedReader {
  readonly #found = new Map<string, number[]>();
  readonly #clients: ClientProcess;
  readonly #ended: Promise<void>;
  #running = true;

  /**
   * It reads with a client of this project: kafkajs 2.2.4 and @platformatic/kafka 2.12.1 hand out records of aborted transactions where
   * transactions of several producers overlap, or one producer aborts twice within an answer.
   */
  constructor(bootstrapServers: string, topic: string, onFailed: (error: unknown) => void) {
    this.#clients = clientProcess({ name: 'reader', onFailed: ({ error }) => onFailed(error) });
    const properties = {
      'bootstrap.servers': bootstrapServers,
      'isolation.level': 'read_committed',
      'auto.offset.reset': 'earliest',
      'enable.auto.commit': false,
    };
    const deserializers = { keyDeserializer: utf8.deserialize, valueDeserializer: utf8.deserialize };
    const consumer = new Consumer(this.#clients.environment, properties, deserializers);
    consumer.assign(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition })));
    this.#ended = this.#read(consumer);
  }

  async #read(consumer: Consumer<string | null, string | null>): Promise<void> {
    while (this.#running) {
      for (const { partition, value } of await consumer.poll(100)) {
        const partitions = this.#found.get(String(value)) ?? [];
        this.#found.set(String(value), [...partitions, partition].toSorted());
      }
    }
    await consumer.close();
  }

  /** The partitions with this value, in order. */
  of(value: string): readonly number[] {
    return this.#found.get(value) ?? [];
  }

  get values(): string[] {
    return [...this.#found.keys()];
  }

  /** Resolves when it has found the value in all partitions. */
  async until(value: string): Promise<void> {
    const isFound = (): true | null => (this.of(value).length === PARTITIONS ? true : null);
    await eventually(`a reader of committed records finds "${value}"`, isFound, LIMIT_MS);
  }

  async close(): Promise<void> {
    this.#running = false;
    await this.#ended;
    this.#clients.end();
  }
}
