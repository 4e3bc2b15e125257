/**
 * The end of a transaction: EndTxn, and the aborts that the coordinator itself decides when a producer is fenced or takes too long. From
 * transaction.version 2 on each end bumps the producer's epoch, so that a late request cannot end the next transaction (KIP-890).
 */
import { ErrorCode } from '../protocol/errors.ts';
import type { TransitionReason } from '../trace/transaction-events.ts';
import type { TransactionServices } from './services.ts';
import { bumpsEpoch, isEpochExhausted, NONE, type Transaction, type TransactionMetadata } from './transaction-metadata.ts';
import type { TransactionShard } from './transactions.ts';

export interface EndRequest {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly commit: boolean;
  /** False: the coordinator itself ends it. */
  readonly isFromClient: boolean;
  readonly transactionVersion: number;
  readonly reason: TransitionReason;
}

/** `producerId` and `producerEpoch`: that the producer goes on with; NONE: with those it has. */
export interface EndResult {
  readonly error: number;
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** A refusal, or the record to write. `isFence`: the producer of the transaction is being fenced. */
type Decision = { readonly error: number } | { readonly next: Transaction; readonly isFence: boolean };

/** The highest epoch that producers use. */
const LAST_EPOCH = 32_766;
/** As long as a thread of Kafka may be kept from going on. */
const LATE_FENCE_MS = 5;

export class TransactionEnding {
  readonly #services: TransactionServices;

  constructor(services: TransactionServices) {
    this.#services = services;
  }

  /** `done` when the decision is committed, or at once if nothing is to be decided. */
  end(shard: TransactionShard, metadata: TransactionMetadata, request: EndRequest, done: (result: EndResult) => void): void {
    const isBumped = bumpsEpoch(request.transactionVersion);
    const decision = isBumped ? this.#decideWithBump(metadata, request) : this.#decide(metadata, request);
    if ('error' in decision) {
      const { error } = decision;
      const { producerId, producerEpoch } = metadata.current;
      done(error === ErrorCode.NONE && isBumped ? { error, producerId, producerEpoch } : refusal(error));
      return;
    }
    const { next, isFence } = decision;
    let ended = refusal(ErrorCode.NONE);
    this.#services.states.append(
      { shard, metadata, next, reason: request.reason },
      {
        settled: (error) => {
          if (error === ErrorCode.NONE) {
            const complete = this.#services.markers.complete(shard, metadata);
            const { producerId, producerEpoch } = complete;
            if (isBumped) ended = { error, producerId, producerEpoch };
          } else if (isFence && !isBumped) metadata.hasFailedEpochFence = true;
        },
        answered: (error) => done(error === ErrorCode.NONE ? ended : refusal(error)),
      },
    );
  }

  /**
   * Fences the producer of an open transaction, and aborts it, on the coordinator's own account. Between the two steps Kafka's thread may
   * be interrupted, so that requests find the transactional id in PrepareEpochFence.
   */
  fenceAndAbort(
    shard: TransactionShard,
    metadata: TransactionMetadata,
    reason: 'fenced' | 'timed-out',
    done: (result: EndResult) => void,
  ): void {
    const { env, states, transactionVersion } = this.#services;
    const fence = metadata.prepareFenceProducerEpoch();
    states.tellBegun({ shard, metadata, next: fence, reason });
    const { producerId, producerEpoch } = fence;
    const abort = (): void => {
      const end = {
        producerId,
        producerEpoch,
        commit: false,
        isFromClient: false,
        transactionVersion: transactionVersion(),
        reason,
      };
      if (shard.status === 'active') this.end(shard, metadata, end, done);
      else done(refusal(ErrorCode.NOT_COORDINATOR));
    };
    if (env.random.sometimes('transaction/late-fence')) env.timers.after(LATE_FENCE_MS, abort);
    else abort();
  }

  /** As before transaction.version 2: the epoch stays, so that the state alone says whether a request is a repeated one. */
  #decide(metadata: TransactionMetadata, request: EndRequest): Decision {
    const { current, pendingState } = metadata;
    const { producerEpoch, commit, isFromClient } = request;
    if (current.producerId !== request.producerId) return { error: ErrorCode.INVALID_PRODUCER_ID_MAPPING };
    // A client has exactly the epoch that it was given.
    if ((isFromClient && producerEpoch !== current.producerEpoch) || producerEpoch < current.producerEpoch) {
      return { error: ErrorCode.PRODUCER_FENCED };
    }
    const isFencing = pendingState === 'PrepareEpochFence';
    if (pendingState !== null && !isFencing) return { error: ErrorCode.CONCURRENT_TRANSACTIONS };
    switch (current.state) {
      case 'Ongoing':
        // Kafka's transition fails then, and with it the request.
        if (isFencing && commit) return { error: ErrorCode.UNKNOWN_SERVER_ERROR };
        if (isFencing) {
          metadata.abandonTransition();
          metadata.fence(producerEpoch);
        }
        return { next: this.#prepareEnd(metadata, commit, 0, NONE), isFence: isFencing };
      case 'CompleteCommit':
      case 'CompleteAbort':
        return { error: commit === (current.state === 'CompleteCommit') ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE };
      default:
        return { error: errorWithoutTransaction(current, commit) };
    }
  }

  /**
   * A request of an epoch that the end of the transaction has bumped is a repeated one, and one of the present epoch ends the next
   * transaction: the coordinator need not know of that to abort it, since the producer adds its partitions as it writes to them.
   */
  #decideWithBump(metadata: TransactionMetadata, request: EndRequest): Decision {
    const { current, pendingState } = metadata;
    const { producerId, producerEpoch, commit, isFromClient } = request;
    const isFencing = pendingState === 'PrepareEpochFence';
    // First of all, since what is pending may be another producer id, which the producer already has.
    if (pendingState !== null && !isFencing) return { error: ErrorCode.CONCURRENT_TRANSACTIONS };
    const isOverflowRetry =
      !isFencing && current.previousProducerId === producerId && producerEpoch === LAST_EPOCH && current.producerEpoch === 0;
    const isBumpRetry = !isFencing && current.producerEpoch === producerEpoch + 1;
    if (current.producerId !== producerId && !isOverflowRetry) return { error: ErrorCode.INVALID_PRODUCER_ID_MAPPING };
    const isRetry = isBumpRetry || isOverflowRetry;
    const isSame = producerEpoch === current.producerEpoch;
    const isValid = isFencing ? (!isFromClient || isSame) && producerEpoch >= current.producerEpoch : isValidEpoch();
    if (!isValid) return { error: ErrorCode.PRODUCER_FENCED };
    switch (current.state) {
      case 'Ongoing':
        if (isFencing && commit) return { error: ErrorCode.UNKNOWN_SERVER_ERROR };
        if (isFencing) metadata.abandonTransition();
        return this.#endWithBump(metadata, request, isFencing);
      case 'CompleteCommit':
      case 'CompleteAbort': {
        if (isRetry) {
          return { error: commit === (current.state === 'CompleteCommit') ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE };
        }
        return commit ? { error: ErrorCode.INVALID_TXN_STATE } : this.#endWithBump(metadata, request, false);
      }
      case 'Empty':
        return commit ? { error: ErrorCode.INVALID_TXN_STATE } : this.#endWithBump(metadata, request, false);
      default:
        return { error: errorWithoutTransaction(current, commit) };
    }

    function isValidEpoch(): boolean {
      switch (current.state) {
        case 'PrepareCommit':
        case 'PrepareAbort':
          return isBumpRetry;
        case 'CompleteCommit':
        case 'CompleteAbort':
          return isRetry || isSame;
        default:
          return isSame;
      }
    }
  }

  #endWithBump(metadata: TransactionMetadata, { commit, transactionVersion }: EndRequest, isFence: boolean): Decision {
    let nextProducerId: number | null = NONE;
    if (isEpochExhausted(metadata.current.producerEpoch)) nextProducerId = this.#services.nextProducerId();
    if (nextProducerId === null) return { error: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS };
    return { next: this.#prepareEnd(metadata, commit, transactionVersion, nextProducerId), isFence };
  }

  #prepareEnd(metadata: TransactionMetadata, commit: boolean, transactionVersion: number, nextProducerId: number): Transaction {
    const state = commit ? 'PrepareCommit' : 'PrepareAbort';
    return metadata.prepareEnd(state, transactionVersion, nextProducerId, this.#services.env.clock.wallMs());
  }
}

/** Of a transaction that is not open, nor complete. */
function errorWithoutTransaction({ state }: Transaction, commit: boolean): number {
  const isBeingDone = state === (commit ? 'PrepareCommit' : 'PrepareAbort');
  return isBeingDone ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.INVALID_TXN_STATE;
}

function refusal(error: number): EndResult {
  return { error, producerId: NONE, producerEpoch: NONE };
}
