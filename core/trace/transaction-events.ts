/** Transactions, as their coordinator knows them (core/transaction). */
import type { TransactionState } from '../transaction/transaction-state.ts';

/** Why a transactional id goes to another state. */
export type TransitionReason =
  | 'init-producer-id'
  | 'add-partitions'
  | 'end-transaction'
  | 'timed-out'
  | 'fenced'
  | 'markers-written'
  | 'expired';

/** A transactional id as a coordinator has read it. */
interface LoadedTransaction {
  readonly transactionalId: string;
  readonly state: TransactionState;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: readonly string[];
  readonly timeoutMs: number;
}

interface Transition {
  readonly statePartition: number;
  readonly leaderEpoch: number;
  readonly transactionalId: string;
  /** After the transition. */
  readonly producerId: number;
  readonly producerEpoch: number;
  /** That the producer goes on with once the transaction is complete; -1: the same. */
  readonly nextProducerId: number;
  readonly from: TransactionState;
  readonly to: TransactionState;
  readonly partitions: readonly string[];
  readonly timeoutMs: number;
  /** The level of transaction.version that whoever asked for it speaks. */
  readonly transactionVersion: number;
  readonly reason: TransitionReason;
}

export type TransactionEvent =
  | {
      readonly type: 'transaction-coordinator-loading';
      readonly statePartition: number;
      readonly leaderEpoch: number;
      readonly endOffset: number;
    }
  | {
      readonly type: 'transaction-coordinator-loaded';
      readonly statePartition: number;
      readonly leaderEpoch: number;
      readonly transactions: readonly LoadedTransaction[];
    }
  /** It could not read its partition, or not decode what it read: until another election nobody coordinates these transactions. */
  | { readonly type: 'transaction-coordinator-load-failed'; readonly statePartition: number; readonly leaderEpoch: number }
  | { readonly type: 'transaction-coordinator-unloaded'; readonly statePartition: number; readonly leaderEpoch: number }
  /** Its record is on its way into the log: from now on a coordinator that loads may find it. That of PrepareEpochFence is another's. */
  | (Transition & { readonly type: 'transaction-transition-begun'; readonly logOffset: -1 })
  /** Its record, at this offset, is committed, and holds from now on. */
  | (Transition & { readonly type: 'transaction-transition'; readonly logOffset: number })
  /** It is not made, or not by this coordinator. NOT_COORDINATOR: the record may be in the log all the same. */
  | (Transition & { readonly type: 'transaction-transition-failed'; readonly logOffset: -1; readonly error: number })
  | {
      readonly type: 'transaction-markers-sent';
      readonly transactionalId: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly coordinatorEpoch: number;
      readonly commit: boolean;
      readonly brokerId: number;
      readonly partitions: readonly string[];
    }
  | {
      readonly type: 'transaction-markers-answered';
      readonly transactionalId: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly coordinatorEpoch: number;
      readonly commit: boolean;
      readonly brokerId: number;
      readonly partitions: readonly string[];
      /** Of each partition, in the order of `partitions`; null: there was no answer, and the markers may be written or not. */
      readonly errors: readonly number[] | null;
    }
  /** `producerId` and `producerEpoch` are what the request claims; `own...` what the coordinator had when it answered, -1: nothing. */
  | {
      readonly type: 'transaction-request-answered';
      readonly api: 'InitProducerId' | 'AddPartitionsToTxn' | 'AddOffsetsToTxn' | 'EndTxn';
      readonly transactionalId: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly error: number;
      readonly ownProducerId: number;
      readonly ownProducerEpoch: number;
      /** Null: the id is not known, or not here. */
      readonly state: TransactionState | null;
      /** Of AddPartitionsToTxn and AddOffsetsToTxn: that are asked for. */
      readonly partitions: readonly string[];
      /** Of AddPartitionsToTxn: a broker asks whether the partitions are in the transaction. */
      readonly isVerification: boolean;
      /** Of EndTxn; null for others. */
      readonly commit: boolean | null;
      /** The level of transaction.version that whoever asks speaks. */
      readonly transactionVersion: number;
    }
  | {
      readonly type: 'transaction-timed-out';
      readonly transactionalId: string;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly openMs: number;
      readonly timeoutMs: number;
    };
