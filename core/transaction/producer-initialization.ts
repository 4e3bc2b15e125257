/** InitProducerId with a transactional id: whoever had it before is fenced, and what it left open is aborted. */
import { ErrorCode } from '../protocol/errors.ts';
import type { TransactionServices } from './services.ts';
import type { TransactionEnding } from './transaction-ending.ts';
import { isEpochExhausted, newTransaction, NONE, type Transaction, TransactionMetadata } from './transaction-metadata.ts';
import { isPrepared } from './transaction-state.ts';
import type { TransactionShard } from './transactions.ts';

/** The producer id and epoch that a producer has already, and wants to go on with (KIP-360). */
interface ExpectedProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface InitRequest {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** Null: it has none. */
  readonly expected: ExpectedProducer | null;
}

export interface InitResult {
  readonly error: number;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export class ProducerInitialization {
  readonly #services: TransactionServices;
  readonly #ending: TransactionEnding;

  constructor(services: TransactionServices, ending: TransactionEnding) {
    this.#services = services;
    this.#ending = ending;
  }

  initialize(shard: TransactionShard, request: InitRequest, done: (result: InitResult) => void): void {
    const metadata = this.#getOrCreate(shard, request);
    const { states } = this.#services;
    const decision = metadata === null ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : this.#decide(metadata, request);
    if (metadata === null || typeof decision === 'number') {
      done(refusal(decision as number));
      return;
    }
    if (decision === 'fence') {
      // The producer comes back, and gets an epoch after the one that the open transaction is aborted with.
      this.#ending.fenceAndAbort(shard, metadata, 'fenced', ({ error }) =>
        done(refusal(error === ErrorCode.NONE ? ErrorCode.CONCURRENT_TRANSACTIONS : error)),
      );
      return;
    }
    const { producerId, producerEpoch } = decision;
    states.append(
      { shard, metadata, next: decision, reason: 'init-producer-id' },
      { answered: (error) => done(error === ErrorCode.NONE ? { error, producerId, producerEpoch } : refusal(error)) },
    );
  }

  #getOrCreate(shard: TransactionShard, { transactionalId, timeoutMs }: InitRequest): TransactionMetadata | null {
    const known = shard.state.get(transactionalId);
    if (known !== undefined) return known;
    const producerId = this.#services.nextProducerId();
    if (producerId === null) return null;
    const made = new TransactionMetadata(
      transactionalId,
      newTransaction(producerId, timeoutMs, this.#services.env.clock.wallMs()),
    );
    shard.state.set(transactionalId, made);
    return made;
  }

  #decide(metadata: TransactionMetadata, { timeoutMs, expected }: InitRequest): Transaction | 'fence' | number {
    const { current, pendingState } = metadata;
    if (pendingState !== null) return ErrorCode.CONCURRENT_TRANSACTIONS;
    if (expected !== null && !isOwn(current, expected)) return ErrorCode.PRODUCER_FENCED;
    if (isPrepared(current.state)) return ErrorCode.CONCURRENT_TRANSACTIONS;
    if (current.state === 'Ongoing') return 'fence';
    const nowMs = this.#services.env.clock.wallMs();
    const expectedEpoch = expected?.producerEpoch ?? null;
    const isExhausted = isEpochExhausted(current.producerEpoch);
    if (isExhausted && (expectedEpoch === null || expectedEpoch === current.producerEpoch)) {
      const producerId = this.#services.nextProducerId();
      if (producerId === null) return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
      return metadata.prepareProducerIdRotation(producerId, timeoutMs, nowMs, expected !== null);
    }
    // Kafka has no epoch to go on with here either, and fails.
    if (isExhausted) return ErrorCode.UNKNOWN_SERVER_ERROR;
    return metadata.prepareIncrementProducerEpoch(timeoutMs, expectedEpoch, nowMs) ?? ErrorCode.PRODUCER_FENCED;
  }
}

/** May a producer go on that says it has this id? Whether the epoch is right comes out when it is bumped. */
function isOwn(current: Transaction, expected: ExpectedProducer): boolean {
  return (
    // The transactional id expired, and was made anew just now: nobody else has it.
    current.producerEpoch === NONE ||
    expected.producerId === current.producerId ||
    // The answer with another producer id may have been lost.
    (expected.producerId === current.previousProducerId && isEpochExhausted(expected.producerEpoch))
  );
}

function refusal(error: number): InitResult {
  return { error, producerId: NONE, producerEpoch: NONE };
}
