/** Of a transactional producer, by the names of Kafka's TransactionManager. */
export type ProducerTransactionState =
  | 'uninitialized'
  | 'initializing'
  | 'ready'
  | 'in-transaction'
  | 'committing'
  | 'aborting'
  | 'abortable-error'
  | 'fatal-error';

/** Clients (core/client). What an application did is recorded by the history, not here, but for what it says itself. */
export type ClientEvent =
  /** A line of a program's standard output or error. */
  | { readonly type: 'application-said'; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  /** A program ended by itself, or by a signal that it was sent. */
  | { readonly type: 'application-ended'; readonly status: number }
  | { readonly type: 'producer-id-acquired'; readonly producerId: number; readonly producerEpoch: number }
  | {
      readonly type: 'producer-epoch-bumped';
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly reason: string;
    }
  /**
   * A batch that was sent before, and whose fate is unknown, has another place in the sequence of its partition since the epoch was raised: if
   * an earlier attempt was appended, the broker can't know the next one for the same.
   */
  | {
      readonly type: 'producer-batch-renumbered';
      readonly partition: string;
      readonly producerId: number;
      readonly fromEpoch: number;
      readonly fromSequence: number;
      readonly producerEpoch: number;
      readonly baseSequence: number;
      /** Why the partition's sequence began anew: another of its batches was refused for good, or the broker found a gap. */
      readonly because: 'batch-failed' | 'sequence-lost';
    }
  | {
      readonly type: 'producer-batch-sent';
      readonly partition: string;
      readonly attempt: number;
      /** -1 without idempotence, as epoch and sequence. */
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly baseSequence: number;
      readonly records: number;
      /** Other batches of the partition that are on their way. */
      readonly besides: number;
      readonly maxInFlight: number;
    }
  | { readonly type: 'producer-batch-retried'; readonly partition: string; readonly error: number; readonly baseSequence: number }
  | {
      readonly type: 'producer-batch-completed';
      readonly partition: string;
      /** How often it was sent. */
      readonly attempts: number;
      /** -1 without idempotence. */
      readonly producerId: number;
      readonly records: number;
      readonly baseSequence: number;
      readonly producerEpoch: number;
      readonly offset: number;
      readonly error: number;
      /** Since the producer took its first record. */
      readonly ageMs: number;
      readonly deliveryTimeoutMs: number;
    }
  /** The transaction manager of a producer with a transactional id changed its state. */
  | {
      readonly type: 'producer-transaction';
      readonly transactionalId: string;
      /** -1: not known yet. */
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly from: ProducerTransactionState;
      readonly to: ProducerTransactionState;
      /** Kafka's name of the error that it is for. */
      readonly error?: string;
    }
  | {
      readonly type: 'consumer-position-reset';
      readonly partition: string;
      readonly from: number;
      /** Of the record before the position, -1: unknown (a committed offset need not tell it). */
      readonly offsetEpoch: number;
      /** Of the leader that was asked for what is at the position, -1: nobody was. */
      readonly leaderEpoch: number;
      readonly to: number;
      readonly reason: 'no-committed-offset' | 'out-of-range' | 'truncation';
    }
  /** Somebody told the client of this epoch when it had no metadata of the partition yet. */
  | { readonly type: 'leader-epoch-not-learned'; readonly partition: string; readonly leaderEpoch: number }
  | {
      readonly type: 'consumer-truncation-detected';
      readonly partition: string;
      readonly position: number;
      /** Of the record before the position, as it was asked about; -1: unknown. */
      readonly offsetEpoch: number;
      /** Of the leader that was asked, as the consumer's metadata had it; -1: unknown. */
      readonly leaderEpoch: number;
      readonly divergentOffset: number;
    }
  | {
      readonly type: 'consumer-rebalanced';
      readonly group: string;
      readonly generation: number;
      readonly member: string;
      readonly partitions: readonly string[];
    }
  /**
   * An attempt at a commit ended in a way that leaves open whether it was, or will be, applied. Whether the same commit is tried
   * again or not, this attempt may be applied at any later time.
   */
  | {
      readonly type: 'consumer-commit-unanswered';
      readonly group: string;
      readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
    }
  /** A static leader is back, and what its earlier life assigned stays (KIP-814). */
  | { readonly type: 'consumer-kept-assignment'; readonly group: string; readonly generation: number }
  | {
      readonly type: 'consumer-lost-partitions';
      readonly group: string;
      readonly partitions: readonly string[];
      readonly reason: string;
    };
