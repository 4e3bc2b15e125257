/**
 * Which states of the protocols a run comes to. A state is what one node is of one partition, as seen from outside: its role, how its epoch
 * relates to the newest, the shape of the in-sync set, for a coordinator what it says of a group or a transaction, what a cleaner does to its log, and the
 * fault that is under way. Without names and numbers, so that two runs can come to the same one; `trial campaign --coverage` counts them.
 */
import { coordinatorPartition } from '../core/coordinator/coordinator-partition.ts';
import type { CheckContext } from './observe.ts';
import type { Situation } from './marks/situation.ts';

const OFFSETS = '__consumer_offsets';
const TRANSACTIONS = '__transaction_state';

export class ProtocolStates {
  readonly #seen = new Set<string>();
  readonly #situation: Situation;
  /** What a coordinator said last of anything in this partition. */
  readonly #told = new Map<string, string>();

  constructor(run: Pick<CheckContext, 'on' | 'onFault'>, situation: Situation) {
    this.#situation = situation;
    run.on('became-leader', ({ partition }, { node }) => this.#replica(node, partition));
    run.on('became-follower', ({ partition }, { node }) => this.#replica(node, partition));
    run.on('isr-change-proposed', ({ partition }, { node }) => this.#replica(node, partition));
    run.on('isr-change-resolved', ({ partition }, { node }) => this.#replica(node, partition));
    run.on('log-truncated', ({ partition }, { node }) => this.#replica(node, partition));
    run.on('fetch-rejected', ({ partition }, { node }) => this.#replica(node, partition));
    run.on('quorum-transition', (_, { node }) => this.#voter(node));
    run.on('controller-activated', (_, { node }) => this.#voter(node));
    run.on('group-transition', ({ group, to }, { node }) => {
      const partitions = situation.cluster.partitionsOf(OFFSETS);
      if (partitions > 0) this.#coordinator(node, `${OFFSETS}-${coordinatorPartition(group, partitions)}`, to);
    });
    run.on('consumer-group-changed', ({ offsetsPartition, state }, { node }) => {
      this.#coordinator(node, `${OFFSETS}-${offsetsPartition}`, `Consumer${state}`);
    });
    run.on('log-cleaning-begun', ({ partition }, { node }) => this.#cleaner(node, partition, 'cleaning'));
    run.on('segments-swapping', ({ partition }, { node }) => this.#cleaner(node, partition, 'swapping'));
    run.on('segments-merging', ({ partition }, { node }) => this.#cleaner(node, partition, 'merging'));
    run.on('log-cleaning-ended', ({ partition }, { node }) => this.#cleaner(node, partition, 'clean'));
    run.on('log-uncleanable', ({ partition }, { node }) => this.#cleaner(node, partition, 'uncleanable'));
    run.on('transaction-transition', ({ statePartition, to }, { node }) => {
      this.#coordinator(node, `${TRANSACTIONS}-${statePartition}`, to);
    });
    run.onFault(() => this.#everything());
  }

  /** `PARTITION ROLE EPOCH IN-SYNC-SET GROUP-OR-TRANSACTION FAULT`, as in `groups leader newest some Stable power-loss`; in alphabetical order. */
  get seen(): readonly string[] {
    return [...this.#seen].sort();
  }

  #everything(): void {
    for (const [node, partition] of this.#situation.replicas()) this.#replica(node, partition);
    for (const node of this.#situation.quorum.keys()) this.#voter(node);
  }

  #coordinator(node: string, partition: string, state: string): void {
    this.#told.set(partition, state);
    this.#replica(node, partition);
  }

  #replica(node: string, partition: string): void {
    const replica = this.#situation.replica(node, partition);
    const registered = this.#situation.cluster.partitions.get(partition);
    if (replica === null || registered === undefined) return;
    const told = replica.isLeader ? (this.#told.get(partition) ?? '-') : '-';
    const { leader, isr, replicas, elr, leaderEpoch } = registered;
    const inSync = leader === -1 ? 'offline' : isr.length === replicas.length ? 'all' : isr.length > 1 ? 'some' : 'alone';
    this.#add(
      kindOf(partition),
      replica.isLeader ? 'leader' : 'follower',
      replica.epoch < leaderEpoch ? 'older' : 'newest',
      elr.length > 0 ? `${inSync}+elr` : inSync,
      told,
    );
  }

  #cleaner(node: string, partition: string, step: string): void {
    const replica = this.#situation.replica(node, partition);
    if (replica !== null) this.#add(kindOf(partition), replica.isLeader ? 'leader' : 'follower', 'cleaner', '-', step);
  }

  #voter(node: string): void {
    const member = this.#situation.quorum.get(node);
    if (member === undefined) return;
    const isNewest = member.epoch === this.#situation.newestQuorumEpoch();
    this.#add('metadata', member.role, isNewest ? 'newest' : 'older', '-', '-');
  }

  #add(kind: string, role: string, epoch: string, inSync: string, told: string): void {
    const { faults } = this.#situation;
    const [fault = 'none'] = faults.keys();
    this.#seen.add(`${kind} ${role} ${epoch} ${inSync} ${told} ${faults.size > 1 ? 'several' : fault}`);
  }
}

function kindOf(partition: string): string {
  if (partition.startsWith(OFFSETS)) return 'groups';
  return partition.startsWith(TRANSACTIONS) ? 'transactions' : 'data';
}
