/** How the replicas of each partition grow, shrink and change roles, from what their nodes tell. */
import type { TraceEvent } from '../../../core/trace.ts';
import type { PartitionRegistrationSummary } from '../../../core/trace/metadata-events.ts';
import { float64, int32, uint32, uint8 } from './columns.ts';
import { METADATA_LOG } from './names.ts';
import { type EpochStart, type PartitionTrack, type ReplicaTrack, ROLE } from './run-record.ts';

type Registration = PartitionTrack['registrations'][number];

/** A replica as it is now, and the rows of what it was. */
class Replica {
  readonly process: number;
  start = 0;
  end = 0;
  highWatermark = 0;
  role: number = ROLE.none;
  leaderEpoch = -1;
  epochs: readonly EpochStart[] = [];
  /** First offsets of open transactions, by producer. */
  readonly open = new Map<number, number>();
  readonly #rows = {
    us: float64(),
    start: float64(),
    end: float64(),
    highWatermark: float64(),
    lastStable: float64(),
    role: uint8(),
    leaderEpoch: int32(),
    epochs: uint32(),
  };
  readonly #epochLists: (readonly EpochStart[])[] = [];

  constructor(process: number) {
    this.process = process;
  }

  /** Below which no transaction is open, as its readers are told. */
  get #lastStable(): number {
    let stable = this.highWatermark;
    for (const first of this.open.values()) stable = Math.min(stable, first);
    return stable;
  }

  /** What it is now holds from this time on. */
  changed(us: number): void {
    if (this.#epochLists.at(-1) !== this.epochs) this.#epochLists.push(this.epochs);
    const now = {
      us,
      start: this.start,
      end: this.end,
      highWatermark: this.highWatermark,
      lastStable: this.#lastStable,
      role: this.role,
      leaderEpoch: this.leaderEpoch,
      epochs: this.#epochLists.length - 1,
    };
    const isSameTime = this.#rows.us.last === us;
    for (const [name, value] of Object.entries(now)) {
      const column = this.#rows[name as keyof typeof now];
      if (isSameTime) column.replaceLast(value);
      else column.push(value);
    }
  }

  cutTo(offset: number): void {
    this.end = offset;
    this.epochs = this.epochs.filter(({ startOffset }) => startOffset < offset);
    for (const [producer, first] of this.open) if (first >= offset) this.open.delete(producer);
  }

  get track(): ReplicaTrack {
    const { us, start, end, highWatermark, lastStable, role, leaderEpoch, epochs } = this.#rows;
    return {
      process: this.process,
      us: us.toArray(),
      start: start.toArray(),
      end: end.toArray(),
      highWatermark: highWatermark.toArray(),
      lastStable: lastStable.toArray(),
      role: role.toArray(),
      leaderEpoch: leaderEpoch.toArray(),
      epochs: epochs.toArray(),
      epochLists: this.#epochLists,
    };
  }
}

class Partition {
  readonly name: string;
  readonly replicas = new Map<number, Replica>();
  readonly registrations: Registration[] = [];
  readonly cuts: PartitionTrack['cuts'][number][] = [];
  /** Metadata offset of the newest registration. */
  registeredAt = -1;

  constructor(name: string) {
    this.name = name;
  }
}

export class PartitionTracks {
  readonly #partitions = new Map<string, Partition>();

  /** A node tells something. */
  onEvent(us: number, process: number, event: TraceEvent): void {
    if (event.type === 'metadata-applied') {
      for (const summary of event.partitions) this.#register(us, event.offset, summary);
      return;
    }
    if (event.type === 'quorum-transition' || event.type === 'quorum-high-watermark-advanced') {
      const replica = this.#replica(METADATA_LOG, process);
      replica.leaderEpoch = event.epoch;
      if (event.type === 'quorum-transition') replica.role = event.to === 'leader' ? ROLE.leader : ROLE.follower;
      else replica.highWatermark = event.to;
      replica.changed(us);
      return;
    }
    if (!('partition' in event) || typeof event.partition !== 'string') return;
    if (!isOfReplica(event)) return;
    const replica = this.#replica(event.partition, process);
    if (event.type === 'log-truncated' && event.to < event.from) {
      const { from, to, reason } = event;
      this.#partition(event.partition).cuts.push({ us, process, from, to, reason });
    }
    applied(replica, event);
    replica.changed(us);
  }

  /** A process ended: none of its replicas is in any role. */
  onEnded(us: number, process: number): void {
    for (const { replicas } of this.#partitions.values()) {
      const replica = replicas.get(process);
      if (replica === undefined || replica.role === ROLE.none) continue;
      replica.role = ROLE.none;
      replica.changed(us);
    }
  }

  /** In alphabetical order, those of applications first. */
  get tracks(): readonly PartitionTrack[] {
    return [...this.#partitions.values()]
      .map(({ name, replicas, registrations, cuts }) => ({
        name,
        isInternal: name.startsWith('__'),
        replicas: [...replicas.values()].toSorted((a, b) => a.process - b.process).map(({ track }) => track),
        registrations,
        cuts,
      }))
      .toSorted((a, b) => Number(a.isInternal) - Number(b.isInternal) || a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  #register(us: number, offset: number, { partition, leader, leaderEpoch, isr, replicas }: PartitionRegistrationSummary): void {
    const track = this.#partition(partition);
    if (offset <= track.registeredAt) return;
    track.registeredAt = offset;
    track.registrations.push({ us, leader, leaderEpoch, isr, replicas });
  }

  #partition(name: string): Partition {
    let partition = this.#partitions.get(name);
    if (partition === undefined) {
      partition = new Partition(name);
      this.#partitions.set(name, partition);
    }
    return partition;
  }

  #replica(name: string, process: number): Replica {
    const { replicas } = this.#partition(name);
    let replica = replicas.get(process);
    if (replica === undefined) {
      replica = new Replica(process);
      replicas.set(process, replica);
    }
    return replica;
  }
}

const OF_REPLICA = [
  'log-loaded',
  'log-appended',
  'log-truncated',
  'log-start-offset-advanced',
  'epoch-assigned',
  'empty-epochs-dropped',
  'high-watermark-advanced',
  'high-watermark-set',
  'became-leader',
  'became-follower',
  'replica-stopped',
  'transaction-opened',
  'transaction-marker-appended',
  'producer-state-told',
] as const;

type ReplicaEvent = Extract<TraceEvent, { readonly type: (typeof OF_REPLICA)[number] }>;

const IS_OF_REPLICA: ReadonlySet<string> = new Set(OF_REPLICA);

function isOfReplica(event: TraceEvent): event is ReplicaEvent {
  return IS_OF_REPLICA.has(event.type);
}

function applied(replica: Replica, event: ReplicaEvent): void {
  switch (event.type) {
    case 'log-loaded':
      replica.start = event.logStartOffset;
      replica.end = event.logEndOffset;
      replica.epochs = event.epochs;
      replica.open.clear();
      break;
    case 'log-appended':
      replica.end = event.lastOffset + 1;
      break;
    case 'log-truncated':
      // Cut off as a whole, it begins anew where it is told to.
      if (event.to < replica.start || event.to > event.from) replica.start = event.to;
      replica.cutTo(event.to);
      break;
    case 'log-start-offset-advanced':
      replica.start = event.to;
      replica.end = Math.max(replica.end, event.to);
      break;
    case 'epoch-assigned':
      replica.epochs = [...replica.epochs.filter(({ epoch }) => epoch < event.epoch), event];
      break;
    case 'empty-epochs-dropped':
      replica.epochs = replica.epochs.filter(({ epoch }) => epoch <= (event.latestEpoch ?? -1));
      break;
    case 'high-watermark-advanced':
    case 'high-watermark-set':
      replica.highWatermark = event.to;
      break;
    case 'became-leader':
      replica.role = ROLE.leader;
      replica.leaderEpoch = event.leaderEpoch;
      replica.start = event.logStartOffset;
      replica.end = event.logEndOffset;
      replica.highWatermark = event.highWatermark;
      break;
    case 'became-follower':
      replica.role = ROLE.follower;
      replica.leaderEpoch = event.leaderEpoch;
      replica.end = event.logEndOffset;
      replica.highWatermark = event.highWatermark;
      break;
    case 'replica-stopped':
      replica.role = ROLE.stopped;
      if (!event.deleted) break;
      replica.start = 0;
      replica.end = 0;
      replica.highWatermark = 0;
      replica.epochs = [];
      replica.open.clear();
      break;
    case 'transaction-opened':
      replica.open.set(event.producerId, event.firstOffset);
      break;
    case 'transaction-marker-appended':
      replica.open.delete(event.producerId);
      replica.end = Math.max(replica.end, event.offset + 1);
      break;
    case 'producer-state-told':
      if (event.occasion === 'snapshot') break;
      replica.open.clear();
      for (const { producerId, currentTxnFirstOffset } of event.producers) {
        if (currentTxnFirstOffset !== -1) replica.open.set(producerId, currentTxnFirstOffset);
      }
      break;
  }
}
