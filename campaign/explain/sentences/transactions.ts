/** What transactions went through: at their coordinator, in the logs, and in their producer. */
import { errorName } from '../../../core/protocol/errors.ts';
import type { TransitionReason } from '../../../core/trace/transaction-events.ts';
import type { TraceEventOf } from '../../../core/trace.ts';
import { listed } from './listed.ts';
import type { What } from './what.ts';

/** Null: it is none of theirs. `nameOf` tells a node's name by its Kafka id. */
export function transactionSentence(node: string, what: What, nameOf: (id: number) => string): string | null {
  switch (what.type) {
    case 'transaction-transition-begun':
      return `${node} begins to write that ${transition(what)}`;
    case 'transaction-transition':
      return `${node} has it in its log (at ${what.logOffset}) that ${transition(what)}`;
    case 'transaction-transition-failed':
      return `${node} could not write that ${transition(what)}: ${errorName(what.error)}`;
    case 'transaction-markers-sent':
      return `${node} asks ${nameOf(what.brokerId)} to write ${marker(what)} of ${what.transactionalId} (${producer(what)}) to ${listed(what.partitions)}`;
    case 'transaction-markers-answered':
      return `${node} hears from ${nameOf(what.brokerId)} of ${marker(what)} of ${what.transactionalId}: ${outcomes(what)}`;
    case 'transaction-request-answered':
      return `${node} ${what.error === 0 ? 'grants' : 'refuses'} ${asked(what)} of ${what.transactionalId} by ${producer(what)}${what.error === 0 ? '' : `: ${errorName(what.error)}`}${what.state === null ? '' : `; it is ${what.state}`}`;
    case 'transaction-timed-out':
      return `${node} gives up the transaction of ${what.transactionalId} (${producer(what)}): it has been open for ${what.openMs} ms, and may be for ${what.timeoutMs} ms`;
    case 'transaction-coordinator-loading':
      return `${node} begins to load __transaction_state-${what.statePartition}, up to ${what.endOffset}, as its leader in epoch ${what.leaderEpoch}`;
    case 'transaction-coordinator-loaded':
      return `${node} coordinates the transactions of __transaction_state-${what.statePartition}, as its leader in epoch ${what.leaderEpoch}; of these it has read ${listed(what.transactions.map(({ transactionalId, state }) => `${transactionalId} (${state})`))}`;
    case 'transaction-coordinator-unloaded':
      return `${node} coordinates the transactions of __transaction_state-${what.statePartition} no more (leader epoch ${what.leaderEpoch})`;
    case 'transaction-coordinator-load-failed':
      return `${node} can't load __transaction_state-${what.statePartition}: nobody coordinates its transactions in leader epoch ${what.leaderEpoch}`;
    case 'transaction-opened':
      return `${node}${what.byLeader ? '' : ', a follower,'} has the first record of a transaction of ${producer(what)} in ${what.partition}, at ${what.firstOffset}`;
    case 'transaction-marker-appended':
      return `${node}${what.byLeader ? '' : ', a follower,'} appends ${marker(what)} of ${producer(what)} to ${what.partition}, at ${what.offset}: ${what.firstOffset === -1 ? 'no transaction was open there' : `it ends the transaction that begins at ${what.firstOffset}`}`;
    case 'marker-rejected':
      return `${node} refuses ${marker(what)} of ${producer(what)} in ${what.partition}: ${errorName(what.error)}`;
    case 'transaction-verified':
      return `${node} ${what.error === 0 ? 'is told' : 'is not told'} that ${what.partition} ${what.isAdded ? 'takes part from now on' : 'takes part'} in the transaction of ${what.transactionalId} (${producer(what)})${what.error === 0 ? '' : `: ${errorName(what.error)}`}`;
    case 'last-stable-offset-advanced':
      return `${node} moves the last stable offset of ${what.partition} from ${what.from} to ${what.to}, at high watermark ${what.highWatermark}`;
    case 'producer-transaction':
      return `${node}, the producer of ${what.transactionalId}, ${PRODUCER[what.to]}${what.error === undefined ? '' : `: ${what.error}`}`;
    default:
      return null;
  }
}

const REASONS: Readonly<Record<TransitionReason, string>> = {
  'init-producer-id': 'its producer began anew',
  'add-partitions': 'partitions were added',
  'end-transaction': 'its producer asked for it',
  'timed-out': 'it was open for too long',
  fenced: 'another producer took its place',
  'markers-written': 'all its markers are written',
  expired: 'nobody has used it for long',
};

const PRODUCER: Readonly<Record<TraceEventOf<'producer-transaction'>['to'], string>> = {
  uninitialized: 'is not initialized',
  initializing: 'asks for its producer id',
  ready: 'may begin a transaction',
  'in-transaction': 'is in a transaction',
  committing: 'begins to commit',
  aborting: 'begins to abort',
  'abortable-error': 'must abort',
  'fatal-error': 'can go on no more',
};

type Transition = TraceEventOf<'transaction-transition' | 'transaction-transition-begun' | 'transaction-transition-failed'>;

function transition(what: Transition): string {
  const { transactionalId, from, to, partitions, reason } = what;
  const step = from === to ? `stays ${to}` : `goes from ${from} to ${to}`;
  return `${transactionalId} (${producer(what)}) ${step}, as ${REASONS[reason]}${partitions.length === 0 ? '' : `, with ${listed(partitions)}`}`;
}

function producer({ producerId, producerEpoch }: { readonly producerId: number; readonly producerEpoch: number }): string {
  return producerId === -1 ? 'a producer without an id' : `producer ${producerId}, epoch ${producerEpoch}`;
}

function marker({ commit }: { readonly commit: boolean }): string {
  return `the ${commit ? 'COMMIT' : 'ABORT'} marker`;
}

function outcomes({ partitions, errors }: TraceEventOf<'transaction-markers-answered'>): string {
  if (errors === null) return `no answer, and whether it is written in ${listed(partitions)} is not known`;
  return listed(
    partitions.map((partition, index) => `${partition} ${errors[index] === 0 ? 'has it' : errorName(errors[index] ?? 0)}`),
  );
}

function asked({ api, commit, partitions, isVerification }: TraceEventOf<'transaction-request-answered'>): string {
  const what = commit === null ? api : `${api} (${commit ? 'commit' : 'abort'})`;
  if (partitions.length === 0) return what;
  return `${isVerification ? 'the verification' : what} of ${listed(partitions)} in the transaction`;
}
