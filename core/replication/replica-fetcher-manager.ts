/** One fetcher for every leader that this broker's replicas follow (Kafka's ReplicaFetcherManager). */
import type { Environment } from '../environment.ts';
import type { BrokerId } from '../protocol/numbers.ts';
import type { Partition } from './partition.ts';
import type { Endpoint } from './ports.ts';
import { ReplicaFetcher, type ReplicaFetcherOptions } from './replica-fetcher.ts';

/** What the fetchers of all leaders have in common. */
type SharedOptions = Omit<ReplicaFetcherOptions, 'leader' | 'leaderId'>;

export class ReplicaFetcherManager {
  readonly #env: Environment;
  readonly #options: SharedOptions;
  readonly #endpointOf: (broker: number) => Endpoint | null;
  readonly #fetchers = new Map<number, ReplicaFetcher>();

  /** `endpointOf`: where a broker is reached now; null if that is not known. */
  constructor(env: Environment, options: SharedOptions, endpointOf: (broker: number) => Endpoint | null) {
    this.#env = env;
    this.#options = options;
    this.#endpointOf = endpointOf;
  }

  /** Begins to fetch a partition from this leader. */
  add(partition: Partition, leader: BrokerId): void {
    let fetcher = this.#fetchers.get(leader);
    if (fetcher === undefined) {
      fetcher = new ReplicaFetcher(this.#env, { ...this.#options, leaderId: leader, leader: () => this.#endpointOf(leader) });
      this.#fetchers.set(leader, fetcher);
    }
    fetcher.add(partition);
  }

  /** Ends fetching it, from whomever. */
  remove(partition: Partition): void {
    for (const fetcher of this.#fetchers.values()) fetcher.remove(partition);
  }

  /** Something about a partition that this leader is told has changed. */
  refresh(partition: Partition, leader: BrokerId): void {
    this.#fetchers.get(leader)?.refresh(partition);
  }

  refreshAll(): void {
    for (const fetcher of this.#fetchers.values()) fetcher.refreshAll();
  }

  closeIdle(): void {
    for (const [leader, fetcher] of this.#fetchers) {
      if (!fetcher.isIdle) continue;
      fetcher.close();
      this.#fetchers.delete(leader);
    }
  }

  close(): void {
    for (const fetcher of this.#fetchers.values()) fetcher.close();
    this.#fetchers.clear();
  }
}
