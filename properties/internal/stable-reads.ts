/**
 * T6 and T7: what a broker gives to readers of committed records. Nothing from the first open transaction on; and with what was aborted
 * the names of those that aborted it, for the readers leave out themselves what these wrote.
 */
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import { type RebuiltStates, rebuiltStatesOf } from './rebuilt-states.ts';
import { logOf, type ReplicaGhost } from './replica-ghost.ts';
import { type EndedTransaction, TransactionFold } from './transaction-fold.ts';

type Served = TraceEventOf<'fetch-served'>;

interface Told {
  readonly leaderEpoch: number;
  readonly lastStableOffset: number;
}

class StableReads {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #folds = new Map<ReplicaGhost, TransactionFold>();
  /** What a leader told of its last stable offset in this life and epoch. */
  readonly #told = new Map<ReplicaGhost, Told>();
  readonly #rebuilt: RebuiltStates;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#rebuilt = rebuiltStatesOf(context);
    context.on('fetch-served', (event, at) => {
      if (event.to === 'consumer') this.#onServed(event, at);
    });
  }

  #onServed(event: Served, at: Occurrence): void {
    const replica = this.#ghost.replica(at.nodeId, event.partition);
    if (replica === undefined || !replica.partition.hasTransactions) return;
    if (this.#ghost.hasRotted(at.nodeId, replica.partition)) return;
    this.#judgeProgress(replica, event);
    const fold = this.#foldTo(replica, event.highWatermark);
    if (!fold.isKnown) return;
    this.#judgeStable(replica, fold, event, at);
    if (event.readCommitted) this.#judgeAborted(replica, fold, event, at);
  }

  #judgeProgress(replica: ReplicaGhost, { leaderEpoch, lastStableOffset, isLeader }: Served): void {
    if (!isLeader) return;
    const before = this.#told.get(replica);
    this.#told.set(replica, { leaderEpoch, lastStableOffset });
    if (before === undefined || before.leaderEpoch !== leaderEpoch || lastStableOffset >= before.lastStableOffset) return;
    const { name } = replica.partition;
    this.#context.violated(
      'T6',
      `${replica.node}'s last stable offset of ${name} went back from ${before.lastStableOffset} to ${lastStableOffset} in leader epoch ${leaderEpoch}`,
      { ...logOf(replica), offset: lastStableOffset, leaderEpoch },
    );
  }

  #judgeStable(replica: ReplicaGhost, fold: TransactionFold, event: Served, at: Occurrence): void {
    const { partition, highWatermark, lastStableOffset, logStartOffset, endOffset, readCommitted } = event;
    const firstOpen = fold.firstOpenLeft(replica);
    if (firstOpen < highWatermark) this.#context.evaluated('T6');
    const bound = Math.min(highWatermark, Math.max(firstOpen, logStartOffset));
    const facts = { ...logOf(replica), offset: lastStableOffset };
    if (lastStableOffset > bound && !this.#isForgotten(replica, fold, lastStableOffset, at))
      this.#context.violated(
        'T6',
        `${at.node} has ${lastStableOffset} as the last stable offset of ${partition}, with its high watermark at ${highWatermark} and a transaction open from ${firstOpen} on`,
        facts,
      );
    if (readCommitted && endOffset > Math.max(lastStableOffset, event.fetchOffset))
      this.#context.violated(
        'T6',
        `${at.node} gave a reader of committed records what ${partition} has up to ${endOffset}, beyond the last stable offset ${lastStableOffset}`,
        { ...facts, offset: endOffset },
      );
  }

  /** Did what is open below the high watermark end beyond it, before the broker built its state anew? */
  #isForgotten(replica: ReplicaGhost, fold: TransactionFold, upTo: number, { nodeId }: Occurrence): boolean {
    const rebuiltFrom = this.#rebuilt.from(nodeId, replica.partition.name);
    const whole = new TransactionFold(replica);
    whole.advance(replica, rebuiltFrom);
    for (const { producerId, firstOffset } of fold.open.values())
      if (firstOffset < upTo && whole.open.get(producerId)?.firstOffset === firstOffset) return false;
    return fold.firstOpenOffset < rebuiltFrom;
  }

  #judgeAborted(replica: ReplicaGhost, fold: TransactionFold, event: Served, at: Occurrence): void {
    const { partition, fetchOffset, endOffset } = event;
    if (endOffset <= fetchOffset) return;
    const named = event.abortedTransactions ?? [];
    const aborted = new Set<string>();
    for (const transaction of fold.aborted) {
      const { producerId, firstOffset, isFirstOfProducer, lastOffset } = transaction;
      aborted.add(`${producerId}@${firstOffset}`);
      if (firstOffset >= endOffset || lastOffset < fetchOffset) continue;
      this.#context.evaluated('T7');
      // Of what has lost its beginning with the log's, the index still knows it.
      const isNamed = named.some(
        (other) =>
          other.producerId === producerId &&
          (other.firstOffset === firstOffset ||
            (isFirstOfProducer && other.firstOffset < fold.start) ||
            isWhatIsLeft(replica, transaction, other.firstOffset)),
      );
      if (isNamed || hasNothingLeft(replica, producerId, firstOffset, lastOffset)) continue;
      this.#context.violated(
        'T7',
        `${at.node} gave records of ${partition} from ${fetchOffset} to ${endOffset}, and did not say that producer ${producerId} aborted what begins at ${firstOffset}`,
        { ...logOf(replica), offset: firstOffset, producerId },
      );
      return;
    }
    for (const { producerId, firstOffset } of named) {
      // Kafka names some that begin behind the read as well, up to the next entry of its index, committed or not.
      const isBeyond = firstOffset < fold.start || firstOffset >= endOffset;
      if (isBeyond || aborted.has(`${producerId}@${firstOffset}`)) continue;
      const ofProducer = fold.aborted.filter((each) => each.producerId === producerId);
      if (ofProducer.some((each) => isWhatIsLeft(replica, each, firstOffset))) continue;
      this.#context.violated(
        'T7',
        `${at.node} said of ${partition} that producer ${producerId} aborted what begins at ${firstOffset}, which it did not`,
        { ...logOf(replica), offset: firstOffset, producerId },
      );
      return;
    }
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
}

/**
 * Does what cleaners have left of an aborted transaction begin here? Who copies it so from its leader has never seen the beginning, and does not know of any
 * (ProducerAppendInfo.append).
 */
function isWhatIsLeft(replica: ReplicaGhost, { producerId, firstOffset, lastOffset }: EndedTransaction, offset: number): boolean {
  const isWithin = firstOffset < offset && offset <= lastOffset;
  return isWithin && hasNothingLeft(replica, producerId, firstOffset, offset - 1);
}

/** Has a cleaner removed all records of an aborted transaction, which lie in [firstOffset, lastOffset]? Then nobody need be told of it. */
function hasNothingLeft(
  { compacted, partition }: ReplicaGhost,
  producerId: number,
  firstOffset: number,
  lastOffset: number,
): boolean {
  if (compacted === null) return false;
  for (let at = compacted.indexOf(firstOffset); at < compacted.count && (compacted.bases[at] as number) <= lastOffset; at++) {
    const base = compacted.bases[at] as number;
    const origin = partition.origins.get(compacted.epochs[at] as number);
    const found = origin?.find(base) ?? -1;
    if (origin === undefined || found < 0 || origin.producerIds[found] !== producerId || !origin.transactional.has(base))
      continue;
    if (partition.compaction.copy(base, compacted.crcs[at] as number)?.recordCount !== 0) return false;
  }
  return true;
}

export const stableReads = {
  properties: [
    {
      id: 'T6',
      title: 'nothing at or behind the first open transaction is stable, and the last stable offset of a leader never goes back',
    },
    { id: 'T7', title: 'with what a transaction aborted, readers of committed records are told that it did, and of no other' },
  ],
  create: (context): Checker => {
    new StableReads(context);
    return {};
  },
} as const satisfies PropertyDefinition;
