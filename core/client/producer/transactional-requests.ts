/**
 * The requests of a transactional producer, and what each answer means for the transaction: done, to be sent again, to be aborted,
 * or the end of this producer (the handlers in Kafka's TransactionManager).
 */
import type { ClientEnvironment } from '../../environment.ts';
import { ErrorCode, errorName, isRetriable } from '../../protocol/errors.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import type { RequestVersions } from '../../rpc/api-versions.ts';
import type { Endpoint } from '../../rpc/rpc-client.ts';
import type { OffsetAndMetadata } from '../consumer/committed-offsets.ts';
import type { GroupMetadata } from '../consumer/group-metadata.ts';
import { CoordinatorType } from '../coordinator-type.ts';
import { KafkaError } from '../errors.ts';
import { type ClusterMetadata, groupByTopic, keyOf, mapByTopic } from '../metadata.ts';
import type { ProducerIdAndEpoch } from './partition-sequence.ts';
import { type Coordinator, Priority, transactionalRequest } from './transactional-request.ts';
import type { TransactionalRequest } from './transactional-request.ts';
import type { TransactionalResult } from './transactional-result.ts';

export interface TransactionOptions {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  readonly retryBackoffMs: number;
}

/** What an answer can do. */
export interface TransactionSteps {
  /** Of the producer, as of now. */
  readonly identity: ProducerIdAndEpoch;
  /** A commit of this transaction may have taken effect, or may yet. */
  readonly mayBeCommitted: boolean;
  /** Has no partition been added to the transaction yet? */
  readonly isFirstPartition: boolean;
  retry(request: TransactionalRequest): void;
  /** Looks for a coordinator before anything else is sent. */
  lookUp(coordinator: Coordinator): void;
  found(type: Coordinator['type'], node: Endpoint): void;
  initialized(result: TransactionalResult, identity: ProducerIdAndEpoch, isEpochBump: boolean): void;
  /** None of these is waiting to be added any more; `areAdded`: they are part of the transaction. */
  partitionsAnswered(keys: readonly string[], areAdded: boolean): void;
  /** The group is part of the transaction: its offsets can be sent. */
  groupAdded(result: TransactionalResult, offsets: readonly OffsetAndMetadata[], group: GroupMetadata): void;
  /** A commit may have taken effect, or may yet, and no answer will tell. */
  commitMayTakeEffect(): void;
  /** `identity`: for the next transaction; null: it stays. */
  ended(result: TransactionalResult, identity: ProducerIdAndEpoch | null): void;
  /** The transaction can only be aborted. */
  abortable(request: TransactionalRequest, error: KafkaError): void;
  /** As well, if the coordinator can raise the epoch; else nothing more can be done. */
  abortableIfPossible(request: TransactionalRequest, errorOf: (fatal: boolean) => KafkaError): void;
  fatal(request: TransactionalRequest, error: KafkaError): void;
}

/** Until here it is left to the producer to add partitions and groups to a transaction (before KIP-890). */
export const LAST_EXPLICIT = { addPartitions: 3, produce: 11, txnOffsetCommit: 4, endTxn: 4 } as const;
/** Members and generations of groups came with this version of TxnOffsetCommit (KIP-447), topic ids after the other. */
const FIRST_OF_MEMBERS = 3;
const LAST_BY_NAME = 5;
/** The transaction before is still being completed: that takes less time than a failed request is worth waiting for. */
const CONCURRENT_BACKOFF_MS = 20;
/** About as long as a few transactions take, and as a connection that hangs. */
const DELAYED_END_MS = [20, 100, 500, 2_000];

/** After them it is open whether the coordinator has written, or will write, the end of the transaction. */
const AMBIGUOUS_ENDS: ReadonlySet<number> = new Set([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.UNKNOWN_SERVER_ERROR,
]);

/** TxnOffsetCommit: the group has another coordinator, or this one cannot write. */
const MOVED_GROUP: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.REQUEST_TIMED_OUT,
]);

/** TxnOffsetCommit: whoever consumed the records is not the member any more that may commit them. */
const MEMBERSHIP_ERRORS: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.STALE_MEMBER_EPOCH,
]);

const ABORTABLE_OFFSETS: ReadonlySet<number> = new Set([
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.TRANSACTION_ABORTABLE,
]);

/** These end the producer wherever a coordinator answers them. */
const FATAL: ReadonlySet<number> = new Set([
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
]);

export class TransactionalRequests {
  readonly #env: ClientEnvironment;
  readonly #options: TransactionOptions;
  readonly #steps: TransactionSteps;
  readonly #own: Coordinator;

  constructor(env: ClientEnvironment, options: TransactionOptions, steps: TransactionSteps) {
    this.#env = env;
    this.#options = options;
    this.#steps = steps;
    this.#own = { type: 'transaction', key: options.transactionalId };
  }

  findCoordinator({ type, key }: Coordinator): TransactionalRequest {
    const request = transactionalRequest({
      api: 'FindCoordinator',
      priority: Priority.findCoordinator,
      coordinator: null,
      body: { key, keyType: CoordinatorType[type], coordinatorKeys: [key] },
      retryBackoffMs: this.#options.retryBackoffMs,
      onAnswer: (response) => {
        // Until version 3 the answer is in the response itself.
        const { errorCode, nodeId, host, port } = response.coordinators[0] ?? response;
        if (errorCode === ErrorCode.NONE) this.#steps.found(type, { id: String(nodeId), host, port, nodeId });
        else if (isRetriable(errorCode)) this.#steps.retry(request);
        else if (errorCode === ErrorCode.GROUP_AUTHORIZATION_FAILED || errorCode === ErrorCode.TRANSACTION_ABORTABLE)
          this.#abortable(request, errorCode);
        else this.#fatal(request, errorCode);
      },
    });
    return request;
  }

  /** `from`: the id whose epoch is to be raised, or none. */
  initProducerId(result: TransactionalResult, from: ProducerIdAndEpoch, isEpochBump: boolean): TransactionalRequest {
    const { transactionalId, timeoutMs: transactionTimeoutMs } = this.#options;
    const { producerId, producerEpoch } = from;
    const request = transactionalRequest({
      api: 'InitProducerId',
      priority: isEpochBump ? Priority.epochBump : Priority.initProducerId,
      coordinator: this.#own,
      result,
      body: { transactionalId, transactionTimeoutMs, producerId, producerEpoch },
      retryBackoffMs: this.#options.retryBackoffMs,
      onAnswer: (answer) => {
        const { errorCode: code } = answer;
        if (code === ErrorCode.NONE) {
          const { producerId: newId, producerEpoch: newEpoch } = answer;
          this.#steps.initialized(result, { producerId: newId, producerEpoch: newEpoch }, isEpochBump);
        } else if (code === ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED || code === ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
          this.#abortable(request, code);
        else if (code === ErrorCode.UNKNOWN_PRODUCER_ID || !this.#handled(request, code)) this.#fatal(request, code);
      },
    });
    return request;
  }

  addPartitions(partitions: readonly TopicPartition[]): TransactionalRequest {
    const { producerId, producerEpoch } = this.#steps.identity;
    const keys = partitions.map(keyOf);
    const request = transactionalRequest({
      api: 'AddPartitionsToTxn',
      priority: Priority.addPartitionsOrOffsets,
      coordinator: this.#own,
      body: {
        v3AndBelowTransactionalId: this.#options.transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: mapByTopic(partitions, (name, of) => ({ name, partitions: of.map(({ partition }) => partition) })),
      },
      versions: { maxVersion: LAST_EXPLICIT.addPartitions },
      retryBackoffMs: this.#options.retryBackoffMs,
      onAnswer: ({ resultsByTopicV3AndBelow: topics }) => {
        request.retryBackoffMs = this.#options.retryBackoffMs;
        let refused: number = ErrorCode.NONE;
        for (const { partitionErrorCode: code } of topics.flatMap(({ resultsByPartition }) => resultsByPartition)) {
          if (code === ErrorCode.NONE) continue;
          if (code === ErrorCode.CONCURRENT_TRANSACTIONS && this.#steps.isFirstPartition)
            request.retryBackoffMs = Math.min(CONCURRENT_BACKOFF_MS, this.#options.retryBackoffMs);
          if (this.#handled(request, code)) return;
          // That others were refused says less than why they were.
          if (refused === ErrorCode.NONE || refused === ErrorCode.OPERATION_NOT_ATTEMPTED) refused = code;
        }
        this.#steps.partitionsAnswered(keys, refused === ErrorCode.NONE);
        if (refused !== ErrorCode.NONE) this.#abortable(request, refused);
      },
    });
    return request;
  }

  addOffsets(result: TransactionalResult, offsets: readonly OffsetAndMetadata[], group: GroupMetadata): TransactionalRequest {
    const { producerId, producerEpoch } = this.#steps.identity;
    const request = transactionalRequest({
      api: 'AddOffsetsToTxn',
      priority: Priority.addPartitionsOrOffsets,
      coordinator: this.#own,
      result,
      body: { transactionalId: this.#options.transactionalId, producerId, producerEpoch, groupId: group.groupId },
      retryBackoffMs: this.#options.retryBackoffMs,
      onAnswer: ({ errorCode }) => {
        // The call ends with the offsets, not with the group.
        if (errorCode === ErrorCode.NONE) this.#steps.groupAdded(result, offsets, group);
        else if (errorCode === ErrorCode.GROUP_AUTHORIZATION_FAILED) this.#abortable(request, errorCode);
        else if (!this.#handled(request, errorCode)) this.#fatal(request, errorCode);
      },
    });
    return request;
  }

  /** `isImplicit`: the group's coordinator adds the group to the transaction by itself (KIP-890). */
  txnOffsetCommit(
    result: TransactionalResult,
    offsets: readonly OffsetAndMetadata[],
    group: GroupMetadata,
    metadata: ClusterMetadata,
    isImplicit: boolean,
  ): TransactionalRequest {
    const { producerId, producerEpoch } = this.#steps.identity;
    const byTopic = groupByTopic(offsets);
    const ids = new Map(Array.from(byTopic.keys(), (name) => [name, metadata.topicId(name) ?? ZERO_UUID]));
    const names = new Map(Array.from(ids, ([name, id]) => [id, name]));
    const open = new Set<string>(offsets.map(keyOf));
    const coordinator: Coordinator = { type: 'group', key: group.groupId };
    const request = transactionalRequest({
      api: 'TxnOffsetCommit',
      priority: Priority.addPartitionsOrOffsets,
      coordinator,
      result,
      body: {
        transactionalId: this.#options.transactionalId,
        groupId: group.groupId,
        producerId,
        producerEpoch,
        generationIdOrMemberEpoch: group.generationId,
        memberId: group.memberId,
        groupInstanceId: group.groupInstanceId,
        topics: Array.from(byTopic, ([name, ofTopic]) => ({
          name,
          topicId: ids.get(name) ?? ZERO_UUID,
          partitions: ofTopic.map(({ partition, offset, leaderEpoch, metadata: note }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch ?? -1,
            committedMetadata: note ?? '',
          })),
        })),
      },
      versions: offsetVersions(group, isImplicit, !names.has(ZERO_UUID)),
      retryBackoffMs: this.#options.retryBackoffMs,
      onAnswer: ({ topics }) => {
        let mustLookUp = false;
        for (const { name, topicId, partitions } of topics) {
          const topic = name === '' ? (names.get(topicId) ?? '') : name;
          for (const { partitionIndex, errorCode } of partitions) {
            if (errorCode === ErrorCode.NONE) open.delete(keyOf({ topic, partition: partitionIndex }));
            else if (MOVED_GROUP.has(errorCode)) mustLookUp = true;
            else if (!isRetriable(errorCode)) {
              this.#offsetRefused(request, errorCode);
              return;
            }
          }
        }
        if (open.size === 0) {
          result.done();
          return;
        }
        if (mustLookUp) this.#steps.lookUp(coordinator);
        this.#steps.retry(request);
      },
    });
    return request;
  }

  /** `isExplicit`: the transaction began before the brokers had KIP-890. */
  endTxn(result: TransactionalResult, committed: boolean, isExplicit: boolean): TransactionalRequest {
    const { producerId, producerEpoch } = this.#steps.identity;
    const lost = () => {
      if (committed) this.#steps.commitMayTakeEffect();
    };
    const request = transactionalRequest({
      api: 'EndTxn',
      priority: Priority.endTransaction,
      coordinator: this.#own,
      result,
      body: { transactionalId: this.#options.transactionalId, producerId, producerEpoch, committed },
      versions: isExplicit ? { maxVersion: LAST_EXPLICIT.endTxn } : {},
      retryBackoffMs: this.#options.retryBackoffMs,
      onLost: lost,
      onSent: (sendAgain) => this.#maybeDelayed(sendAgain),
      onAnswer: (answer) => {
        const { errorCode: code } = answer;
        if (AMBIGUOUS_ENDS.has(code)) lost();
        if (code === ErrorCode.NONE) {
          if (this.#env.random.sometimes('client/producer/end-asked-again', 16)) {
            lost();
            this.#steps.retry(request);
            return;
          }
          const { producerId: nextId, producerEpoch: nextEpoch } = answer;
          this.#steps.ended(result, nextId === -1 ? null : { producerId: nextId, producerEpoch: nextEpoch });
        } else if (!committed && code === ErrorCode.TRANSACTION_ABORTABLE) {
          // An abort that asks for an abort would never end.
          this.#fatal(request, code);
        } else if (!this.#handled(request, code)) this.#fatal(request, code);
      },
    });
    return request;
  }

  /** A connection that hangs is given up, and the request sent on another; what the first one carried may come at any time. */
  #maybeDelayed(sendAgain: () => void): void {
    const { random, timers } = this.#env;
    if (!random.sometimes('client/producer/delayed-end')) return;
    timers.after(random.stream('client/producer/delayed-end').pick(DELAYED_END_MS, 'delay'), sendAgain);
  }

  #offsetRefused(request: TransactionalRequest, code: number): void {
    if (code === ErrorCode.INVALID_PRODUCER_EPOCH || code === ErrorCode.PRODUCER_FENCED)
      this.#fatal(request, ErrorCode.PRODUCER_FENCED);
    else if (MEMBERSHIP_ERRORS.has(code)) {
      const message = `the offsets were refused, as whoever consumed the records is not that member any more (${errorName(code)})`;
      const cause = new KafkaError(code, errorName(code), { definite: true });
      this.#steps.abortable(request, new KafkaError(-1, message, { errorName: 'COMMIT_FAILED', definite: true, cause }));
    } else if (ABORTABLE_OFFSETS.has(code)) this.#abortable(request, code);
    else this.#fatal(request, code);
  }

  /** What most answers have in common: they are sent again, the producer is fenced, or the transaction must be aborted. */
  #handled(request: TransactionalRequest, code: number): boolean {
    if (code === ErrorCode.NOT_COORDINATOR || code === ErrorCode.COORDINATOR_NOT_AVAILABLE) {
      this.#steps.lookUp(this.#own);
      this.#steps.retry(request);
    } else if (isRetriable(code)) this.#steps.retry(request);
    else if (code === ErrorCode.INVALID_PRODUCER_EPOCH || code === ErrorCode.PRODUCER_FENCED)
      this.#fatal(request, ErrorCode.PRODUCER_FENCED);
    else if (FATAL.has(code)) this.#fatal(request, code);
    else if (code === ErrorCode.TRANSACTION_ABORTABLE) this.#abortable(request, code);
    else if (code === ErrorCode.UNKNOWN_PRODUCER_ID)
      this.#steps.abortableIfPossible(request, (fatal) => this.#refused(request, code, fatal));
    else return false;
    return true;
  }

  #abortable(request: TransactionalRequest, code: number): void {
    this.#steps.abortable(request, this.#refused(request, code, false));
  }

  #fatal(request: TransactionalRequest, code: number): void {
    this.#steps.fatal(request, this.#refused(request, code, true));
  }

  #refused(request: TransactionalRequest, code: number, fatal: boolean): KafkaError {
    const message = `transactional id ${this.#options.transactionalId}: ${request.api} was refused: ${errorName(code)}`;
    return new KafkaError(code, message, { fatal, definite: !this.#steps.mayBeCommitted });
  }
}

function offsetVersions(group: GroupMetadata, isImplicit: boolean, areIdsKnown: boolean): RequestVersions {
  const isMember = group.memberId !== '' || group.generationId !== -1 || group.groupInstanceId !== null;
  const lowest = isMember ? { minVersion: FIRST_OF_MEMBERS } : {};
  if (!isImplicit) return { ...lowest, maxVersion: LAST_EXPLICIT.txnOffsetCommit };
  return areIdsKnown ? lowest : { ...lowest, maxVersion: LAST_BY_NAME };
}
