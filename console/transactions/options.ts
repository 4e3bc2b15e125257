/** The options of `trial transactions`, as kafka-transactions.sh has them, and which of them go together. */
import type { ConnectionOptions } from '../client-properties.ts';
import { UsageError } from '../errors.ts';

/** What is told of all transactional ids. */
export interface ListOptions {
  /** Milliseconds: only transactions that run for longer; negative: all. */
  readonly durationFilter?: number;
  readonly transactionalIdPattern?: string;
}

interface DescribeOptions {
  readonly transactionalId: string;
}

/** One partition; the producers of its leader, or of the replica on a broker. */
export interface DescribeProducersOptions {
  readonly topic: string;
  readonly partition: number;
  readonly brokerId?: number;
}

/** A transaction of a partition: by its first offset, or by all that its producer is known by. */
export interface AbortOptions {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly coordinatorEpoch?: number;
}

/** Where to look: at the partitions of a topic, or of all topics; with a broker, only those that it has a replica of. */
export interface FindHangingOptions {
  readonly brokerId?: number;
  readonly topic?: string;
  readonly partition?: number;
  /** Minutes. */
  readonly maxTransactionTimeout: number;
}

/** What is to be done, and with which options. */
export type TransactionsAction =
  | { readonly name: 'list'; readonly options: ListOptions }
  | { readonly name: 'describe'; readonly options: DescribeOptions }
  | { readonly name: 'describe-producers'; readonly options: DescribeProducersOptions }
  | { readonly name: 'abort'; readonly options: AbortOptions }
  | { readonly name: 'find-hanging'; readonly options: FindHangingOptions }
  | { readonly name: 'forceTerminateTransaction'; readonly options: DescribeOptions };

export type TransactionsOptions = ConnectionOptions & { readonly action: TransactionsAction };

/** Throws UsageError for options that are not enough. */
export function checkAction(action: TransactionsAction): void {
  if (action.name === 'abort') {
    const { startOffset, producerId, producerEpoch, coordinatorEpoch } = action.options;
    if (startOffset !== undefined) return;
    if (producerId === undefined)
      throw new UsageError('abort needs --start-offset, or all of --producer-id, --producer-epoch and --coordinator-epoch');
    if (producerEpoch === undefined) throw new UsageError('abort with --producer-id needs --producer-epoch');
    if (coordinatorEpoch === undefined) throw new UsageError('abort with --producer-id needs --coordinator-epoch');
  }
  if (action.name === 'find-hanging') {
    const { topic, brokerId, partition } = action.options;
    if (topic === undefined && brokerId === undefined) throw new UsageError('find-hanging needs --topic or --broker-id');
    if (partition !== undefined && topic === undefined) throw new UsageError('--partition needs --topic');
  }
}
