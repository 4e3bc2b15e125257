/** Rare states of transactions and their coordinators. Their steps are counted apart (transaction-steps.ts). */
import { ErrorCode } from '../../core/protocol/errors.ts';
import type { TransitionReason } from '../../core/trace/transaction-events.ts';
import type { TransactionState } from '../../core/transaction/transaction-state.ts';
import { diesAfter, follows, type Mark, type Watch, when, whenError } from './mark.ts';

function answered(api: 'InitProducerId' | 'AddPartitionsToTxn' | 'AddOffsetsToTxn' | 'EndTxn', error: number): Watch {
  return whenError('transaction-request-answered', error, (answer) => answer.api === api && !answer.isVerification);
}

function verified(error: number): Watch {
  return whenError('transaction-verified', error);
}

function went(to: TransactionState, reason: TransitionReason): Watch {
  return when('transaction-transition', (transition) => transition.to === to && transition.reason === reason);
}

function markersAnswered(holds: (errors: readonly number[]) => boolean): Watch {
  return when('transaction-markers-answered', ({ errors }) => errors !== null && holds(errors));
}

/** The same markers are sent again; by the same coordinator's epoch, or by another. */
function markersSentAgain(bySame: boolean): Watch {
  return (run, _, reached) => {
    const sent = new Map<string, number>();
    run.on('transaction-markers-sent', ({ transactionalId, producerId, producerEpoch, commit, brokerId, coordinatorEpoch }) => {
      const key = `${transactionalId} ${producerId} ${producerEpoch} ${commit} ${bySame ? brokerId : ''}`;
      const before = sent.get(key);
      if (before !== undefined && (before === coordinatorEpoch) === bySame) reached();
      sent.set(key, coordinatorEpoch);
    });
  };
}

function loadedWith(state: TransactionState): Watch {
  return when('transaction-coordinator-loaded', ({ transactions }) => transactions.some((loaded) => loaded.state === state));
}

export const TRANSACTION_MARKS = {
  'transaction/timed-out': {
    why: 'a coordinator aborted a transaction that was open for too long: its producer must stall, or be gone',
    watch: went('PrepareAbort', 'timed-out'),
  },
  'transaction/fenced-while-open': {
    why: "a producer's next life found a transaction open and had it aborted: the producer must die within one",
    watch: went('PrepareAbort', 'fenced'),
  },
  'transaction/expired': {
    why: 'a transactional id was forgotten: transactional.id.expiration.ms must be shorter than a pause of its producer',
    watch: went('Dead', 'expired'),
  },
  'transaction/abort-of-nothing': {
    why: 'a producer aborted a transaction that its coordinator did not know to have begun (KIP-890): its first batch must never have come',
    watch: when(
      'transaction-transition',
      ({ from, to, reason }) => to === 'PrepareAbort' && reason === 'end-transaction' && from !== 'Ongoing',
    ),
  },
  'transaction/five-partitions': {
    why: 'a transaction had five partitions or more: topics must have as many, and a transaction records for all',
    watch: when('transaction-transition', ({ partitions }) => partitions.length >= 5),
  },
  'transaction/step-not-replicated': {
    why: 'a step of a transaction could not be recorded (COORDINATOR_NOT_AVAILABLE): the in-sync set of its topic must be too small',
    watch: when('transaction-transition-failed', ({ error }) => error === ErrorCode.COORDINATOR_NOT_AVAILABLE),
  },
  'transaction/coordinator-gone-in-a-step': {
    why: 'a coordinator lost its partition while a step was being recorded: the step may hold all the same',
    watch: when('transaction-transition-failed', ({ error }) => error === ErrorCode.NOT_COORDINATOR),
  },
  'transaction/commit-not-recorded': {
    why: 'of all steps just the decision to commit was in doubt: a round trip in which the coordinator falls',
    watch: when('transaction-transition-failed', ({ to }) => to === 'PrepareCommit'),
  },
  'transaction/completion-not-recorded': {
    why: 'all markers were written and it could not be recorded: the coordinator must fall between the two',
    watch: when('transaction-transition-failed', ({ to }) => to === 'CompleteCommit' || to === 'CompleteAbort'),
  },
  'transaction/coordinator-died-after-its-decision': {
    why: 'a coordinator ended within 20 ms of a decision: the next must find it and write the markers',
    watch: diesAfter('transaction-transition', ({ to }) => to === 'PrepareCommit' || to === 'PrepareAbort', 20),
  },
  'transaction/coordinator-died-after-sending-markers': {
    why: 'a coordinator ended within 10 ms of sending markers: some may be written, and the next writes them all again',
    watch: diesAfter('transaction-markers-sent', () => true, 10),
  },
  'transaction/open-found-on-load': {
    why: 'a coordinator took over an open transaction: the move must fall into it',
    watch: loadedWith('Ongoing'),
  },
  'transaction/commit-found-on-load': {
    why: 'a coordinator took over a transaction that was to be committed: the move must fall between decision and markers',
    watch: loadedWith('PrepareCommit'),
  },
  'transaction/abort-found-on-load': {
    why: 'a coordinator took over a transaction that was to be aborted: aborts are seldom, and the move must fall between decision and markers',
    watch: loadedWith('PrepareAbort'),
  },
  'transaction/two-decisions-found-on-load': {
    why: 'a coordinator took over two transactions that were decided and not complete',
    watch: when(
      'transaction-coordinator-loaded',
      ({ transactions }) => transactions.filter(({ state }) => state === 'PrepareCommit' || state === 'PrepareAbort').length > 1,
    ),
  },
  'transaction/coordinator-died-while-loading': {
    why: 'a coordinator ended within 100 ms of beginning to load',
    isSeldom: true,
    watch: diesAfter('transaction-coordinator-loading', () => true, 100),
  },
  'transaction/begun-after-a-load': {
    why: 'a transaction was carried on within 100 ms of its coordinator being loaded: a producer must have waited for it',
    watch: follows(
      { type: 'transaction-coordinator-loaded', if: ({ transactions }) => transactions.length > 0 },
      { type: 'transaction-transition', if: ({ reason }) => reason === 'add-partitions' },
      100,
    ),
  },
  'transaction/markers-unanswered': {
    why: 'nobody knows whether markers were written: the connection must end between request and answer',
    watch: when('transaction-markers-answered', ({ errors }) => errors === null),
  },
  'transaction/markers-of-some-partitions': {
    why: 'a broker wrote some of the markers and refused others: it must lead only a part of what the coordinator thinks',
    watch: markersAnswered((errors) => errors.includes(0) && errors.some((error) => error !== 0)),
  },
  'transaction/markers-below-min-isr': {
    why: 'a marker could not be written for lack of replicas: the in-sync set must be too small when a transaction ends',
    watch: markersAnswered((errors) => errors.includes(ErrorCode.NOT_ENOUGH_REPLICAS)),
  },
  'transaction/markers-timed-out': {
    why: 'a marker was appended and not replicated in time: a follower must lag when a transaction ends',
    watch: markersAnswered((errors) => errors.includes(ErrorCode.REQUEST_TIMED_OUT)),
  },
  'transaction/markers-to-a-former-leader': {
    why: 'markers came to a broker that led the partition no more: leadership must move between decision and markers',
    watch: markersAnswered((errors) => errors.includes(ErrorCode.NOT_LEADER_OR_FOLLOWER)),
  },
  'transaction/markers-sent-again': {
    why: 'a coordinator sent the same markers to the same broker again: the first must be refused or lost',
    watch: markersSentAgain(true),
  },
  'transaction/markers-sent-by-the-next-coordinator': {
    why: 'two coordinators sent markers of the same transaction: the first must fall after sending and before it is told',
    watch: markersSentAgain(false),
  },
  'transaction/end-asked-of-a-former-coordinator': {
    why: 'a producer wanted to end its transaction at a broker that coordinated it no more',
    watch: answered('EndTxn', ErrorCode.NOT_COORDINATOR),
  },
  'transaction/end-asked-while-loading': {
    why: 'a producer wanted to end its transaction while the coordinator was loading',
    watch: answered('EndTxn', ErrorCode.COORDINATOR_LOAD_IN_PROGRESS),
  },
  'transaction/end-not-replicated': {
    why: 'the end of a transaction could not be recorded (COORDINATOR_NOT_AVAILABLE)',
    watch: answered('EndTxn', ErrorCode.COORDINATOR_NOT_AVAILABLE),
  },
  'transaction/end-of-a-fenced-producer': {
    why: 'a zombie wanted to end a transaction (PRODUCER_FENCED): a newer life must have begun meanwhile',
    watch: answered('EndTxn', ErrorCode.PRODUCER_FENCED),
  },
  'transaction/end-against-the-decision': {
    why: 'a producer wanted to commit what was aborted, or the other way round (INVALID_TXN_STATE): the time-out must be quicker',
    watch: answered('EndTxn', ErrorCode.INVALID_TXN_STATE),
  },
  'transaction/end-of-a-forgotten-id': {
    why: 'a producer wanted to end a transaction of an id that was forgotten (INVALID_PRODUCER_ID_MAPPING)',
    watch: answered('EndTxn', ErrorCode.INVALID_PRODUCER_ID_MAPPING),
  },
  'transaction/partitions-added-by-a-fenced-producer': {
    why: 'a zombie wanted to add partitions (PRODUCER_FENCED)',
    watch: answered('AddPartitionsToTxn', ErrorCode.PRODUCER_FENCED),
  },
  'transaction/partitions-added-at-a-former-coordinator': {
    why: 'partitions were to be added at a broker that coordinated the transaction no more',
    watch: answered('AddPartitionsToTxn', ErrorCode.NOT_COORDINATOR),
  },
  'transaction/partitions-added-to-a-forgotten-id': {
    why: 'partitions were to be added to a transaction of an id that was forgotten: it must expire between two transactions',
    watch: answered('AddPartitionsToTxn', ErrorCode.INVALID_PRODUCER_ID_MAPPING),
  },
  'transaction/partitions-not-recorded': {
    why: 'added partitions could not be recorded (COORDINATOR_NOT_AVAILABLE)',
    watch: answered('AddPartitionsToTxn', ErrorCode.COORDINATOR_NOT_AVAILABLE),
  },
  'transaction/offsets-added-by-a-fenced-producer': {
    why: 'a zombie wanted to add the offsets of its group (PRODUCER_FENCED)',
    watch: answered('AddOffsetsToTxn', ErrorCode.PRODUCER_FENCED),
  },
  'transaction/offsets-added-at-a-former-coordinator': {
    why: 'the offsets of a group were to be added at a broker that coordinated the transaction no more',
    watch: answered('AddOffsetsToTxn', ErrorCode.NOT_COORDINATOR),
  },
  'transaction/offsets-added-to-a-forgotten-id': {
    why: 'the offsets of a group were to be added to a transaction of an id that was forgotten',
    watch: answered('AddOffsetsToTxn', ErrorCode.INVALID_PRODUCER_ID_MAPPING),
  },
  'transaction/producer-id-asked-of-a-former-coordinator': {
    why: 'a producer that started asked a broker that coordinated its id no more',
    watch: answered('InitProducerId', ErrorCode.NOT_COORDINATOR),
  },
  'transaction/producer-id-not-recorded': {
    why: 'the start of a producer could not be recorded (COORDINATOR_NOT_AVAILABLE)',
    watch: answered('InitProducerId', ErrorCode.COORDINATOR_NOT_AVAILABLE),
  },
  'transaction/producer-id-of-a-fenced-producer': {
    why: 'a producer wanted to go on with an epoch that was fenced (KIP-360): two lives of it must ask in turn',
    isSeldom: true,
    watch: answered('InitProducerId', ErrorCode.PRODUCER_FENCED),
  },
  'transaction/verification-of-a-fenced-producer': {
    why: "a leader was told that a batch's producer is fenced (KIP-890): the zombie must send to a partition that is new to it",
    watch: verified(ErrorCode.INVALID_PRODUCER_EPOCH),
  },
  'transaction/verification-of-a-forgotten-id': {
    why: 'a leader was told that a transactional id is forgotten: it must expire before the first batch comes',
    watch: verified(ErrorCode.INVALID_PRODUCER_ID_MAPPING),
  },
  'transaction/verification-unanswered': {
    why: 'a leader could not ask the coordinator about a batch: its connection must end just then',
    watch: verified(ErrorCode.NETWORK_EXCEPTION),
  },
  'transaction/verification-while-loading': {
    why: 'a leader asked a coordinator about a batch while that was loading',
    watch: verified(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS),
  },
  'transaction/verification-at-a-former-coordinator': {
    why: 'a leader asked a broker about a batch that coordinated the transaction no more',
    watch: verified(ErrorCode.NOT_COORDINATOR),
  },
} as const satisfies Readonly<Record<string, Mark>>;
