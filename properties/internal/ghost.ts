/**
 * What the checkers of the cluster's inside share: a ghost of every replica's log, role and high watermark (it survives the
 * process), the partitions' origins and ledgers, and the committed metadata. One per run, made by whoever asks first, so
 * that its handlers run before those of the checkers: they see the state after the event. Over 500 lines, since all of its handlers
 * change one state.
 */
import { METADATA_PARTITION } from '../../core/protocol/partition.ts';
import type { PropertyId } from '../registry.ts';
import type { TraceEventOf } from '../../core/trace.ts';
import { directoryNameOf, recordsBaseOffset } from '../../core/log/file-names.ts';
import type { Occurrence, ViolationFacts } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import {
  type BatchFacts,
  BatchList,
  batchSize,
  EMPTY_PREFIX,
  emptyFacts,
  type Marker,
  readFacts,
  readMarker,
} from './batches.ts';
import { Origin } from './ledger.ts';
import { PartitionGhost, ReplicaGhost } from './replica-ghost.ts';
import { noteRemoved, originalCrc, withCopy } from './stored-batches.ts';

/** How often a node's storage was hit. */
interface NodeLosses {
  readonly powerLost: number;
  /** By an empty disk, or by one as it was before. */
  readonly diskReplaced: number;
  readonly directoryFailed: number;
  /** With the power went what syncs of its metadata log or vote had lied about. */
  readonly metadataForgotten: number;
}

/** How often the storage of one log of a node was hit. */
export interface LogLosses extends NodeLosses {
  readonly corrupted: number;
}

const NO_LOSSES: LogLosses = { powerLost: 0, diskReplaced: 0, corrupted: 0, directoryFailed: 0, metadataForgotten: 0 };

/** A log was opened; `before` is the ghost as it was until then. */
export interface LoadedLog {
  readonly replica: ReplicaGhost;
  readonly before: BatchList | null;
  readonly beforeFlushedTo: number;
  /** From here on syncs have failed or lied: less than `beforeFlushedTo` is on the medium then. */
  readonly beforeLiedFrom: number;
  readonly beforeUnsyncedTruncation: boolean;
  readonly lossesSince: LogLosses;
  readonly event: TraceEventOf<'log-loaded'>;
}

/** How an appended batch compares with what the leader of its epoch wrote. */
export type AppendVerdict = 'original' | 'copy' | 'different' | 'unknown-origin' | 'second-writer';

export interface GhostListener {
  onAppended?(replica: ReplicaGhost, facts: BatchFacts, verdict: AppendVerdict, role: 'leader' | 'follower'): void;
  /** The log is still as before the truncation. */
  onTruncating?(replica: ReplicaGhost, event: TraceEventOf<'log-truncated'>): void;
  onLoaded?(loaded: LoadedLog): void;
  /** A cleaned copy has taken the place of segments; `stored` is what the files held until then, `records` the copy's batches. */
  onCleaned?(replica: ReplicaGhost, event: TraceEventOf<'segments-swapped'>, stored: BatchList, records: Uint8Array): void;
  /** One more batch is committed; `at` is its index in the log of the leader that committed it. */
  onCommitted?(partition: PartitionGhost, log: BatchList, at: number): void;
}

type AppendListener = GhostListener & Required<Pick<GhostListener, 'onAppended'>>;

function hearsOfAppends(listener: GhostListener): listener is AppendListener {
  return 'onAppended' in listener;
}

export class ClusterGhost {
  readonly context: CheckContext;
  readonly partitions = new Map<string, PartitionGhost>();
  readonly metadata: PartitionGhost;
  /** Batches are kept, to be compared with what a cleaner makes of them. */
  readonly #isCompacting: boolean;
  /** Voters of the metadata quorum, as its leaders told. */
  readonly voters = new Set<number>();
  /** By node id, then by partition name. */
  readonly #replicas = new Map<number, Map<string, ReplicaGhost>>();
  readonly #losses = new Map<number, NodeLosses>();
  /** Nodes whose disks hold less of the metadata log or the vote than syncs have said. */
  readonly #liedOfMetadata = new Set<number>();
  /** By `node/partition`, then by topic id: how often bytes of that log rotted. */
  readonly #rotten = new Map<string, Map<string, number>>();
  readonly #facts = emptyFacts();
  readonly #listeners: GhostListener[] = [];
  /** Those who want to hear of appends, the most frequent event of all. */
  readonly #appendListeners: AppendListener[] = [];
  /** The partition of each name that was asked for last. */
  readonly #latest = new Map<string, PartitionGhost>();
  /** The replica that was asked for last: the checkers ask for the same one, one after the other. */
  #asked: ReplicaGhost | undefined;

  constructor(context: CheckContext) {
    this.context = context;
    const { properties } = context.plan.cluster;
    this.#isCompacting = String(properties['log.cleaner.enable'] ?? false) === 'true';
    this.metadata = this.partition(METADATA_PARTITION, '');
    context.on('log-loaded', (event, at) => this.#loaded(event, at));
    context.on('log-appended', (event, at) => this.#appended(event, at));
    context.on('log-truncated', (event, at) => this.#truncated(event, at));
    context.on('log-start-offset-advanced', (event, at) => {
      const replica = this.replica(at.nodeId, event.partition);
      if (replica === undefined) return;
      replica.logStartOffset = event.to;
      // The metadata log's beginning is in its snapshots, which all nodes have alike.
      if (event.partition !== METADATA_PARTITION && event.to > replica.partition.removedBelow)
        replica.partition.removedBelow = event.to;
    });
    context.on('segments-swapping', (event, at) => this.#copied(event, at));
    context.on('segments-swapped', (event, at) => this.#cleaned(event, at));
    context.on('segment-deleted', (event, at) =>
      this.replica(at.nodeId, event.partition)?.forgetLies((offset) => offset < event.endOffset),
    );
    context.on('log-flushed', (event, at) => {
      const replica = this.replica(at.nodeId, event.partition);
      if (replica === undefined) return;
      replica.flushedTo = event.upTo;
      replica.maxFlushedTo = Math.max(replica.maxFlushedTo, event.upTo);
      replica.unsyncedTruncation = false;
    });
    context.on('became-leader', (event, at) => {
      const replica = this.bind(at, event.partition, event.topicId);
      replica.role = 'leader';
      replica.leaderEpoch = event.leaderEpoch;
      replica.leader = at.nodeId;
    });
    context.on('became-follower', (event, at) => {
      const replica = this.bind(at, event.partition, event.topicId);
      replica.role = 'follower';
      replica.leaderEpoch = event.leaderEpoch;
      replica.leader = event.leader;
    });
    context.on('replica-stopped', (event, at) => {
      const replica = this.replica(at.nodeId, event.partition);
      if (replica?.partition.topicId === event.topicId) replica.role = 'stopped';
    });
    context.on('high-watermark-set', (event, at) => {
      const replica = this.replica(at.nodeId, event.partition);
      if (replica !== undefined) setHighWatermark(replica, event.to);
    });
    context.on('high-watermark-advanced', (event, at) => {
      const replica = this.replica(at.nodeId, event.partition);
      if (replica === undefined) return;
      setHighWatermark(replica, event.to);
      if (event.role === 'leader') this.#commit(replica, event.to, event.leaderEpoch);
    });
    context.on('quorum-high-watermark-advanced', (event, at) => {
      const replica = this.replica(at.nodeId, METADATA_PARTITION);
      if (replica === undefined) return;
      setHighWatermark(replica, event.to);
      if (event.role === 'leader') this.#commit(replica, event.to, event.epoch);
    });
    context.on('quorum-leader-elected', (event) => {
      for (const voter of event.voters) this.voters.add(voter);
    });
    context.on('log-directory-failed', (_event, at) => this.#lost(at.nodeId, 'directoryFailed'));
    context.onWorld((change) => {
      if (change.type === 'power-lost') this.#powerLost(change.nodeId);
      else if (change.type === 'disk-wiped' || change.type === 'disk-restored') this.#diskReplaced(change.nodeId);
      else if (change.type === 'sync-lied') this.#syncLied(change.nodeId, change.path);
      else if (change.type === 'disk-corrupted') this.#rotted(change.nodeId, directoryNameOf(change.path));
    });
  }

  listen(listener: GhostListener): void {
    this.#listeners.push(listener);
    if (hearsOfAppends(listener)) this.#appendListeners.push(listener);
  }

  replica(nodeId: number, partition: string): ReplicaGhost | undefined {
    const asked = this.#asked;
    if (asked !== undefined && asked.nodeId === nodeId && asked.partition.name === partition) return asked;
    const found = this.#replicas.get(nodeId)?.get(partition);
    this.#asked = found;
    return found;
  }

  *replicasOf(nodeId: number): Iterable<ReplicaGhost> {
    const byName = this.#replicas.get(nodeId);
    if (byName !== undefined) yield* byName.values();
  }

  /** The partition of this name that was spoken of last. */
  latest(name: string): PartitionGhost | undefined {
    return this.#latest.get(name);
  }

  /** The ghost of a partition of a topic id; made if need be. The metadata log has one, whatever its id. */
  partition(name: string, topicId: string): PartitionGhost {
    const latest = this.#latest.get(name);
    if (latest !== undefined && (latest.topicId === topicId || name === METADATA_PARTITION)) return latest;
    const key = name === METADATA_PARTITION ? name : `${topicId}/${name}`;
    let partition = this.partitions.get(key);
    if (partition === undefined) {
      partition = new PartitionGhost(name, topicId);
      this.partitions.set(key, partition);
    }
    this.#latest.set(name, partition);
    return partition;
  }

  #lossesOf(nodeId: number, partition: PartitionGhost): LogLosses {
    const node = this.#losses.get(nodeId) ?? NO_LOSSES;
    const corrupted = this.#rotten.get(`${nodeId}/${partition.name}`)?.get(partition.topicId) ?? 0;
    return { ...node, corrupted };
  }

  /** Why what was committed may be gone, or null while it must be kept. */
  exceeded(partition: PartitionGhost): string | null {
    if (partition.name === METADATA_PARTITION) return this.#metadataLoss();
    return this.context.durability.partition(partition.topicId, partition.name)?.exceeded ?? null;
  }

  isDirty(partition: PartitionGhost, nodeId: number): boolean {
    return this.context.durability.partition(partition.topicId, partition.name)?.dirty.has(nodeId) ?? false;
  }

  /**
   * Reports, unless the guarantee is not promised for this partition any more (the properties that hold within the budget). The violation is of
   * this partition, if its facts name no other: a group's offsets for a partition are within the budget of `__consumer_offsets`.
   */
  violatedWithinBudget(property: PropertyId, partition: PartitionGhost, message: string, facts: ViolationFacts): void {
    const exceeded = this.exceeded(partition);
    if (exceeded !== null) this.context.excuse(property, exceeded);
    else if (facts.partition !== undefined) this.context.violated(property, message, facts);
    else this.context.violated(property, message, { partition: partition.name, topicId: partition.topicId, ...facts });
  }

  /** Static voters: one that has lost of its log or vote is outside the quorum's budget (docs/guarantees.md, "Which loss is legal"). */
  #metadataLoss(): string | null {
    for (const nodeId of this.voters) {
      const { diskReplaced, metadataForgotten, corrupted } = this.#lossesOf(nodeId, this.metadata);
      if (diskReplaced + metadataForgotten + corrupted > 0) return `node ${nodeId} lost stored bytes of the metadata log`;
    }
    return null;
  }

  #powerLost(nodeId: number): void {
    this.#lost(nodeId, 'powerLost');
    if (this.#liedOfMetadata.delete(nodeId)) this.#lost(nodeId, 'metadataForgotten');
  }

  #diskReplaced(nodeId: number): void {
    this.#lost(nodeId, 'diskReplaced');
    this.#liedOfMetadata.delete(nodeId);
  }

  #lost(nodeId: number, how: keyof NodeLosses): void {
    const before = this.#losses.get(nodeId) ?? NO_LOSSES;
    this.#losses.set(nodeId, { ...before, [how]: before[how] + 1 });
  }

  /**
   * Bits flipped on disk in the node's log of this partition: a log of another topic of its name has its own rot. Nobody looks at
   * stored bytes before somebody reads them: Kafka has no scrubber.
   */
  hasRotted(nodeId: number, { name, topicId }: Pick<PartitionGhost, 'name' | 'topicId'>): boolean {
    const ofTopics = this.#rotten.get(`${nodeId}/${name}`);
    // A log that did not know its id when it was hit may be anybody's.
    return ofTopics !== undefined && (ofTopics.has(topicId) || ofTopics.has(''));
  }

  /** Only segments hold records; beside those of the metadata log lies the vote. */
  #syncLied(nodeId: number, path: string): void {
    if (directoryNameOf(path) === METADATA_PARTITION) this.#liedOfMetadata.add(nodeId);
    const baseOffset = recordsBaseOffset(path);
    if (baseOffset !== null) this.replica(nodeId, directoryNameOf(path))?.syncLied(baseOffset);
  }

  #rotted(nodeId: number, partition: string): void {
    const key = `${nodeId}/${partition}`;
    const ofTopics = this.#rotten.get(key) ?? new Map<string, number>();
    this.#rotten.set(key, ofTopics);
    const topicId = this.topicIdOn(nodeId, partition);
    ofTopics.set(topicId, (ofTopics.get(topicId) ?? 0) + 1);
  }

  /** Whose log lies on the node under this name: as it was loaded last, dead or alive. Empty: it is not known. */
  topicIdOn(nodeId: number, partition: string): string {
    return partition === METADATA_PARTITION ? this.metadata.topicId : (this.replica(nodeId, partition)?.partition.topicId ?? '');
  }

  #put(replica: ReplicaGhost): void {
    let byName = this.#replicas.get(replica.nodeId);
    if (byName === undefined) {
      byName = new Map();
      this.#replicas.set(replica.nodeId, byName);
    }
    byName.set(replica.partition.name, replica);
    this.#asked = replica;
    replica.partition.replicas.set(replica.nodeId, replica);
  }

  /** The replica, which belongs to this topic id from now on if its id was not known before. */
  bind(at: Occurrence, name: string, topicId: string): ReplicaGhost {
    const known = this.replica(at.nodeId, name);
    if (known !== undefined && (known.partition.topicId === topicId || name === METADATA_PARTITION)) return known;
    const partition = this.partition(name, topicId);
    const replica = new ReplicaGhost(at.nodeId, at.node, partition, this.#lossesOf(at.nodeId, partition));
    replica.incarnation = at.incarnation;
    if (known?.partition.topicId === '') copyLog(known.log, replica.log);
    this.#put(replica);
    return replica;
  }

  #loaded(event: TraceEventOf<'log-loaded'>, at: Occurrence): void {
    const partition = this.partition(event.partition, event.topicId);
    const known = partition.replicas.get(at.nodeId);
    const losses = this.#lossesOf(at.nodeId, partition);
    const replica = new ReplicaGhost(at.nodeId, at.node, partition, losses);
    replica.incarnation = at.incarnation;
    replica.logStartOffset = event.logStartOffset;
    const first = event.batches[0];
    const start = first?.baseOffset ?? event.logEndOffset;
    replica.log.restart(
      start,
      first === undefined ? committedPrefix(partition, start) : prefixBefore(partition, first.leaderEpoch, first.baseOffset),
    );
    // What was removed stands in what the log was before, if that is known.
    const source = known !== undefined && known.log.count > 0 ? known.log : partition.ledger.batches;
    if (first !== undefined) this.#beginAtRemoved(replica, event.logStartOffset, source);
    for (const { baseOffset, lastOffset, leaderEpoch, crc } of event.batches) {
      this.#fillRemoved(replica, baseOffset, source);
      if (baseOffset > start && baseOffset <= partition.removedBelow) skipRemoved(replica, leaderEpoch, baseOffset);
      this.#push(replica, baseOffset, lastOffset, leaderEpoch, crc | 0);
    }
    this.#fillRemoved(replica, event.logEndOffset, source);
    if (replica.compacted !== null) replica.compacted.end = event.logEndOffset;
    replica.log.end = event.logEndOffset;
    const before = known === undefined ? NO_LOSSES : known.losses;
    const lossesSince: LogLosses = {
      powerLost: losses.powerLost - before.powerLost,
      diskReplaced: losses.diskReplaced - before.diskReplaced,
      corrupted: losses.corrupted - before.corrupted,
      directoryFailed: losses.directoryFailed - before.directoryFailed,
      metadataForgotten: losses.metadataForgotten - before.metadataForgotten,
    };
    // What survived a power loss, or was on a disk that was put in, is on the disk; else it is as durable as it was.
    if (known === undefined || lossesSince.powerLost + lossesSince.diskReplaced > 0 || event.clean)
      replica.flushedTo = event.logEndOffset;
    else replica.flushedTo = Math.min(known.flushedTo, event.logEndOffset);
    if (known !== undefined && lossesSince.powerLost + lossesSince.diskReplaced === 0) replica.takeOverLies(known);
    replica.maxFlushedTo = replica.flushedTo;
    setHighWatermark(replica, event.logStartOffset);
    this.#put(replica);
    const loaded: LoadedLog = {
      replica,
      before: known === undefined ? null : known.log,
      beforeFlushedTo: known?.flushedTo ?? 0,
      beforeLiedFrom: known?.liedFrom ?? Number.POSITIVE_INFINITY,
      beforeUnsyncedTruncation: known?.unsyncedTruncation ?? false,
      lossesSince,
      event,
    };
    for (const listener of this.#listeners) listener.onLoaded?.(loaded);
  }

  #appended(event: TraceEventOf<'log-appended'>, at: Occurrence): void {
    const replica = this.replica(at.nodeId, event.partition) ?? this.bind(at, event.partition, '');
    const facts = this.#facts;
    readFacts(event.batch, 0, facts);
    const { partition, log } = replica;
    // Whoever begins in the middle takes over what the writer's log had before.
    if (log.count === 0) {
      log.start = facts.baseOffset;
      log.startPrefix =
        event.role === 'leader'
          ? committedPrefix(partition, facts.baseOffset)
          : prefixBefore(partition, facts.leaderEpoch, facts.baseOffset);
    }
    const isMarker = facts.isControl && facts.isTransactional;
    if (event.role === 'follower') {
      // Its leader's log may be another one than was once committed, beyond what is promised.
      const source = partition.replicas.get(replica.leader)?.log ?? partition.ledger.batches;
      if (log.count === 0) this.#beginAtRemoved(replica, replica.logStartOffset, source);
      this.#fillRemoved(replica, facts.baseOffset, source);
    }
    const marker = isMarker && facts.recordCount > 0 ? readMarker(event.batch, 0) : null;
    const verdict = this.#origin(replica, facts, event.role, marker, event.batch);
    this.#push(replica, facts.baseOffset, facts.lastOffset, facts.leaderEpoch, facts.crc);
    for (const listener of this.#appendListeners) listener.onAppended(replica, facts, verdict, event.role);
  }

  #origin(
    replica: ReplicaGhost,
    facts: BatchFacts,
    role: 'leader' | 'follower',
    marker: Marker | null,
    bytes: Uint8Array,
  ): AppendVerdict {
    const { partition, log } = replica;
    let origin = partition.origins.get(facts.leaderEpoch);
    if (role === 'leader') {
      if (origin === undefined) {
        origin = new Origin(facts.leaderEpoch, replica.nodeId, facts.baseOffset, log.prefix);
        partition.origins.set(facts.leaderEpoch, origin);
      }
      if (origin.leader !== replica.nodeId) return 'second-writer';
      if (facts.baseOffset < origin.batches.end) return 'different';
      origin.push(facts, marker, this.#isCompacting ? bytes : null);
      if (facts.isTransactional) partition.hasTransactions = true;
      return 'original';
    }
    const at = origin?.find(facts.baseOffset) ?? -1;
    if (origin === undefined || at < 0) return 'unknown-origin';
    if (facts.baseOffset <= partition.removedBelow) skipRemoved(replica, facts.leaderEpoch, facts.baseOffset);
    const isSame =
      origin.batches.crcs[at] === originalCrc(partition, facts.baseOffset, facts.leaderEpoch, facts.crc) &&
      origin.batches.lasts[at] === facts.lastOffset;
    return isSame && origin.prefixBefore(at) === log.prefix ? 'copy' : 'different';
  }

  /** Adds a batch to what the log holds: as it was written, where the files hold what a cleaner left of it. */
  #push(replica: ReplicaGhost, baseOffset: number, lastOffset: number, epoch: number, crc: number): void {
    const { log, partition } = replica;
    const original = originalCrc(partition, baseOffset, epoch, crc);
    if (original !== crc) replica.compacted ??= log.copy();
    log.push(baseOffset, lastOffset, epoch, original);
    replica.compacted?.push(baseOffset, lastOffset, epoch, crc);
  }

  /** What a cleaner has removed between the log's end and an offset was there, as `batches` have it. */
  #fillRemoved(replica: ReplicaGhost, upTo: number, batches: BatchList): void {
    const { log, partition } = replica;
    if (upTo <= log.end || log.count === 0) return;
    for (let at = batches.indexOf(log.end); at < batches.count; at++) {
      const base = batches.bases[at] as number;
      if (base >= upTo || base !== log.end || !partition.compaction.hasRemoved(base)) return;
      replica.compacted ??= log.copy();
      log.take(batches, at, at + 1);
    }
  }

  /** A log whose first batches a cleaner removed begins with them all the same, down to its start. */
  #beginAtRemoved(replica: ReplicaGhost, logStartOffset: number, batches: BatchList): void {
    const { log, partition } = replica;
    const end = batches.indexOf(log.start);
    if (batches.bases[end] !== log.start && batches.end !== log.start) return;
    let begin = end;
    while (begin > 0 && (batches.lasts[begin - 1] as number) >= logStartOffset) {
      if (!partition.compaction.hasRemoved(batches.bases[begin - 1] as number)) return;
      begin--;
    }
    if (begin === end) return;
    replica.compacted = log.copy();
    log.restart(batches.bases[begin] as number, begin === 0 ? batches.startPrefix : batches.prefixes[begin - 1]);
    log.take(batches, begin, end);
  }

  /** After a crash the copy may be found in the place of its originals, before it was told of. */
  #copied({ partition: name, baseOffset, endOffset, records }: TraceEventOf<'segments-swapping'>, at: Occurrence): void {
    const replica = this.replica(at.nodeId, name);
    if (replica === undefined) return;
    const { partition, log, stored } = replica;
    const bytes = records();
    const after = withCopy(stored, baseOffset, endOffset, bytes);
    const facts = emptyFacts();
    for (let position = 0; position < bytes.length; position += batchSize(bytes, position)) {
      readFacts(bytes, position, facts);
      if (log.crcs[log.indexOf(facts.baseOffset)] !== facts.crc)
        partition.compaction.copied(facts, bytes.subarray(position, position + batchSize(bytes, position)));
    }
    noteRemoved(partition, stored, after);
  }

  #cleaned(event: TraceEventOf<'segments-swapped'>, at: Occurrence): void {
    const replica = this.replica(at.nodeId, event.partition);
    if (replica === undefined) return;
    const records = event.records();
    const { stored } = replica;
    for (const listener of this.#listeners) listener.onCleaned?.(replica, event, stored, records);
    replica.compacted = withCopy(stored, event.baseOffset, event.endOffset, records);
  }

  #truncated(event: TraceEventOf<'log-truncated'>, at: Occurrence): void {
    const replica = this.replica(at.nodeId, event.partition);
    if (replica === undefined) return;
    for (const listener of this.#listeners) listener.onTruncating?.(replica, event);
    // A snapshot takes the place of the whole log, also of what lay below its end: that may have been another history.
    const startsAnew = event.reason === 'snapshot' || event.to < replica.log.start || event.to >= event.from;
    if (startsAnew || event.to > replica.log.end) {
      replica.compacted = null;
      replica.log.restart(event.to);
      replica.logStartOffset = event.to;
    } else {
      replica.log.truncate(event.to);
      replica.compacted?.truncate(event.to);
      replica.logStartOffset = Math.min(replica.logStartOffset, event.to);
    }
    // A log that begins anew at a snapshot has everything below in the snapshot, durably.
    if (event.reason === 'snapshot') replica.flushedTo = event.to;
    else replica.flushedTo = Math.min(replica.flushedTo, event.to);
    replica.highWatermark = Math.max(replica.logStartOffset, Math.min(replica.highWatermark, event.to));
    replica.forgetLies((offset) => startsAnew || offset >= event.to);
    replica.unsyncedTruncation = true;
  }

  #commit(replica: ReplicaGhost, upTo: number, epoch: number): void {
    const { partition, log } = replica;
    const { ledger } = partition;
    if (upTo <= ledger.end) return;
    ledger.extend(log, upTo, epoch, (at) => {
      for (const listener of this.#listeners) listener.onCommitted?.(partition, log, at);
    });
  }
}

function setHighWatermark(replica: ReplicaGhost, to: number): void {
  replica.highWatermark = to;
  if (to > replica.maxHighWatermark) replica.maxHighWatermark = to;
}

function copyLog(from: BatchList, to: BatchList): void {
  to.restart(from.start, from.startPrefix);
  for (let at = 0; at < from.count; at++) {
    to.push(from.bases[at] as number, from.lasts[at] as number, from.epochs[at] as number, from.crcs[at] as number);
  }
  to.end = from.end;
}

/** The hash of the log that the writer of a batch had before it. */
function prefixBefore(partition: PartitionGhost, epoch: number, baseOffset: number): number {
  const origin = partition.origins.get(epoch);
  const at = origin?.find(baseOffset) ?? -1;
  return origin === undefined || at < 0 ? EMPTY_PREFIX : origin.prefixBefore(at);
}

/** What the log has below `baseOffset` was removed elsewhere and is not compared: the batch comes after what its writer had. */
function skipRemoved({ partition, log }: ReplicaGhost, epoch: number, baseOffset: number): void {
  const origin = partition.origins.get(epoch);
  const at = origin?.find(baseOffset) ?? -1;
  if (origin !== undefined && at >= 0) log.rebase(origin.prefixBefore(at));
}

/** The hash of what an empty log had below its start before retention or DeleteRecords emptied it: only what was committed. */
function committedPrefix({ ledger }: PartitionGhost, start: number): number {
  return start === 0 || ledger.end < start ? EMPTY_PREFIX : ledger.batches.prefixAt(start);
}

const ghosts = new WeakMap<CheckContext, ClusterGhost>();

/** The run's ghost. */
export function ghostOf(context: CheckContext): ClusterGhost {
  let ghost = ghosts.get(context);
  if (ghost === undefined) {
    ghost = new ClusterGhost(context);
    ghosts.set(context, ghost);
  }
  return ghost;
}
