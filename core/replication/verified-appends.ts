/**
 * Appends of clients, of which those in a transaction need the word of its coordinator that the partition takes part (KIP-890): asked once
 * for each transaction and partition, before the first append there (the part of Kafka's ReplicaManager that begins at handleProduceAppend).
 */
import type { Environment } from '../environment.ts';
import type { VerificationGuard } from '../log/verification.ts';
import { ErrorCode, errorName } from '../protocol/errors.ts';
import { type TopicPartitionKey, topicPartitionKey } from '../protocol/partition.ts';
import { forEachBatch } from '../protocol/records.ts';
import type { HostedPartitions } from './hosted-partitions.ts';
import type { ReplicationConfig, TransactionVerifier } from './ports.ts';
import { failedAppend, type ReplicaAppends } from './replica-appends.ts';
import type { TransactionSupport } from './transaction-support.ts';
import type { AppendEntry, AppendOptions, AppendResult, ProduceOptions, VerifiedPartition, WritingTransaction } from './types.ts';

/** Answers of coordinators that clients of old try again for the wrong way. They all know NOT_ENOUGH_REPLICAS. */
const UNVERIFIABLE: ReadonlySet<number> = new Set([
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
]);

/** Of an append whose verification is answered, where it is late. */
const LATE_MS = 300;

type Verified = ReadonlyMap<TopicPartitionKey, VerifiedPartition>;

/** A batch of each partition that a transaction writes to. */
interface Writes {
  readonly transaction: WritingTransaction;
  readonly partitions: ReadonlyMap<
    TopicPartitionKey,
    { readonly topic: string; readonly partition: number; readonly baseSequence: number }
  >;
}

export interface VerifiedAppendsOptions {
  readonly config: ReplicationConfig;
  readonly partitions: HostedPartitions;
  readonly appends: ReplicaAppends;
  /** Null: nobody can be asked, and transactions are not verified. */
  readonly verifier: TransactionVerifier | null;
}

export class VerifiedAppends {
  readonly #env: Environment;
  readonly #options: VerifiedAppendsOptions;
  #isClosed = false;

  constructor(env: Environment, options: VerifiedAppendsOptions) {
    this.#env = env;
    this.#options = options;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** See ReplicaManager.produce. */
  produce({ transactionalId, support, ...append }: ProduceOptions): void {
    const options: AppendOptions = { ...append, origin: 'client' };
    const writes = writesOf(append.entries, transactionalId, support);
    if (writes === null) {
      this.#options.appends.append(options);
      return;
    }
    // A producer's next transaction may begin while the markers of the last are being written: the coordinator will have done so soon.
    const { config } = this.#options;
    const retryMs = Math.min(config['add.partitions.to.txn.retry.backoff.max.ms'], config['request.timeout.ms']);
    const giveUpMs = this.#env.clock.monotonicMs() + (support === 'add' ? retryMs : 0);
    this.#verifyUntil(giveUpMs, writes, (verified) => this.#appendVerified(options, support, verified));
  }

  /** See ReplicaManager.verifyTransaction. */
  verify(topic: string, partition: number, transaction: WritingTransaction, done: (verified: VerifiedPartition) => void): void {
    const key = topicPartitionKey(topic, partition);
    const partitions = new Map([[key, { topic, partition, baseSequence: -1 }]]);
    this.#verify({ transaction, partitions }, (verified) => done(verified.get(key) ?? { error: ErrorCode.NONE, guard: null }));
  }

  #verifyUntil(giveUpMs: number, writes: Writes, done: (verified: Verified) => void): void {
    const { timers, clock, tracer } = this.#env;
    this.#verify(writes, (verified) => {
      const isConcurrent = [...verified.values()].some(({ error }) => error === ErrorCode.CONCURRENT_TRANSACTIONS);
      if (!isConcurrent || clock.monotonicMs() >= giveUpMs) done(verified);
      else {
        const backoffMs = this.#options.config['add.partitions.to.txn.retry.backoff.ms'];
        tracer.emit({ type: 'mark', name: 'replication/transaction-asked-about-again' });
        timers.after(backoffMs, () => {
          if (!this.#isClosed) this.#verifyUntil(giveUpMs, writes, done);
        });
      }
    });
  }

  /** `done` is told of each partition that has something to tell: an error, or a guard to append with. */
  #verify(writes: Writes, done: (verified: Verified) => void): void {
    const { config, partitions, verifier } = this.#options;
    const { transaction } = writes;
    const isAdded = transaction.support === 'add';
    if (verifier === null || (!isAdded && !config['transaction.partition.verification.enable'])) {
      done(new Map());
      return;
    }
    const verified = new Map<TopicPartitionKey, VerifiedPartition>();
    const guards = new Map<TopicPartitionKey, VerificationGuard>();
    for (const [key, { topic, partition, baseSequence }] of writes.partitions) {
      const started = partitions.find(topic, partition);
      const guard = typeof started === 'number' ? started : started.startVerification(transaction, baseSequence);
      if (typeof guard === 'number') verified.set(key, { error: guard, guard: null });
      else if (guard !== null) guards.set(key, guard);
    }
    if (guards.size === 0) {
      done(verified);
      return;
    }
    const asked = Array.from(guards.keys(), (key) => writes.partitions.get(key) as { topic: string; partition: number });
    verifier.addOrVerify(transaction, asked, (errors) => {
      if (this.#isClosed) return;
      for (const [key, guard] of guards) {
        const error = errors.get(key) ?? ErrorCode.NONE;
        const { producerId, producerEpoch, transactionalId } = transaction;
        this.#env.tracer.emit({
          type: 'transaction-verified',
          partition: key,
          transactionalId,
          producerId,
          producerEpoch,
          isAdded,
          error,
        });
        verified.set(key, { error, guard });
      }
      const goOn = (): void => {
        if (!this.#isClosed) done(verified);
      };
      if (this.#env.random.sometimes('replication/late-verified-append')) this.#env.timers.after(LATE_MS, goOn);
      else goOn();
    });
  }

  /** Appends what nothing speaks against. */
  #appendVerified(options: AppendOptions, support: TransactionSupport, verified: Verified): void {
    const refused = new Map<AppendEntry, AppendResult>();
    const entries: AppendEntry[] = [];
    for (const entry of options.entries) {
      const { error, guard } = verified.get(topicPartitionKey(entry.topic, entry.partition)) ?? {
        error: ErrorCode.NONE,
        guard: null,
      };
      if (error === ErrorCode.NONE) entries.push({ ...entry, verificationGuard: guard });
      else refused.set(entry, refusal(error, support));
    }
    this.#options.appends.append({
      ...options,
      entries,
      done: (results) => {
        let next = 0;
        options.done(options.entries.map((entry) => refused.get(entry) ?? (results[next++] as AppendResult)));
      },
    });
  }
}

/** Null: there is nothing transactional in it. All of it is of one producer and epoch. */
function writesOf(entries: readonly AppendEntry[], transactionalId: string | null, support: TransactionSupport): Writes | null {
  if (transactionalId === null) return null;
  const partitions = new Map<TopicPartitionKey, { topic: string; partition: number; baseSequence: number }>();
  let transaction: WritingTransaction | null = null;
  for (const { topic, partition, records } of entries) {
    forEachBatch(records, ({ isTransactional, producerId, producerEpoch, baseSequence }) => {
      if (!isTransactional || producerId < 0) return;
      transaction ??= { transactionalId, producerId, producerEpoch, support };
      partitions.set(topicPartitionKey(topic, partition), { topic, partition, baseSequence });
    });
  }
  return transaction === null ? null : { transaction, partitions };
}

/** What a coordinator's refusal is to a producer. */
function refusal(error: number, support: TransactionSupport): AppendResult {
  const isForLater = UNVERIFIABLE.has(error) || (error === ErrorCode.CONCURRENT_TRANSACTIONS && support !== 'add');
  const message = `the partition could not be verified to be in the transaction: ${errorName(error)}`;
  if (isForLater) return failedAppend(ErrorCode.NOT_ENOUGH_REPLICAS, message);
  return failedAppend(error, error === ErrorCode.INVALID_TXN_STATE ? 'the partition is not in the transaction' : undefined);
}
