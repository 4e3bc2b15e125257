/**
 * The guarantee calculator: which anomalies Kafka permits in this run, from what the plan configures and from what really
 * happened to storage (docs/guarantees.md). It never believes a node about itself: the ghost of the simulation is fed with
 * what the controller committed and with what was done to disks.
 *
 * Whoever leaves out a check because of its answer says so with `excused`, so that the run's result lists it.
 */
import type { PropertyId } from './registry.ts';
import { givenOrDefault, numberGiven, PRODUCER_CONFIG } from '../core/config/index.ts';
import { METADATA_PARTITION, topicPartitionKey } from '../core/protocol/partition.ts';
import { nodesOf } from '../sim/cluster.ts';
import { directoryNameOf } from '../core/log/file-names.ts';
import type { PartitionGhost } from '../sim/durability.ts';
import type { Session } from '../sim/history.ts';
import type { RunGuarantees, ViolationFacts, WorldChange } from '../sim/observe.ts';
import type { CheckContext } from './judge.ts';
import { type ClusterGhost, ghostOf } from './internal/ghost.ts';
import { LogStarts } from './log-starts.ts';
import { SoleTopics } from './sole-topics.ts';

/** What a producer's properties promise, with Kafka's defaults filled in. */
export interface ProducerPromises {
  readonly acks: 'all' | '1' | '0';
  readonly idempotent: boolean;
  /** Records of one session and partition enter the log in the order in which they were sent (J14's conditions). */
  readonly ordered: boolean;
  /** Longest time from send to its end: waiting for metadata or memory, then delivery. */
  readonly completionMs: number;
}

/** A record that the cluster had acknowledged, for the sentence about its loss. */
export interface AcknowledgedRecord {
  readonly partition: string;
  readonly offset: number;
  readonly value: string;
  /** The in-sync set when the acknowledgement came; null if it is not known. */
  readonly inSync: readonly number[] | null;
}

/** A log with bytes that rotted on a node's disk. */
interface Rot {
  readonly partition: string;
  /** Empty: the log did not know whose it is. */
  readonly topicId: string;
  readonly reason: string;
}

/** What is said of a single log, and what rot in that log accounts for. */
const OF_THE_ROTTEN_LOG: ReadonlySet<string> = new Set<PropertyId>(['R2', 'R4', 'R18']);

const DELETED = 'its topic was deleted, as somebody had asked';

export class Guarantees implements RunGuarantees {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #logStarts: LogStarts;
  readonly #soleTopics: SoleTopics;
  /** The live partition of each name that was asked for. */
  readonly #ghosts = new Map<string, PartitionGhost>();
  readonly #promises = new Map<number, ProducerPromises>();
  readonly #voters: ReadonlySet<string>;
  /** Nodes whose disks hold less of the metadata log or the vote than syncs have said. */
  readonly #liedTo = new Set<string>();
  #powerLosses = 0;
  #wipes = 0;
  #restores = 0;
  #corruptions = 0;
  #quorumLoss: string | null = null;
  /** What the quorum has forgotten of what it had committed; null while it has kept all. */
  #forgotten: string | null = null;
  /** Where bytes rotted, the first log of each topic id and partition: Kafka has no way to mend them. */
  readonly #rotten = new Map<string, Rot>();
  #hasRottenVoter = false;
  /** Partitions of `__consumer_offsets` whose leader found rotten records in them, and coordinates nothing until another election. */
  readonly #uncoordinated = new Map<string, string>();
  /**
   * Topics whose deletion an application has asked for. By name, as applications ask: a request that is sent again, because its answer was
   * lost, may delete the topic that was made since.
   */
  readonly #deletionAsked = new Set<string>();
  /**
   * `topic-partition` of what the controller has removed: another topic of the same name begins at offset 0 again. By name, and for good:
   * applications see names and offsets alone. A send names no topic id (Produce has none in the versions of core/client), so that
   * a broker that has not heard of the deletion may have taken it, and a position or a committed offset names none either. Known is the
   * topic of what was read, and of what was sent when no deleted one was served any more (`takerOf`).
   */
  readonly #removed = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#logStarts = new LogStarts(context);
    this.#soleTopics = new SoleTopics(context);
    this.#voters = new Set(
      nodesOf(context.plan)
        .filter(({ isController }) => isController)
        .map(({ name }) => name),
    );
    context.onHistory((event) => {
      if (event.type !== 'invoke' || event.call.f !== 'admin' || event.call.operation !== 'deleteTopics') return;
      for (const topic of event.call.detail.split(/[ ,]+/)) this.#deletionAsked.add(topic);
    });
    context.on('metadata-applied', (event) => {
      for (const { partition, topic } of event.removedPartitions) {
        if (this.#deletionAsked.has(topic)) this.#removed.add(partition);
        this.#ghosts.delete(partition);
      }
    });
    context.on('coordinator-load-failed', ({ offsetsPartition }, at) => {
      const partition = topicPartitionKey('__consumer_offsets', offsetsPartition);
      const log = this.#ghost.replica(at.nodeId, partition)?.partition;
      if (log === undefined || !this.#ghost.hasRotted(at.nodeId, log)) return;
      this.#uncoordinated.set(partition, `the coordinator ${at.node} found rotten records in its log of ${partition}`);
    });
    context.on('coordinator-loaded', ({ offsetsPartition }) => {
      this.#uncoordinated.delete(topicPartitionKey('__consumer_offsets', offsetsPartition));
    });
    const { ledger } = this.#ghost.metadata;
    context.on('quorum-leader-elected', ({ epochStartOffset }, at) => {
      if (this.#quorumLoss === null || epochStartOffset >= ledger.end) return;
      this.#forgotten ??= `${this.#quorumLoss}, and ${at.node} came to lead it with ${epochStartOffset} of the ${ledger.end} entries that were committed`;
    });
    context.onWorld((change) => this.#onWorld(change));
  }

  #onWorld(change: WorldChange): void {
    const { node } = change;
    switch (change.type) {
      case 'power-lost':
        this.#powerLosses++;
        if (this.#liedTo.delete(node)) this.#voterLost(node, 'lost power after its disk had lied to it');
        break;
      case 'disk-wiped':
        this.#wipes++;
        if (change.directory === null) this.#voterLost(node, 'came back with an empty disk');
        break;
      case 'disk-restored':
        this.#restores++;
        this.#voterLost(node, `came back with its disk of ${change.ageMs} ms before`);
        break;
      case 'sync-lied':
        if (directoryNameOf(change.path) === METADATA_PARTITION) this.#liedTo.add(node);
        break;
      case 'disk-corrupted':
        this.#onRot(change.nodeId, node, directoryNameOf(change.path));
        break;
      default:
        break;
    }
  }

  /** A static voter that comes back without its votes and log may elect a second leader (docs/guarantees.md, "Which loss is legal"). */
  #voterLost(node: string, how: string): void {
    this.#liedTo.delete(node);
    if (this.#voters.has(node)) this.#quorumLoss ??= `voter ${node} of the metadata quorum ${how}`;
  }

  #onRot(nodeId: number, node: string, partition: string): void {
    this.#corruptions++;
    const topicId = this.#ghost.topicIdOn(nodeId, partition);
    const key = `${topicId}/${partition}`;
    const reason = `bytes of ${node}'s log of ${partition} rotted on its disk`;
    if (!this.#rotten.has(key)) this.#rotten.set(key, { partition, topicId, reason });
    if (partition !== METADATA_PARTITION || !this.#voters.has(node)) return;
    this.#hasRottenVoter = true;
    this.#quorumLoss ??= `the metadata log of voter ${node} has rotten bytes`;
  }

  promisesOf(session: Session): ProducerPromises {
    let promises = this.#promises.get(session.id);
    if (promises === undefined) {
      promises = producerPromises(session.properties);
      this.#promises.set(session.id, promises);
    }
    return promises;
  }

  /** The in-sync set that the controller has committed; null for a partition nobody heard of. */
  inSyncSet(partition: string): readonly number[] | null {
    return this.#live(partition)?.isr ?? null;
  }

  /** The id of the only topic that can have taken what was sent to the name at this step or later; null if that may be several. */
  takerOf(partition: string, sentAt: number): string | null {
    const since = this.#soleTopics.since(partition);
    return since === null || sentAt < since ? null : (this.#live(partition)?.topicId ?? null);
  }

  leaderEpoch(partition: string): number | null {
    return this.#live(partition)?.leaderEpoch ?? null;
  }

  /** Who leads the partition as the committed metadata say; -1: nobody. */
  leader(partition: string): number | null {
    return this.#live(partition)?.leader ?? null;
  }

  /**
   * Why records below the high watermark of this partition may be gone or changed; null while Kafka promises they are not. With a topic
   * id: of that topic's records, which keep their places as long as anybody can read them, whatever else has had the name.
   */
  lossPermitted(partition: string, topicId: string | null = null): string | null {
    if (topicId !== null) return this.#context.durability.partition(topicId, partition)?.exceeded ?? this.#quorumLoss;
    if (this.#removed.has(partition)) return DELETED;
    return this.#live(partition)?.exceeded ?? this.#quorumLoss;
  }

  /** Records below this offset may be gone: retention or DeleteRecords removed them from some replica (of the topic with this id). */
  removedBelow(partition: string, topicId: string | null = null): number {
    if (topicId !== null) return this.#ghost.partitions.get(`${topicId}/${partition}`)?.removedBelow ?? 0;
    return this.#logStarts.removedBelow(partition);
  }

  /**
   * docs/guarantees.md, "Rotten bytes": of rot that no CRC covers (a batch's leader epoch) Kafka promises only that no payload is made up. A
   * log that is hit so has epochs that nobody assigned (R11 of that log), and on the node that was hit it is another than its
   * copies (R2, R4, R18). If it is a metadata log, its node may never find its way back until somebody removes it (L*); only of a
   * voter does that concern what the quorum and the controller promise (K*, C*).
   *
   * And a quorum that, by the loss of stored bytes, went on without what it had committed gives out again what it does not know that it
   * gave: topic ids, epochs of leaders and partitions, in-sync sets, producer ids. What replicas (R*), idempotent producers (I*) and
   * transactions (T*) promise stands on these being given once. What a node does with its own disk (S*) and its own state (X1), and that nobody is told of
   * what was never sent, does not.
   */
  permits(property: string, facts: ViolationFacts): string | null {
    for (const rot of this.#rotten.values()) if (this.#isOf(rot, property, facts)) return rot.reason;
    if (this.#forgotten !== null && /^[CKLRIT]\d/.test(property)) return this.#forgotten;
    const rot = this.#rotten.get(`${this.#ghost.metadata.topicId}/${METADATA_PARTITION}`)?.reason;
    if (rot === undefined) return null;
    if (property.startsWith('L')) return rot;
    return /^[CK]/.test(property) && this.#hasRottenVoter ? rot : null;
  }

  /** Is what is wrong with a log a consequence of this rot? Another topic's log of the same name has none of it. */
  #isOf(rot: Rot, property: string, { nodeId, partition, topicId }: ViolationFacts): boolean {
    if (nodeId === undefined || topicId === undefined || partition !== rot.partition) return false;
    // Epochs are copied with their batches: R11 of any node's log.
    if (property === 'R11') return rot.topicId === '' || rot.topicId === topicId;
    return OF_THE_ROTTEN_LOG.has(property) && this.#ghost.hasRotted(nodeId, { name: partition, topicId });
  }

  /** Those with rotten bytes, which nobody can be asked to read whole, and those that nobody may lead after what was lost. */
  unavailablePartitions(): ReadonlyMap<string, string> {
    const unavailable = new Map<string, string>();
    for (const { partition, topicId, reason } of this.#rotten.values())
      if (this.#context.durability.partition(topicId, partition)?.removed !== true) unavailable.set(partition, reason);
    for (const { partition, leader, exceeded } of this.#context.durability.partitions) {
      if (leader === -1 && exceeded !== null) unavailable.set(partition, exceeded);
    }
    return unavailable;
  }

  /** Is a check of this partition (of the topic with this id) off? Then it is listed with its reason. */
  excused(property: PropertyId, partition: string, topicId: string | null = null): boolean {
    const reason = this.lossPermitted(partition, topicId);
    if (reason === null) return false;
    this.#context.excuse(property, `${partition} is left out: ${reason}`);
    return true;
  }

  /** As `excused`, for what is forgotten with a topic and does not depend on its logs: a group's committed offsets. */
  deletionExcuses(property: PropertyId, partition: string): boolean {
    if (!this.#removed.has(partition)) return false;
    this.#context.excuse(property, `${partition} is left out: ${DELETED}`);
    return true;
  }

  /** As `excused`, for a group's committed offsets: they live in a partition of __consumer_offsets. */
  offsetsExcused(property: PropertyId, group: string): boolean {
    const partition = this.offsetsPartition(group);
    return partition !== null && this.excused(property, partition);
  }

  /** As `excused`, for what a group can do: whose coordinator can't load has none until another broker is elected (CoordinatorRuntime, 4.3.1). */
  coordinationExcused(property: PropertyId, group: string): boolean {
    const partition = this.offsetsPartition(group);
    const reason = partition === null ? undefined : this.#uncoordinated.get(partition);
    if (reason === undefined) return false;
    this.#context.excuse(property, `group ${group} is left out: ${reason}`);
    return true;
  }

  /** Where the group's offsets are; null before there is a topic for them. */
  offsetsPartition(group: string): string | null {
    return this.#internalPartition('__consumer_offsets', group);
  }

  /**
   * As `excused`, for what was decided of transactions of this id: the decision lives in a partition of __transaction_state. Where what
   * that had committed is lost, a transaction may be decided twice, and the id given to two producers at once.
   */
  decisionExcused(property: PropertyId, transactionalId: string): boolean {
    const partition = this.statePartition(transactionalId);
    return partition !== null && this.excused(property, partition);
  }

  /** As `decisionExcused`, of an id that is not known. */
  anyDecisionExcused(property: PropertyId): boolean {
    for (const { topic, partition } of this.#context.durability.partitions)
      if (topic === '__transaction_state' && this.excused(property, partition)) return true;
    return false;
  }

  /** Where the state of transactions of this id is; null before there is a topic for it. */
  statePartition(transactionalId: string): string | null {
    return this.#internalPartition('__transaction_state', transactionalId);
  }

  /** The index of that partition. */
  stateIndex(transactionalId: string): number | null {
    const partitions = this.#partitionsOf('__transaction_state');
    return partitions === 0 ? null : toPartition(transactionalId, partitions);
  }

  /** Has a cleaner removed the record from some replica? Whoever reads there passes by it. Whether it could is S5's and S6's to say. */
  isCompactedAway(partition: string, offset: number): boolean {
    return this.#ghost.latest(partition)?.compaction.hasRemovedRecord(offset) ?? false;
  }

  /** The verdict on a lost record (of the topic with this id), as a sentence. */
  verdictOnLoss(record: AcknowledgedRecord, topicId: string | null = null): string {
    const { partition, offset, value, inSync } = record;
    const permitted = this.lossPermitted(partition, topicId);
    const ghost = this.#live(partition);
    const facts = [
      'acks=all',
      inSync === null ? 'in-sync set unknown' : `in-sync set of ${inSync.length} at the time`,
      ghost?.isExceededByElection === true ? 'an unclean election' : 'no unclean election',
      counted(this.#powerLosses, 'power loss', 'power losses'),
      ...(this.#wipes > 0 ? [counted(this.#wipes, 'wiped disk', 'wiped disks')] : []),
      ...(this.#restores > 0 ? [counted(this.#restores, 'restored disk', 'restored disks')] : []),
      ...(this.#corruptions > 0 ? [counted(this.#corruptions, 'rotten disk', 'rotten disks')] : []),
    ];
    const place = offset >= 0 ? `${partition}@${offset}` : partition;
    return `record ${place} (${brief(value)}) was lost; ${facts.join(', ')}: ${permitted === null ? 'forbidden' : `permitted, ${permitted}`}`;
  }

  /** The partition of an internal topic that belongs to this group or transactional id. */
  #internalPartition(topic: string, of: string): string | null {
    const partitions = this.#partitionsOf(topic);
    return partitions === 0 ? null : topicPartitionKey(topic, toPartition(of, partitions));
  }

  #partitionsOf(topic: string): number {
    let partitions = 0;
    for (const ghost of this.#context.durability.partitions) if (ghost.topic === topic) partitions++;
    return partitions;
  }

  #live(partition: string): PartitionGhost | undefined {
    let ghost = this.#ghosts.get(partition);
    if (ghost === undefined) {
      for (const each of this.#context.durability.partitions) if (each.partition === partition) ghost = each;
      if (ghost !== undefined) this.#ghosts.set(partition, ghost);
    }
    return ghost;
  }
}

const calculators = new WeakMap<CheckContext, Guarantees>();

/** The run's calculator; made by whoever asks first. */
export function guaranteesOf(context: CheckContext): Guarantees {
  let guarantees = calculators.get(context);
  if (guarantees === undefined) {
    guarantees = new Guarantees(context);
    calculators.set(context, guarantees);
  }
  return guarantees;
}

/** What Kafka promises a producer with these properties. */
export function producerPromises(properties: Session['properties']): ProducerPromises {
  const given = String(givenOrDefault(PRODUCER_CONFIG, properties, 'acks'));
  const acks = given === '0' || given === '1' ? given : 'all';
  const retries = numberGiven(PRODUCER_CONFIG, properties, 'retries');
  const maxInFlight = numberGiven(PRODUCER_CONFIG, properties, 'max.in.flight.requests.per.connection');
  const wished = properties['enable.idempotence'];
  // Left to its default, idempotence gives way to settings that it can't work with.
  const idempotent = wished === undefined ? acks === 'all' && retries > 0 && maxInFlight <= 5 : String(wished) === 'true';
  return {
    acks,
    idempotent,
    ordered: idempotent || maxInFlight === 1 || retries === 0,
    completionMs:
      numberGiven(PRODUCER_CONFIG, properties, 'max.block.ms') + numberGiven(PRODUCER_CONFIG, properties, 'delivery.timeout.ms'),
  };
}

/** A value for a message: padded ones are cut. */
export function brief(value: string): string {
  return value.length > 40 ? `${value.slice(0, 32)}...(${value.length} characters)` : value;
}

function counted(count: number, one: string, many: string): string {
  if (count === 0) return `no ${one}`;
  return count === 1 ? `one ${one}` : `${count} ${many}`;
}

/** Kafka's choice of the partition of a group or a transactional id: the size of Java's String.hashCode, modulo (not its low 31 bits). */
function toPartition(of: string, partitions: number): number {
  let hash = 0;
  for (let i = 0; i < of.length; i++) hash = (Math.imul(hash, 31) + of.charCodeAt(i)) | 0;
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % partitions;
}
