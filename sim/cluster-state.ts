/** What the simulation knows of the cluster from its trace, to resolve roles that faults name. */
import type { PartitionRegistrationSummary } from '../core/trace/metadata-events.ts';

export class ClusterState {
  /** By `topic-partition`; the newest committed. */
  readonly partitions = new Map<string, PartitionRegistrationSummary>();
  /** `topic id/topic-partition`: nodes that lag behind still tell of them. */
  readonly #removed = new Set<string>();
  readonly #names: ReadonlyMap<number, string>;
  #quorumEpoch = -1;
  #quorumLeader: number | null = null;

  constructor(names: ReadonlyMap<number, string>) {
    this.#names = names;
  }

  onPartition(news: PartitionRegistrationSummary): void {
    if (this.#removed.has(`${news.topicId}/${news.partition}`)) return;
    const known = this.partitions.get(news.partition);
    if (known === undefined || known.topicId !== news.topicId || news.partitionEpoch > known.partitionEpoch)
      this.partitions.set(news.partition, news);
  }

  onPartitionRemoved(partition: string, topicId: string): void {
    this.#removed.add(`${topicId}/${partition}`);
    if (this.partitions.get(partition)?.topicId === topicId) this.partitions.delete(partition);
  }

  onQuorumLeader(epoch: number, nodeId: number): void {
    if (epoch < this.#quorumEpoch) return;
    this.#quorumEpoch = epoch;
    this.#quorumLeader = nodeId;
  }

  nameOf(nodeId: number): string | null {
    return this.#names.get(nodeId) ?? null;
  }

  leaderOf(partition: string): string | null {
    const leader = this.partitions.get(partition)?.leader ?? -1;
    return leader === -1 ? null : this.nameOf(leader);
  }

  inSyncFollowersOf(partition: string): string[] {
    const known = this.partitions.get(partition);
    if (known === undefined) return [];
    return known.isr
      .filter((replica) => replica !== known.leader)
      .map((replica) => this.nameOf(replica))
      .filter((name) => name !== null);
  }

  activeController(): string | null {
    return this.#quorumLeader === null ? null : this.nameOf(this.#quorumLeader);
  }

  partitionsOf(topic: string): number {
    let count = 0;
    for (const known of this.partitions.values()) if (known.topic === topic) count++;
    return count;
  }
}
