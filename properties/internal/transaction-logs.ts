/**
 * Transactions by what the logs hold: T2 (one decision, one marker), T8 (coordinators' epochs), T9 (no batch outside of an open
 * transaction), of T1 that a decision reaches every partition, of T3 that every marker was decided, and of T5 what fenced producers write.
 * What a leader takes is compared with what the coordinator had committed then; it is reported when it is committed itself, for a
 * deposed leader may take anything.
 */
import { BROKER_CONFIG, givenOrDefault } from '../../core/config/index.ts';
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { Checker, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type ExpiredProducers, expiredProducersOf } from '../expired-producers.ts';
import { type Guarantees, guaranteesOf } from '../guarantees.ts';
import { type LateEnds, lateEndsOf } from '../late-ends.ts';
import type { PropertyId } from '../registry.ts';
import type { BatchFacts, BatchList, Marker } from './batches.ts';
import { committedOf } from './committed.ts';
import { type AppendVerdict, type ClusterGhost, type GhostListener, ghostOf } from './ghost.ts';
import type { PartitionGhost, ReplicaGhost } from './replica-ghost.ts';
import { TransactionFold } from './transaction-fold.ts';
import { type Decision, type TransactionGhost, transactionGhostOf } from './transaction-ghost.ts';

interface Problem {
  readonly property: PropertyId;
  readonly message: string;
}

/** What is known of one partition's transactions. */
interface OfPartition {
  /** By leader epoch and base offset: what is wrong with a batch, once it is committed. */
  readonly problems: Map<string, Problem>;
  /** How many markers are committed, by producer id, epoch and outcome. */
  readonly markers: Map<string, number>;
  /** By producer id, the coordinator epoch of its last committed marker. */
  readonly coordinatorEpochs: Map<number, number>;
}

const EPOCH_BUMP_VERSION = 2;

class TransactionLogs implements GhostListener, Checker {
  readonly #context: CheckContext;
  readonly #guarantees: Guarantees;
  readonly #cluster: ClusterGhost;
  readonly #ghost: TransactionGhost;
  readonly #expired: ExpiredProducers;
  readonly #lateEnds: LateEnds;
  readonly #partitions = new Map<PartitionGhost, OfPartition>();
  readonly #folds = new Map<ReplicaGhost, TransactionFold>();
  /** Transactions that an operator has asked to abort, as `partition producer epoch`: their markers are no coordinator's. */
  readonly #abortedByHand = new Set<string>();
  readonly #isVerified: boolean;
  /** Only WriteTxnMarkers 2 (KIP-1228) says that a marker's epoch must be a new one; a broker of an earlier release neither says nor hears it. */
  readonly #mayTellNoVersion: boolean;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#guarantees = guaranteesOf(context);
    this.#cluster = ghostOf(context);
    this.#ghost = transactionGhostOf(context);
    this.#expired = expiredProducersOf(context);
    this.#lateEnds = lateEndsOf(context);
    // It keeps the ghosts' `removed` up to date.
    committedOf(context);
    const verification = givenOrDefault(
      BROKER_CONFIG,
      context.plan.cluster.properties,
      'transaction.partition.verification.enable',
    );
    this.#isVerified = String(verification) === 'true';
    this.#mayTellNoVersion = Object.keys(context.plan.cluster.releases ?? {}).length > 0;
    this.#cluster.listen(this);
    context.onHistory((event) => {
      if (event.type !== 'invoke' || event.call.f !== 'admin' || event.call.operation !== 'abortTransaction') return;
      this.#abortedByHand.add(event.call.detail);
    });
  }

  onAppended(replica: ReplicaGhost, facts: BatchFacts, verdict: AppendVerdict, role: 'leader' | 'follower'): void {
    if (!facts.isTransactional || role !== 'leader' || verdict !== 'original') return;
    const { partition } = replica;
    if (partition.name === METADATA_PARTITION) return;
    const fold = this.#foldTo(replica, facts.baseOffset);
    const marker = partition.origins.get(facts.leaderEpoch)?.controls.get(facts.baseOffset);
    const problem = marker ? this.#onMarker(partition, facts, marker, fold) : this.#onData(partition, facts, fold);
    if (problem !== null) this.#of(partition).problems.set(`${facts.leaderEpoch}/${facts.baseOffset}`, problem);
  }

  onCommitted(partition: PartitionGhost, log: BatchList, at: number): void {
    if (!partition.hasTransactions) return;
    const base = log.bases[at] as number;
    const epoch = log.epochs[at] as number;
    const origin = partition.origins.get(epoch);
    const found = origin?.find(base) ?? -1;
    if (origin === undefined || found < 0) return;
    const producerId = origin.producerIds[found] as number;
    const of = this.#of(partition);
    const problem = of.problems.get(`${epoch}/${base}`);
    if (problem !== undefined) this.#report(problem.property, partition, producerId, base, problem.message);
    const marker = origin.controls.get(base);
    if (marker === undefined || marker === null) return;
    const key = keyOf(producerId, origin.producerEpochs[found] as number, marker.commit);
    of.markers.set(key, (of.markers.get(key) ?? 0) + 1);
    const last = of.coordinatorEpochs.get(producerId);
    of.coordinatorEpochs.set(producerId, marker.coordinatorEpoch);
    if (last === undefined || last === marker.coordinatorEpoch) return;
    this.#context.evaluated('T8');
    if (last < marker.coordinatorEpoch || this.#expired.excuses('T8', partition.name, producerId, partition.topicId)) return;
    const message = `${partition.name}@${base} is a marker of producer ${producerId} by the coordinator of epoch ${marker.coordinatorEpoch}, after one of epoch ${last}`;
    this.#report('T8', partition, producerId, base, message);
  }

  /** T1: what was decided has reached every partition. With version 1 many transactions have the same epoch: each has a marker of its own. */
  atEnd(): void {
    const due = new Map<string, number>();
    for (const decision of this.#ghost.decisions) {
      if (!decision.isComplete) continue;
      if (decision.partitions.size > 1) this.#context.evaluated('T1');
      const key = keyOf(decision.producerId, decision.producerEpoch, decision.commit);
      for (const name of decision.partitions) {
        const markersDue = (due.get(`${name}/${key}`) ?? 0) + 1;
        due.set(`${name}/${key}`, markersDue);
        const partition = this.#only(name);
        if (partition === null || this.#cluster.exceeded(partition) !== null) continue;
        if ((this.#of(partition).markers.get(key) ?? 0) >= markersDue) continue;
        const what = `the transaction of ${decision.transactionalId}, producer ${decision.producerId} epoch ${decision.producerEpoch}`;
        const message = `${what}, was ${decision.commit ? 'committed' : 'aborted'} and is complete, but ${name} has no marker of it`;
        this.#report('T1', partition, decision.producerId, partition.ledger.end, message);
      }
    }
  }

  #onData(partition: PartitionGhost, facts: BatchFacts, fold: TransactionFold): Problem | null {
    const { name } = partition;
    const { producerId, producerEpoch, baseOffset } = facts;
    const what = `${name}@${baseOffset}, a transactional batch of producer ${producerId} epoch ${producerEpoch},`;
    const owner = this.#ghost.ownerOf.get(producerId);
    if (this.#ghost.isFenced(producerId, producerEpoch)) {
      const fence = this.#ghost.fences.get(owner ?? '');
      const message = `${what} was taken after ${owner} had gone to producer ${fence?.producerId} epoch ${fence?.producerEpoch}`;
      return { property: 'T5', message };
    }
    // What goes on with its own transaction is a part of it; of another epoch's it would take the end.
    const open = fold.open.get(producerId);
    if (open?.producerEpoch === producerEpoch || !fold.isKnown || !this.#isVerified) return null;
    this.#context.evaluated('T9');
    const known = this.#ghost.ofProducer(producerId);
    const isOpen = known?.state === 'Ongoing' && known.producerEpoch === producerEpoch && known.partitions.has(name);
    if (isOpen || this.#awaitsMarker(producerId, producerEpoch, name)) return null;
    const state =
      known === undefined ? 'nothing' : `${known.state} epoch ${known.producerEpoch} [${[...known.partitions].join(' ')}]`;
    const does =
      open === undefined ? 'opens a transaction' : `goes on with what epoch ${open.producerEpoch} began at ${open.firstOffset}`;
    return { property: 'T9', message: `${what} ${does}, of which the coordinator of ${owner ?? 'nobody'} has ${state}` };
  }

  /** Is the transaction decided, and the partition one that will get a marker of it? Then what is written before that is a part of it. */
  #awaitsMarker(producerId: number, producerEpoch: number, partition: string): boolean {
    const known = this.#ghost.ofProducer(producerId);
    if (known === undefined || (known.state !== 'PrepareCommit' && known.state !== 'PrepareAbort')) return false;
    const decision = this.#ghost.decision(producerId, known.producerEpoch, known.state === 'PrepareCommit');
    const isOfIt = producerEpoch === known.producerEpoch || producerEpoch === known.producerEpoch - 1;
    return isOfIt && decision !== undefined && decision.partitions.has(partition) && !decision.marked.has(partition);
  }

  #onMarker({ name }: PartitionGhost, facts: BatchFacts, { commit }: Marker, fold: TransactionFold): Problem | null {
    const { producerId, producerEpoch, baseOffset } = facts;
    if (!commit && this.#abortedByHand.has(`${name} ${producerId} ${producerEpoch}`)) return null;
    const what = `${name}@${baseOffset}, a marker of producer ${producerId} epoch ${producerEpoch} (${commit ? 'commit' : 'abort'}),`;
    const decision = this.#ghost.decisionOf(producerId, producerEpoch, commit, name);
    if (decision === undefined) return { property: 'T3', message: `${what} is of a decision that no coordinator has committed` };
    const open = fold.open.get(producerId);
    if (open === undefined) {
      if (decision.marked.has(name)) this.#context.evaluated('T2');
      return null;
    }
    const isLate = decision !== this.#ghost.decision(producerId, producerEpoch, commit) || !this.#isUnderWay(decision);
    if (!isLate) decision.marked.add(name);
    else if (decision.transactionVersion < EPOCH_BUMP_VERSION || this.#mayTellNoVersion)
      this.#lateEnds.markerCame(decision.transactionalId, producerId, open.producerEpoch, name, this.#isDecided(producerId));
    else
      return {
        property: 'T2',
        message: `${what} ends what begins at ${open.firstOffset}, though its own transaction was complete`,
      };
    return null;
  }

  /** Has its coordinator decided the last transaction, and not all of its markers? */
  #isDecided(producerId: number): boolean {
    const state = this.#ghost.ofProducer(producerId)?.state;
    return state === 'PrepareCommit' || state === 'PrepareAbort';
  }

  #isUnderWay({ transactionalId, producerId, producerEpoch, commit }: Decision): boolean {
    const known = this.#ghost.ids.get(transactionalId);
    return (
      known?.state === (commit ? 'PrepareCommit' : 'PrepareAbort') &&
      known.producerId === producerId &&
      known.producerEpoch === producerEpoch
    );
  }

  #report(property: PropertyId, partition: PartitionGhost, producerId: number, offset: number, message: string): void {
    const owner = this.#ghost.ownerOf.get(producerId);
    if (owner !== undefined && this.#guarantees.decisionExcused(property, owner)) return;
    const { name, topicId } = partition;
    this.#cluster.violatedWithinBudget(property, partition, message, { partition: name, topicId, offset, producerId });
  }

  /** The partition of this name, if only one ever had it, and it is still there. */
  #only(name: string): PartitionGhost | null {
    let only: PartitionGhost | null = null;
    for (const partition of this.#cluster.partitions.values()) {
      if (partition.name !== name) continue;
      if (only !== null || partition.removed) return null;
      only = partition;
    }
    return only;
  }

  #foldTo(replica: ReplicaGhost, offset: number): TransactionFold {
    let fold = this.#folds.get(replica);
    if (fold === undefined || !fold.continues(replica, offset)) {
      fold = new TransactionFold(replica);
      this.#folds.set(replica, fold);
    }
    fold.advance(replica, offset);
    return fold;
  }

  #of(partition: PartitionGhost): OfPartition {
    let of = this.#partitions.get(partition);
    if (of === undefined) {
      of = { problems: new Map(), markers: new Map(), coordinatorEpochs: new Map() };
      this.#partitions.set(partition, of);
    }
    return of;
  }
}

function keyOf(producerId: number, producerEpoch: number, commit: boolean): string {
  return `${producerId}/${producerEpoch}/${commit}`;
}

export const transactionLogs = {
  properties: [
    {
      id: 'T2',
      title: 'a transaction is decided once: no two decisions, and no marker that ends another transaction than its own',
    },
    { id: 'T8', title: 'a marker of an older coordinator epoch does not follow one of a newer' },
    { id: 'T9', title: 'no batch opens a transaction in a partition that its coordinator does not know to be in it' },
  ],
  create: (context): Checker => new TransactionLogs(context),
} as const satisfies PropertyDefinition;
