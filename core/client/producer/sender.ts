/**
 * Sends what the accumulator has ready, one Produce per node at a time up to max.in.flight, and decides by the answers
 * what succeeds, fails, is split or is tried again. It runs in an event of its own whenever something changed.
 */
import { invariant } from '../../../ports/invariant.ts';
import type { ClientEnvironment } from '../../environment.ts';
import type { Timer } from '../../../ports/time.ts';
import { ErrorCode, errorName, isRetriable } from '../../protocol/errors.ts';
import type { ProduceResponse, ProduceResponsePartitionProduceResponse } from '../../protocol/messages/produce-response.ts';
import { LeaderEpoch } from '../../protocol/numbers.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import type { CompressionType } from '../../protocol/records.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import type { RpcFailure, RpcResult } from '../../rpc/rpc-client.ts';
import { isDefiniteRejection, isStaleMetadata, KafkaError, timeoutError } from '../errors.ts';
import type { BrokerNode } from '../metadata.ts';
import { mapByTopic } from '../metadata.ts';
import type { Session } from '../session.ts';
import type { IdempotentState } from './idempotent-state.ts';
import type { ProducerBatch } from './producer-batch.ts';
import type { RecordAccumulator } from './record-accumulator.ts';
import type { Sequences } from './sequences.ts';
import type { TransactionManager } from './transaction-manager.ts';
import { TransactionalSender } from './transactional-sender.ts';

export interface SenderOptions {
  readonly acks: 0 | 1 | -1;
  readonly maxInFlight: number;
  readonly maxRequestBytes: number;
  readonly requestTimeoutMs: number;
  readonly deliveryTimeoutMs: number;
  readonly retries: number;
  readonly compression: CompressionType;
  /** One request in flight and no idempotence: order is kept by holding a partition back while a batch of it is out. */
  readonly guaranteeOrder: boolean;
  readonly transactionalId: string | null;
}

/** Who gives batches their sequences: none without idempotence, and at most one of the two. */
export interface SenderState {
  readonly idempotence: IdempotentState | null;
  readonly transactions: TransactionManager | null;
}

export interface SenderCounters {
  batchesSent: number;
  batchesRetried: number;
  batchesSplit: number;
  recordsAcknowledged: number;
  recordsFailed: number;
}

/** How one attempt of a batch ended. */
interface Answer {
  readonly error: number;
  readonly message: string | null;
  readonly baseOffset: number;
  readonly logAppendTimeMs: number;
  /** -1: not told. */
  readonly logStartOffset: number;
  readonly recordErrors: ReadonlyMap<number, string>;
  /** The request reached, or may have reached, the broker without a word on whether the batch was appended. */
  readonly ambiguous: boolean;
}

/** Later ones go by the ids of topics alone (KIP-516). */
const LAST_VERSION_OF_NAMES = 12;
const NO_RECORD_ERRORS: ReadonlyMap<number, string> = new Map();

export class Sender {
  readonly #env: ClientEnvironment;
  readonly #session: Session;
  readonly #accumulator: RecordAccumulator;
  readonly #idempotence: IdempotentState | null;
  readonly #transactions: TransactionManager | null;
  readonly #sequences: Sequences | null;
  readonly #transactionalSender: TransactionalSender | null;
  readonly #options: SenderOptions;
  readonly #inFlightByNode = new Map<number, number>();
  readonly #onWire = new Set<ProducerBatch>();
  readonly #onBatchDone: (batch: ProducerBatch, parts: readonly ProducerBatch[]) => void;
  readonly counters: SenderCounters = {
    batchesSent: 0,
    batchesRetried: 0,
    batchesSplit: 0,
    recordsAcknowledged: 0,
    recordsFailed: 0,
  };
  #timer: Timer | null = null;
  #timerDueMs = 0;
  #initFailures = 0;
  #initNotBeforeMs = 0;
  #closed = false;

  constructor(
    session: Session,
    accumulator: RecordAccumulator,
    { idempotence, transactions }: SenderState,
    options: SenderOptions,
    onBatchDone: (batch: ProducerBatch, parts: readonly ProducerBatch[]) => void,
  ) {
    this.#env = session.env;
    this.#session = session;
    this.#accumulator = accumulator;
    this.#idempotence = idempotence;
    this.#transactions = transactions;
    this.#sequences = transactions ?? idempotence;
    this.#transactionalSender = transactions === null ? null : new TransactionalSender(session, transactions, () => this.wake());
    this.#options = options;
    this.#onBatchDone = onBatchDone;
  }

  /** Runs in `delayMs` at the latest. */
  wake(delayMs = 0): void {
    if (this.#closed || delayMs === Number.POSITIVE_INFINITY) return;
    const dueMs = this.#env.clock.monotonicMs() + delayMs;
    if (this.#timer !== null) {
      if (this.#timerDueMs <= dueMs) return;
      this.#timer.cancel();
    }
    this.#timerDueMs = dueMs;
    this.#timer = this.#env.timers.after(Math.max(0, Math.ceil(delayMs)), () => {
      this.#timer = null;
      this.#run();
    });
  }

  /** Stops for good; what is not complete fails with `error`. */
  abort(error: (definite: boolean) => KafkaError): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#transactionalSender?.close();
    this.#transactions?.close(error(this.#transactions.mayBeCommitted === false));
    this.#failAll(error);
  }

  /** Fails everything that is not complete, also what is on its way. */
  #failAll(error: (definite: boolean) => KafkaError): void {
    for (const batch of this.#onWire) batch.ambiguous = true;
    this.#accumulator.takeAll();
    for (const batch of [...this.#accumulator.incomplete]) this.#failRecords(batch, () => error(!batch.ambiguous));
  }

  #run(): void {
    if (this.#closed) return;
    const now = this.#env.clock.monotonicMs();
    this.#expire(now);
    this.#sequences?.resolve();
    if (this.#transactions !== null && this.#mustWaitForTransaction(this.#transactions)) {
      this.wake(Math.max(0, this.#accumulator.nextExpiryMs(now)));
      return;
    }
    if (this.#idempotence !== null) {
      this.#idempotence.bumpIfDue();
      if (this.#idempotence.needsProducerId && this.#accumulator.incomplete.size > 0) this.#initProducerId(now);
    }
    const ready = this.#accumulator.ready(now);
    if (ready.leaderUnknown) this.#session.metadata.requestUpdate();
    for (const nodeId of ready.nodes) this.#sendTo(nodeId, now);
    this.wake(Math.min(ready.nextCheckMs, Math.max(0, this.#accumulator.nextExpiryMs(now))));
  }

  /** Goes on with the transaction's own requests. True: no records can be sent now. */
  #mustWaitForTransaction(transactions: TransactionManager): boolean {
    const { error, isFatal } = transactions.state;
    if (isFatal && error !== null) {
      this.#failAll((definite) => errorOfBatch(error, definite));
      return true;
    }
    const forbidden = transactions.takeAuthorizationError();
    if (forbidden !== null) {
      this.#failAll((definite) => errorOfBatch(forbidden, definite));
      return true;
    }
    const reason = transactions.reasonToDropBatches;
    if (reason !== null)
      for (const batch of this.#accumulator.takeUnsent()) this.#failRecords(batch, () => errorOfBatch(reason, true));
    return this.#transactionalSender?.run(this.#accumulator.incomplete.size > 0) === true;
  }

  #sendTo(nodeId: number, now: number): void {
    const node = this.#session.metadata.node(nodeId);
    if (node === undefined) return;
    while ((this.#inFlightByNode.get(nodeId) ?? 0) < this.#options.maxInFlight) {
      const isPipelining = (this.#inFlightByNode.get(nodeId) ?? 0) > 0;
      if (isPipelining && this.#env.random.sometimes('client/producer/no-pipelining')) return;
      const batches = this.#accumulator.drain(nodeId, this.#options.maxRequestBytes, now);
      if (batches.length === 0) return;
      this.#send(node, batches, now);
    }
  }

  #send(node: BrokerNode, batches: readonly ProducerBatch[], now: number): void {
    for (const batch of batches) {
      invariant(!batch.onWire && !batch.isDone, () => `${batch.key}: a batch is sent that is on its way, or done`);
      batch.onWire = true;
      batch.attempts++;
      batch.lastAttemptMs = now;
      batch.attemptedTopicId = this.#session.metadata.topicId(batch.topic);
      batch.attemptedEpoch = this.#session.metadata.currentLeader(batch.topic, batch.partition).epoch;
      this.#onWire.add(batch);
      if (this.#options.guaranteeOrder) this.#accumulator.mute(batch.key);
      this.counters.batchesSent++;
      this.#env.tracer.emit({
        type: 'producer-batch-sent',
        partition: batch.key,
        attempt: batch.attempts,
        producerId: batch.producerId,
        producerEpoch: batch.producerEpoch,
        baseSequence: batch.baseSequence,
        records: batch.records.length,
        besides: this.#countOnWire(batch.key) - 1,
        maxInFlight: this.#options.maxInFlight,
      });
    }
    const { metadata } = this.#session;
    const { transactionalId } = this.#options;
    const topicData = mapByTopic(batches, (name, ofTopic) => ({
      name,
      topicId: metadata.topicId(name) ?? ZERO_UUID,
      partitionData: ofTopic.map((batch) => ({
        index: batch.partition,
        records: batch.bytes(this.#options.compression, this.#env.compression, transactionalId !== null),
      })),
    }));
    const request = { transactionalId, acks: this.#options.acks, timeoutMs: this.#options.requestTimeoutMs, topicData };
    this.#inFlightByNode.set(node.nodeId, (this.#inFlightByNode.get(node.nodeId) ?? 0) + 1);
    const areIdsKnown = topicData.every(({ topicId }) => topicId !== ZERO_UUID);
    const limit = this.#transactions?.produceVersionLimit ?? (areIdsKnown ? null : LAST_VERSION_OF_NAMES);
    const options = { noResponse: this.#options.acks === 0, ...(limit === null ? {} : { maxVersion: limit }) };
    this.#session.rpc.send(node, 'Produce', request, options, (result) => {
      if (this.#closed) return;
      const inFlight = this.#inFlightByNode.get(node.nodeId) ?? 0;
      invariant(inFlight > 0, () => `node ${node.nodeId} answers, and nothing was under way to it`);
      this.#inFlightByNode.set(node.nodeId, inFlight - 1);
      metadata.report(node, result.ok);
      this.#answered(batches, new Map(topicData.map(({ name, topicId }) => [topicId, name])), result);
      this.wake();
    });
  }

  #countOnWire(key: string): number {
    let count = 0;
    for (const batch of this.#onWire) if (batch.key === key) count++;
    return count;
  }

  /** `names`: of the topics that were asked for by id. They may have other ids, or none, by now. */
  #answered(batches: readonly ProducerBatch[], names: ReadonlyMap<string, string>, result: RpcResult<ProduceResponse>): void {
    for (const batch of batches) {
      invariant(batch.onWire, () => `${batch.key}: an answer for a batch that is not on its way`);
      batch.onWire = false;
      this.#onWire.delete(batch);
      if (this.#options.guaranteeOrder) this.#accumulator.unmute(batch.key);
    }
    if (!result.ok) {
      const error = transportError(result.reason);
      const answer = failure(error, `the request to the leader failed: ${result.reason}`, result.sent);
      for (const batch of batches) this.#handle(batch, answer);
      return;
    }
    if (this.#options.acks === 0) {
      for (const batch of batches) this.#handle(batch, failure(ErrorCode.NONE, null, true));
      return;
    }
    const answers = new Map<string, ProduceResponsePartitionProduceResponse>();
    for (const { name, topicId, partitionResponses } of result.response.responses)
      for (const partition of partitionResponses)
        answers.set(topicPartitionKey(topicId === ZERO_UUID ? name : (names.get(topicId) ?? name), partition.index), partition);
    for (const batch of batches) {
      const partition = answers.get(batch.key);
      if (partition === undefined) {
        this.#handle(batch, failure(ErrorCode.UNKNOWN_SERVER_ERROR, 'the answer lacks the partition', true));
        continue;
      }
      const { leaderId, leaderEpoch } = partition.currentLeader;
      if (partition.errorCode !== ErrorCode.NONE && leaderId >= 0)
        this.#session.metadata.hintLeader(
          batch.topic,
          batch.attemptedTopicId,
          batch.partition,
          leaderId,
          LeaderEpoch(leaderEpoch),
        );
      this.#handle(batch, {
        error: partition.errorCode,
        message: partition.errorMessage,
        baseOffset: partition.baseOffset,
        logAppendTimeMs: partition.logAppendTimeMs,
        logStartOffset: partition.logStartOffset,
        recordErrors:
          partition.recordErrors.length === 0
            ? NO_RECORD_ERRORS
            : new Map(partition.recordErrors.map((each) => [each.batchIndex, each.batchIndexErrorMessage ?? ''])),
        ambiguous: partition.errorCode !== ErrorCode.NONE && !isDefiniteRejection(partition.errorCode),
      });
    }
  }

  #handle(batch: ProducerBatch, answer: Answer): void {
    if (answer.ambiguous) batch.ambiguous = true;
    if (batch.isDone) {
      // It expired while the request was out: only now may its memory be used again.
      this.#accumulator.deallocate(batch);
      return;
    }
    if (isStaleMetadata(answer.error)) this.#session.metadata.requestUpdate();
    if (answer.error === ErrorCode.NONE || answer.error === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      this.#succeed(batch, answer);
      return;
    }
    const tooLarge = answer.error === ErrorCode.MESSAGE_TOO_LARGE && batch.records.length > 1;
    if (tooLarge) this.#split(batch);
    else if (this.#mayRetry(batch, answer)) this.#retry(batch, answer);
    else this.#fail(batch, answer);
  }

  #succeed(batch: ProducerBatch, answer: Answer): void {
    if (batch.hasSequence)
      this.#sequences?.completed(batch, answer.baseOffset < 0 ? -1 : answer.baseOffset + batch.records.length - 1);
    this.counters.recordsAcknowledged += batch.records.length;
    this.#traceCompleted(batch, answer.baseOffset, ErrorCode.NONE);
    this.#finish(batch, () => batch.succeed(answer.baseOffset, answer.logAppendTimeMs));
  }

  #mayRetry(batch: ProducerBatch, answer: Answer): boolean {
    const inTime = this.#env.clock.monotonicMs() - batch.createdMs < this.#options.deliveryTimeoutMs;
    if (!inTime || batch.attempts > this.#options.retries) return false;
    if (batch.hasSequence && this.#sequences?.mayRetry(batch, answer.error, answer.logStartOffset) === true) return true;
    return isRetriable(answer.error);
  }

  #retry(batch: ProducerBatch, answer: Answer): void {
    this.counters.batchesRetried++;
    this.#env.tracer.emit({
      type: 'producer-batch-retried',
      partition: batch.key,
      error: answer.error,
      baseSequence: batch.baseSequence,
    });
    this.#accumulator.reenqueue(batch);
  }

  #split(batch: ProducerBatch): void {
    this.counters.batchesSplit++;
    this.#env.tracer.emit({ type: 'mark', name: 'producer split a batch that was too large' });
    const parts = this.#accumulator.splitAndReenqueue(batch);
    if (batch.hasSequence) this.#sequences?.replace(batch, parts);
    this.#accumulator.enqueueParts(parts);
    this.#accumulator.completed(batch);
    this.#accumulator.deallocate(batch);
    this.#onBatchDone(batch, parts);
  }

  #fail(batch: ProducerBatch, answer: Answer): void {
    const name = errorName(answer.error);
    this.#sequences?.failed(batch, answer.error, batch.attempts <= this.#options.retries);
    this.#traceCompleted(batch, -1, answer.error);
    const definite = !batch.ambiguous;
    const culprits = answer.recordErrors;
    this.#failRecords(batch, (index) => {
      if (culprits.size > 0 && !culprits.has(index))
        return new KafkaError(ErrorCode.INVALID_RECORD, `${batch.key}: another record of the batch was refused (${name})`, {
          definite,
        });
      const detail = culprits.get(index) ?? answer.message ?? '';
      return new KafkaError(answer.error, `${batch.key}: ${name}${detail === '' ? '' : `: ${detail}`}`, { definite });
    });
  }

  #expire(now: number): void {
    for (const batch of this.#accumulator.takeExpired(now)) this.#expireBatch(batch);
    for (const batch of [...this.#onWire]) {
      const due = now - batch.createdMs >= this.#options.deliveryTimeoutMs;
      if (!due || batch.isDone) continue;
      batch.ambiguous = true;
      this.#env.tracer.emit({ type: 'mark', name: 'producer batch expired in flight' });
      this.#expireBatch(batch);
    }
  }

  #expireBatch(batch: ProducerBatch): void {
    this.#sequences?.failed(batch, ErrorCode.REQUEST_TIMED_OUT, false);
    this.#traceCompleted(batch, -1, ErrorCode.REQUEST_TIMED_OUT);
    const definite = !batch.ambiguous;
    this.#failRecords(batch, () =>
      timeoutError(
        `${batch.key}: not delivered within ${this.#options.deliveryTimeoutMs} ms, ${batch.attempts} attempts`,
        definite,
      ),
    );
  }

  #failRecords(batch: ProducerBatch, errorOf: (index: number) => KafkaError): void {
    this.counters.recordsFailed += batch.records.length;
    this.#finish(batch, () => batch.fail(errorOf));
  }

  /** Completes a batch and gives its memory back, unless a request still refers to it. */
  #finish(batch: ProducerBatch, complete: () => void): void {
    complete();
    this.#accumulator.completed(batch);
    if (!batch.onWire) this.#accumulator.deallocate(batch);
    this.#onBatchDone(batch, []);
  }

  #traceCompleted(batch: ProducerBatch, offset: number, error: number): void {
    this.#env.tracer.emit({
      type: 'producer-batch-completed',
      partition: batch.key,
      attempts: batch.attempts,
      producerId: batch.producerId,
      records: batch.records.length,
      baseSequence: batch.baseSequence,
      producerEpoch: batch.producerEpoch,
      offset,
      error,
      ageMs: this.#env.clock.monotonicMs() - batch.createdMs,
      deliveryTimeoutMs: this.#options.deliveryTimeoutMs,
    });
  }

  #initProducerId(now: number): void {
    if (now < this.#initNotBeforeMs) {
      this.wake(this.#initNotBeforeMs - now);
      return;
    }
    const idempotence = this.#idempotence as IdempotentState;
    idempotence.initializing();
    const node = this.#session.metadata.anyNode();
    const request = { transactionalId: null, transactionTimeoutMs: 2_147_483_647, producerId: -1, producerEpoch: -1 };
    this.#session.rpc.send(node, 'InitProducerId', request, {}, (result) => {
      if (this.#closed) return;
      this.#session.metadata.report(node, result.ok);
      if (result.ok && result.response.errorCode === ErrorCode.NONE) {
        this.#initFailures = 0;
        idempotence.initialized(result.response.producerId, result.response.producerEpoch);
        this.wake();
        return;
      }
      idempotence.initializationFailed();
      this.#initFailures++;
      const waitMs = this.#session.backoff.delayMs(this.#initFailures);
      this.#initNotBeforeMs = this.#env.clock.monotonicMs() + waitMs;
      if (result.ok && !isRetriable(result.response.errorCode)) this.#failQueued(result.response.errorCode);
      this.wake(waitMs);
    });
  }

  /** No producer id will ever be given: nothing that waits for one can be sent. */
  #failQueued(error: number): void {
    for (const batch of this.#accumulator.takeAll()) this.#fail(batch, failure(error, 'InitProducerId was refused', false));
  }
}

function failure(error: number, message: string | null, ambiguous: boolean): Answer {
  const nowhere = { baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 };
  return { error, message, ...nowhere, recordErrors: NO_RECORD_ERRORS, ambiguous };
}

function transportError(reason: RpcFailure): number {
  if (reason === 'unsupported-version') return ErrorCode.UNSUPPORTED_VERSION;
  return reason === 'timed-out' ? ErrorCode.REQUEST_TIMED_OUT : ErrorCode.NETWORK_EXCEPTION;
}

/** What the records of a batch hear that shares the fate of its transaction. */
function errorOfBatch(error: KafkaError, definite: boolean): KafkaError {
  const { code, message, errorName: name, fatal } = error;
  return new KafkaError(code, message, { ...(code === -1 ? { errorName: name } : {}), fatal, definite, cause: error });
}
