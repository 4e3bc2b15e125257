/**
 * The committed metadata as a ghost: the first node to publish an offset says what is committed there. Besides, what each
 * node has applied so far (its view), with a hash of the whole by which views at the same offset are compared.
 */
import type { TraceEventOf } from '../../core/trace.ts';
import type { BrokerRegistrationSummary, PartitionRegistrationSummary } from '../../core/trace/metadata-events.ts';
import { BROKER_CONFIG, numberGiven, type TopicConfigName } from '../../core/config/index.ts';
import { isElrEnabled } from '../../core/metadata/eligible-leader-replicas.ts';
import type { Occurrence } from '../../sim/observe.ts';
import { mix } from './batches.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import type { PartitionGhost } from './replica-ghost.ts';
import type { CheckContext } from '../../sim/observe.ts';

/** Of a topic, and of the brokers that it has it from. */
export const MIN_ISR = 'min.insync.replicas' satisfies TopicConfigName;

export type AppliedEvent = TraceEventOf<'metadata-applied'>;

/** What one node's loader has applied. */
export class NodeView {
  readonly nodeId: number;
  readonly incarnation: number;
  offset = -1;
  /** Hash over everything applied; independent of order. */
  hash = 0;
  readonly brokers = new Map<number, BrokerRegistrationSummary>();
  /** By `topicId/partition`. */
  readonly epochs = new Map<string, { leaderEpoch: number; partitionEpoch: number }>();
  readonly removed = new Set<string>();
  readonly #hashes = new Map<string, number>();

  constructor(nodeId: number, incarnation: number) {
    this.nodeId = nodeId;
    this.incarnation = incarnation;
  }

  apply(event: AppliedEvent): void {
    this.offset = event.offset;
    if (isEmpty(event)) return;
    for (const partition of event.partitions) {
      const key = `${partition.topicId}/${partition.partition}`;
      this.epochs.set(key, partition);
      this.#set(key, partitionHash(partition));
    }
    for (const { partition, topicId } of event.removedPartitions) {
      const key = `${topicId}/${partition}`;
      this.epochs.delete(key);
      this.removed.add(key);
      this.#set(key, 0);
    }
    for (const broker of event.brokers) {
      this.brokers.set(broker.brokerId, broker);
      this.#set(`broker ${broker.brokerId}`, brokerHash(broker));
    }
    for (const id of event.removedBrokers) {
      this.brokers.delete(id);
      this.#set(`broker ${id}`, 0);
    }
    for (const { resource, name, value } of event.configs) {
      this.#set(`config ${resource} ${name}`, value === null ? 0 : textHash(value));
    }
    for (const { name, level } of event.features) this.#set(`feature ${name}`, level);
    for (const { name, value } of event.others) this.#set(name, value === null ? 0 : textHash(value));
  }

  /** 0 stands for absent. */
  #set(key: string, hash: number): void {
    const before = this.#hashes.get(key) ?? 0;
    const after = hash === 0 ? 0 : mix(textHash(key), hash) | 1;
    if (before === after) return;
    this.#hashes.set(key, after);
    this.hash = this.hash ^ before ^ after;
  }
}

/** Most of what is applied is a no-op, by which the controller shows that it is alive. */
export function isEmpty(event: AppliedEvent): boolean {
  const { partitions, removedPartitions, brokers, removedBrokers, configs, features, others } = event;
  const lists = [partitions, removedPartitions, brokers, removedBrokers, configs, features, others];
  return lists.every((list) => list.length === 0);
}

/** Of the run under way; topic ids and incarnations of other runs are not asked for again. */
const textHashes = new Map<string, number>();

/** Hash of a text; those asked for often are remembered. */
function textHash(text: string): number {
  const known = textHashes.get(text);
  if (known !== undefined) return known;
  let hash = text.length;
  for (let at = 0; at < text.length; at++) hash = mix(hash, text.charCodeAt(at));
  textHashes.set(text, hash);
  return hash;
}

function listHash(hash: number, list: readonly number[]): number {
  let h = mix(hash, list.length);
  for (const value of list) h = mix(h, value);
  return h;
}

function partitionHash(p: PartitionRegistrationSummary): number {
  let hash = mix(mix(mix(mix(1, p.leader), p.leaderEpoch), p.partitionEpoch), p.recovering ? 1 : 0);
  hash = listHash(listHash(hash, p.replicas), p.isr);
  return listHash(listHash(hash, p.elr), p.lastKnownElr) | 1;
}

function brokerHash(broker: BrokerRegistrationSummary): number {
  const flags = (broker.fenced ? 1 : 0) + (broker.inControlledShutdown ? 2 : 0);
  return mix(mix(mix(2, broker.brokerEpoch), textHash(broker.incarnationId)), flags) | 1;
}

export interface CommittedListener {
  /** Before anything of an event is taken in. `view`: what the node had applied until then. */
  onApplying?(event: AppliedEvent, view: NodeView, at: Occurrence): void;
  /** The node's view after the event. */
  onApplied?(event: AppliedEvent, view: NodeView, at: Occurrence): void;
  /** Committed for the first time. */
  onPartition?(ghost: PartitionGhost, before: PartitionRegistrationSummary | null, after: PartitionRegistrationSummary): void;
  onPartitionRemoved?(ghost: PartitionGhost, topic: string): void;
  onBroker?(before: BrokerRegistrationSummary | null, after: BrokerRegistrationSummary, offset: number): void;
  /** The committed state has moved on to the event's offset, all of it is taken in. */
  onAdvanced?(event: AppliedEvent): void;
}

const RECENT = 8;

export class CommittedMetadata {
  offset = -1;
  readonly brokers = new Map<number, BrokerRegistrationSummary>();
  /** Live topic id by topic name. */
  readonly topicIds = new Map<string, string>();
  /** Levels of features. */
  readonly features = new Map<string, number>();
  /** Committed configs by resource, then name. */
  readonly configs = new Map<string, Map<string, string>>();
  /** Largest metadata offset that each node has ever applied. */
  readonly appliedBy = new Map<number, number>();
  readonly listeners: CommittedListener[] = [];
  readonly #ghost: ClusterGhost;
  /** By node id. */
  readonly #views: Readonly<Record<AppliedEvent['role'], Map<number, NodeView>>> = { broker: new Map(), controller: new Map() };
  readonly #brokerViews = new Map<number, NodeView>();
  /** Values of min.insync.replicas that a topic ever had, lowest; the broker default before. */
  readonly #minIsr = new Map<string, number>();
  readonly #defaultMinIsr: number;

  constructor(ghost: ClusterGhost) {
    textHashes.clear();
    this.#ghost = ghost;
    this.#defaultMinIsr = numberGiven(BROKER_CONFIG, ghost.context.plan.cluster.properties, MIN_ISR);
    ghost.context.on('metadata-applied', (event, at) => this.#applied(event, at));
  }

  /** What a broker has applied, if anything in this life. In a combined node its controller's loader serves the broker too. */
  brokerView(nodeId: number): NodeView | undefined {
    return this.#brokerViews.get(nodeId);
  }

  /** Are there eligible leader replicas (KIP-966)? */
  get isElrEnabled(): boolean {
    return isElrEnabled(this);
  }

  /** min.insync.replicas as it is committed now, but never more than there are replicas. */
  minIsr({ topic, replicas }: PartitionRegistrationSummary): number {
    const name = MIN_ISR;
    const given = this.configs.get(`topic:${topic}`)?.get(name) ?? this.configs.get('broker:')?.get(name);
    return Math.min(given === undefined ? this.#defaultMinIsr : Number(given), Math.max(1, replicas.length));
  }

  /** The lowest min.insync.replicas that the topic ever had, but never more than there are replicas. */
  lowestMinIsr(partition: PartitionGhost): number {
    const { committed } = partition;
    if (committed === null) return this.#defaultMinIsr;
    const lowest = this.#minIsr.get(committed.topic) ?? this.#defaultMinIsr;
    return Math.min(lowest, Math.max(1, committed.replicas.length));
  }

  #applied(event: AppliedEvent, at: Occurrence): void {
    const views = this.#views[event.role];
    let view = views.get(at.nodeId);
    if (view === undefined || view.incarnation !== at.incarnation) {
      view = new NodeView(at.nodeId, at.incarnation);
      views.set(at.nodeId, view);
      this.#brokerViews.set(at.nodeId, view);
    }
    for (const listener of this.listeners) listener.onApplying?.(event, view, at);
    view.apply(event);
    this.appliedBy.set(at.nodeId, Math.max(event.offset, this.appliedBy.get(at.nodeId) ?? -1));
    if (event.offset > this.offset) this.#advance(event);
    for (const listener of this.listeners) listener.onApplied?.(event, view, at);
  }

  #advance(event: AppliedEvent): void {
    this.offset = event.offset;
    if (!isEmpty(event)) this.#take(event);
    for (const listener of this.listeners) listener.onAdvanced?.(event);
  }

  #take(event: AppliedEvent): void {
    for (const { name, level } of event.features) this.features.set(name, level);
    for (const { resource, name, value } of event.configs) this.#config(resource, name, value);
    // Removals first: a name may have been given to a new topic in the same step.
    for (const { partition, topic, topicId } of event.removedPartitions) {
      const ghost = this.#ghost.partition(partition, topicId);
      if (ghost.removed) continue;
      ghost.removed = true;
      if (this.topicIds.get(topic) === topicId) this.topicIds.delete(topic);
      for (const listener of this.listeners) listener.onPartitionRemoved?.(ghost, topic);
    }
    for (const partition of event.partitions) {
      const ghost = this.#ghost.partition(partition.partition, partition.topicId);
      const before = ghost.committed;
      if (before !== null && partition.partitionEpoch === before.partitionEpoch && sameState(before, partition)) continue;
      ghost.committed = partition;
      ghost.recent.push(partition);
      ghost.recentOffsets.push(event.offset);
      if (ghost.recent.length > RECENT) {
        ghost.recent.shift();
        ghost.recentOffsets.shift();
      }
      for (const listener of this.listeners) listener.onPartition?.(ghost, before, partition);
      this.topicIds.set(partition.topic, partition.topicId);
    }
    for (const broker of event.brokers) {
      const before = this.brokers.get(broker.brokerId) ?? null;
      this.brokers.set(broker.brokerId, broker);
      for (const listener of this.listeners) listener.onBroker?.(before, broker, event.offset);
    }
    for (const id of event.removedBrokers) this.brokers.delete(id);
  }

  #config(resource: string, name: string, value: string | null): void {
    let configs = this.configs.get(resource);
    if (configs === undefined) {
      configs = new Map();
      this.configs.set(resource, configs);
    }
    if (value === null) configs.delete(name);
    else configs.set(name, value);
    if (name !== MIN_ISR || !resource.startsWith('topic:')) return;
    const topic = resource.slice('topic:'.length);
    const now = value === null ? this.#defaultMinIsr : Number(value);
    this.#minIsr.set(topic, Math.min(now, this.#minIsr.get(topic) ?? now));
  }
}

function sameState(a: PartitionRegistrationSummary, b: PartitionRegistrationSummary): boolean {
  return partitionHash(a) === partitionHash(b);
}

const committed = new WeakMap<CheckContext, CommittedMetadata>();

/** The run's committed metadata. */
export function committedOf(context: CheckContext): CommittedMetadata {
  let metadata = committed.get(context);
  if (metadata === undefined) {
    metadata = new CommittedMetadata(ghostOf(context));
    committed.set(context, metadata);
  }
  return metadata;
}
