/** AddPartitionsToTxn and AddOffsetsToTxn: partitions come into a transaction, or a broker asks whether they are in it (KIP-890). */
import { ErrorCode } from '../protocol/errors.ts';
import type { TopicPartition, TopicPartitionKey } from '../protocol/partition.ts';
import type { TransactionServices } from './services.ts';
import type { TransactionMetadata } from './transaction-metadata.ts';
import { isPrepared } from './transaction-state.ts';
import type { TransactionShard } from './transactions.ts';

export interface AdditionRequest {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: ReadonlyMap<TopicPartitionKey, TopicPartition>;
  /** The level of transaction.version that whoever asks speaks. */
  readonly transactionVersion: number;
}

export class PartitionAdditions {
  readonly #services: TransactionServices;

  constructor(services: TransactionServices) {
    this.#services = services;
  }

  /** `done` when the partitions are in the transaction by a committed record, or with an error. */
  add(shard: TransactionShard, metadata: TransactionMetadata, request: AdditionRequest, done: (error: number) => void): void {
    const { states, env } = this.#services;
    const { current, pendingState } = metadata;
    // First of all, since what is pending may be another producer id, which the producer already has (transaction.version 2).
    const error = pendingState !== null ? ErrorCode.CONCURRENT_TRANSACTIONS : producerError(metadata, request);
    const isThere = current.state === 'Ongoing' && [...request.partitions.keys()].every((key) => current.partitions.has(key));
    if (error !== ErrorCode.NONE || isThere) {
      done(error);
      return;
    }
    const next = metadata.prepareAddPartitions(request.partitions, request.transactionVersion, env.clock.wallMs());
    states.append({ shard, metadata, next, reason: 'add-partitions' }, { answered: done });
  }
}

/** Are the partitions in the transaction of this producer? The error for each. What is pending does not matter: the log is asked last. */
export function verifyPartitions(metadata: TransactionMetadata, request: AdditionRequest): Map<TopicPartitionKey, number> {
  const error = producerError(metadata, request);
  const { partitions } = metadata.current;
  const errorOf = (key: TopicPartitionKey): number =>
    error === ErrorCode.NONE && !partitions.has(key) ? ErrorCode.TRANSACTION_ABORTABLE : error;
  return new Map([...request.partitions.keys()].map((key) => [key, errorOf(key)]));
}

function producerError({ current }: TransactionMetadata, { producerId, producerEpoch }: AdditionRequest): number {
  if (current.producerId !== producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  if (current.producerEpoch !== producerEpoch) return ErrorCode.PRODUCER_FENCED;
  return isPrepared(current.state) ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.NONE;
}
