/**
 * The markers of decided transactions on their way to the leaders of the partitions. Each broker has one request under way at most; what
 * comes meanwhile goes with the next. A partition without leader waits for one, one that is gone needs no marker, and when the last
 * has its own the transaction is complete (Kafka's TransactionMarkerChannelManager).
 */
import type { ClientEnvironment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { LeaderEpoch } from '../protocol/numbers.ts';
import { type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import type { RpcResult } from '../rpc/pending.ts';
import type { Transaction, TransactionMetadata } from './transaction-metadata.ts';
import type { TransactionStateManager } from './transaction-state-manager.ts';
import type { TransactionShard } from './transactions.ts';

/** Where the markers of a partition go: to a broker, to nobody at present, or nowhere any more. */
export type MarkerDestination = number | 'unavailable' | 'gone';

/** What the channel needs of the broker that it is in. */
export interface MarkerPorts {
  /** The leader of a partition, by the metadata that this broker has. */
  readonly leaderOf: (partition: TopicPartition) => MarkerDestination;
  /** Sends to a broker; `done` once, with its answer or without. */
  readonly send: (
    brokerId: number,
    request: RequestTypes['WriteTxnMarkers'],
    done: (result: RpcResult<ResponseTypes['WriteTxnMarkers']>) => void,
  ) => void;
}

/** What failed is tried again after so long. Kafka does it at once. */
const RETRY_BACKOFF_MS = 20;

/** About as long as a few transactions take, and as a connection that hangs. */
const DELAYED_MARKERS_MS = [20, 100, 500, 2_000];

/** A decided transaction whose markers are being written. */
interface Completion {
  readonly shard: TransactionShard;
  readonly coordinatorEpoch: LeaderEpoch;
  readonly metadata: TransactionMetadata;
  /** What it will be when the last marker is written. */
  readonly next: Transaction;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly commit: boolean;
  readonly transactionVersion: number;
}

/** The markers of one transaction for one broker. */
interface Markers {
  readonly completion: Completion;
  readonly partitions: readonly TopicPartition[];
}

interface Destination {
  isBusy: boolean;
  waiting: Markers[];
}

export class MarkerChannel {
  readonly #env: ClientEnvironment;
  readonly #ports: MarkerPorts;
  readonly #states: TransactionStateManager;
  readonly #completions = new Map<string, Completion>();
  readonly #destinations = new Map<number, Destination>();
  /** Whose partitions have no leader that could be asked. */
  #withoutLeader: Markers[] = [];
  #isClosed = false;

  constructor(env: ClientEnvironment, ports: MarkerPorts, states: TransactionStateManager) {
    this.#env = env;
    this.#ports = ports;
    this.#states = states;
  }

  /** The record of the decision is committed: its markers may be written. Returns what the transaction will be when they are. */
  complete(shard: TransactionShard, metadata: TransactionMetadata): Transaction {
    const { state, producerId, producerEpoch, partitions, clientTransactionVersion } = metadata.current;
    const next = metadata.prepareComplete(this.#env.clock.wallMs());
    const completion: Completion = {
      shard,
      coordinatorEpoch: shard.leaderEpoch,
      metadata,
      next,
      producerId,
      producerEpoch,
      commit: state === 'PrepareCommit',
      transactionVersion: clientTransactionVersion,
    };
    this.#completions.set(metadata.transactionalId, completion);
    const delayMs = this.#env.random.sometimes('transaction/late-markers') ? 50 : 0;
    // In an event of its own: whoever asked for the end is answered first.
    this.#env.timers.after(delayMs, () => this.#route({ completion, partitions: [...partitions.values()] }));
    return next;
  }

  /** A shard is given up: whoever loads it next writes the markers. */
  abandon(shard: TransactionShard): void {
    for (const [id, completion] of this.#completions) if (completion.shard === shard) this.#completions.delete(id);
  }

  /** Leaders may have been found, and topics deleted. */
  onMetadataUpdate(): void {
    const waiting = this.#withoutLeader;
    this.#withoutLeader = [];
    for (const markers of waiting) this.#route(markers);
  }

  close(): void {
    this.#isClosed = true;
    this.#completions.clear();
  }

  #isCurrent(completion: Completion): boolean {
    return !this.#isClosed && this.#completions.get(completion.metadata.transactionalId) === completion;
  }

  #route({ completion, partitions }: Markers): void {
    if (!this.#isCurrent(completion)) return;
    const byBroker = new Map<number, TopicPartition[]>();
    const unavailable: TopicPartition[] = [];
    for (const partition of partitions) {
      const leader = this.#ports.leaderOf(partition);
      if (leader === 'gone') completion.metadata.removePartition(topicPartitionKey(partition.topic, partition.partition));
      else if (leader === 'unavailable') unavailable.push(partition);
      else byBroker.set(leader, [...(byBroker.get(leader) ?? []), partition]);
    }
    if (unavailable.length > 0) this.#withoutLeader.push({ completion, partitions: unavailable });
    for (const [brokerId, ofBroker] of byBroker) this.#enqueue(brokerId, { completion, partitions: ofBroker });
    this.#maybeWriteCompletion(completion);
  }

  #enqueue(brokerId: number, markers: Markers): void {
    let destination = this.#destinations.get(brokerId);
    if (destination === undefined) {
      destination = { isBusy: false, waiting: [] };
      this.#destinations.set(brokerId, destination);
    }
    destination.waiting.push(markers);
    this.#sendNext(brokerId, destination);
  }

  #sendNext(brokerId: number, destination: Destination): void {
    if (destination.isBusy) return;
    let batch = destination.waiting.filter(({ completion }) => this.#isCurrent(completion));
    destination.waiting = [];
    const [first] = batch;
    if (first === undefined) return;
    if (this.#env.random.sometimes('transaction/one-marker')) {
      destination.waiting = [{ ...first, partitions: first.partitions.slice(1) }, ...batch.slice(1)].filter(
        ({ partitions }) => partitions.length > 0,
      );
      batch = [{ ...first, partitions: first.partitions.slice(0, 1) }];
    }
    destination.isBusy = true;
    for (const markers of batch) {
      this.#env.tracer.emit({ type: 'transaction-markers-sent', ...describe(markers, brokerId) });
    }
    const request = { markers: batch.map(writable) };
    this.#maybeDelayed(() => this.#ports.send(brokerId, request, () => undefined));
    this.#ports.send(brokerId, request, (result) => {
      destination.isBusy = false;
      for (const markers of batch) this.#onAnswer(brokerId, markers, result.ok ? result.response : null);
      this.#sendNext(brokerId, destination);
    });
  }

  /** A connection that hangs is given up, and the markers sent on another; what the first one carried may come at any time. */
  #maybeDelayed(sendAgain: () => void): void {
    const { random, timers } = this.#env;
    if (!random.sometimes('transaction/delayed-markers')) return;
    const delayMs = random.stream('transaction/delayed-markers').pick(DELAYED_MARKERS_MS, 'delay');
    timers.after(delayMs, () => {
      if (!this.#isClosed) sendAgain();
    });
  }

  #onAnswer(brokerId: number, markers: Markers, response: ResponseTypes['WriteTxnMarkers'] | null): void {
    const { completion, partitions } = markers;
    const answers = response === null ? null : errorsOf(response, completion.producerId);
    const errors = answers && partitions.map((each) => answers.get(keyOf(each)) ?? ErrorCode.UNKNOWN_SERVER_ERROR);
    this.#env.tracer.emit({ type: 'transaction-markers-answered', ...describe(markers, brokerId), errors });
    if (!this.#isCurrent(completion)) return;
    const failed: TopicPartition[] = [];
    partitions.forEach((partition, index) => {
      switch (errors?.[index]) {
        case ErrorCode.NONE:
        // There are no transactions in a partition of an older message format.
        case ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT:
        case ErrorCode.UNSUPPORTED_VERSION:
          completion.metadata.removePartition(keyOf(partition));
          break;
        case ErrorCode.INVALID_PRODUCER_EPOCH:
        case ErrorCode.TRANSACTION_COORDINATOR_FENCED:
          // Another coordinator has gone on with this transaction.
          this.#completions.delete(completion.metadata.transactionalId);
          break;
        default:
          failed.push(partition);
      }
    });
    if (failed.length > 0) this.#retryLater({ completion, partitions: failed });
    this.#maybeWriteCompletion(completion);
  }

  #retryLater(markers: Markers): void {
    this.#env.timers.after(RETRY_BACKOFF_MS, () => this.#route(markers));
  }

  #maybeWriteCompletion(completion: Completion): void {
    if (!this.#isCurrent(completion) || completion.metadata.current.partitions.size > 0) return;
    this.#completions.delete(completion.metadata.transactionalId);
    this.#writeCompletion(completion);
  }

  #writeCompletion(completion: Completion): void {
    const { shard, metadata, next, coordinatorEpoch } = completion;
    const isGone = (): boolean => this.#isClosed || shard.status !== 'active' || shard.leaderEpoch !== coordinatorEpoch;
    if (isGone()) return;
    this.#states.append(
      { shard, metadata, next, reason: 'markers-written' },
      {
        settled: (error) => {
          if (error === ErrorCode.NONE || error === ErrorCode.NOT_COORDINATOR || isGone()) return;
          // The markers are written: all that is left is to say so.
          const again = metadata.prepareComplete(this.#env.clock.wallMs());
          this.#env.timers.after(RETRY_BACKOFF_MS, () => this.#writeCompletion({ ...completion, next: again }));
        },
      },
    );
  }
}

function keyOf({ topic, partition }: TopicPartition): TopicPartitionKey {
  return topicPartitionKey(topic, partition);
}

function errorsOf({ markers }: ResponseTypes['WriteTxnMarkers'], producerId: number): Map<TopicPartitionKey, number> {
  const errors = new Map<TopicPartitionKey, number>();
  for (const marker of markers) {
    if (marker.producerId !== producerId) continue;
    for (const { name, partitions } of marker.topics) {
      for (const { partitionIndex, errorCode } of partitions) errors.set(topicPartitionKey(name, partitionIndex), errorCode);
    }
  }
  return errors;
}

function writable({ completion, partitions }: Markers): RequestTypes['WriteTxnMarkers']['markers'][number] {
  const { producerId, producerEpoch, commit, coordinatorEpoch, transactionVersion } = completion;
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  return {
    producerId,
    producerEpoch,
    transactionResult: commit,
    topics: [...topics].map(([name, partitionIndexes]) => ({ name, partitionIndexes })),
    coordinatorEpoch,
    transactionVersion,
  };
}

function describe({ completion, partitions }: Markers, brokerId: number) {
  const { metadata, producerId, producerEpoch, coordinatorEpoch, commit } = completion;
  const { transactionalId } = metadata;
  return { transactionalId, producerId, producerEpoch, coordinatorEpoch, commit, brokerId, partitions: partitions.map(keyOf) };
}
