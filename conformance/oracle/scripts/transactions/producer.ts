/** A transactional producer of the scripts: what it does quietly, and the pieces that requests of transactions are made of. */
import { ErrorCode } from '../../../../core/protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../../../core/protocol/messages/index.ts';
import { encodeBatch } from '../../../../core/protocol/records.ts';
import type { Draft } from '../../../../core/protocol/schema.ts';
import { type Conversation, versions } from '../../conversation.ts';

/** The level of transaction.version that a script is about. */
export type TransactionVersion = 0 | 1 | 2;

/** Where requests begin to be of transaction.version 2: a broker fails for an unknown reason where it cannot note that of a producer. */
const OF_VERSION_2 = { EndTxn: 5, Produce: 12, TxnOffsetCommit: 5 } as const;

/** The versions of an API that are asked at a level of transaction.version. */
export function spoken(api: keyof typeof OF_VERSION_2, level: TransactionVersion, lowest = 0): number[] {
  return level === 0 ? versions(api, lowest, OF_VERSION_2[api] - 1) : versions(api, lowest);
}

export const TOPIC = 'transactional';
/** A transaction of the scripts lasts no longer. */
export const TIMEOUT_MS = 60_000;
/** Of the records: years ago. */
const TIMESTAMP = 1_700_000_000_000;

/** What whoever comes too early is answered. */
const TOO_EARLY: ReadonlySet<number> = new Set([
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NOT_COORDINATOR,
]);

/** Asks again while the coordinator is busy with the transaction before, and writes down what it says then. */
export async function settled<A extends ApiName>(
  talk: Conversation,
  step: string,
  api: A,
  version: number,
  body: Draft<RequestTypes[A]>,
  errorOf: (answer: ResponseTypes[A]) => number,
): Promise<ResponseTypes[A]> {
  const answer = await talk.until(api, version, body, (response) => !TOO_EARLY.has(errorOf(response)));
  talk.record(`${api} v${version} ${step}`, answer, api);
  return answer;
}

interface Identity {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** A batch of one record in a transaction. */
export function batchOf({ producerId, producerEpoch }: Identity, baseSequence: number, isTransactional = true): Uint8Array {
  return encodeBatch([{ key: null, value: Buffer.from(`record ${baseSequence}`), timestamp: TIMESTAMP }], {
    producerId,
    producerEpoch,
    baseSequence,
    isTransactional,
  });
}

export class TransactionalProducer implements Identity {
  readonly transactionalId: string;
  readonly #talk: Conversation;
  readonly #version: TransactionVersion;
  producerId = -1;
  producerEpoch = -1;
  readonly #sequences = new Map<string, number>();

  private constructor(talk: Conversation, version: TransactionVersion, transactionalId: string) {
    this.#talk = talk;
    this.#version = version;
    this.transactionalId = transactionalId;
  }

  /** With the producer id and epoch that the coordinator gives it. */
  static async with(talk: Conversation, version: TransactionVersion, transactionalId: string): Promise<TransactionalProducer> {
    const producer = new TransactionalProducer(talk, version, transactionalId);
    await producer.init();
    return producer;
  }

  /** Of a request of the two APIs that only say whose transaction it is. */
  get identity(): Identity {
    const { transactionalId, producerId, producerEpoch } = this;
    return { transactionalId, producerId, producerEpoch };
  }

  async init(transactionTimeoutMs = TIMEOUT_MS): Promise<void> {
    const request = { transactionalId: this.transactionalId, transactionTimeoutMs };
    const answer = await this.#talk.until('InitProducerId', 2, request, ({ errorCode }) => !TOO_EARLY.has(errorCode));
    if (answer.errorCode !== 0) throw new Error(`InitProducerId of ${this.transactionalId}: ${answer.errorCode}`);
    this.producerId = answer.producerId;
    this.producerEpoch = answer.producerEpoch;
    this.#sequences.clear();
  }

  async addPartitions(...partitions: number[]): Promise<void> {
    const request = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [{ name: TOPIC, partitions }],
    };
    const errorOf = ({ resultsByTopicV3AndBelow: [topic] }: ResponseTypes['AddPartitionsToTxn']): number =>
      topic?.resultsByPartition[0]?.partitionErrorCode ?? 0;
    const answer = await this.#talk.until('AddPartitionsToTxn', 3, request, (response) => !TOO_EARLY.has(errorOf(response)));
    if (errorOf(answer) !== 0) throw new Error(`AddPartitionsToTxn of ${this.transactionalId}: ${errorOf(answer)}`);
  }

  /** A Produce request of one record with the next sequence. */
  produceBody(index = 0, topic: object = { name: TOPIC }): Draft<RequestTypes['Produce']> {
    const sequence = this.#sequences.get(String(index)) ?? 0;
    this.#sequences.set(String(index), sequence + 1);
    const partitionData = [{ index, records: batchOf(this, sequence) }];
    return { transactionalId: this.transactionalId, acks: -1, timeoutMs: 5_000, topicData: [{ ...topic, partitionData }] };
  }

  /** Writes a record to each of the partitions. */
  async send(...indexes: number[]): Promise<void> {
    if (this.#version < 2) await this.addPartitions(...indexes);
    for (const index of indexes) {
      const request = this.produceBody(index);
      const errorOf = ({ responses: [topic] }: ResponseTypes['Produce']): number => topic?.partitionResponses[0]?.errorCode ?? 0;
      const answer = await this.#talk.until(
        'Produce',
        this.#version < 2 ? 11 : 12,
        request,
        (response) => !TOO_EARLY.has(errorOf(response)),
      );
      if (errorOf(answer) !== 0) throw new Error(`Produce of ${this.transactionalId}: ${errorOf(answer)}`);
    }
  }

  /** Ends the transaction, and goes on with the epoch that is the next transaction's. */
  async end(committed: boolean): Promise<void> {
    const version = this.#version < 2 ? 4 : 5;
    const request = { ...this.identity, committed };
    const answer = await this.#talk.until('EndTxn', version, request, ({ errorCode }) => !TOO_EARLY.has(errorCode));
    if (answer.errorCode !== 0) throw new Error(`EndTxn of ${this.transactionalId}: ${answer.errorCode}`);
    if (version < 5) return;
    this.producerId = answer.producerId;
    this.producerEpoch = answer.producerEpoch;
    this.#sequences.clear();
  }
}

/** Waits until the transaction of an id is in one of the states. */
export async function inState(talk: Conversation, transactionalId: string, ...states: string[]): Promise<void> {
  await talk.until('DescribeTransactions', 0, { transactionalIds: [transactionalId] }, ({ transactionStates: [found] }) =>
    states.includes(found?.transactionState ?? ''),
  );
}
