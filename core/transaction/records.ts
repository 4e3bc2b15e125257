/** The records of `__transaction_state` in Kafka's format. */
import {
  decodeCoordinatorKey,
  decodeVersionedMessage,
  encodeCoordinatorKey,
  encodeVersionedMessage,
  messageVersion,
} from '../protocol/codec.ts';
import { DecodeError } from '../protocol/reader.ts';
import { type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import type { RecordInput } from '../protocol/records.ts';
import { NONE, type Transaction } from './transaction-metadata.ts';
import { TRANSACTION_STATES } from './transaction-state.ts';

/** The only kind of keys. */
const TRANSACTION_KEY = 0;
const HIGHEST_VALUE_VERSION = 1;

/** `transactionVersion`: the cluster's level; from 1 on values have room for what older brokers don't know (KIP-890). */
export function transactionRecord(
  transactionalId: string,
  transaction: Transaction,
  transactionVersion: number,
  timestamp: number,
): RecordInput {
  const version = transactionVersion >= 1 ? 1 : 0;
  const value = encodeVersionedMessage('TransactionLogValue', version, {
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: TRANSACTION_STATES.indexOf(transaction.state),
    transactionPartitions: transaction.state === 'Empty' ? null : byTopic(transaction.partitions.values()),
    transactionLastUpdateTimestampMs: transaction.lastUpdateMs,
    transactionStartTimestampMs: transaction.startMs,
    ...(version === 0
      ? {}
      : {
          previousProducerId: transaction.previousProducerId,
          nextProducerId: transaction.nextProducerId,
          clientTransactionVersion: transaction.clientTransactionVersion,
        }),
  });
  return { key: encodeCoordinatorKey('TransactionLogKey', { transactionalId }), value, timestamp };
}

export function transactionTombstone(transactionalId: string, timestamp: number): RecordInput {
  return { key: encodeCoordinatorKey('TransactionLogKey', { transactionalId }), value: null, timestamp };
}

function byTopic(partitions: Iterable<TopicPartition>): { topic: string; partitionIds: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const ids = topics.get(topic);
    if (ids === undefined) topics.set(topic, [partition]);
    else ids.push(partition);
  }
  return [...topics].map(([topic, partitionIds]) => ({ topic, partitionIds }));
}

export type StoredTransaction =
  | { readonly kind: 'transaction'; readonly transactionalId: string; readonly transaction: Transaction | null }
  /** Of a version that is not known: left over from an upgrade that was given up. */
  | { readonly kind: 'unknown' };

/** Reads a record's key and value; null in place of the transaction: a tombstone. DecodeError if they are malformed. */
export function decodeStored(key: Uint8Array, value: Uint8Array | null): StoredTransaction {
  if (messageVersion(key) !== TRANSACTION_KEY) return { kind: 'unknown' };
  const { transactionalId } = decodeCoordinatorKey('TransactionLogKey', key);
  if (value === null) return { kind: 'transaction', transactionalId, transaction: null };
  const version = messageVersion(value);
  if (version < 0 || version > HIGHEST_VALUE_VERSION) return { kind: 'unknown' };
  const stored = decodeVersionedMessage('TransactionLogValue', value).data;
  const state = TRANSACTION_STATES[stored.transactionStatus];
  if (state === undefined) throw new DecodeError(`a transaction in the unknown state ${stored.transactionStatus}`);
  const partitions = new Map<TopicPartitionKey, TopicPartition>();
  for (const { topic, partitionIds } of (state === 'Empty' ? null : stored.transactionPartitions) ?? []) {
    for (const partition of partitionIds) partitions.set(topicPartitionKey(topic, partition), { topic, partition });
  }
  return {
    kind: 'transaction',
    transactionalId,
    transaction: {
      state,
      producerId: stored.producerId,
      previousProducerId: stored.previousProducerId,
      nextProducerId: stored.nextProducerId,
      producerEpoch: stored.producerEpoch,
      lastProducerEpoch: NONE,
      timeoutMs: stored.transactionTimeoutMs,
      partitions,
      startMs: stored.transactionStartTimestampMs,
      lastUpdateMs: stored.transactionLastUpdateTimestampMs,
      clientTransactionVersion: stored.clientTransactionVersion,
    },
  };
}
