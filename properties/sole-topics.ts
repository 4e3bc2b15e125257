/**
 * Which topic a send went to, where another had its name before. Produce names topics, not their ids, and a broker that has not heard of
 * a deletion serves the deleted topic on: what is acknowledged may be in either. Once every broker that had a replica of the deleted
 * one has stopped it, or has one of the new topic in its place, only the new one can take what is sent from then on.
 */
import type { PartitionGhost as StoredPartition } from '../sim/durability.ts';
import type { CheckContext } from './judge.ts';
import { type ClusterGhost, ghostOf } from './internal/ghost.ts';

export class SoleTopics {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  /** By partition name: the deleted ones that somebody may serve still. */
  readonly #leaving = new Map<string, Set<StoredPartition>>();
  /** By partition name: the step since which no deleted topic is served. */
  readonly #since = new Map<string, number>();
  readonly #removed = new Set<StoredPartition>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    context.on('metadata-applied', ({ removedPartitions }, at) => {
      for (const { partition: name, topicId } of removedPartitions) this.#onRemoved(name, topicId, at.step);
    });
    context.on('replica-stopped', ({ partition }, at) => this.#look(partition, at.step));
    context.on('became-leader', ({ partition }, at) => this.#look(partition, at.step));
    context.on('became-follower', ({ partition }, at) => this.#look(partition, at.step));
  }

  /** Since which step whatever is sent to the name can only come to the topic that has it now; null: nobody knows, or no other ever had it. */
  since(partition: string): number | null {
    return this.#since.get(partition) ?? null;
  }

  #onRemoved(name: string, topicId: string, step: number): void {
    const partition = this.#context.durability.partition(topicId, name);
    // Each node tells of each removal.
    if (partition === undefined || this.#removed.has(partition)) return;
    this.#removed.add(partition);
    this.#since.delete(name);
    const leaving = this.#leaving.get(name) ?? new Set();
    this.#leaving.set(name, leaving.add(partition));
    this.#look(name, step);
  }

  #look(name: string, step: number): void {
    const leaving = this.#leaving.get(name);
    if (leaving === undefined) return;
    for (const partition of leaving)
      if (partition.replicas.every((id) => this.#hasLeft(partition, id))) leaving.delete(partition);
    if (leaving.size > 0) return;
    this.#leaving.delete(name);
    this.#since.set(name, step);
  }

  /** A node without any replica of the name may be so far behind that it has not heard of the deleted topic yet. */
  #hasLeft({ partition: name, topicId }: StoredPartition, nodeId: number): boolean {
    const replica = this.#ghost.replica(nodeId, name);
    if (replica === undefined) return false;
    if (replica.partition.topicId === topicId) return replica.role === 'stopped';
    return this.#context.durability.partition(replica.partition.topicId, name)?.removed === false && replica.role !== 'none';
  }
}
