/**
 * The producer. `send` finds the partition, appends to its batch and promises the outcome; sending goes on by itself.
 * Records of one partition keep the order of their `send` calls when idempotence is on (the default) or
 * max.in.flight.requests.per.connection is 1. With `transactional.id` records are sent in transactions.
 *
 * This file is over 500 lines because it is the whole interface of the Java client, and holds the sends that wait.
 */
import type { ApiRanges } from '../../rpc/api-versions.ts';
import { parseConfig, PRODUCER_CONFIG } from '../../config/index.ts';
import type { ProducerConfig, Properties } from '../../config/index.ts';
import type { ClientEnvironment } from '../../environment.ts';
import type { Timer } from '../../../ports/time.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import type { CompressionType } from '../../protocol/records.ts';
import { deferred, settle, unwatched } from '../deferred.ts';
import type { Deferred } from '../deferred.ts';
import type { OffsetAndMetadata } from '../consumer/committed-offsets.ts';
import type { GroupMetadata } from '../consumer/group-metadata.ts';
import { closedError, illegalState, KafkaError, timeoutError } from '../errors.ts';
import type { PartitionMetadata, TopicMetadata } from '../metadata.ts';
import { passBytes } from '../serializers.ts';
import type { Serializer } from '../serializers.ts';
import { closeSession, openSession } from '../session.ts';
import type { Session } from '../session.ts';
import { IdempotentState } from './idempotent-state.ts';
import { partitionForKey, roundRobinPartitioner, StickyPartitioner } from './partitioners.ts';
import type { Partitioner, PartitionView } from './partitioners.ts';
import type { ProducerBatch, RecordMetadata } from './producer-batch.ts';
import { RecordAccumulator } from './record-accumulator.ts';
import { BATCH_OVERHEAD_BYTES, recordSizeUpperBound } from './record-size.ts';
import { Sender } from './sender.ts';
import type { SenderCounters } from './sender.ts';
import { TransactionManager } from './transaction-manager.ts';
import type { TransactionalCalls } from './transactional-calls.ts';
import type { TransactionalResult } from './transactional-result.ts';

export type { RecordMetadata } from './producer-batch.ts';

export interface ProducerRecord<K = Uint8Array, V = Uint8Array> {
  readonly topic: string;
  readonly partition?: number;
  /** Null, or left out: no key. */
  readonly key?: K | null;
  /** Null: a tombstone. */
  readonly value: V | null;
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[];
  /** Milliseconds since the epoch; the wall clock's time if left out. */
  readonly timestamp?: number;
}

export interface ProducerOptions<K, V> {
  readonly keySerializer?: Serializer<K>;
  readonly valueSerializer?: Serializer<V>;
  readonly partitioner?: Partitioner;
  /** What the client speaks. Default: what this release speaks. */
  readonly apis?: ApiRanges | undefined;
}

export interface ProducerMetrics extends Readonly<SenderCounters> {
  readonly recordsSent: number;
  readonly bufferFreeBytes: number;
}

/** A send that waits for metadata or for memory. */
interface PendingSend {
  readonly topic: string;
  readonly partition: number | undefined;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[] | undefined;
  readonly timestamp: number;
  readonly end: Deferred<RecordMetadata>;
  readonly deadlineMs: number;
}

interface Flush {
  readonly remaining: Set<ProducerBatch | PendingSend>;
  readonly end: Deferred<void>;
}

export class Producer<K = Uint8Array, V = Uint8Array> implements TransactionalCalls {
  readonly #env: ClientEnvironment;
  readonly #config: ProducerConfig;
  readonly #session: Session;
  readonly #keySerializer: Serializer<K>;
  readonly #valueSerializer: Serializer<V>;
  readonly #partitioner: Partitioner | null;
  readonly #sticky: StickyPartitioner;
  readonly #accumulator: RecordAccumulator;
  readonly #sender: Sender;
  /** Null: there is no transactional.id. */
  readonly #transactions: TransactionManager | null;
  /** Sends that wait for metadata, by topic and in their order; then for memory, in one line. */
  readonly #awaitingMetadata = new Map<string, PendingSend[]>();
  #awaitingMemory: PendingSend[] = [];
  readonly #metadataWaiters = new Set<{ readonly topic: string; readonly done: (error: KafkaError | null) => void }>();
  readonly #flushes = new Set<Flush>();
  #pendingTimer: Timer | null = null;
  #serving = false;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #closing: Deferred<void> | null = null;
  #recordsSent = 0;

  /** Throws ConfigError for properties that Kafka's producer would not take. */
  constructor(env: ClientEnvironment, properties: Properties, options: ProducerOptions<K, V> = {}) {
    this.#env = env;
    this.#config = parseConfig(PRODUCER_CONFIG, properties);
    this.#keySerializer = options.keySerializer ?? (passBytes as unknown as Serializer<K>);
    this.#valueSerializer = options.valueSerializer ?? (passBytes as unknown as Serializer<V>);
    const config = this.#config;
    this.#partitioner = options.partitioner ?? partitionerOf(config['partitioner.class']);
    this.#session = openSession(env, config, { clientId: env.nodeName, allowAutoTopicCreation: true, apis: options.apis });
    this.#sticky = new StickyPartitioner(env.random, config['batch.size']);
    const transactionalId = config['transactional.id'];
    const transactions =
      transactionalId === null
        ? null
        : new TransactionManager(this.#session, {
            transactionalId,
            timeoutMs: config['transaction.timeout.ms'],
            retryBackoffMs: config['retry.backoff.ms'],
          });
    this.#transactions = transactions;
    const idempotence = transactions === null && config['enable.idempotence'] ? new IdempotentState(env) : null;
    this.#accumulator = new RecordAccumulator(
      env.random,
      {
        batchSizeBytes: Math.max(1, config['batch.size']),
        lingerMs: config['linger.ms'],
        deliveryTimeoutMs: config['delivery.timeout.ms'],
        bufferMemoryBytes: config['buffer.memory'],
      },
      this.#session.metadata,
      transactions ?? idempotence,
      this.#session.backoff,
    );
    const maxInFlight = config['max.in.flight.requests.per.connection'];
    this.#sender = new Sender(
      this.#session,
      this.#accumulator,
      { idempotence, transactions },
      {
        acks: config.acks === '0' ? 0 : config.acks === '1' ? 1 : -1,
        maxInFlight,
        maxRequestBytes: config['max.request.size'],
        requestTimeoutMs: config['request.timeout.ms'],
        deliveryTimeoutMs: config['delivery.timeout.ms'],
        retries: config.retries,
        compression: config['compression.type'] as CompressionType,
        guaranteeOrder: maxInFlight === 1,
        transactionalId,
      },
      (batch, parts) => this.#batchDone(batch, parts),
    );
    this.#session.metadata.onUpdate(() => this.#metadataUpdated());
  }

  /**
   * Sends a record. The promise is rejected with KafkaError, whose `definite` tells whether the record is certainly not in
   * the log. Waits up to max.block.ms for metadata and memory. Of a transaction that was not committed nobody reads the record
   * with `isolation.level=read_committed`, though it is in the log.
   */
  send(record: ProducerRecord<K, V>): Promise<RecordMetadata> {
    const end = deferred<RecordMetadata>();
    const refusal = this.#state === 'open' ? (this.#transactions?.refusalOfSend(false) ?? null) : closedError('the producer');
    if (refusal !== null) {
      end.reject(refusal);
      return end.promise;
    }
    let key: Uint8Array | null;
    let value: Uint8Array | null;
    try {
      key = record.key === undefined || record.key === null ? null : this.#keySerializer(record.key, record.topic);
      value = record.value === null ? null : this.#valueSerializer(record.value, record.topic);
    } catch (error) {
      const message = `the record for ${record.topic} could not be serialized`;
      end.reject(new KafkaError(ErrorCode.INVALID_RECORD, message, { definite: true, cause: error }));
      return end.promise;
    }
    const pending: PendingSend = {
      topic: record.topic,
      partition: record.partition,
      key,
      value,
      headers: record.headers,
      timestamp: record.timestamp ?? this.#env.clock.wallMs(),
      end,
      deadlineMs: this.#env.clock.monotonicMs() + this.#config['max.block.ms'],
    };
    this.#session.metadata.want(record.topic);
    const waiting = this.#awaitingMetadata.get(record.topic);
    if (waiting !== undefined || !this.#isKnown(pending)) {
      if (waiting === undefined) this.#awaitingMetadata.set(record.topic, [pending]);
      else waiting.push(pending);
      this.#session.metadata.requestUpdate();
      this.#schedulePendingTimeout();
    } else this.#toMemory(pending);
    return end.promise;
  }

  /** Sends what is gathered without lingering; resolves when every record sent before has succeeded or failed. */
  flush(): Promise<void> {
    const remaining = new Set<ProducerBatch | PendingSend>(this.#accumulator.incomplete);
    for (const waiting of this.#awaitingMetadata.values()) for (const pending of waiting) remaining.add(pending);
    for (const pending of this.#awaitingMemory) remaining.add(pending);
    const end = deferred<void>();
    if (remaining.size === 0) {
      end.resolve();
      return end.promise;
    }
    this.#flushes.add({ remaining, end });
    this.#accumulator.urgency++;
    this.#sender.wake();
    return end.promise;
  }

  /** See TransactionalCalls, as for those that follow. */
  initTransactions(): Promise<void> {
    const initialized = this.#transactionalCall((transactions) => transactions.initTransactions());
    return unwatched(initialized.then(() => this.#transactions?.initializationHeard()));
  }

  beginTransaction(): void {
    this.#needTransactions().beginTransaction();
  }

  sendOffsetsToTransaction(offsets: readonly OffsetAndMetadata[], group: GroupMetadata): Promise<void> {
    return this.#transactionalCall((transactions) => {
      if (group.generationId > 0 && group.memberId === '')
        throw illegalState(`generation ${group.generationId} of group ${group.groupId} has no member id`);
      return offsets.length === 0 ? null : transactions.sendOffsetsToTransaction(offsets, group);
    });
  }

  commitTransaction(): Promise<void> {
    return this.#transactionalCall((transactions) => transactions.commitTransaction(!this.#hasPendingSends));
  }

  abortTransaction(): Promise<void> {
    return this.#transactionalCall((transactions) => {
      const result = transactions.abortTransaction();
      const error = transactions.reasonToDropBatches;
      if (error !== null) this.#failAllPending(error);
      return result;
    });
  }

  /**
   * Takes no more records, waits up to `timeoutMs` for those sent, fails the rest, and gives up all connections. A transaction whose
   * end has not begun is aborted.
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#closing !== null) return this.#closing.promise;
    const end = deferred<void>();
    this.#closing = end;
    this.#state = 'closing';
    const timeoutMs = options.timeoutMs ?? Number.POSITIVE_INFINITY;
    let timer: Timer | null = null;
    const finish = () => {
      timer?.cancel();
      this.#finishClose();
      end.resolve();
    };
    if (timeoutMs <= 0) {
      finish();
      return end.promise;
    }
    if (timeoutMs !== Number.POSITIVE_INFINITY) timer = this.#env.timers.after(timeoutMs, finish);
    void this.flush()
      .then(() => this.#endTransaction())
      .then(() => {
        if (this.#state === 'closing') finish();
      });
    return end.promise;
  }

  /** Waits for the end of a transaction that is being ended, and aborts one that is not. */
  async #endTransaction(): Promise<void> {
    const transactions = this.#transactions;
    if (transactions === null || this.#state !== 'closing') return;
    try {
      const { isOngoing, current } = transactions.state;
      if (!isOngoing) return;
      const result = current === 'committing' ? transactions.commitTransaction(true) : transactions.abortTransaction();
      this.#sender.wake();
      await result.wait(this.#env, Number.POSITIVE_INFINITY);
    } catch {
      // The producer is fenced, or the like: there is nothing left to end.
    }
  }

  /** `call` throws what it refuses; null: there is nothing to be done. */
  #transactionalCall(call: (transactions: TransactionManager) => TransactionalResult | null): Promise<void> {
    try {
      const result = call(this.#needTransactions());
      this.#sender.wake();
      return result?.wait(this.#env, this.#config['max.block.ms']) ?? Promise.resolve();
    } catch (error) {
      return unwatched(Promise.reject(error));
    }
  }

  #needTransactions(): TransactionManager {
    if (this.#state !== 'open') throw closedError('the producer');
    if (this.#transactions === null) throw illegalState('transactions need transactional.id');
    return this.#transactions;
  }

  /** The partitions of a topic, waiting up to max.block.ms for metadata. */
  partitionsFor(topic: string): Promise<readonly PartitionMetadata[]> {
    const end = deferred<readonly PartitionMetadata[]>();
    const done = settle(end);
    const result = () => [...(this.#session.metadata.topic(topic) as TopicMetadata).partitions.values()];
    this.#session.metadata.want(topic);
    if (this.#session.metadata.topic(topic) !== undefined) {
      done(null, result());
      return end.promise;
    }
    const waiter = {
      topic,
      done: (error: KafkaError | null) => {
        this.#metadataWaiters.delete(waiter);
        timer.cancel();
        done(error, error === null ? result() : null);
      },
    };
    const blockMs = this.#config['max.block.ms'];
    const timer = this.#env.timers.after(blockMs, () =>
      waiter.done(timeoutError(`no metadata of ${topic} within ${blockMs} ms`, true)),
    );
    this.#metadataWaiters.add(waiter);
    return end.promise;
  }

  metrics(): ProducerMetrics {
    return { ...this.#sender.counters, recordsSent: this.#recordsSent, bufferFreeBytes: this.#accumulator.pool.freeBytes };
  }

  get #hasPendingSends(): boolean {
    return this.#awaitingMemory.length > 0 || this.#awaitingMetadata.size > 0;
  }

  #isKnown(pending: PendingSend): boolean {
    const topic = this.#session.metadata.topic(pending.topic);
    if (topic === undefined || topic.partitions.size === 0) return false;
    return pending.partition === undefined || pending.partition < topic.partitions.size;
  }

  #metadataUpdated(): void {
    const fatal = this.#session.metadata.takeFatalError();
    for (const waiter of [...this.#metadataWaiters]) {
      const error = fatal ?? fatalTopicError(this.#session.metadata.topicError(waiter.topic), waiter.topic);
      if (error !== null || this.#session.metadata.topic(waiter.topic) !== undefined) waiter.done(error);
    }
    for (const [topic, waiting] of [...this.#awaitingMetadata]) {
      const error = fatal ?? fatalTopicError(this.#session.metadata.topicError(topic), topic);
      while (waiting.length > 0) {
        const pending = waiting[0] as PendingSend;
        if (error !== null) this.#failPending(pending, error);
        else if (this.#isKnown(pending)) this.#toMemory(pending);
        else break;
        waiting.shift();
      }
      if (waiting.length === 0) this.#awaitingMetadata.delete(topic);
    }
    this.#checkPendingSends();
    this.#sender.wake();
  }

  #toMemory(pending: PendingSend): void {
    const mustWait = this.#awaitingMemory.length > 0 || !this.#tryAppend(pending);
    if (!mustWait) return;
    this.#awaitingMemory.push(pending);
    if (this.#awaitingMemory.length === 1) this.#waitForMemory();
    this.#schedulePendingTimeout();
    this.#sender.wake();
  }

  #waitForMemory(): void {
    this.#accumulator.pool.wait(
      () => 1,
      () => this.#serveMemory(),
    );
  }

  /** Appends waiting records in their order until memory is out again. */
  #serveMemory(): void {
    if (this.#serving) return;
    this.#serving = true;
    while (this.#awaitingMemory.length > 0 && this.#tryAppend(this.#awaitingMemory[0] as PendingSend))
      this.#awaitingMemory.shift();
    this.#serving = false;
    if (this.#awaitingMemory.length > 0) this.#env.timers.after(0, () => this.#retryMemory());
    this.#checkPendingSends();
    this.#sender.wake();
  }

  #retryMemory(): void {
    if (this.#state === 'closed' || this.#awaitingMemory.length === 0 || this.#accumulator.pool.hasWaiters) return;
    this.#waitForMemory();
  }

  /** False: too little memory. */
  #tryAppend(pending: PendingSend): boolean {
    const refusal = this.#transactions?.refusalOfSend(true) ?? null;
    if (refusal !== null) {
      this.#rejectPending(pending, refusal);
      return true;
    }
    const record = { key: pending.key, value: pending.value, headers: pending.headers ?? [], timestamp: pending.timestamp };
    const sizeBytes = recordSizeUpperBound(record);
    const total = sizeBytes + BATCH_OVERHEAD_BYTES;
    const limit = Math.min(this.#config['max.request.size'], this.#config['buffer.memory']);
    if (total > limit) {
      const message = `the record has ${total} bytes serialized, more than ${limit} (max.request.size or buffer.memory)`;
      this.#failPending(pending, new KafkaError(ErrorCode.MESSAGE_TOO_LARGE, message, { definite: true }));
      return true;
    }
    const topic = this.#session.metadata.topic(pending.topic);
    const view = partitionView(this.#session, topic);
    const chosen = this.#choosePartition(pending, view);
    const partition = chosen ?? this.#sticky.partition(pending.topic, view);
    const done = (error: KafkaError | null, metadata: RecordMetadata | null) => {
      if (error !== null) pending.end.reject(error);
      else pending.end.resolve(metadata as RecordMetadata);
    };
    const key = topicPartitionKey(pending.topic, partition);
    const appended = this.#accumulator.append(
      key,
      pending.topic,
      partition,
      { record, sizeBytes, done },
      this.#env.clock.monotonicMs(),
    );
    if (appended === null) return false;
    this.#transactions?.appended({ topic: pending.topic, partition });
    if (chosen === null) this.#sticky.produced(pending.topic, sizeBytes, view);
    this.#recordsSent++;
    for (const flush of this.#flushes) if (flush.remaining.delete(pending)) flush.remaining.add(appended.batch);
    this.#sender.wake(appended.readyNow || this.#accumulator.urgency > 0 ? 0 : this.#config['linger.ms']);
    return true;
  }

  #choosePartition(pending: PendingSend, view: PartitionView): number | null {
    if (pending.partition !== undefined) return pending.partition;
    const custom = this.#partitioner?.(pending, view) ?? null;
    if (custom !== null) return custom;
    if (pending.key !== null && !this.#config['partitioner.ignore.keys'])
      return partitionForKey(pending.key, view.partitionCount);
    return null;
  }

  /** A record that was taken cannot be gathered; a transaction cannot be committed without it. */
  #failPending(pending: PendingSend, error: KafkaError): void {
    if (this.#state !== 'closed') this.#transactions?.sendFailed(error.code);
    this.#rejectPending(pending, error);
  }

  #rejectPending(pending: PendingSend, error: KafkaError): void {
    pending.end.reject(error);
    for (const flush of [...this.#flushes]) if (flush.remaining.delete(pending)) this.#checkFlush(flush);
  }

  /** The transaction of all records that wait is given up. */
  #failAllPending(error: KafkaError): void {
    const waiting = [...this.#awaitingMetadata.values()].flat().concat(this.#awaitingMemory);
    this.#awaitingMetadata.clear();
    this.#awaitingMemory = [];
    for (const pending of waiting) this.#rejectPending(pending, error);
  }

  #checkPendingSends(): void {
    if (!this.#hasPendingSends) this.#transactions?.sendsAppended();
  }

  #schedulePendingTimeout(): void {
    if (this.#pendingTimer !== null || this.#state === 'closed') return;
    let next = Number.POSITIVE_INFINITY;
    for (const waiting of this.#awaitingMetadata.values()) next = Math.min(next, waiting[0]?.deadlineMs ?? next);
    next = Math.min(next, this.#awaitingMemory[0]?.deadlineMs ?? next);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#pendingTimer = this.#env.timers.after(Math.max(0, next - this.#env.clock.monotonicMs()), () => {
      this.#pendingTimer = null;
      this.#expirePending();
      this.#schedulePendingTimeout();
    });
  }

  #expirePending(): void {
    const now = this.#env.clock.monotonicMs();
    const blockMs = this.#config['max.block.ms'];
    for (const [topic, waiting] of [...this.#awaitingMetadata]) {
      while (waiting.length > 0 && (waiting[0] as PendingSend).deadlineMs <= now)
        this.#failPending(waiting.shift() as PendingSend, timeoutError(`no metadata of ${topic} within ${blockMs} ms`, true));
      if (waiting.length === 0) this.#awaitingMetadata.delete(topic);
    }
    while (this.#awaitingMemory.length > 0 && (this.#awaitingMemory[0] as PendingSend).deadlineMs <= now)
      this.#failPending(this.#awaitingMemory.shift() as PendingSend, timeoutError(`no buffer memory within ${blockMs} ms`, true));
    this.#checkPendingSends();
  }

  #batchDone(batch: ProducerBatch, parts: readonly ProducerBatch[]): void {
    for (const flush of [...this.#flushes]) {
      if (!flush.remaining.delete(batch)) continue;
      for (const part of parts) flush.remaining.add(part);
      this.#checkFlush(flush);
    }
  }

  #checkFlush(flush: Flush): void {
    if (flush.remaining.size > 0 || !this.#flushes.delete(flush)) return;
    this.#accumulator.urgency--;
    flush.end.resolve();
  }

  #finishClose(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#pendingTimer?.cancel();
    this.#failAllPending(closedError('the producer'));
    for (const waiter of [...this.#metadataWaiters]) waiter.done(closedError('the producer'));
    this.#sender.abort(
      (definite) =>
        new KafkaError(-1, 'the producer was closed before the record was sent', { errorName: 'CLIENT_CLOSED', definite }),
    );
    closeSession(this.#session);
  }
}

function partitionerOf(className: string | null): Partitioner | null {
  return className?.endsWith('RoundRobinPartitioner') === true ? roundRobinPartitioner() : null;
}

function partitionView(session: Session, topic: TopicMetadata | undefined): PartitionView {
  const available: number[] = [];
  if (topic !== undefined)
    for (const partition of topic.partitions.values())
      if (session.metadata.node(partition.leader) !== undefined) available.push(partition.partition);
  return { partitionCount: topic?.partitions.size ?? 1, available };
}

/** Errors of a topic that waiting does not heal. */
function fatalTopicError(code: number, topic: string): KafkaError | null {
  if (code !== ErrorCode.INVALID_TOPIC_EXCEPTION && code !== ErrorCode.TOPIC_AUTHORIZATION_FAILED) return null;
  return new KafkaError(code, `topic ${topic} cannot be used`, { definite: true });
}
