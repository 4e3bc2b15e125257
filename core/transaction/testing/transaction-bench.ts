/** Coordinators of transactions over one shared log, brokers that take markers when a test lets them, and short ways to ask. */
import { SharedLog } from '../../coordinator/testing/shared-log.ts';
import type { Environment } from '../../environment.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import { type TopicPartition, type TopicPartitionKey, topicPartitionKey } from '../../protocol/partition.ts';
import { encodeBatch } from '../../protocol/records.ts';
import type { RarePath } from '../../rare-paths.ts';
import { Asked } from '../../testing/asked.ts';
import { TestWorld, type TestWorldOptions } from '../../testing/test-world.ts';
import type { TransactionConfig } from '../config.ts';
import type { MarkerDestination } from '../marker-channel.ts';
import { transactionRecord } from '../records.ts';
import { newTransaction, type Transaction } from '../transaction-metadata.ts';
import type { EndResult } from '../transaction-ending.ts';
import type { InitResult } from '../producer-initialization.ts';
import { TransactionCoordinator, type TransactionSummary } from '../transaction-coordinator.ts';

const CONFIG: TransactionConfig = {
  'message.max.bytes': 1_048_588,
  'request.timeout.ms': 30_000,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 10_000,
  'transaction.max.timeout.ms': 900_000,
  'transaction.remove.expired.transaction.cleanup.interval.ms': 3_600_000,
  'transaction.state.log.load.buffer.size': 300,
  'transactional.id.expiration.ms': 604_800_000,
};

/** Markers that a broker was sent, and has not answered. */
export interface SentMarkers {
  readonly from: string;
  readonly brokerId: number;
  readonly request: RequestTypes['WriteTxnMarkers'];
  /** Answers all partitions with this error. */
  answer(error?: number): void;
  /** The connection is lost. */
  lose(): void;
}

export class TransactionBench {
  readonly world: TestWorld;
  readonly log = new SharedLog();
  readonly config: TransactionConfig;
  /** The finalized level. */
  transactionVersion = 2;
  node = 'b1';
  /** Markers are answered at once, with this error; null: they wait in `sent`. */
  markerAnswer: number | null = ErrorCode.NONE;
  sent: SentMarkers[] = [];
  /** Who leads a partition; the others are led by broker 1. */
  readonly leaders = new Map<TopicPartitionKey, MarkerDestination>();
  /** The next producer id; null: no block is at hand. */
  nextProducerId: number | null = 1_000;
  /** Rare paths that are taken each time. */
  readonly rare = new Set<RarePath>();
  readonly #coordinators = new Map<string, TransactionCoordinator>();

  constructor(config: Partial<TransactionConfig> = {}, world: TestWorldOptions = {}) {
    this.world = new TestWorld(world);
    this.config = { ...CONFIG, ...config };
    this.fail('b1', true);
    this.pass(0);
  }

  coordinator(node = this.node): TransactionCoordinator {
    return this.#coordinators.get(node) as TransactionCoordinator;
  }

  /** Another broker leads; the one before is told unless it is cut off. The load takes a timer. */
  fail(to: string, keepTail: boolean, isToldToResign = true): void {
    const before = this.#coordinators.get(this.node);
    this.log.elect(to, keepTail);
    if (isToldToResign && to !== this.node) before?.onResignation(0, this.log.epoch);
    this.node = to;
    if (!this.#coordinators.has(to)) this.#coordinators.set(to, this.#start(to));
    this.coordinator().onElection(0, this.log.epoch);
  }

  #start(node: string): TransactionCoordinator {
    const env = this.world.environment(node);
    const random: Environment['random'] = {
      stream: (name) => env.random.stream(name),
      sometimes: (site, oneIn) => this.rare.has(site) || env.random.sometimes(site, oneIn),
    };
    const coordinator = new TransactionCoordinator(
      { ...env, random },
      {
        config: this.config,
        log: this.log.view(node),
        partitionOf: () => 0,
        markers: {
          leaderOf: ({ topic, partition }) => this.leaders.get(topicPartitionKey(topic, partition)) ?? 1,
          send: (brokerId, request, done) => this.#send(node, brokerId, request, done),
        },
        nextProducerId: () => (this.nextProducerId === null ? null : this.nextProducerId++),
        transactionVersion: () => this.transactionVersion,
      },
    );
    coordinator.startup(() => 1);
    return coordinator;
  }

  #send(
    from: string,
    brokerId: number,
    request: RequestTypes['WriteTxnMarkers'],
    done: (
      result:
        | { ok: true; response: ResponseTypes['WriteTxnMarkers']; version: number }
        | { ok: false; reason: 'disconnected'; sent: boolean },
    ) => void,
  ): void {
    const markers: SentMarkers = {
      from,
      brokerId,
      request,
      answer: (error = ErrorCode.NONE) => {
        this.sent = this.sent.filter((other) => other !== markers);
        done({ ok: true, response: answered(request, error), version: 2 });
      },
      lose: () => {
        this.sent = this.sent.filter((other) => other !== markers);
        done({ ok: false, reason: 'disconnected', sent: true });
      },
    };
    this.sent.push(markers);
    this.world.after(1, () => {
      if (this.markerAnswer !== null && this.sent.includes(markers)) markers.answer(this.markerAnswer);
    });
  }

  /** Puts a record into the log, as if a coordinator had written it, and has it read. */
  load(transactionalId: string, transaction: Partial<Transaction>): void {
    const record = { ...newTransaction(500, 60_000, this.world.environment(this.node).clock.wallMs()), ...transaction };
    const batch = encodeBatch([transactionRecord(transactionalId, record, 2, 0)]);
    this.log.view(this.node).appendBatch(0, this.log.epoch, batch, 0, () => undefined);
    this.fail(this.node, true);
    this.pass(0);
  }

  /** Time goes on. */
  pass(ms: number): void {
    this.world.run(ms);
  }

  init(expected: { producerId: number; producerEpoch: number } | null = null, id = 'tx', timeoutMs = 60_000): Asked<InitResult> {
    const asked = new Asked<InitResult>();
    this.coordinator().initProducerId({ transactionalId: id, timeoutMs, expected }, (result) => asked.settle(result));
    return asked;
  }

  /** As a client of transaction.version 0 and 1 adds them, or (2) as a broker adds them for it. */
  add(producer: Producer, partitions: readonly number[], transactionVersion = 0, id = 'tx', topic = 't'): Asked<number> {
    const asked = new Asked<number>();
    const request = { ...claim(producer), partitions: keyed(partitions, topic), transactionVersion };
    this.coordinator().addPartitions('AddPartitionsToTxn', id, request, (error) => asked.settle(error));
    return asked;
  }

  /** The error of each partition. */
  verify(producer: Producer, partitions: readonly number[], id = 'tx'): number[] {
    const request = { ...claim(producer), partitions: keyed(partitions, 't'), transactionVersion: 2 };
    return [...this.coordinator().verifyPartitions(id, request).values()];
  }

  end(producer: Producer, commit: boolean, transactionVersion = 0, id = 'tx'): Asked<EndResult> {
    const asked = new Asked<EndResult>();
    const request = { ...claim(producer), commit, transactionVersion };
    this.coordinator().endTransaction(id, request, (result) => asked.settle(result));
    return asked;
  }

  /** What the coordinator has of an id; undefined: nothing. */
  known(id = 'tx'): TransactionSummary | undefined {
    return this.coordinator()
      .transactions()
      .find(({ transactionalId }) => transactionalId === id);
  }

  /** `from>to reason` of every transition that was made. */
  transitions(): string[] {
    return this.world.events('transaction-transition').map(({ from, to, reason }) => `${from}>${to} ${reason}`);
  }
}

/** A producer as it knows itself. */
export interface Producer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

function claim({ producerId, producerEpoch }: Producer): Producer {
  return { producerId, producerEpoch };
}

function keyed(partitions: readonly number[], topic: string): Map<TopicPartitionKey, TopicPartition> {
  return new Map(partitions.map((partition) => [topicPartitionKey(topic, partition), { topic, partition }]));
}

function answered(request: RequestTypes['WriteTxnMarkers'], errorCode: number): ResponseTypes['WriteTxnMarkers'] {
  return {
    markers: request.markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
      })),
    })),
  };
}
