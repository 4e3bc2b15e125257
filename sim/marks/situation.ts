/**
 * What is going on in a run, as its events tell: who believes to lead what, who is down, which faults are under way, how groups and
 * transactions stand. For marks on rare states and for counting states; a node that is down believes nothing.
 */
import type { QuorumRole } from '../../core/trace/quorum-events.ts';
import type { TransactionState } from '../../core/transaction/transaction-state.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import type { CheckContext, Occurrence } from '../observe.ts';
import type { Answered } from './mark.ts';
import type { ClusterState } from '../cluster-state.ts';

/** What a node believes to be of a partition. */
export interface Replica {
  readonly isLeader: boolean;
  readonly epoch: number;
}

interface QuorumMember {
  readonly role: QuorumRole;
  readonly epoch: number;
}

/** A transaction that is open in a log. */
interface OpenTransaction {
  readonly firstOffset: number;
  /** In which its replica was when it began. */
  readonly epoch: number;
}

/** What a coordinator says, and who it is. */
interface Told<State> {
  readonly state: State;
  readonly node: string;
}

const NONE: ReadonlyMap<number, OpenTransaction> = new Map();

export class Situation {
  /** The newest committed registration of each partition. */
  readonly cluster: ClusterState;
  /** Faults under way, by kind. */
  readonly faults = new Map<string, number>();
  /** Nodes of the cluster that ended. */
  readonly down = new Set<string>();
  readonly paused = new Set<string>();
  /** By node, what it believes to be in the quorum. */
  readonly quorum = new Map<string, QuorumMember>();
  /** By group and by transactional id, what was told last. */
  readonly groups = new Map<string, Told<string>>();
  readonly transactions = new Map<string, Told<TransactionState>>();
  /** By node and partition. */
  readonly #replicas = new Map<string, Map<string, Replica>>();
  /** By node and partition, and producer id. */
  readonly #open = new Map<string, Map<string, Map<number, OpenTransaction>>>();
  /** By partition, the newest epoch that had a leader. */
  readonly #epochs = new Map<string, number>();

  readonly #run: Pick<CheckContext, 'on'>;
  /** By type of event and error. */
  readonly #byError = new Map<string, Map<number, ((event: never, at: Occurrence) => void)[]>>();
  /** Open transactions whose beginning the last truncation took. */
  cutTransactions = 0;

  constructor(run: Pick<CheckContext, 'on' | 'onWorld' | 'onFault'>, cluster: ClusterState) {
    this.#run = run;
    this.cluster = cluster;
    run.on('became-leader', ({ partition, leaderEpoch }, { node }) => {
      inner(this.#replicas, node).set(partition, { isLeader: true, epoch: leaderEpoch });
      this.#epochs.set(partition, Math.max(leaderEpoch, this.#epochs.get(partition) ?? -1));
    });
    run.on('became-follower', ({ partition, leaderEpoch }, { node }) => {
      inner(this.#replicas, node).set(partition, { isLeader: false, epoch: leaderEpoch });
    });
    run.on('replica-stopped', ({ partition }, { node }) => void this.#replicas.get(node)?.delete(partition));
    run.on('transaction-opened', ({ partition, producerId, firstOffset }, { node }) => {
      inner(inner(this.#open, node), partition).set(producerId, {
        firstOffset,
        epoch: this.replica(node, partition)?.epoch ?? -1,
      });
    });
    run.on('transaction-marker-appended', ({ partition, producerId }, { node }) => {
      this.#open.get(node)?.get(partition)?.delete(producerId);
    });
    run.on('log-truncated', ({ partition, to }, { node }) => {
      const open = this.#open.get(node)?.get(partition);
      this.cutTransactions = 0;
      for (const [producerId, { firstOffset }] of open ?? []) {
        if (firstOffset < to) continue;
        open?.delete(producerId);
        this.cutTransactions++;
      }
    });
    run.on('log-loaded', ({ partition }, { node }) => void this.#open.get(node)?.delete(partition));
    run.on('quorum-transition', ({ to, epoch }, { node }) => void this.quorum.set(node, { role: to, epoch }));
    run.on('group-transition', ({ group, to }, { node }) => void this.groups.set(group, { state: to, node }));
    run.on('transaction-transition', ({ transactionalId, to }, { node }) => {
      this.transactions.set(transactionalId, { state: to, node });
    });
    run.onWorld(({ type, node, nodeId }) => {
      if (nodeId === -1) return;
      if (type === 'started') this.down.delete(node);
      else if (type === 'paused') this.paused.add(node);
      else if (type === 'resumed') this.paused.delete(node);
      else if (type === 'crashed' || type === 'stopped' || type === 'power-lost') this.#ended(node);
    });
    run.onFault(({ kind, change, forMs }) => {
      if (change === 'refused' || (change === 'begins' && forMs === null)) return;
      const count = (this.faults.get(kind) ?? 0) + (change === 'begins' ? 1 : -1);
      if (count === 0) this.faults.delete(kind);
      else this.faults.set(kind, count);
    });
  }

  /** An event of this type tells this error. */
  onError<Type extends Answered>(type: Type, error: number, handler: (event: TraceEventOf<Type>, at: Occurrence) => void): void {
    let handlers = this.#byError.get(type);
    if (handlers === undefined) {
      const of = new Map<number, ((event: never, at: Occurrence) => void)[]>();
      this.#byError.set(type, of);
      handlers = of;
      this.#run.on(type, (event, at) => {
        const list = of.get((event as { readonly error: number }).error);
        if (list !== undefined) for (const each of list) each(event as never, at);
      });
    }
    handlers.set(error, [...(handlers.get(error) ?? []), handler]);
  }

  replica(node: string, partition: string): Replica | null {
    return this.#replicas.get(node)?.get(partition) ?? null;
  }

  /** By producer id, the transactions that are open in a node's log of a partition. */
  openTransactions(node: string, partition: string): ReadonlyMap<number, OpenTransaction> {
    return this.#open.get(node)?.get(partition) ?? NONE;
  }

  /** The newest epoch of a partition in which somebody has led it; -1: nobody has. */
  newestEpoch(partition: string): number {
    return this.#epochs.get(partition) ?? -1;
  }

  /** Nodes other than this one that believe to lead a partition. */
  otherLeaders(node: string, partition: string): number {
    let count = 0;
    for (const [other, replicas] of this.#replicas) if (other !== node && replicas.get(partition)?.isLeader === true) count++;
    return count;
  }

  /** Nodes other than this one that believe to lead the quorum. */
  otherQuorumLeaders(node: string): number {
    let count = 0;
    for (const [other, { role }] of this.quorum) if (other !== node && role === 'leader') count++;
    return count;
  }

  /** The newest epoch of the quorum that a node is in; -1: none is up. */
  newestQuorumEpoch(): number {
    return Math.max(-1, ...Array.from(this.quorum.values(), ({ epoch }) => epoch));
  }

  /** All that nodes believe to be: node, partition, replica. */
  *replicas(): Generator<readonly [node: string, partition: string]> {
    for (const [node, replicas] of this.#replicas) for (const partition of replicas.keys()) yield [node, partition];
  }

  #ended(node: string): void {
    this.down.add(node);
    this.paused.delete(node);
    this.quorum.delete(node);
    this.#replicas.delete(node);
  }
}

function inner<Key, Value>(maps: Map<string, Map<Key, Value>>, key: string): Map<Key, Value> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}
