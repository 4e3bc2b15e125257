/**
 * What a producer with a transactional id does for its transactions: its state, its id and epoch, which partitions are part of
 * the transaction, the requests that wait, and the sequences of its batches (Kafka's TransactionManager).
 *
 * With `transaction.version` 2 (KIP-890) brokers add partitions and groups by themselves, and each end of a transaction brings a
 * new epoch; before, the producer adds them with requests of its own, and raises the epoch only after an error (KIP-360). Which of
 * the two holds is looked up between transactions.
 *
 * This file is over 300 lines because calls, answers and batches change the same state: apart they could not be understood.
 */
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode, errorName, isRetriable } from '../../protocol/errors.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import type { Endpoint } from '../../rpc/rpc-client.ts';
import type { OffsetAndMetadata } from '../consumer/committed-offsets.ts';
import type { GroupMetadata } from '../consumer/group-metadata.ts';
import { illegalState, KafkaError } from '../errors.ts';
import { keyOf } from '../metadata.ts';
import type { Session } from '../session.ts';
import { NO_PRODUCER_ID, PartitionSequence } from './partition-sequence.ts';
import type { ProducerIdAndEpoch } from './partition-sequence.ts';
import type { ProducerBatch } from './producer-batch.ts';
import type { Sequences } from './sequences.ts';
import { TransactionState } from './transaction-state.ts';
import { type Coordinator, Priority } from './transactional-request.ts';
import type { TransactionalRequest } from './transactional-request.ts';
import { LAST_EXPLICIT, TransactionalRequests } from './transactional-requests.ts';
import type { TransactionOptions, TransactionSteps } from './transactional-requests.ts';
import { TransactionalResult } from './transactional-result.ts';

/** InitProducerId raises the epoch of a producer that asks for it from this version on (KIP-360). */
const FIRST_WITH_EPOCH = 3;

const FATAL_FOR_BATCHES: ReadonlySet<number> = new Set([
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.UNSUPPORTED_VERSION,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
]);

/** The version of EndTxn whose answer tells the next epoch. */
const EPOCH_BUMP_END_TXN = 5;

export class TransactionManager implements Sequences, TransactionSteps {
  readonly #env: ClientEnvironment;
  readonly #session: Session;
  readonly #transactionalId: string;
  readonly #make: TransactionalRequests;
  readonly state: TransactionState;
  #identity: ProducerIdAndEpoch = NO_PRODUCER_ID;
  #isVersion2 = false;
  #featuresEpoch = -1;
  /** The epoch must be raised by InitProducerId when the transaction has ended. */
  #needsEpochBump = false;
  #canBumpEpoch = false;
  /** The coordinator may know of the transaction: it must be told of the end. */
  #isStarted = false;
  /** Not asked for yet, asked for, and added. */
  readonly #newPartitions = new Map<string, TopicPartition>();
  readonly #askedPartitions = new Set<string>();
  readonly #partitions = new Set<string>();
  readonly #sequences = new Map<string, PartitionSequence>();
  readonly #coordinators: Record<Coordinator['type'], Endpoint | null> = { group: null, transaction: null };
  /** By priority, then as they came. */
  readonly #requests: TransactionalRequest[] = [];
  /** A call whose end the application has not heard of: nothing else may be asked for. */
  #pending: TransactionalResult | null = null;
  /** A commit that waits for sends which wait for metadata or memory. */
  #deferredCommit: TransactionalResult | null = null;
  #mayBeCommitted = false;

  constructor(session: Session, options: TransactionOptions) {
    this.#env = session.env;
    this.#session = session;
    this.#transactionalId = options.transactionalId;
    this.#make = new TransactionalRequests(session.env, options, this);
    this.state = new TransactionState(session.env, options.transactionalId, () => this.#identity);
  }

  get identity(): ProducerIdAndEpoch {
    return this.#identity;
  }

  get isCompleting(): boolean {
    return this.state.isCompleting;
  }

  get isFirstPartition(): boolean {
    return this.#partitions.size === 0;
  }

  get mayBeCommitted(): boolean {
    return this.#mayBeCommitted;
  }

  get hasRequests(): boolean {
    return this.#requests.length > 0;
  }

  /** The highest version of Produce that leaves it to the producer to add partitions; null: there is no such limit. */
  get produceVersionLimit(): number | null {
    return this.#isVersion2 ? null : LAST_EXPLICIT.produce;
  }

  // --- what the application asks for ---

  initTransactions(): TransactionalResult {
    return this.#pendingCall('initTransactions', (result) => {
      this.#checkNoError();
      this.state.become('initializing');
      this.#enqueue(this.#make.initProducerId(result, NO_PRODUCER_ID, false));
    });
  }

  /** The application has heard that the producer is initialized. */
  initializationHeard(): void {
    this.#updateVersion(true);
  }

  beginTransaction(): void {
    this.#checkNothingPending('beginTransaction');
    this.#checkNoError();
    this.state.become('in-transaction');
    this.#mayBeCommitted = false;
  }

  /** `areSendsAppended`: no send waits for metadata or memory. Else the commit begins with `sendsAppended`. */
  commitTransaction(areSendsAppended: boolean): TransactionalResult {
    return this.#pendingCall('commitTransaction', (result) => {
      this.#checkNoError();
      if (areSendsAppended || !this.state.canBecome('committing')) this.#beginCommit(result);
      else this.#deferredCommit = result;
    });
  }

  /** No send waits for metadata or memory any more. */
  sendsAppended(): void {
    const result = this.#deferredCommit;
    if (result === null) return;
    this.#deferredCommit = null;
    const error = this.#errorOfState();
    if (error === null) this.#beginCommit(result);
    else result.fail(error);
  }

  abortTransaction(): TransactionalResult {
    return this.#pendingCall('abortTransaction', (result) => {
      if (!this.state.isAbortable) this.#checkNoError();
      this.state.become('aborting');
      this.#newPartitions.clear();
      this.#complete(result, false);
    });
  }

  sendOffsetsToTransaction(offsets: readonly OffsetAndMetadata[], group: GroupMetadata): TransactionalResult {
    this.#checkNothingPending('sendOffsetsToTransaction');
    this.#checkNoError();
    if (this.state.current !== 'in-transaction')
      throw illegalState(`offsets can be sent only in a transaction, and the producer is in state ${this.state.current}`);
    const result = new TransactionalResult('sendOffsetsToTransaction');
    if (this.#isVersion2) this.groupAdded(result, offsets, group);
    else this.#enqueue(this.#make.addOffsets(result, offsets, group));
    return result;
  }

  /** The client is closed: nobody will send what waits. */
  close(error: KafkaError): void {
    this.#failRequests(error);
    this.#pending?.fail(error);
  }

  // --- what the producer says of its sends ---

  /** Why a record cannot be taken now; null: it can. `wasTakenBefore`: it was, and waited for metadata or memory. */
  refusalOfSend(wasTakenBefore: boolean): KafkaError | null {
    const error = this.#errorOfState();
    if (error !== null) return error;
    const pending = wasTakenBefore ? null : this.#pendingError('send');
    if (pending !== null || this.state.current === 'in-transaction') return pending;
    return illegalState(`a record can be sent only in a transaction, and the producer is in state ${this.state.current}`);
  }

  /** A record of this partition was gathered. */
  appended(partition: TopicPartition): void {
    const key = keyOf(partition);
    if (this.#isVersion2) {
      this.#partitions.add(key);
      this.#isStarted = true;
    } else if (!this.#partitions.has(key) && !this.#askedPartitions.has(key)) this.#newPartitions.set(key, partition);
  }

  /** A record, or a batch, could not be sent. */
  sendFailed(code: number): void {
    const message = `transactional id ${this.#transactionalId}: a record could not be sent: ${errorName(code)}`;
    if (FATAL_FOR_BATCHES.has(code)) {
      this.failFatally(new KafkaError(code, message, { fatal: true, definite: true }));
      return;
    }
    if (this.#mustBumpItself && !this.isCompleting) this.#needsEpochBump = true;
    const cause = new KafkaError(code, message, { definite: true });
    // Retries are over: the transaction lacks a record, and must not be committed.
    const isConverted = isRetriable(code) || code === ErrorCode.INVALID_TXN_STATE;
    this.#becomeAbortable(
      isConverted ? new KafkaError(ErrorCode.TRANSACTION_ABORTABLE, message, { definite: true, cause }) : cause,
    );
  }

  // --- what the sender asks for ---

  /** Why what was gathered and never sent must be given up; null: it must not. */
  get reasonToDropBatches(): KafkaError | null {
    if (this.state.isAbortable) return this.state.error;
    if (!this.state.isAborting) return null;
    return new KafkaError(-1, 'the transaction was aborted', { errorName: 'TRANSACTION_ABORTED', definite: true });
  }

  /** The next request to be sent; null: none is due. `hasIncomplete`: records of the transaction have no final answer yet. */
  nextRequest(hasIncomplete: boolean): TransactionalRequest | null {
    const { error } = this.state;
    if (error !== null) this.#failRequests(error);
    if (this.#newPartitions.size > 0 && error === null) this.#askForPartitions();
    const next = this.#requests[0];
    if (next === undefined || (next.priority === Priority.endTransaction && hasIncomplete)) return null;
    this.#requests.shift();
    if (next.priority !== Priority.endTransaction || this.#isStarted) return next;
    // Nothing was added to the transaction: its coordinator does not know of it.
    this.ended(next.result as TransactionalResult, null);
    return this.#requests.shift() ?? null;
  }

  coordinator(type: Coordinator['type']): Endpoint | null {
    return this.#coordinators[type];
  }

  /** An attempt brought no answer: it is made again, once the coordinator is found again. */
  unanswered(request: TransactionalRequest): void {
    if (request.coordinator !== null) this.lookUp(request.coordinator);
    this.retry(request);
  }

  /** The coordinator of transactions has answered, so it is known what it speaks. */
  coordinatorAnswered(): void {
    const version = this.#session.rpc.versionFor(this.#coordinators.transaction, 'InitProducerId');
    this.#canBumpEpoch = version !== null && version >= FIRST_WITH_EPOCH;
  }

  /** Nothing can be sent any more. */
  failFatally(error: KafkaError): void {
    this.state.becomeByAnswer('fatal-error', error);
    this.close(error);
  }

  /**
   * The application may not use the transactional id, or the cluster: all that waits is refused, and the application may try again
   * with `initTransactions`. Null: it is not so.
   */
  takeAuthorizationError(): KafkaError | null {
    const { error } = this.state;
    if (!this.state.isAbortable || error === null) return null;
    const { code } = error;
    if (code !== ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED && code !== ErrorCode.CLUSTER_AUTHORIZATION_FAILED) return null;
    this.state.becomeByAnswer('uninitialized');
    this.close(error);
    return error;
  }

  // --- what answers do ---

  retry(request: TransactionalRequest): void {
    request.isRetry = true;
    this.#enqueue(request);
  }

  lookUp(coordinator: Coordinator): void {
    this.#coordinators[coordinator.type] = null;
    this.#enqueue(this.#make.findCoordinator(coordinator));
  }

  found(type: Coordinator['type'], node: Endpoint): void {
    this.#coordinators[type] = node;
  }

  initialized(result: TransactionalResult, identity: ProducerIdAndEpoch, isEpochBump: boolean): void {
    this.#identity = identity;
    if (isEpochBump) {
      this.#sequences.clear();
      this.#env.tracer.emit({ type: 'producer-epoch-bumped', ...identity, reason: 'an error in the last transaction' });
    } else this.#env.tracer.emit({ type: 'producer-id-acquired', ...identity });
    if (this.#becomeByAnswer('ready')) result.done();
  }

  partitionsAnswered(keys: readonly string[], areAdded: boolean): void {
    for (const key of keys) {
      this.#askedPartitions.delete(key);
      if (areAdded) this.#partitions.add(key);
    }
    if (areAdded) this.#isStarted = true;
  }

  groupAdded(result: TransactionalResult, offsets: readonly OffsetAndMetadata[], group: GroupMetadata): void {
    this.#isStarted = true;
    this.#enqueue(this.#make.txnOffsetCommit(result, offsets, group, this.#session.metadata, this.#isVersion2));
  }

  commitMayTakeEffect(): void {
    this.#mayBeCommitted = true;
  }

  /** The call that ended the transaction is over as well, unless the epoch must be raised first. */
  ended(result: TransactionalResult, identity: ProducerIdAndEpoch | null): void {
    if (identity !== null) {
      this.#identity = identity;
      this.#sequences.clear();
      this.#env.tracer.emit({ type: 'producer-epoch-bumped', ...identity, reason: 'the end of a transaction' });
    }
    const mustBump = this.#needsEpochBump;
    this.#needsEpochBump = false;
    this.#isStarted = false;
    this.#newPartitions.clear();
    this.#askedPartitions.clear();
    this.#partitions.clear();
    if (!this.#becomeByAnswer(mustBump ? 'initializing' : 'ready')) return;
    if (mustBump) this.#enqueue(this.#make.initProducerId(result, this.#identity, true));
    else result.done();
  }

  abortable(request: TransactionalRequest, error: KafkaError): void {
    request.result?.fail(error);
    this.#becomeAbortable(error);
  }

  abortableIfPossible(request: TransactionalRequest | null, errorOf: (fatal: boolean) => KafkaError): void {
    const isPossible = this.#canBumpEpoch || this.#isVersion2;
    const error = errorOf(!isPossible);
    request?.result?.fail(error);
    if (!isPossible) {
      this.failFatally(error);
      return;
    }
    if (this.#mustBumpItself) this.#needsEpochBump = true;
    this.#becomeAbortable(error);
  }

  fatal(request: TransactionalRequest, error: KafkaError): void {
    request.result?.fail(error);
    this.failFatally(error);
  }

  // --- sequences ---

  mayDrain(batch: ProducerBatch): boolean {
    if (this.state.isFatal || !this.#partitions.has(batch.key)) return false;
    return this.#sequenceOf(batch.key).mayDrain(batch, this.#identity);
  }

  assignSequence(batch: ProducerBatch): void {
    this.#sequenceOf(batch.key).assign(batch, this.#identity);
  }

  replace(batch: ProducerBatch, parts: readonly ProducerBatch[]): void {
    this.#sequenceOf(batch.key).replace(batch, parts);
  }

  completed(batch: ProducerBatch, lastOffset: number): void {
    this.#sequenceOf(batch.key).completed(batch, lastOffset);
  }

  failed(batch: ProducerBatch, error: number, isRefused: boolean): void {
    this.sendFailed(error);
    if (!batch.hasSequence) return;
    const sequence = this.#sequenceOf(batch.key);
    // If an earlier attempt may have been appended, those after it must not take its place in the sequence.
    if (!isRefused || batch.ambiguous) sequence.expired(batch);
    else {
      sequence.remove(batch);
      if (error === ErrorCode.UNKNOWN_PRODUCER_ID) this.#sequences.delete(batch.key);
      else sequence.closeGap(batch);
    }
  }

  resolve(): void {
    for (const sequence of this.#sequences.values()) {
      if (sequence.unresolvedSequence === null || sequence.inFlight.length > 0) continue;
      sequence.unresolvedSequence = null;
      if (sequence.isGapless || this.state.isFatal) continue;
      const message = `transactional id ${this.#transactionalId}: records were given up that may have been written`;
      this.abortableIfPossible(null, (fatal) => new KafkaError(ErrorCode.TRANSACTION_ABORTABLE, message, { fatal }));
    }
  }

  mayRetry(batch: ProducerBatch, error: number, logStartOffset: number): true | null {
    const sequence = this.#sequenceOf(batch.key);
    if (error === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER) {
      // A predecessor is still being retried: after it this batch will be in order.
      const isLater = batch.isRenumbered || !sequence.isNext(batch.baseSequence);
      return isLater && sequence.unresolvedSequence === null ? true : null;
    }
    if (error !== ErrorCode.UNKNOWN_PRODUCER_ID) return null;
    if (logStartOffset === -1 || batch.isRenumbered) return true;
    if (sequence.lastAckedOffset >= logStartOffset) return null;
    // All batches of this producer are deleted from the log by age, and the broker has forgotten it: nothing is lost.
    sequence.restart(this.#identity);
    return true;
  }

  // --- the state ---

  #pendingCall(operation: string, begin: (result: TransactionalResult) => void): TransactionalResult {
    const error = this.#pendingError(operation);
    if (error !== null) {
      if (this.#pending?.operation === operation) return this.#pending;
      throw error;
    }
    const result = new TransactionalResult(operation);
    begin(result);
    this.#pending = result;
    return result;
  }

  /** A call has not ended that must end first; null: there is none. */
  #pendingError(operation: string): KafkaError | null {
    if (this.#pending?.isHeard === true) this.#pending = null;
    if (this.#pending === null) return null;
    return illegalState(`${operation} cannot follow ${this.#pending.operation} whose end is open: call that again`);
  }

  #checkNothingPending(operation: string): void {
    const error = this.#pendingError(operation);
    if (error !== null) throw error;
  }

  #checkNoError(): void {
    const error = this.#errorOfState();
    if (error !== null) throw error;
  }

  /** What a call hears in an error state; null in any other. */
  #errorOfState(): KafkaError | null {
    const { error, isFatal } = this.state;
    if (error === null) return null;
    const message = `transactional id ${this.#transactionalId}: the producer is in state ${this.state.current}: ${error.message}`;
    const options = { fatal: isFatal, definite: !this.#mayBeCommitted, cause: error };
    return new KafkaError(error.code, message, error.code === -1 ? { ...options, errorName: error.errorName } : options);
  }

  #beginCommit(result: TransactionalResult): void {
    this.state.become('committing');
    this.#complete(result, true);
  }

  #complete(result: TransactionalResult, committed: boolean): void {
    if (this.#newPartitions.size > 0) this.#askForPartitions();
    // A transaction ends by the version that it began with; the next one may have another.
    const isExplicit = !this.#isVersion2;
    const request = this.#make.endTxn(result, committed, isExplicit);
    this.#updateVersion(false);
    this.#enqueue(request);
  }

  /** The features of the cluster may have changed: with version 2 the epoch of transactions by version 1 must be fenced. */
  #updateVersion(isFirst: boolean): void {
    const { rpc } = this.#session;
    const { features } = rpc;
    if (features.epoch <= this.#featuresEpoch) return;
    this.#featuresEpoch = features.epoch;
    const was2 = this.#isVersion2;
    // A client of an older release does not know what the level means.
    const knowsVersion2 = (rpc.versionFor(null, 'EndTxn') ?? 0) >= EPOCH_BUMP_END_TXN;
    this.#isVersion2 = knowsVersion2 && features.level('transaction.version') >= 2;
    if (!isFirst && !was2 && this.#isVersion2) this.#needsEpochBump = true;
  }

  /** With version 2 the coordinator raises the epoch by itself. */
  get #mustBumpItself(): boolean {
    return this.#canBumpEpoch && !this.#isVersion2;
  }

  #askForPartitions(): void {
    for (const key of this.#newPartitions.keys()) this.#askedPartitions.add(key);
    this.#enqueue(this.#make.addPartitions([...this.#newPartitions.values()]));
    this.#newPartitions.clear();
  }

  #enqueue(request: TransactionalRequest): void {
    const at = this.#requests.findIndex(({ priority }) => priority > request.priority);
    this.#requests.splice(at < 0 ? this.#requests.length : at, 0, request);
  }

  /** Fails all that wait but the search for a coordinator, which an abort will need. */
  #failRequests(error: KafkaError): void {
    const isKept = (request: TransactionalRequest) => this.state.isAbortable && request.api === 'FindCoordinator';
    const kept = this.#requests.filter(isKept);
    const failed = this.#requests.filter((request) => !isKept(request));
    this.#requests.length = 0;
    this.#requests.push(...kept);
    for (const request of failed) request.result?.fail(error);
  }

  #becomeAbortable(error: KafkaError): void {
    // While it aborts, an abort is all that could follow.
    if (!this.state.isAborting && !this.state.isFatal) this.#becomeByAnswer('abortable-error', error);
  }

  /** False: it does not fit the state, and the producer has ended. */
  #becomeByAnswer(target: 'ready' | 'initializing' | 'abortable-error', error: KafkaError | null = null): boolean {
    this.state.becomeByAnswer(target, error);
    const { isFatal, error: lost } = this.state;
    if (isFatal && lost !== null) this.close(lost);
    return !isFatal;
  }

  #sequenceOf(key: string): PartitionSequence {
    let sequence = this.#sequences.get(key);
    if (sequence === undefined) {
      sequence = new PartitionSequence(this.#identity);
      this.#sequences.set(key, sequence);
    }
    return sequence;
  }
}
