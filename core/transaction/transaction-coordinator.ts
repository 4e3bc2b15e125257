/** The transaction coordinator of a broker: it answers for the transactional ids whose partition of `__transaction_state` this broker leads. */
import type { CoordinatorLog } from '../coordinator/coordinator-log.ts';
import { CoordinatorRuntime } from '../coordinator/coordinator-runtime.ts';
import type { ClientEnvironment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { DescribeTransactionsResponseTransactionState, ListTransactionsResponse } from '../protocol/messages/index.ts';
import type { LeaderEpoch } from '../protocol/numbers.ts';
import type { TopicPartitionKey } from '../protocol/partition.ts';
import type { Draft } from '../protocol/schema.ts';
import type { TraceEventOf } from '../trace.ts';
import type { TransactionConfig } from './config.ts';
import { MarkerChannel, type MarkerPorts } from './marker-channel.ts';
import { type AdditionRequest, PartitionAdditions, verifyPartitions } from './partition-additions.ts';
import { type InitRequest, type InitResult, ProducerInitialization } from './producer-initialization.ts';
import { TransactionHousekeeping } from './transaction-housekeeping.ts';
import { type EndRequest, type EndResult, TransactionEnding } from './transaction-ending.ts';
import { NONE, type TransactionMetadata } from './transaction-metadata.ts';
import { TransactionReplay } from './transaction-replay.ts';
import { isPrepared, TRANSACTION_STATES } from './transaction-state.ts';
import { TransactionStateManager } from './transaction-state-manager.ts';
import type { Transactions, TransactionShard } from './transactions.ts';

/** A transactional id as an operator would see it. */
export interface TransactionSummary {
  readonly transactionalId: string;
  readonly state: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: readonly TopicPartitionKey[];
  readonly timeoutMs: number;
}

export interface TransactionCoordinatorOptions {
  readonly config: TransactionConfig;
  readonly log: CoordinatorLog;
  /** The partition, of so many, that a transactional id belongs to. */
  readonly partitionOf: (transactionalId: string, partitions: number) => number;
  readonly markers: MarkerPorts;
  /** A producer id that nobody ever had; null while there is none at hand. */
  readonly nextProducerId: () => number | null;
  /** The finalized level of transaction.version. */
  readonly transactionVersion: () => number;
}

/** Which transactional ids are to be listed: those for which all holds. Empty lists, and negative times, hold for all. */
export interface ListFilters {
  readonly producerIds: readonly number[];
  /** Names of states; those that there are not are told back. */
  readonly states: readonly string[];
  readonly longerThanMs: number;
  /** The test of ids, asked for when it is needed: it may throw. */
  readonly matches: () => (transactionalId: string) => boolean;
}

type RequestAnswered = TraceEventOf<'transaction-request-answered'>;

/** What a request claims, for its trace event. */
type Asked = Pick<RequestAnswered, 'api' | 'transactionalId' | 'producerId' | 'producerEpoch' | 'transactionVersion'> &
  Partial<Pick<RequestAnswered, 'partitions' | 'isVerification' | 'commit'>>;

export class TransactionCoordinator {
  readonly #env: ClientEnvironment;
  readonly #config: TransactionConfig;
  readonly #runtime: CoordinatorRuntime<Transactions, TransactionReplay>;
  readonly #markers: MarkerChannel;
  readonly #ending: TransactionEnding;
  readonly #initialization: ProducerInitialization;
  readonly #additions: PartitionAdditions;
  readonly #housekeeping: TransactionHousekeeping;

  constructor(env: ClientEnvironment, options: TransactionCoordinatorOptions) {
    this.#env = env;
    const { config, nextProducerId, transactionVersion } = options;
    this.#config = config;
    const states = new TransactionStateManager(env, transactionVersion);
    this.#markers = new MarkerChannel(env, options.markers, states);
    const services = { env, config, states, markers: this.#markers, nextProducerId, transactionVersion };
    this.#ending = new TransactionEnding(services);
    this.#initialization = new ProducerInitialization(services, this.#ending);
    this.#additions = new PartitionAdditions(services);
    const { tracer } = env;
    this.#runtime = new CoordinatorRuntime(env, {
      kind: {
        // Markers are of the coordinator's epoch: each epoch decides anew which are to be written.
        goesOnInNextEpoch: false,
        // What is not committed may be lost again, and a marker of it, or an answer, could not be taken back.
        servesUncommitted: false,
        newReplay: () => new TransactionReplay(),
        onLoading: ({ partition: statePartition, leaderEpoch }, endOffset) =>
          tracer.emit({ type: 'transaction-coordinator-loading', statePartition, leaderEpoch, endOffset }),
        onLoaded: (shard) => this.#onLoaded(shard),
        onLoadFailed: ({ partition: statePartition, leaderEpoch }) =>
          tracer.emit({ type: 'transaction-coordinator-load-failed', statePartition, leaderEpoch }),
        onUnloaded: (shard) => this.#onUnloaded(shard),
      },
      log: options.log,
      partitionOf: options.partitionOf,
      loadBufferBytes: config['transaction.state.log.load.buffer.size'],
      writes: {
        timeoutMs: config['request.timeout.ms'],
        lingerMs: 0,
        maxBatchBytes: config['message.max.bytes'],
      },
    });
    this.#housekeeping = new TransactionHousekeeping(services, this.#ending, () => this.#runtime.active());
  }

  /** Called once, when the broker's logs are loaded. `partitions`: how many `__transaction_state` has, or would get. */
  startup(partitions: () => number): void {
    this.#runtime.startup(partitions);
    this.#housekeeping.start();
  }

  shutdown(): void {
    if (this.#runtime.isClosed) return;
    this.#runtime.shutdown();
    this.#markers.close();
    this.#housekeeping.stop();
  }

  /** The `__transaction_state` partition that holds a transactional id. */
  partitionFor(transactionalId: string): number {
    return this.#runtime.partitionFor(transactionalId);
  }

  /** This broker leads a partition from now on: load it, then answer for its transactional ids. */
  onElection(partition: number, leaderEpoch: LeaderEpoch): void {
    this.#runtime.onElection(partition, leaderEpoch);
  }

  /** This broker no longer leads it; the epoch is null when the replica was removed. What waits is answered NOT_COORDINATOR. */
  onResignation(partition: number, leaderEpoch: LeaderEpoch | null): void {
    this.#runtime.onResignation(partition, leaderEpoch);
  }

  /** Partitions may have other leaders, or be gone: markers that wait for one go on. */
  onMetadataUpdate(): void {
    this.#markers.onMetadataUpdate();
  }

  transactions(): readonly TransactionSummary[] {
    return [...this.#runtime.active()].flatMap(({ state }) => [...state.values()].map(summary));
  }

  #onLoaded(shard: TransactionShard): void {
    const ids = [...shard.state.values()];
    this.#env.tracer.emit({
      type: 'transaction-coordinator-loaded',
      statePartition: shard.partition,
      leaderEpoch: shard.leaderEpoch,
      transactions: ids.map(summary),
    });
    // The coordinator before may have written none of their markers, or all.
    for (const metadata of ids) if (isPrepared(metadata.current.state)) this.#markers.complete(shard, metadata);
  }

  #onUnloaded(shard: TransactionShard): void {
    const { partition: statePartition, leaderEpoch } = shard;
    this.#env.tracer.emit({ type: 'transaction-coordinator-unloaded', statePartition, leaderEpoch });
    this.#markers.abandon(shard);
  }

  /** The loaded shard of a transactional id, or the error to answer with. */
  #shardOf(transactionalId: string): TransactionShard | number {
    const shard = this.#runtime.shardFor(transactionalId);
    if (shard === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) {
      this.#env.tracer.emit({ type: 'mark', name: 'transaction/request-met-a-loading-coordinator' });
    }
    return shard;
  }

  // --- requests: `done` is called once, at once or later ---

  /** InitProducerId with a transactional id. */
  initProducerId(request: InitRequest, done: (result: InitResult) => void): void {
    const { transactionalId, timeoutMs, expected } = request;
    const asked: Asked = {
      api: 'InitProducerId',
      transactionalId,
      producerId: expected?.producerId ?? NONE,
      producerEpoch: expected?.producerEpoch ?? NONE,
      transactionVersion: 0,
    };
    const answer = (result: InitResult): void => {
      this.#tell(asked, result.error);
      done(result);
    };
    const refuse = (error: number): void => answer({ error, producerId: NONE, producerEpoch: NONE });
    if (transactionalId === '') refuse(ErrorCode.INVALID_REQUEST);
    else if (timeoutMs > this.#config['transaction.max.timeout.ms'] || timeoutMs <= 0) {
      refuse(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    } else {
      const shard = this.#shardOf(transactionalId);
      if (typeof shard === 'number') refuse(shard);
      else this.#initialization.initialize(shard, request, answer);
    }
  }

  /** AddPartitionsToTxn, and AddOffsetsToTxn with the partition of `__consumer_offsets` that holds the group. */
  addPartitions(
    api: 'AddPartitionsToTxn' | 'AddOffsetsToTxn',
    transactionalId: string,
    request: AdditionRequest,
    done: (error: number) => void,
  ): void {
    const asked: Asked = { api, transactionalId, ...claimOf(request) };
    const answer = (error: number): void => {
      this.#tell(asked, error);
      done(error);
    };
    const found = this.#find(transactionalId);
    if (typeof found === 'number') answer(found);
    else this.#additions.add(found.shard, found.metadata, request, answer);
  }

  /** AddPartitionsToTxn of a broker that only wants to know whether the partitions are in the transaction: the error of each. */
  verifyPartitions(transactionalId: string, request: AdditionRequest): Map<TopicPartitionKey, number> {
    const found = this.#find(transactionalId);
    const errors =
      typeof found === 'number'
        ? new Map([...request.partitions.keys()].map((key) => [key, found]))
        : verifyPartitions(found.metadata, request);
    const error = [...errors.values()].find((each) => each !== ErrorCode.NONE) ?? ErrorCode.NONE;
    this.#tell({ api: 'AddPartitionsToTxn', transactionalId, ...claimOf(request), isVerification: true }, error);
    return errors;
  }

  /** EndTxn. */
  endTransaction(
    transactionalId: string,
    request: Pick<EndRequest, 'producerId' | 'producerEpoch' | 'commit' | 'transactionVersion'>,
    done: (result: EndResult) => void,
  ): void {
    const asked: Asked = { api: 'EndTxn', transactionalId, ...request };
    const answer = (result: EndResult): void => {
      this.#tell(asked, result.error);
      done(result);
    };
    const found = this.#find(transactionalId);
    if (typeof found === 'number') answer({ error: found, producerId: NONE, producerEpoch: NONE });
    else {
      const { shard, metadata } = found;
      this.#ending.end(shard, metadata, { ...request, isFromClient: true, reason: 'end-transaction' }, answer);
    }
  }

  #find(transactionalId: string): { readonly shard: TransactionShard; readonly metadata: TransactionMetadata } | number {
    if (transactionalId === '') return ErrorCode.INVALID_REQUEST;
    const shard = this.#shardOf(transactionalId);
    if (typeof shard === 'number') return shard;
    const metadata = shard.state.get(transactionalId);
    return metadata === undefined ? ErrorCode.INVALID_PRODUCER_ID_MAPPING : { shard, metadata };
  }

  #tell(asked: Asked, error: number): void {
    const shard = this.#runtime.shardFor(asked.transactionalId);
    const own = typeof shard === 'number' ? undefined : shard.state.get(asked.transactionalId)?.current;
    this.#env.tracer.emit({
      type: 'transaction-request-answered',
      partitions: [],
      isVerification: false,
      commit: null,
      ...asked,
      error,
      ownProducerId: own?.producerId ?? NONE,
      ownProducerEpoch: own?.producerEpoch ?? NONE,
      state: own?.state ?? null,
    });
  }

  /** DescribeTransactions, of one id. */
  describe(transactionalId: string): Draft<DescribeTransactionsResponseTransactionState> {
    const found = this.#find(transactionalId);
    if (typeof found === 'number') {
      const errorCode = found === ErrorCode.INVALID_PRODUCER_ID_MAPPING ? ErrorCode.TRANSACTIONAL_ID_NOT_FOUND : found;
      return { transactionalId, errorCode };
    }
    const { state, producerId, producerEpoch, partitions, timeoutMs, startMs } = found.metadata.current;
    const topics = new Map<string, number[]>();
    for (const { topic, partition } of partitions.values()) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
    return {
      errorCode: ErrorCode.NONE,
      transactionalId,
      transactionState: state,
      producerId,
      producerEpoch,
      transactionTimeoutMs: timeoutMs,
      transactionStartTimeMs: startMs,
      topics: [...topics].map(([topic, ofTopic]) => ({ topic, partitions: ofTopic })),
    };
  }

  /** ListTransactions, of all ids that this broker coordinates; nothing while one of its partitions loads. */
  list({ producerIds, states, longerThanMs, matches }: ListFilters): Draft<ListTransactionsResponse> {
    if (this.#runtime.isClosed) return { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE };
    if (this.#runtime.isLoading) return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS };
    const unknown = states.filter((name) => !TRANSACTION_STATES.some((state) => state === name));
    const isWanted = matches();
    const nowMs = this.#env.clock.wallMs();
    const listed = [...this.#runtime.active()]
      .flatMap(({ state }) => [...state.values()])
      .filter(({ transactionalId, current }) => {
        if (producerIds.length > 0 && !producerIds.includes(current.producerId)) return false;
        if (states.length > 0 && !states.includes(current.state)) return false;
        // An id without transaction has been without one since before the epoch of time.
        if (longerThanMs >= 0 && nowMs - current.startMs <= longerThanMs) return false;
        return isWanted(transactionalId);
      });
    return {
      errorCode: ErrorCode.NONE,
      unknownStateFilters: [...new Set(unknown)],
      transactionStates: listed.map(({ transactionalId, current: { producerId, state } }) => ({
        transactionalId,
        producerId,
        transactionState: state,
      })),
    };
  }
}

function claimOf({ producerId, producerEpoch, partitions, transactionVersion }: AdditionRequest) {
  return { producerId, producerEpoch, partitions: [...partitions.keys()], transactionVersion };
}

function summary({
  transactionalId,
  current,
}: TransactionMetadata): Omit<TransactionSummary, 'state'> & { state: typeof current.state } {
  const { state, producerId, producerEpoch, partitions, timeoutMs } = current;
  return { transactionalId, state, producerId, producerEpoch, partitions: [...partitions.keys()], timeoutMs };
}
