/** Fetches that got no records but an error, or word that the two logs diverge, as trace events. */
import type { Clock } from '../../ports/time.ts';
import type { Tracer } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { BrokerId, LeaderEpoch } from '../protocol/numbers.ts';
import { Refusals } from '../refusals.ts';
import type { FetchPartition, FetchPartitionResult } from './types.ts';

export class FetchRefusals {
  readonly #tracer: Tracer;
  readonly #refusals: Refusals;

  constructor({ clock, tracer }: { readonly clock: Clock; readonly tracer: Tracer }) {
    this.#tracer = tracer;
    this.#refusals = new Refusals(clock);
  }

  /** `replica` -1: a consumer. `leaderEpoch`: the one that this broker's replica is in, -1 if it has none. */
  tell(replica: BrokerId, asked: FetchPartition, result: FetchPartitionResult, leaderEpoch: LeaderEpoch): void {
    const { error, divergingEpoch } = result;
    const isDiverging = error === ErrorCode.NONE && divergingEpoch !== null;
    if (error === ErrorCode.NONE && !isDiverging) return;
    const { key: partition, currentLeaderEpoch: requestEpoch, fetchOffset, lastFetchedEpoch } = asked;
    const times = this.#refusals.count(`${partition}/${replica}/${error}/${requestEpoch}`);
    if (times === 0) return;
    const claim = { partition, replica, requestEpoch, fetchOffset, lastFetchedEpoch, leaderEpoch, times };
    if (isDiverging) this.#tracer.emit({ type: 'fetch-diverged', ...claim, epochEnd: divergingEpoch });
    else this.#tracer.emit({ type: 'fetch-rejected', ...claim, error });
  }
}
