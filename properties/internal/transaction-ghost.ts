/**
 * What coordinators have committed of transactional ids, and decided of their transactions, as their trace events tell; shared by the
 * checkers of transactions. It outlives the coordinators, so that what the next one has loaded can be held against it.
 */
import type { TraceEventOf } from '../../core/trace.ts';
import type { Occurrence } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';

export type TransitionEvent = TraceEventOf<'transaction-transition'>;
type BegunEvent = TraceEventOf<'transaction-transition-begun'>;
type State = TransitionEvent['to'];

/** A transactional id as its last committed record has it. */
export interface KnownId {
  readonly transactionalId: string;
  readonly statePartition: number;
  readonly leaderEpoch: number;
  readonly state: State;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: ReadonlySet<string>;
}

/** That a transaction is to be committed, or aborted: a committed record of PrepareCommit or PrepareAbort. */
export interface Decision {
  readonly transactionalId: string;
  readonly producerId: number;
  /** Of its markers. */
  readonly producerEpoch: number;
  readonly commit: boolean;
  readonly partitions: ReadonlySet<string>;
  /** Whether the markers have an epoch of their own is a matter of this. */
  readonly transactionVersion: number;
  /** Partitions whose leaders have answered that they have the marker. */
  readonly answered: Set<string>;
  /** Partitions of which a leader's log got the marker. */
  readonly marked: Set<string>;
  isComplete: boolean;
}

/** The producer that an InitProducerId gave the id to last: all before are fenced. */
export interface Fence {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Other producer ids that the id had before. */
  readonly former: ReadonlySet<number>;
}

export interface TransactionGhostListener {
  /** Before the ghost takes it over; `before` undefined: the id was not known. */
  onTransition?(event: TransitionEvent, before: KnownId | undefined, at: Occurrence): void;
  /**
   * Also where a coordinator has loaded what its predecessor wrote and could not tell. `epochBefore`: of the producer, by the last record
   * before; undefined: there was none.
   */
  onDecided?(decision: Decision, at: Occurrence, reason: TransitionEvent['reason'], epochBefore: number | undefined): void;
}

/** Transitions whose records may be in the log or not, of one state partition. */
type Doubtful = Map<string, BegunEvent[]>;

export class TransactionGhost {
  readonly ids = new Map<string, KnownId>();
  readonly fences = new Map<string, Fence>();
  /** The transactional id that a producer id belongs, or belonged, to. */
  readonly ownerOf = new Map<number, string>();
  readonly #producersOf = new Map<string, Set<number>>();
  /** By producer id, the newest last. */
  readonly #decisions = new Map<number, Decision[]>();
  readonly #doubtful = new Map<number, Doubtful>();
  /** By state partition, the newest leader epoch whose coordinator has loaded it, or moved one of its ids. */
  readonly #epochs = new Map<number, number>();
  readonly #listeners: TransactionGhostListener[] = [];

  constructor(context: CheckContext) {
    context.on('transaction-transition-begun', (event) => {
      if (event.to !== 'PrepareEpochFence') this.#doubtfulOf(event).push(event);
    });
    context.on('transaction-transition', (event, at) => this.#onTransition(event, at));
    context.on('transaction-request-answered', ({ api, transactionalId, error, ownProducerId, ownProducerEpoch }) => {
      if (api !== 'InitProducerId' || error !== 0 || ownProducerId < 0) return;
      // A coordinator that was deposed may be late with its answer: its successor has given the id on, and that fence stays.
      if (this.isFenced(ownProducerId, ownProducerEpoch)) return;
      const former = new Set(this.#producersOf.get(transactionalId));
      former.delete(ownProducerId);
      this.fences.set(transactionalId, { producerId: ownProducerId, producerEpoch: ownProducerEpoch, former });
    });
    context.on('transaction-markers-answered', ({ producerId, producerEpoch, commit, partitions, errors }) => {
      const decision = this.decision(producerId, producerEpoch, commit);
      partitions.forEach((partition, index) => {
        if (errors?.[index] === 0) decision?.answered.add(partition);
      });
    });
  }

  listen(listener: TransactionGhostListener): void {
    this.#listeners.push(listener);
  }

  /** Of the producer with this id, as its id's last record has it; undefined: another producer id took its place, or nobody knows it. */
  ofProducer(producerId: number): KnownId | undefined {
    const known = this.ids.get(this.ownerOf.get(producerId) ?? '');
    return known?.producerId === producerId ? known : undefined;
  }

  /** Has another producer taken the place of this one for certain? */
  isFenced(producerId: number, producerEpoch: number): boolean {
    const fence = this.fences.get(this.ownerOf.get(producerId) ?? '');
    if (fence === undefined) return false;
    return producerId === fence.producerId ? producerEpoch < fence.producerEpoch : fence.former.has(producerId);
  }

  /** The last decision that such a marker can be of. */
  decision(producerId: number, producerEpoch: number, commit: boolean): Decision | undefined {
    return this.#decisions.get(producerId)?.findLast((each) => each.producerEpoch === producerEpoch && each.commit === commit);
  }

  /**
   * The last decision that such a marker of this partition can be of, if there ever was one. Before transaction.version 2 transactions share
   * an epoch, and the marker of an earlier one may come late.
   */
  decisionOf(producerId: number, producerEpoch: number, commit: boolean, partition: string): Decision | undefined {
    return this.#decisions
      .get(producerId)
      ?.findLast((each) => each.producerEpoch === producerEpoch && each.commit === commit && each.partitions.has(partition));
  }

  get decisions(): Iterable<Decision> {
    return [...this.#decisions.values()].flat();
  }

  /** Has a coordinator of a newer leader epoch loaded the partition? Then what this one tells is old news. */
  isDeposed({ statePartition, leaderEpoch }: { readonly statePartition: number; readonly leaderEpoch: number }): boolean {
    return leaderEpoch < (this.#epochs.get(statePartition) ?? leaderEpoch);
  }

  /** Of this id, with records whose fate nobody has told: what a coordinator may have loaded beside what is known. */
  doubtful(statePartition: number, transactionalId: string): readonly BegunEvent[] {
    return this.#doubtful.get(statePartition)?.get(transactionalId) ?? [];
  }

  /**
   * A coordinator has loaded this, and what it has of the records in doubt is committed. The others may still come to be: in the log of a
   * leader that was deposed, and is elected again before its successor has written anything.
   */
  loaded(
    statePartition: number,
    leaderEpoch: number,
    ids: TraceEventOf<'transaction-coordinator-loaded'>['transactions'],
    at: Occurrence,
  ): void {
    this.#heardOf(statePartition, leaderEpoch);
    const found = new Set(ids.map(({ transactionalId }) => transactionalId));
    for (const known of this.ids.values())
      if (known.statePartition === statePartition && !found.has(known.transactionalId)) this.ids.delete(known.transactionalId);
    for (const { transactionalId, state, producerId, producerEpoch, partitions } of ids) {
      const doubtful = this.#doubtful.get(statePartition)?.get(transactionalId) ?? [];
      const index = doubtful.findLastIndex(
        (each) =>
          each.to === state &&
          each.producerId === producerId &&
          each.producerEpoch === producerEpoch &&
          each.partitions.length === partitions.length &&
          each.partitions.every((partition) => partitions.includes(partition)),
      );
      const begun = doubtful[index];
      if (begun !== undefined) {
        this.#decide(begun, at);
        doubtful.splice(0, index + 1);
      }
      this.#put({
        transactionalId,
        statePartition,
        leaderEpoch,
        state,
        producerId,
        producerEpoch,
        partitions: new Set(partitions),
      });
    }
  }

  #onTransition(event: TransitionEvent, at: Occurrence): void {
    const before = this.ids.get(event.transactionalId);
    // A coordinator that was deposed, and hears late that its record is committed: another one has loaded it, and maybe let the id expire.
    if (this.isDeposed(event)) return;
    this.#heardOf(event.statePartition, event.leaderEpoch);
    const begun = this.#doubtfulOf(event);
    begun.splice(0, begun.length);
    this.#dropOlder(event);
    for (const listener of this.#listeners) listener.onTransition?.(event, before, at);
    this.#decide(event, at);
    const { transactionalId, statePartition, leaderEpoch, to: state, producerId, producerEpoch, partitions } = event;
    if (state === 'Dead') this.ids.delete(transactionalId);
    else
      this.#put({
        transactionalId,
        statePartition,
        leaderEpoch,
        state,
        producerId,
        producerEpoch,
        partitions: new Set(partitions),
      });
  }

  /** A record of this epoch is committed: what older epochs wrote without success is in no log that will ever lead. */
  #dropOlder({ statePartition, leaderEpoch }: TransitionEvent): void {
    const doubtful = this.#doubtful.get(statePartition);
    if (doubtful === undefined) return;
    for (const [id, begun] of doubtful) {
      const left = begun.filter((each) => each.leaderEpoch >= leaderEpoch);
      if (left.length < begun.length) doubtful.set(id, left);
    }
  }

  #heardOf(statePartition: number, leaderEpoch: number): void {
    this.#epochs.set(statePartition, Math.max(leaderEpoch, this.#epochs.get(statePartition) ?? leaderEpoch));
  }

  #put(known: KnownId): void {
    this.ids.set(known.transactionalId, known);
    const { transactionalId, producerId } = known;
    this.ownerOf.set(producerId, transactionalId);
    const producers = this.#producersOf.get(transactionalId);
    if (producers === undefined) this.#producersOf.set(transactionalId, new Set([producerId]));
    else producers.add(producerId);
  }

  #decide(event: TransitionEvent | BegunEvent, at: Occurrence): void {
    const { to, transactionalId, producerId, producerEpoch, partitions, transactionVersion } = event;
    const before = this.ids.get(transactionalId);
    if ((to === 'CompleteCommit' || to === 'CompleteAbort') && before !== undefined) {
      const decision = this.decision(before.producerId, before.producerEpoch, to === 'CompleteCommit');
      if (decision !== undefined) decision.isComplete = true;
    }
    if (to !== 'PrepareCommit' && to !== 'PrepareAbort') return;
    const decision: Decision = {
      transactionalId,
      producerId,
      producerEpoch,
      commit: to === 'PrepareCommit',
      partitions: new Set(partitions),
      transactionVersion,
      answered: new Set(),
      marked: new Set(),
      isComplete: false,
    };
    const others = this.#decisions.get(producerId);
    if (others === undefined) this.#decisions.set(producerId, [decision]);
    else others.push(decision);
    for (const listener of this.#listeners) listener.onDecided?.(decision, at, event.reason, before?.producerEpoch);
  }

  #doubtfulOf({ statePartition, transactionalId }: Pick<BegunEvent, 'statePartition' | 'transactionalId'>): BegunEvent[] {
    let ofPartition = this.#doubtful.get(statePartition);
    if (ofPartition === undefined) {
      ofPartition = new Map();
      this.#doubtful.set(statePartition, ofPartition);
    }
    let events = ofPartition.get(transactionalId);
    if (events === undefined) {
      events = [];
      ofPartition.set(transactionalId, events);
    }
    return events;
  }
}

const ghosts = new WeakMap<CheckContext, TransactionGhost>();

/** The run's ghost of its transactions; made by whoever asks first. */
export function transactionGhostOf(context: CheckContext): TransactionGhost {
  let ghost = ghosts.get(context);
  if (ghost === undefined) {
    ghost = new TransactionGhost(context);
    ghosts.set(context, ghost);
  }
  return ghost;
}
