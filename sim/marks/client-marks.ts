/** Rare states of producers and consumers: batches of unknown fate, epochs that are raised, positions that are lost. */
import { ErrorCode } from '../../core/protocol/errors.ts';
import type { ProducerTransactionState } from '../../core/trace/client-events.ts';
import { follows, type Mark, type Watch, when, whenError } from './mark.ts';

function bumped(reason: string): Watch {
  return when('producer-epoch-bumped', (bump) => bump.reason === reason);
}

function retried(error: number): Watch {
  return whenError('producer-batch-retried', error);
}

function completed(error: number): Watch {
  return whenError('producer-batch-completed', error);
}

function transaction(from: ProducerTransactionState, to: ProducerTransactionState, error?: string): Watch {
  return when(
    'producer-transaction',
    (change) => change.from === from && change.to === to && (error === undefined || change.error === error),
  );
}

export const CLIENT_MARKS = {
  'producer/epoch-raised-for-an-unresolved-batch': {
    why: 'an idempotent producer gave a batch of unknown fate up and went on in a new epoch (KIP-360): delivery.timeout.ms must be over while it is under way',
    watch: bumped('unresolved sequence'),
  },
  'producer/epoch-raised-for-a-refused-batch': {
    why: 'a batch was refused for good and the ones after it had to be numbered anew: it must be too large for its topic',
    watch: when('producer-epoch-bumped', ({ reason }) => reason === 'MESSAGE_TOO_LARGE' || reason === 'RECORD_LIST_TOO_LARGE'),
  },
  'producer/epoch-raised-for-a-gap': {
    why: 'a producer learned of a gap in its sequence from a broker: batches that it knew to be written must be gone, or come out of order',
    watch: when('producer-epoch-bumped', ({ reason }) => reason.startsWith('out of order sequence')),
  },
  'producer/epoch-raised-after-a-failed-transaction': {
    why: 'a transactional producer recovered from an error by a new epoch (KIP-360)',
    watch: bumped('an error in the last transaction'),
  },
  'producer/batch-renumbered-after-a-failure': {
    why: 'a batch of unknown fate was given another sequence since one before it failed: the log may get it twice',
    watch: when('producer-batch-renumbered', ({ because }) => because === 'batch-failed'),
  },
  'producer/batch-renumbered-after-a-gap': {
    why: 'a batch of unknown fate was given another sequence since the broker found a gap',
    watch: when('producer-batch-renumbered', ({ because }) => because === 'sequence-lost'),
  },
  'producer/batch-sent-ten-times': {
    why: 'a batch took ten attempts: errors must go on, and each be answered quickly',
    watch: when('producer-batch-completed', ({ attempts }) => attempts >= 10),
  },
  'producer/batch-given-up-after-sending': {
    why: 'a batch was given up without anybody knowing its fate: it must be sent and never answered in delivery.timeout.ms',
    watch: whenError('producer-batch-completed', ErrorCode.REQUEST_TIMED_OUT, ({ attempts }) => attempts > 1),
  },
  'producer/batch-of-a-fenced-producer-refused': {
    why: 'a batch was refused since its producer was fenced (INVALID_PRODUCER_EPOCH)',
    watch: completed(ErrorCode.INVALID_PRODUCER_EPOCH),
  },
  'producer/batch-of-a-forgotten-id-refused': {
    why: 'a batch was refused since its transactional id was forgotten: it must expire while the producer is in use',
    watch: completed(ErrorCode.INVALID_PRODUCER_ID_MAPPING),
  },
  'producer/batch-too-large': {
    why: 'a batch was too large for its topic, and could not be split',
    watch: completed(ErrorCode.MESSAGE_TOO_LARGE),
  },
  'producer/retried-for-want-of-replicas': {
    why: 'a batch was sent again after NOT_ENOUGH_REPLICAS: the in-sync set must be too small when it comes',
    watch: retried(ErrorCode.NOT_ENOUGH_REPLICAS),
  },
  'producer/retried-out-of-order': {
    why: 'a batch was sent again after OUT_OF_ORDER_SEQUENCE_NUMBER: one before it must be under way, and lost',
    watch: retried(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER),
  },
  'producer/retried-for-an-unknown-topic-id': {
    why: 'a batch was sent again after UNKNOWN_TOPIC_ID: the broker must be behind with its metadata',
    watch: retried(ErrorCode.UNKNOWN_TOPIC_ID),
  },
  'producer/retried-for-a-failed-disk': {
    why: 'a batch was sent again after KAFKA_STORAGE_ERROR',
    watch: retried(ErrorCode.KAFKA_STORAGE_ERROR),
  },
  'producer/retried-for-the-last-transaction': {
    why: 'a batch was sent again after CONCURRENT_TRANSACTIONS: the markers of the last transaction must be slow (KIP-890)',
    watch: retried(ErrorCode.CONCURRENT_TRANSACTIONS),
  },
  'producer/commit-failed-abortable': {
    why: 'a commit turned out to be one that can only be aborted: the error must come after the application has decided',
    watch: transaction('committing', 'abortable-error'),
  },
  'producer/fenced-while-committing': {
    why: 'a producer was fenced while it committed: its next life must begin in this round trip',
    watch: transaction('committing', 'fatal-error', 'PRODUCER_FENCED'),
  },
  'producer/commit-of-an-aborted-transaction': {
    why: 'a producer committed what its coordinator had aborted (INVALID_TXN_STATE): the time-out must come first',
    watch: transaction('committing', 'fatal-error', 'INVALID_TXN_STATE'),
  },
  'producer/fenced-while-aborting': {
    why: 'a producer was fenced while it aborted',
    watch: transaction('aborting', 'fatal-error', 'PRODUCER_FENCED'),
  },
  'producer/fenced-in-a-transaction': {
    why: 'a producer was fenced between begin and end',
    watch: transaction('in-transaction', 'fatal-error', 'PRODUCER_FENCED'),
  },
  'producer/fenced-at-its-start': {
    why: 'a producer was fenced before it had an id: two must start with one transactional id',
    isSeldom: true,
    watch: transaction('initializing', 'fatal-error', 'PRODUCER_FENCED'),
  },
  'producer/id-forgotten-in-a-transaction': {
    why: "a producer's transactional id was forgotten between begin and end",
    watch: transaction('in-transaction', 'fatal-error', 'INVALID_PRODUCER_ID_MAPPING'),
  },
  'producer/begun-anew-after-an-abort': {
    why: 'a producer asked for a new epoch after an abort: the transaction must have an error that leaves batches in doubt',
    watch: transaction('aborting', 'initializing'),
  },
  'producer/begun-anew-after-a-commit': {
    why: 'a producer had to ask for a new epoch after a commit',
    watch: transaction('committing', 'initializing'),
  },
  'producer/offsets-refused-in-a-transaction': {
    why: 'the offsets of a transaction were refused and it can only be aborted (COMMIT_FAILED): a rebalance must fall into it',
    watch: transaction('in-transaction', 'abortable-error', 'COMMIT_FAILED'),
  },
  'producer/epoch-superseded-in-a-transaction': {
    why: 'a producer learned in a transaction that its epoch is over, and may yet abort it (INVALID_PRODUCER_EPOCH)',
    watch: transaction('in-transaction', 'abortable-error', 'INVALID_PRODUCER_EPOCH'),
  },
  'producer/second-error-in-a-transaction': {
    why: 'a transaction that could only be aborted met another error before it was',
    watch: transaction('abortable-error', 'abortable-error'),
  },
  'consumer/position-out-of-range': {
    why: 'a consumer was at an offset that its leader did not have: records must be deleted, or lost, before it comes to them',
    watch: when('consumer-position-reset', ({ reason }) => reason === 'out-of-range'),
  },
  'consumer/position-reset-backwards': {
    why: 'a consumer had to go back: what it had read must be gone',
    watch: when('consumer-position-reset', ({ from, to }) => to < from),
  },
  'consumer/truncation-detected': {
    why: 'a consumer found that what it had read was truncated (KIP-320): an unclean election or a lost disk must take what was committed',
    watch: when('consumer-truncation-detected'),
  },
  'consumer/partitions-lost': {
    why: 'a consumer lost its partitions without giving them back: its session must end while it lives',
    watch: when('consumer-lost-partitions'),
  },
  'consumer/assigned-after-losing-partitions': {
    why: 'a consumer that had lost its partitions was assigned some within two seconds',
    watch: follows(
      { type: 'consumer-lost-partitions' },
      { type: 'consumer-rebalanced', if: ({ partitions }) => partitions.length > 0 },
      2_000,
    ),
  },
  'consumer/without-partitions': {
    why: 'a consumer was assigned nothing: there must be more of them than partitions',
    watch: when('consumer-rebalanced', ({ partitions }) => partitions.length === 0),
  },
  'consumer/leader-epoch-not-learned': {
    why: 'a client heard of a leader epoch before it knew the partition: the topic must just be made',
    watch: when('leader-epoch-not-learned'),
  },
} as const satisfies Readonly<Record<string, Mark>>;
