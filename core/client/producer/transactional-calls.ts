/**
 * What a producer with a transactional id is asked for, beside `send`. One call at a time. A promise is rejected with
 * KafkaError:
 *
 * - `fatal`: another producer has taken over the transactional id, or the like. Close this one.
 * - REQUEST_TIMED_OUT of any call but `sendOffsetsToTransaction`: what was asked goes on, for longer than max.block.ms. Only
 *   the same call may follow; it waits for the same end, and begins nothing anew. The transaction may be committed by now.
 * - ILLEGAL_STATE: the call does not fit the state, and nothing was done.
 * - anything else, as any record that could not be sent: the transaction can only be aborted.
 */
import type { OffsetAndMetadata } from '../consumer/committed-offsets.ts';
import type { GroupMetadata } from '../consumer/group-metadata.ts';

export interface TransactionalCalls {
  /**
   * Gets the producer id, and fences every earlier producer of this transactional id. A transaction that one of them left open
   * is aborted, one whose end had begun is completed. To be called once, before everything else.
   */
  initTransactions(): Promise<void>;

  /** Every record from here on is part of a transaction, until it is committed or aborted. Throws KafkaError. */
  beginTransaction(): void;

  /**
   * Commits offsets of a consumer group if, and when, the transaction is committed. `group` is what the consumer's
   * `groupMetadata()` said when the records were consumed: a member that was removed since is refused (KIP-447).
   */
  sendOffsetsToTransaction(offsets: readonly OffsetAndMetadata[], group: GroupMetadata): Promise<void>;

  /** Sends what is gathered, waits for it, and commits the transaction: all of it, or rejected and nothing. */
  commitTransaction(): Promise<void>;

  /** Gives up the transaction. Records that were not sent yet are rejected with TRANSACTION_ABORTED. */
  abortTransaction(): Promise<void>;
}
