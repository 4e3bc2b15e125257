/**
 * Offsets that producers commit in their transactions (TxnOffsetCommit, KIP-98, KIP-447): written at once, and of no effect before the
 * marker of the transaction is in the log, too.
 */
import { invariant } from '../../ports/invariant.ts';
import type { ClientEnvironment } from '../environment.ts';
import type { VerificationGuard } from '../log/verification.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import { Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { validateMember } from './answers.ts';
import { acceptable, type CommitAnswer, commitAnswer, countPending } from './commits.ts';
import type { GroupConfig } from './config.ts';
import { commitError } from './consumer/commit-checks.ts';
import { NEW_STATE } from './consumer/consumer-group-state.ts';
import type { AnyGroup, GroupShard } from './groups.ts';
import { offsetRecord } from './records.ts';

type CommitRequest = RequestTypes['TxnOffsetCommit'];

/** The end of a transaction, as WriteTxnMarkers asks for it. */
export interface TransactionEnd {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly commit: boolean;
  /** That it was decided under. */
  readonly transactionVersion: number;
}

/** Clients know more errors from here on (KIP-1319). */
const GROUP_ID_NOT_FOUND_VERSION = 6;
const STALE_MEMBER_EPOCH_VERSION = 6;

export class TransactionalOffsets {
  readonly #env: ClientEnvironment;
  readonly #config: GroupConfig;

  constructor(env: ClientEnvironment, config: GroupConfig) {
    this.#env = env;
    this.#config = config;
  }

  /**
   * Who may commit to this group now. Unlike a plain commit it is taken while a generation waits for its assignment, and from whoever
   * tells no member: clients before KIP-447 could not.
   */
  #validate(group: AnyGroup | undefined, version: number, request: CommitRequest): number {
    const { memberId, groupInstanceId, generationIdOrMemberEpoch: generation } = request;
    if (group === undefined) {
      if (generation < 0) return ErrorCode.NONE;
      return version >= GROUP_ID_NOT_FOUND_VERSION ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
    }
    if (group.kind === 'consumer') {
      const error = commitError(group.state ?? NEW_STATE, version, request, true);
      const isUnknown = error === ErrorCode.STALE_MEMBER_EPOCH && version < STALE_MEMBER_EPOCH_VERSION;
      return isUnknown ? ErrorCode.ILLEGAL_GENERATION : error;
    }
    if (group.is('Dead')) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (generation < 0 && group.is('Empty')) return ErrorCode.NONE;
    if (generation < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.NONE;
    const invalid = validateMember(group, memberId, groupInstanceId);
    if (invalid !== ErrorCode.NONE) return invalid;
    return generation === group.generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
  }

  commit(
    shard: GroupShard,
    version: number,
    request: CommitRequest,
    verificationGuard: VerificationGuard | null,
    done: (answer: CommitAnswer) => void,
  ): void {
    const error = this.#validate(shard.state.get(request.groupId), version, request);
    if (error !== ErrorCode.NONE) {
      done(commitAnswer(request, () => error));
      return;
    }
    const wallMs = this.#env.clock.wallMs();
    const { accepted, errorFor } = acceptable(request.topics, this.#config, wallMs, -1);
    const answer = (error: number): void => done(commitAnswer(request, errorFor(error)));
    if (accepted.length === 0) {
      shard.whenSettled(answer);
      return;
    }
    const group = shard.state.getOrCreate(request.groupId);
    for (const offset of accepted) countPending(group.pendingTransactionalCommits, offset, 1);
    const settled = (error: number, baseOffset: Offset): void => {
      invariant(
        error !== ErrorCode.NONE || shard.status === 'active',
        () => `group ${group.id}: a transaction's commit counts in partition ${shard.partition}, which is ${shard.status}`,
      );
      for (const offset of accepted) countPending(group.pendingTransactionalCommits, offset, -1);
      if (error !== ErrorCode.NONE) {
        shard.state.dropIfPristine(group);
        return;
      }
      group.isRecorded = true;
      for (const [index, offset] of accepted.entries()) {
        const logOffset = Offset(baseOffset + index);
        shard.state.addToTransaction(request.producerId, group, { ...offset, logOffset });
        this.#env.tracer.emit({
          type: 'transactional-offset-written',
          group: group.id,
          partition: topicPartitionKey(offset.topic, offset.partition),
          topicId: offset.topicId,
          offset: offset.offset,
          leaderEpoch: offset.leaderEpoch,
          transactionalId: request.transactionalId,
          producerId: request.producerId,
          producerEpoch: request.producerEpoch,
          member: request.memberId,
          generation: request.generationIdOrMemberEpoch,
          offsetsPartition: shard.partition,
          logOffset,
        });
      }
    };
    const records = accepted.map((offset) => offsetRecord(group.id, offset, wallMs));
    const { producerId, producerEpoch } = request;
    shard.writeInTransaction(records, { producerId, producerEpoch, verificationGuard }, settled, answer);
  }

  /** Writes the marker of a transaction. `done` is told the log's error, or NONE once the marker counts. */
  end(shard: GroupShard, end: TransactionEnd, done: (error: number) => void): void {
    const { producerId, producerEpoch, coordinatorEpoch, commit, transactionVersion } = end;
    const type = commit ? 'COMMIT' : 'ABORT';
    const marker = { type, producerId, producerEpoch, coordinatorEpoch, timestamp: this.#env.clock.wallMs() } as const;
    const settled = (error: number, logOffset: Offset): void => {
      if (error !== ErrorCode.NONE) return;
      const offsets = shard.state.endTransaction(producerId, commit).map(({ group, key, offset, isApplied }) => ({
        group,
        partition: key,
        topicId: offset.topicId,
        offset: offset.offset,
        logOffset: offset.logOffset,
        isApplied,
      }));
      this.#env.tracer.emit({
        type: 'transactional-offsets-ended',
        offsetsPartition: shard.partition,
        producerId,
        producerEpoch,
        isCommitted: commit,
        offsets,
        logOffset,
      });
    };
    shard.writeMarker(marker, transactionVersion, settled, done);
  }
}
