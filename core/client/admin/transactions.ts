/** The admin client's calls about transactions and the producers of a partition. */
import { ErrorCode } from '../../protocol/errors.ts';
import type { DescribeProducersResponseProducerState } from '../../protocol/messages/describe-producers-response.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import { KafkaError } from '../errors.ts';
import { NO_PRODUCER_ID } from '../producer/partition-sequence.ts';
import type { ProducerIdAndEpoch } from '../producer/partition-sequence.ts';
import { type AdminCalls, firstError } from './admin-calls.ts';

export interface TransactionDescription extends ProducerIdAndEpoch {
  readonly transactionalId: string;
  readonly coordinatorId: number;
  /** Kafka's name of the state: Empty, Ongoing, PrepareCommit, ... */
  readonly state: string;
  readonly timeoutMs: number;
  /** Null: no transaction is open. */
  readonly startedMs: number | null;
  readonly partitions: readonly TopicPartition[];
}

export interface TransactionListing {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly state: string;
  /** The coordinator that told of it. */
  readonly coordinatorId: number;
}

/** All transactional ids for which everything that is given holds. */
export interface TransactionFilter {
  /** By Kafka's names; empty: any. */
  readonly states?: readonly string[];
  /** Empty: any. */
  readonly producerIds?: readonly number[];
  /** Only transactions open for longer; negative: all. Brokers before Kafka 3.8 cannot tell. */
  readonly openForMs?: number;
  /** A regular expression that the whole id matches; '': all. Brokers before Kafka 4.1 cannot tell. */
  readonly transactionalIdPattern?: string;
}

export interface ProducersOfPartition extends TopicPartition {
  readonly producers: readonly DescribeProducersResponseProducerState[];
}

/** One transaction in one partition, as `describeProducers` tells of it. */
export interface OpenTransaction extends TopicPartition, ProducerIdAndEpoch {
  /** Of the coordinator that the partition last heard from in the name of this producer. */
  readonly coordinatorEpoch: number;
}

const DURATIONS_SINCE = 1;
const PATTERNS_SINCE = 2;

export async function describeTransactions(
  calls: AdminCalls,
  transactionalIds: readonly string[],
): Promise<TransactionDescription[]> {
  const described: TransactionDescription[] = [];
  for (const transactionalId of transactionalIds) {
    let coordinatorId = -1;
    const response = await calls.call(
      { kind: 'transaction-coordinator', transactionalId },
      'DescribeTransactions',
      { transactionalIds: [transactionalId] },
      (answer) => firstError(answer.transactionStates),
      (node) => {
        coordinatorId = Number(node.id);
      },
    );
    const [found] = response.transactionStates;
    if (found === undefined)
      throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `the answer lacks the transactional id ${transactionalId}`);
    described.push({
      transactionalId,
      coordinatorId,
      state: found.transactionState,
      producerId: found.producerId,
      producerEpoch: found.producerEpoch,
      timeoutMs: found.transactionTimeoutMs,
      startedMs: found.transactionStartTimeMs < 0 ? null : found.transactionStartTimeMs,
      partitions: found.topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
    });
  }
  return described;
}

/** Asks each of these brokers for what it coordinates. */
export async function listTransactions(
  calls: AdminCalls,
  brokerIds: readonly number[],
  { states = [], producerIds = [], openForMs = -1, transactionalIdPattern = '' }: TransactionFilter,
): Promise<TransactionListing[]> {
  const request = {
    stateFilters: [...states],
    producerIdFilters: [...producerIds],
    durationFilter: openForMs,
    transactionalIdPattern: transactionalIdPattern === '' ? null : transactionalIdPattern,
  };
  const minVersion = transactionalIdPattern === '' ? (openForMs < 0 ? 0 : DURATIONS_SINCE) : PATTERNS_SINCE;
  const listed: TransactionListing[] = [];
  for (const nodeId of brokerIds) {
    const to = { kind: 'broker', nodeId } as const;
    const { transactionStates } = await calls.call(to, 'ListTransactions', request, (answer) => answer, undefined, {
      minVersion,
    });
    for (const { transactionalId, producerId, transactionState: state } of transactionStates)
      listed.push({ transactionalId, producerId, state, coordinatorId: nodeId });
  }
  return listed;
}

/** Writes an abort marker to one partition, which its coordinator knows nothing of: the end of a hanging transaction. */
export async function abortTransaction(calls: AdminCalls, open: OpenTransaction): Promise<void> {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = open;
  const topics = [{ name: topic, partitionIndexes: [partition] }];
  const request = { markers: [{ producerId, producerEpoch, coordinatorEpoch, transactionResult: false, topics }] };
  await calls.call({ kind: 'leader', topic, partition }, 'WriteTxnMarkers', request, (answer) =>
    firstError(answer.markers.flatMap((marker) => marker.topics.flatMap((of) => of.partitions))),
  );
}

/** `brokerId`: which replica is asked; null: the leader. */
export async function describeProducers(
  calls: AdminCalls,
  partitions: readonly TopicPartition[],
  brokerId: number | null,
): Promise<ProducersOfPartition[]> {
  const results: ProducersOfPartition[] = [];
  for (const { topic, partition } of partitions) {
    const request = { topics: [{ name: topic, partitionIndexes: [partition] }] };
    const to =
      brokerId === null ? ({ kind: 'leader', topic, partition } as const) : ({ kind: 'broker', nodeId: brokerId } as const);
    const response = await calls.call(to, 'DescribeProducers', request, (answer) =>
      firstError(answer.topics.flatMap((each) => each.partitions)),
    );
    results.push({ topic, partition, producers: response.topics[0]?.partitions[0]?.activeProducers ?? [] });
  }
  return results;
}

/** Takes a new epoch for each id, as a new producer would, so that those before are fenced and their transactions aborted. */
export async function fenceProducers(
  calls: AdminCalls,
  transactionalIds: readonly string[],
  transactionTimeoutMs: number,
): Promise<Map<string, ProducerIdAndEpoch>> {
  const fenced = new Map<string, ProducerIdAndEpoch>();
  for (const transactionalId of transactionalIds) {
    const { producerId, producerEpoch } = await calls.call(
      { kind: 'transaction-coordinator', transactionalId },
      'InitProducerId',
      { transactionalId, transactionTimeoutMs, ...NO_PRODUCER_ID },
      (answer) => answer,
    );
    fenced.set(transactionalId, { producerId, producerEpoch });
  }
  return fenced;
}
