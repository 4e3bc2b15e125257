/**
 * Asks the coordinators of transactions whether partitions take part in them, or has them added (KIP-890; Kafka's
 * AddPartitionsToTxnManager): one request to each coordinator at a time, with all that has gathered for it meanwhile.
 */
import { coordinatorPartition } from '../coordinator/coordinator-partition.ts';
import type { ClientEnvironment } from '../environment.ts';
import { type MetadataImage, topicByName } from '../metadata/image.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from '../protocol/messages/index.ts';
import type { BrokerId } from '../protocol/numbers.ts';
import { type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import type { Draft } from '../protocol/schema.ts';
import type { Endpoint, InterBrokerRpc, RpcResult, TransactionVerifier } from '../replication/ports.ts';
import type { WritingTransaction } from '../replication/types.ts';
import { TRANSACTION_TOPIC } from './topic-names.ts';

/** Brokers ask about many transactions in one request from here on. */
const BATCHED_VERSION = 4;

type Errors = ReadonlyMap<TopicPartitionKey, number>;

interface Question {
  readonly transaction: WritingTransaction;
  readonly partitions: readonly TopicPartition[];
  readonly done: (errors: Errors) => void;
}

interface Coordinator {
  isAsked: boolean;
  /** By transactional id, for the next request. */
  readonly waiting: Map<string, Question>;
}

export interface AddPartitionsToTxnManagerOptions {
  readonly rpc: InterBrokerRpc;
  readonly image: () => MetadataImage;
  readonly interBrokerListener: string;
}

export class AddPartitionsToTxnManager implements TransactionVerifier {
  readonly #env: ClientEnvironment;
  readonly #options: AddPartitionsToTxnManagerOptions;
  /** By host and port, too: a broker that has moved is another coordinator. */
  readonly #coordinators = new Map<string, Coordinator>();

  constructor(env: ClientEnvironment, options: AddPartitionsToTxnManagerOptions) {
    this.#env = env;
    this.#options = options;
  }

  addOrVerify(transaction: WritingTransaction, partitions: readonly TopicPartition[], done: (errors: Errors) => void): void {
    const question = { transaction, partitions, done };
    const endpoint = this.#coordinatorOf(transaction.transactionalId);
    if (endpoint === null) {
      fail(question, ErrorCode.COORDINATOR_NOT_AVAILABLE);
      return;
    }
    const key = `${endpoint.id} ${endpoint.host}:${endpoint.port}`;
    let coordinator = this.#coordinators.get(key);
    if (coordinator === undefined) this.#coordinators.set(key, (coordinator = { isAsked: false, waiting: new Map() }));
    if (replaces(question, coordinator.waiting.get(transaction.transactionalId))) {
      coordinator.waiting.delete(transaction.transactionalId);
      coordinator.waiting.set(transaction.transactionalId, question);
    }
    this.#ask(coordinator, endpoint);
  }

  #ask(coordinator: Coordinator, endpoint: Endpoint): void {
    if (coordinator.isAsked || coordinator.waiting.size === 0) return;
    const questions: Question[] = [];
    for (const [transactionalId, question] of coordinator.waiting) {
      questions.push(question);
      coordinator.waiting.delete(transactionalId);
      if (this.#env.random.sometimes('broker/single-verification')) break;
    }
    coordinator.isAsked = true;
    const { rpc } = this.#options;
    rpc.send(endpoint, 'AddPartitionsToTxn', requestFor(questions), { minVersion: BATCHED_VERSION }, (result) => {
      coordinator.isAsked = false;
      const isLost = this.#env.random.sometimes('broker/lost-verification');
      settle(questions, isLost ? { ok: false, reason: 'disconnected', sent: true } : result);
      this.#ask(coordinator, endpoint);
    });
  }

  /** Null: there is none at the moment. */
  #coordinatorOf(transactionalId: string): Endpoint | null {
    const { image, interBrokerListener } = this.#options;
    const { brokers } = image();
    const topic = topicByName(image(), TRANSACTION_TOPIC);
    if (topic === undefined || topic.partitions.size === 0) return null;
    const leader: BrokerId | undefined = topic.partitions.get(
      coordinatorPartition(transactionalId, topic.partitions.size),
    )?.leader;
    const broker = leader === undefined ? undefined : brokers.get(leader);
    const address = broker?.endpoints.get(interBrokerListener);
    if (broker === undefined || broker.fenced || address === undefined) return null;
    return { id: String(broker.id), host: address.host, port: address.port };
  }
}

/**
 * Does a question take the place of the one that waits for the same transactional id? Only the newer producer's is asked. Of one and the
 * same producer the client asks again: the first question gets an error that lets it.
 */
function replaces(question: Question, waiting: Question | undefined): boolean {
  if (waiting === undefined) return true;
  const newer = question.transaction.producerEpoch - waiting.transaction.producerEpoch;
  if (newer < 0) fail(question, ErrorCode.INVALID_PRODUCER_EPOCH);
  else fail(waiting, newer > 0 ? ErrorCode.INVALID_PRODUCER_EPOCH : ErrorCode.NETWORK_EXCEPTION);
  return newer >= 0;
}

function requestFor(questions: readonly Question[]): Draft<AddPartitionsToTxnRequest> {
  return {
    transactions: questions.map(({ transaction, partitions }) => {
      const topics = new Map<string, number[]>();
      for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
      return {
        transactionalId: transaction.transactionalId,
        producerId: transaction.producerId,
        producerEpoch: transaction.producerEpoch,
        verifyOnly: transaction.support !== 'add',
        topics: Array.from(topics, ([name, indexes]) => ({ name, partitions: indexes })),
      };
    }),
  };
}

function settle(questions: readonly Question[], result: RpcResult<AddPartitionsToTxnResponse>): void {
  const failAll = (error: number): void => {
    for (const question of questions) fail(question, error);
  };
  if (!result.ok) {
    if (result.reason === 'unsupported-version') {
      // The coordinator is too old to be asked: appends go on as they did with it.
      for (const { done } of questions) done(new Map());
    } else
      failAll(result.reason === 'authentication-failed' ? ErrorCode.SASL_AUTHENTICATION_FAILED : ErrorCode.NETWORK_EXCEPTION);
    return;
  }
  const { errorCode, resultsByTransaction } = result.response;
  if (errorCode !== ErrorCode.NONE) {
    // The producer is not to hear that this broker may not ask.
    failAll(errorCode === ErrorCode.CLUSTER_AUTHORIZATION_FAILED ? ErrorCode.INVALID_TXN_STATE : errorCode);
    return;
  }
  for (const question of questions) {
    const { transactionalId } = question.transaction;
    const answer = resultsByTransaction.find((candidate) => candidate.transactionalId === transactionalId);
    if (answer === undefined) {
      fail(question, ErrorCode.UNKNOWN_SERVER_ERROR);
      continue;
    }
    const errors = new Map<TopicPartitionKey, number>();
    for (const { name, resultsByPartition } of answer.topicResults) {
      for (const { partitionIndex, partitionErrorCode } of resultsByPartition) {
        if (partitionErrorCode === ErrorCode.NONE) continue;
        errors.set(topicPartitionKey(name, partitionIndex), errorForProducer(partitionErrorCode, question.transaction));
      }
    }
    question.done(errors);
  }
}

function errorForProducer(error: number, { support }: WritingTransaction): number {
  if (error === ErrorCode.PRODUCER_FENCED) return ErrorCode.INVALID_PRODUCER_EPOCH;
  const isUnknown = error === ErrorCode.TRANSACTION_ABORTABLE && support === 'verify';
  return isUnknown ? ErrorCode.INVALID_TXN_STATE : error;
}

function fail({ partitions, done }: Question, error: number): void {
  done(new Map(partitions.map(({ topic, partition }) => [topicPartitionKey(topic, partition), error])));
}
