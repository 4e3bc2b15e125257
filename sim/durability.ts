/**
 * The ghost of the durability budget (docs/guarantees.md, "The durability budget"): per partition, who lost stored records and may
 * therefore not be relied on. It is fed with what the controller committed and with what really happened to disks, never with what
 * a replica says of itself. The fault injector uses it to keep the budget, the guarantee calculator to know when the budget was left.
 *
 * - A replica becomes dirty when its storage loses what it had written (power loss, wipe, an older disk, corruption). It is clean again
 *   once the controller has dropped it from the in-sync set and admitted it anew.
 * - The guarantee "acknowledged means kept" holds for a partition as long as somebody in sync or eligible (KIP-966), or the last leader
 *   while there is none, is not dirty, and nobody is elected but these, nor from outside the in-sync set one who is dirty. When it no
 *   longer does, `exceeded` says why, in a sentence.
 */
import type { BrokerConfigName, TopicConfigName } from '../core/config/index.ts';
import { directoryNameOf } from '../core/log/file-names.ts';
import type { TraceEventOf } from '../core/trace.ts';
import type { PartitionRegistrationSummary } from '../core/trace/metadata-events.ts';
import type { WorldChange } from './observe.ts';

/** How many records may wait for a sync, by the names that it has for a topic and for brokers. */
const OF_TOPIC = 'flush.messages' satisfies TopicConfigName;
const OF_BROKER = 'log.flush.interval.messages' satisfies BrokerConfigName;

export interface PartitionGhost {
  readonly partition: string;
  readonly topic: string;
  readonly topicId: string;
  replicas: readonly number[];
  isr: readonly number[];
  /** Eligible leader replicas: outside the in-sync set, and with everything that was committed. Empty where the feature is off. */
  elr: readonly number[];
  /** Who led last, while nobody leads and the feature is on. */
  lastKnownElr: readonly number[];
  leader: number;
  leaderEpoch: number;
  partitionEpoch: number;
  readonly dirty: Set<number>;
  /** Each append is synced before it counts, and has been since the topic was made: power loss makes nobody dirty. */
  flushesEachAppend: boolean;
  /** The controller has removed it. Brokers that don't know yet still serve it: what is true of its records stays true. */
  removed: boolean;
  /** Why acknowledged records may be gone, or null while they may not. */
  exceeded: string | null;
  /** Is that for an unclean election? */
  isExceededByElection: boolean;
}

export class DurabilityGhost {
  readonly #all = new Set<PartitionGhost>();
  readonly #live = new Set<PartitionGhost>();
  /** By topic id, then by `topic-partition`. */
  readonly #byTopic = new Map<string, Map<string, PartitionGhost>>();
  /** Is `log.flush.interval.messages` 1, and the `flush.messages` of each topic that has one of its own? */
  #flushEachAppend: boolean;
  readonly #flushOfTopics = new Map<string, boolean>();
  /** Up to which metadata offset configs are known. */
  #configOffset = -1;
  /** By `broker/topic-partition`: of which topic the log of this name is that lies on the broker's disk. */
  readonly #topicsOnDisk = new Map<string, string>();
  /** By broker, the logs of which a sync failed or lied since it last lost power: what flushing promises is not true for them. */
  readonly #lied = new Map<number, Set<string>>();

  constructor(flushEachAppend: boolean) {
    this.#flushEachAppend = flushEachAppend;
  }

  /** Those that are not removed. */
  get partitions(): Iterable<PartitionGhost> {
    return this.#live;
  }

  /** By topic id and `topic-partition`, removed or not. */
  partition(topicId: string, partition: string): PartitionGhost | undefined {
    return this.#byTopic.get(topicId)?.get(partition);
  }

  /**
   * Configs that were committed up to this metadata offset; older news than what is known is ignored. What was appended while syncs were
   * rarer stays at risk: a partition that once did not sync each append counts as one that does not.
   */
  onConfigs(offset: number, configs: TraceEventOf<'metadata-applied'>['configs']): void {
    if (offset <= this.#configOffset) return;
    this.#configOffset = offset;
    for (const { resource, name, value } of configs) {
      if (name === OF_TOPIC && resource.startsWith('topic:')) {
        const topic = resource.slice('topic:'.length);
        if (value === null) this.#flushOfTopics.delete(topic);
        else this.#flushOfTopics.set(topic, Number(value) === 1);
      }
      // Of a single broker, too: it is one that may lose what others have.
      if (name === OF_BROKER && resource.startsWith('broker:') && value !== null && Number(value) !== 1)
        this.#flushEachAppend = false;
    }
    for (const partition of this.#live) partition.flushesEachAppend &&= this.#flushesEachAppend(partition.topic);
  }

  #flushesEachAppend(topic: string): boolean {
    return this.#flushOfTopics.get(topic) ?? this.#flushEachAppend;
  }

  /** What the committed metadata says of a partition; older news than what is known is ignored. */
  onPartition(news: PartitionRegistrationSummary): void {
    const known = this.partition(news.topicId, news.partition);
    if (known === undefined) {
      this.#add({
        partition: news.partition,
        topic: news.topic,
        topicId: news.topicId,
        replicas: news.replicas,
        isr: news.isr,
        elr: news.elr,
        lastKnownElr: news.lastKnownElr,
        leader: news.leader,
        leaderEpoch: news.leaderEpoch,
        partitionEpoch: news.partitionEpoch,
        dirty: new Set(),
        flushesEachAppend: this.#flushesEachAppend(news.topic),
        removed: false,
        exceeded: null,
        isExceededByElection: false,
      });
      return;
    }
    if (news.partitionEpoch <= known.partitionEpoch) return;
    const { isr, leader } = known;
    // Whoever is elected from outside the set joins it with what its log happens to hold.
    for (const replica of news.isr) if (!isr.includes(replica) && replica !== news.leader) known.dirty.delete(replica);
    if (news.leader !== -1 && news.leader !== leader && !isr.includes(news.leader)) this.#judgeElection(known, news.leader);
    known.replicas = news.replicas;
    known.isr = news.isr;
    known.elr = news.elr;
    known.lastKnownElr = news.lastKnownElr;
    known.leader = news.leader;
    known.leaderEpoch = news.leaderEpoch;
    known.partitionEpoch = news.partitionEpoch;
    this.#judge(known, 'the in-sync set shrank');
  }

  /** Of a leader that was not in the in-sync set. */
  #judgeElection(known: PartitionGhost, leader: number): void {
    const { partition, isr, elr, lastKnownElr, dirty } = known;
    const isEligible = elr.includes(leader);
    const hasAll = (isEligible || lastKnownElr.includes(leader)) && !dirty.has(leader);
    if (known.exceeded !== null || hasAll) return;
    known.isExceededByElection = !isEligible;
    known.exceeded = isEligible
      ? `broker ${leader}, which had lost stored records, was still eligible, and came to lead ${partition}`
      : lastKnownElr.includes(leader)
        ? `an unclean election made broker ${leader} leader of ${partition} again, which had lost stored records`
        : `an unclean election made broker ${leader} leader of ${partition}, which was not in its in-sync set [${isr.join(', ')}]`;
  }

  #add(ghost: PartitionGhost): void {
    this.#all.add(ghost);
    this.#live.add(ghost);
    let ofTopic = this.#byTopic.get(ghost.topicId);
    if (ofTopic === undefined) {
      ofTopic = new Map();
      this.#byTopic.set(ghost.topicId, ofTopic);
    }
    ofTopic.set(ghost.partition, ghost);
  }

  onPartitionRemoved(topicId: string, partition: string): void {
    const known = this.partition(topicId, partition);
    if (known === undefined) return;
    known.removed = true;
    this.#live.delete(known);
  }

  /** Something happened to a node's disk. */
  onWorldChange(change: WorldChange): void {
    const { nodeId } = change;
    switch (change.type) {
      case 'power-lost':
        this.onPowerLost(nodeId);
        break;
      case 'disk-wiped':
        this.#onOtherDisk(nodeId, 'came back with an empty disk');
        break;
      case 'disk-restored':
        this.#onOtherDisk(nodeId, `came back with its disk of ${change.ageMs} ms before`);
        break;
      case 'disk-corrupted':
        this.onStorageLoss(nodeId, `has rotten bytes in ${change.path}`, directoryNameOf(change.path));
        break;
      case 'sync-lied':
        this.onSyncLied(nodeId, directoryNameOf(change.path));
        break;
      default:
        break;
    }
  }

  #onOtherDisk(broker: number, how: string): void {
    // What syncs had lied about is gone with the disk that did.
    this.#lied.delete(broker);
    this.onStorageLoss(broker, how);
  }

  /** A sync of this broker's log failed or lied: from now on power loss can take what it believes durable. */
  onSyncLied(broker: number, partition: string): void {
    const logs = this.#lied.get(broker);
    if (logs === undefined) this.#lied.set(broker, new Set([partition]));
    else logs.add(partition);
  }

  /** The broker's machine lost power. */
  onPowerLost(broker: number): void {
    const lied = this.#lied.get(broker);
    this.#lied.delete(broker);
    for (const partition of this.#all) {
      if (partition.flushesEachAppend || !partition.replicas.includes(broker)) continue;
      partition.dirty.add(broker);
      this.#judge(partition, `broker ${broker} lost power`);
    }
    for (const partition of lied ?? []) this.onStorageLoss(broker, 'lost power', partition);
  }

  /** Does power loss of this broker lose written records? */
  losesOnPowerLoss(broker: number): boolean {
    if (this.#lied.has(broker)) return true;
    for (const { flushesEachAppend, replicas } of this.#live) if (!flushesEachAppend && replicas.includes(broker)) return true;
    return false;
  }

  /** The broker has opened this log, or has learnt whose it is; an empty id: it does not know. */
  onLog(broker: number, partition: string, topicId: string): void {
    this.#topicsOnDisk.set(`${broker}/${partition}`, topicId);
  }

  /**
   * The broker's storage lost records it had written: of all its partitions, or only of the one whose log lies there as this
   * `topic-partition`; of all topics of the name if nobody knows whose log it is.
   */
  onStorageLoss(broker: number, how: string, only: string | null = null): void {
    const onDisk = only === null ? '' : (this.#topicsOnDisk.get(`${broker}/${only}`) ?? '');
    for (const partition of this.#all) {
      if (!partition.replicas.includes(broker) || (only !== null && only !== partition.partition)) continue;
      if (onDisk !== '' && onDisk !== partition.topicId) continue;
      partition.dirty.add(broker);
      this.#judge(partition, `broker ${broker} ${how}`);
    }
  }

  #judge(known: PartitionGhost, event: string): void {
    if (known.exceeded !== null) return;
    const { partition, isr, elr, lastKnownElr, dirty } = known;
    const candidates = [...isr, ...elr, ...lastKnownElr];
    if (candidates.length === 0 || !candidates.every((replica) => dirty.has(replica))) return;
    const who = [
      ...(isr.length > 0 ? [`every member of ${partition}'s in-sync set [${isr.join(', ')}]`] : []),
      ...(elr.length > 0 ? [`every replica that was eligible to lead ${partition} [${elr.join(', ')}]`] : []),
      ...(lastKnownElr.length > 0 ? [`${partition}'s last leader ${lastKnownElr.join(', ')}`] : []),
    ];
    known.exceeded = `${event}, and then ${who.join(' and ')} had lost stored records`;
  }
}
