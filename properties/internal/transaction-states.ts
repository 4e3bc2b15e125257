/**
 * The transaction coordinator: T4 (its states), T3 (a decision is durable before anything is made of it), T10 (an epoch for each
 * transaction), T14 (producer ids), and of T5 what it answers to those that are fenced.
 */
import { ErrorCode } from '../../core/protocol/errors.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition, ViolationFacts } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import type { PropertyId } from '../registry.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { committedOf } from './committed.ts';
import {
  type Decision,
  type KnownId,
  type TransactionGhost,
  transactionGhostOf,
  type TransitionEvent,
} from './transaction-ghost.ts';

type State = KnownId['state'];
type Loaded = TraceEventOf<'transaction-coordinator-loaded'>;
type Answered = TraceEventOf<'transaction-request-answered'>;

/** Where a transactional id may come from, by the state that it goes to (TransactionState.VALID_PREVIOUS_STATES, 4.4.0). */
const PREVIOUS_STATES: Readonly<Record<State, readonly State[]>> = {
  Empty: ['Empty', 'CompleteCommit', 'CompleteAbort'],
  Ongoing: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  PrepareCommit: ['Ongoing'],
  PrepareAbort: ['Ongoing', 'PrepareEpochFence', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  CompleteCommit: ['PrepareCommit'],
  CompleteAbort: ['PrepareAbort'],
  Dead: ['Empty', 'CompleteAbort', 'CompleteCommit'],
  PrepareEpochFence: ['Ongoing'],
};

const IDLE: readonly State[] = ['Empty', 'CompleteCommit', 'CompleteAbort'];
/** Of an id that no producer was given. */
const NO_EPOCH = -1;
/** No epoch comes after it. */
const LAST_EPOCH = 32_767;
/** From this level of `transaction.version` on each end of a transaction bumps the epoch (KIP-890). */
const EPOCH_BUMP_VERSION = 2;

class TransactionStates {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #cluster: ClusterGhost;
  readonly #ghost: TransactionGhost;
  /** What coordinators have loaded, by `node/incarnation/state partition`. */
  readonly #loaded = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#cluster = ghostOf(context);
    // It keeps the ghosts' `removed` up to date.
    committedOf(context);
    this.#ghost = transactionGhostOf(context);
    this.#ghost.listen({
      onTransition: (event, before, at) => this.#onTransition(event, before, at),
      onDecided: (decision, at) => this.#onDecided(decision, at),
    });
    context.on('transaction-coordinator-loaded', (event, at) => {
      this.#loaded.add(shardKey(at, event.statePartition));
      if (!this.#ghost.isDeposed(event)) this.#onLoaded(event, at);
    });
    const forget = ({ statePartition }: { readonly statePartition: number }, at: Occurrence): void =>
      void this.#loaded.delete(shardKey(at, statePartition));
    context.on('transaction-coordinator-loading', forget);
    context.on('transaction-coordinator-unloaded', forget);
    context.on('transaction-transition-begun', (event, at) => {
      if (event.reason === 'markers-written') this.#onMarkersWritten(event, at);
    });
    context.on('transaction-markers-sent', (event, at) => this.#onMarkersSent(event, at));
    context.on('transaction-request-answered', (event, at) => {
      if (event.error === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) context.evaluated('T4');
      if (event.error === 0) this.#onAccepted(event, at);
    });
  }

  #violated(property: PropertyId, transactionalId: string, message: string, facts: ViolationFacts): void {
    if (this.#guarantees.decisionExcused(property, transactionalId)) return;
    this.#context.violated(property, message, facts);
  }

  #onTransition(event: TransitionEvent, before: KnownId | undefined, at: Occurrence): void {
    const { transactionalId, from, to, producerId, producerEpoch, reason, transactionVersion } = event;
    const facts = { nodeId: at.nodeId, producerId };
    const id = `transactional id ${transactionalId}`;
    const wrong = illegal(event, before);
    const committedUpTo =
      this.#cluster.latest(`__transaction_state-${event.statePartition}`)?.ledger.end ?? Number.POSITIVE_INFINITY;
    if (event.logOffset >= committedUpTo)
      this.#violated(
        'T3',
        transactionalId,
        `${at.node} took ${id} to ${to} by its record at ${event.logOffset}, of a log that is committed up to ${committedUpTo}`,
        facts,
      );
    if (wrong !== null) this.#violated('T4', transactionalId, `${at.node} took ${id} from ${from} to ${to}, but ${wrong}`, facts);
    if (reason === 'expired') {
      this.#context.evaluated('T14');
      if (!IDLE.includes(from)) this.#violated('T14', transactionalId, `${at.node} let ${id} expire in ${from}`, facts);
    }
    if (before === undefined || (to !== 'PrepareCommit' && to !== 'PrepareAbort')) return;
    const isBumped = producerEpoch > before.producerEpoch || before.producerEpoch === LAST_EPOCH;
    const isFence = reason === 'timed-out' || reason === 'fenced';
    if (isFence) this.#context.evaluated('T5');
    if (isFence && !isBumped)
      this.#violated(
        'T5',
        transactionalId,
        `${at.node} aborted the transaction of ${id} (${reason}) in the epoch ${producerEpoch} that its producer has`,
        facts,
      );
    if (transactionVersion < EPOCH_BUMP_VERSION) return;
    this.#context.evaluated('T10');
    if (!isBumped)
      this.#violated(
        'T10',
        transactionalId,
        `${at.node} took ${id} to ${to} with epoch ${producerEpoch}, after ${before.producerEpoch}`,
        facts,
      );
  }

  #onDecided({ transactionalId, producerId, producerEpoch, commit, transactionVersion }: Decision, at: Occurrence): void {
    if (transactionVersion < EPOCH_BUMP_VERSION || this.#ghost.decision(producerId, producerEpoch, !commit) === undefined) return;
    this.#violated(
      'T2',
      transactionalId,
      `${at.node} decided to ${commit ? 'commit' : 'abort'} the transaction of ${transactionalId} in epoch ${producerEpoch}, which was decided the other way`,
      { nodeId: at.nodeId, producerId },
    );
  }

  /** T4: what is loaded is what was committed, or what was on its way there. */
  #onLoaded({ statePartition, leaderEpoch, transactions }: Loaded, at: Occurrence): void {
    const ghost = this.#ghost;
    const found = new Set<string>();
    for (const loaded of transactions) {
      const { transactionalId } = loaded;
      found.add(transactionalId);
      const known = ghost.ids.get(transactionalId);
      const begun = ghost.doubtful(statePartition, transactionalId);
      if (known !== undefined && !IDLE.includes(known.state)) this.#context.evaluated('T4');
      const isKnown = known !== undefined && isSame(loaded, known);
      if (isKnown || begun.some((each) => isSame(loaded, { ...each, state: each.to }))) continue;
      const was = known === undefined ? 'nobody has ever written' : `had ${describe(known)}`;
      this.#violated(
        'T4',
        transactionalId,
        `${at.node} loaded transactional id ${transactionalId} with ${describe(loaded)}, which ${was}`,
        {
          nodeId: at.nodeId,
          producerId: loaded.producerId,
        },
      );
    }
    for (const known of ghost.ids.values()) {
      const { transactionalId } = known;
      if (known.statePartition !== statePartition || found.has(transactionalId)) continue;
      if (ghost.doubtful(statePartition, transactionalId).some(({ to }) => to === 'Dead')) continue;
      this.#violated(
        'T4',
        transactionalId,
        `${at.node} loaded nothing of transactional id ${transactionalId}, which had ${describe(known)}`,
        {
          nodeId: at.nodeId,
          producerId: known.producerId,
        },
      );
    }
    ghost.loaded(statePartition, leaderEpoch, transactions, at);
  }

  /** T3: a marker is sent when its transaction is decided, and no earlier. */
  #onMarkersSent(event: TraceEventOf<'transaction-markers-sent'>, at: Occurrence): void {
    const { transactionalId, producerId, producerEpoch, commit, partitions, coordinatorEpoch } = event;
    const known = this.#ghost.ids.get(transactionalId);
    const decision = this.#ghost.decision(producerId, producerEpoch, commit);
    this.#context.evaluated('T3');
    // One that was deposed may go on with what has been done long ago.
    const isDeposed = known === undefined ? decision?.isComplete === true : coordinatorEpoch < known.leaderEpoch;
    const isDue = isDeposed || known?.state === (commit ? 'PrepareCommit' : 'PrepareAbort');
    const strange = partitions.find((each) =>
      isDeposed
        ? this.#ghost.decisionOf(producerId, producerEpoch, commit, each) === undefined
        : decision?.partitions.has(each) !== true,
    );
    if (decision !== undefined && isDue && strange === undefined) return;
    const what = `${at.node} sent markers of transactional id ${transactionalId}, ${commit ? 'commit' : 'abort'} in epoch ${producerEpoch}`;
    const why =
      decision === undefined || !isDue
        ? `though the last committed state is ${known === undefined ? 'none' : describe(known)}`
        : `to ${strange}, which is not in the transaction`;
    this.#violated('T3', transactionalId, `${what}, ${why}`, { nodeId: at.nodeId, producerId });
  }

  /** T3: a transaction is complete when every partition has its marker, or is gone. */
  #onMarkersWritten(event: TraceEventOf<'transaction-transition-begun'>, at: Occurrence): void {
    const { transactionalId, to } = event;
    const known = this.#ghost.ids.get(transactionalId);
    if (known === undefined || event.leaderEpoch < known.leaderEpoch) return;
    const decision = this.#ghost.decision(known.producerId, known.producerEpoch, to === 'CompleteCommit');
    this.#context.evaluated('T3');
    for (const partition of decision?.partitions ?? []) {
      if (decision?.answered.has(partition) === true || this.#isGone(partition)) continue;
      this.#violated(
        'T3',
        transactionalId,
        `${at.node} takes transactional id ${transactionalId} to ${to}, though ${partition} has not answered that it has the marker`,
        { nodeId: at.nodeId, producerId: known.producerId, partition },
      );
      return;
    }
  }

  #onAccepted(event: Answered, at: Occurrence): void {
    const { api, transactionalId, producerId, producerEpoch, commit, ownProducerId } = event;
    const facts = { nodeId: at.nodeId, producerId };
    this.#checkServing(event, at);
    if (api === 'InitProducerId') {
      this.#context.evaluated('T14');
      const owner = this.#ghost.ownerOf.get(ownProducerId);
      if (owner !== undefined && owner !== transactionalId)
        this.#violated(
          'T14',
          transactionalId,
          `${at.node} gave producer id ${ownProducerId} to ${transactionalId}, which is ${owner}'s`,
          facts,
        );
      return;
    }
    if (api === 'EndTxn' && commit !== null) this.#onEndAccepted(event, commit, at);
    const fence = this.#ghost.fences.get(transactionalId);
    if (fence === undefined || !this.#isCoordinator(transactionalId, at)) return;
    if (this.#ghost.isFenced(producerId, producerEpoch))
      this.#violated(
        'T5',
        transactionalId,
        `${at.node} accepted ${api} for ${transactionalId} from producer ${producerId} epoch ${producerEpoch}, though ${fence.producerId} epoch ${fence.producerEpoch} has taken its place`,
        facts,
      );
  }

  /** T4: nobody is answered from what is not loaded. */
  #checkServing({ api, transactionalId, producerId }: Answered, at: Occurrence): void {
    const partition = this.#guarantees.statePartition(transactionalId);
    const index = this.#guarantees.stateIndex(transactionalId);
    if (partition === null || index === null || this.#loaded.has(shardKey(at, index))) return;
    this.#violated('T4', transactionalId, `${at.node} accepted ${api} for ${transactionalId}, but has not loaded ${partition}`, {
      nodeId: at.nodeId,
      producerId,
      partition,
    });
  }

  /** T3: who is told that a transaction has ended can rely on it. */
  #onEndAccepted({ transactionalId, producerId, producerEpoch }: Answered, commit: boolean, at: Occurrence): void {
    this.#context.evaluated('T3');
    const isDecided = [producerEpoch, producerEpoch + 1].some(
      (epoch) => this.#ghost.decision(producerId, epoch, commit)?.transactionalId === transactionalId,
    );
    if (isDecided) return;
    this.#violated(
      'T3',
      transactionalId,
      `${at.node} answered that the transaction of ${transactionalId}, producer ${producerId} epoch ${producerEpoch}, is ${commit ? 'committed' : 'aborted'}, which no committed record says`,
      { nodeId: at.nodeId, producerId },
    );
  }

  #isCoordinator(transactionalId: string, { nodeId }: Occurrence): boolean {
    const partition = this.#guarantees.statePartition(transactionalId);
    return partition !== null && this.#guarantees.leader(partition) === nodeId;
  }

  /** Was a topic of this name deleted? */
  #isGone(partition: string): boolean {
    for (const each of this.#cluster.partitions.values()) if (each.name === partition && each.removed) return true;
    return false;
  }
}

function shardKey(at: Occurrence, statePartition: number): string {
  return `${at.node}/${at.incarnation}/${statePartition}`;
}

/** What of a transition is not allowed; null: nothing. */
function illegal({ from, to, producerId, producerEpoch, reason }: TransitionEvent, before: KnownId | undefined): string | null {
  if (!PREVIOUS_STATES[to].includes(from)) return 'that is no step of the protocol';
  if (before === undefined) {
    // Made in memory for an InitProducerId whose record was refused, it expires without ever having had an epoch.
    const isUnwritten = to === 'Dead' && producerEpoch === NO_EPOCH;
    return from === 'Empty' && (reason === 'init-producer-id' || isUnwritten) ? null : 'nobody had begun with it';
  }
  const was = from === 'PrepareEpochFence' ? 'Ongoing' : from;
  if (before.state !== was) return `it was ${before.state}`;
  const isBack = producerId === before.producerId && producerEpoch < before.producerEpoch && to !== 'Dead';
  return isBack ? `the epoch goes back from ${before.producerEpoch} to ${producerEpoch}` : null;
}

interface Described {
  readonly state: State;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: Iterable<string>;
}

function isSame(a: Described, b: Described): boolean {
  const partitions = new Set(b.partitions);
  return (
    a.state === b.state &&
    a.producerId === b.producerId &&
    a.producerEpoch === b.producerEpoch &&
    [...a.partitions].every((each) => partitions.delete(each)) &&
    partitions.size === 0
  );
}

function describe({ state, producerId, producerEpoch, partitions }: Described): string {
  return `${state} of producer ${producerId} epoch ${producerEpoch} [${[...partitions].join(' ')}]`;
}

export const transactionStates = {
  properties: [
    {
      id: 'T3',
      title: 'no marker and no answer before the decision is committed, no completion before every partition has its marker',
    },
    { id: 'T4', title: 'transactional ids go from state to state as the protocol has it, also over a change of coordinators' },
    { id: 'T5', title: 'what is fenced takes effect no more: no batch, no offset, no request of an older epoch' },
    {
      id: 'T10',
      title: 'with transaction.version 2 each transaction has an epoch of its own, and is ended only by those who meant it',
    },
    { id: 'T14', title: 'a producer id belongs to one transactional id, which expires only when it has no transaction' },
  ],
  create: (context): Checker => {
    new TransactionStates(context);
    return {};
  },
} as const satisfies PropertyDefinition;
