/** What changes from one image to the next: records are replayed onto it, then it is applied. */
import { invariant } from '../../ports/invariant.ts';
import type { BrokerId } from '../protocol/numbers.ts';
import { type Acl, aclsEqual } from '../security/acl.ts';
import type { ConfigRecord } from '../protocol/messages/config-record.ts';
import { brokerFromRecord, brokersEqual, changedBroker, controllerFromRecord, controllersEqual } from './cluster-registration.ts';
import type {
  BrokerRegistration,
  Configs,
  ControllerRegistration,
  MetadataImage,
  PartitionRegistration,
  Provenance,
  ScramCredentialImage,
  TopicImage,
} from './image.ts';
import { resourceKey, scramKey } from './image.ts';
import { mergePartitionChange, partitionFromRecord, partitionsEqual, withoutElr } from './partition-registration.ts';
import type { MetadataRecord } from './records.ts';

/** The changes of one topic. */
export interface TopicDelta {
  readonly id: string;
  readonly name: string;
  /** The topic in the image before; null of a new topic. */
  readonly before: TopicImage | null;
  /** Partitions that are new or changed, as they are now. */
  readonly changedPartitions: ReadonlyMap<number, PartitionRegistration>;
  /** Partitions that a snapshot no longer has. */
  readonly removedPartitions: ReadonlySet<number>;
}

interface MutableTopicDelta extends TopicDelta {
  before: TopicImage | null;
  readonly changedPartitions: Map<number, PartitionRegistration>;
  readonly removedPartitions: Set<number>;
}

/**
 * Changes on top of `image`. In `snapshot` mode the records are a whole snapshot: `finishSnapshot` then turns what the
 * snapshot lacks into removals, and leaves only real differences.
 */
export class MetadataDelta {
  /** The image before. */
  readonly image: MetadataImage;
  readonly #mode: 'log' | 'snapshot';
  readonly #topics = new Map<string, MutableTopicDelta>();
  readonly #topicIds = new Map<string, string>();
  readonly #deletedTopicIds = new Set<string>();
  readonly #passingTopics: MutableTopicDelta[] = [];
  readonly #brokers = new Map<BrokerId, BrokerRegistration | null>();
  readonly #controllers = new Map<BrokerId, ControllerRegistration | null>();
  readonly #configs = new Map<string, Map<string, string | null>>();
  readonly #features = new Map<string, number | null>();
  readonly #acls = new Map<string, Acl | null>();
  readonly #scramCredentials = new Map<string, ScramCredentialImage | null>();
  #nextProducerId: number | null = null;

  constructor(image: MetadataImage, mode: 'log' | 'snapshot' = 'log') {
    this.image = image;
    this.#mode = mode;
  }

  /** New and changed topics, by id. */
  get changedTopics(): ReadonlyMap<string, TopicDelta> {
    return this.#topics;
  }
  get changedTopicIds(): Iterable<string> {
    return this.#topics.keys();
  }
  /** Topics of the image before that are gone. */
  get deletedTopicIds(): ReadonlySet<string> {
    return this.#deletedTopicIds;
  }

  /** Topics as they were when this delta deleted them: some of their partitions, or all, neither image may have. */
  get passingTopics(): readonly TopicDelta[] {
    return this.#passingTopics;
  }
  /** New and changed registrations; null: unregistered. */
  get changedBrokers(): ReadonlyMap<BrokerId, BrokerRegistration | null> {
    return this.#brokers;
  }
  get changedControllers(): ReadonlyMap<BrokerId, ControllerRegistration | null> {
    return this.#controllers;
  }
  /** By resource key, then config name; null: the override is gone. */
  get changedConfigs(): ReadonlyMap<string, ReadonlyMap<string, string | null>> {
    return this.#configs;
  }
  get changedFeatures(): ReadonlyMap<string, number | null> {
    return this.#features;
  }
  /** By the ids that their records have; null: it was deleted. */
  get changedAcls(): ReadonlyMap<string, Acl | null> {
    return this.#acls;
  }
  /** The lowest producer id that is not given away; null: none was given away by what is applied. */
  get changedNextProducerId(): number | null {
    return this.#nextProducerId;
  }

  /** Applies the next record of the log (or snapshot). A record that does not fit the state is an impossible state. */
  replay(record: MetadataRecord): void {
    switch (record.type) {
      case 'RegisterBrokerRecord':
        this.#brokers.set(record.data.brokerId, brokerFromRecord(record.data));
        return;
      case 'UnregisterBrokerRecord': {
        this.#registeredBroker(record.data.brokerId, record.data.brokerEpoch, record.type);
        if (this.image.brokers.has(record.data.brokerId)) this.#brokers.set(record.data.brokerId, null);
        else this.#brokers.delete(record.data.brokerId);
        return;
      }
      case 'BrokerRegistrationChangeRecord': {
        const { brokerId, brokerEpoch } = record.data;
        const before = this.#registeredBroker(brokerId, brokerEpoch, record.type);
        this.#brokers.set(brokerId, changedBroker(before, record.data));
        return;
      }
      case 'FenceBrokerRecord': {
        const before = this.#registeredBroker(record.data.id, record.data.epoch, record.type);
        this.#brokers.set(before.id, { ...before, fenced: true });
        return;
      }
      case 'UnfenceBrokerRecord': {
        const before = this.#registeredBroker(record.data.id, record.data.epoch, record.type);
        this.#brokers.set(before.id, { ...before, fenced: false });
        return;
      }
      case 'RegisterControllerRecord':
        this.#controllers.set(record.data.controllerId, controllerFromRecord(record.data));
        return;
      case 'UnregisterControllerRecord': {
        const { controllerId } = record.data;
        if (this.image.controllers.has(controllerId)) this.#controllers.set(controllerId, null);
        else this.#controllers.delete(controllerId);
        return;
      }
      case 'TopicRecord':
        this.#replayTopic(record.data.topicId, record.data.name);
        return;
      case 'RemoveTopicRecord':
        this.#removeTopic(record.data.topicId);
        return;
      case 'PartitionRecord':
        this.#topicDelta(record.data.topicId, record.type).changedPartitions.set(
          record.data.partitionId,
          partitionFromRecord(record.data),
        );
        return;
      case 'PartitionChangeRecord': {
        const topic = this.#topicDelta(record.data.topicId, record.type);
        const { partitionId } = record.data;
        const before = topic.changedPartitions.get(partitionId) ?? topic.before?.partitions.get(partitionId);
        invariant(before !== undefined, () => `PartitionChangeRecord for unknown partition ${topic.name}-${partitionId}`);
        topic.changedPartitions.set(partitionId, mergePartitionChange(before, record.data));
        return;
      }
      case 'ClearElrRecord':
        this.#clearElr(record.data.topicName);
        return;
      case 'ConfigRecord':
        this.#replayConfig(record.data);
        return;
      case 'AccessControlEntryRecord': {
        const { id, ...acl } = record.data;
        this.#acls.set(id, acl);
        return;
      }
      case 'RemoveAccessControlEntryRecord': {
        const { id } = record.data;
        const known = this.#acls.has(id) ? this.#acls.get(id) !== null : this.image.acls.has(id);
        invariant(known, () => `RemoveAccessControlEntryRecord for unknown id ${id}`);
        if (this.image.acls.has(id)) this.#acls.set(id, null);
        else this.#acls.delete(id);
        return;
      }
      case 'FeatureLevelRecord':
        this.#features.set(record.data.name, record.data.featureLevel === 0 ? null : record.data.featureLevel);
        return;
      case 'UserScramCredentialRecord':
        this.#scramCredentials.set(scramKey(record.data.mechanism, record.data.name), record.data);
        return;
      case 'RemoveUserScramCredentialRecord':
        this.#removeScramCredential(scramKey(record.data.mechanism, record.data.name));
        return;
      case 'ProducerIdsRecord':
        this.#nextProducerId = record.data.nextProducerId;
        return;
      case 'NoOpRecord':
      // What a transaction holds back is the loader's affair; a controller that writes one has decided it as a whole.
      case 'BeginTransactionRecord':
      case 'EndTransactionRecord':
      case 'AbortTransactionRecord':
        return;
      default:
        invariant(false, () => `unknown metadata record ${(record as { type: string }).type}`);
    }
  }

  /** After the last record of a snapshot: what the image before has and the snapshot lacks is removed. */
  finishSnapshot(): void {
    invariant(this.#mode === 'snapshot', () => 'finishSnapshot of a delta that is not of a snapshot');
    const { image } = this;
    for (const topic of image.topicsById.values()) {
      const delta = this.#topics.get(topic.id);
      if (delta === undefined) this.#markDeleted(topic);
      else this.#settleTopic(delta, topic);
    }
    settle(this.#brokers, image.brokers, brokersEqual);
    settle(this.#controllers, image.controllers, controllersEqual);
    settle(this.#features, image.features, (a, b) => a === b);
    settle(this.#acls, image.acls, aclsEqual);
    settle(this.#scramCredentials, image.scramCredentials, scramCredentialsEqual);
    for (const [resource, before] of image.configs) {
      let changes = this.#configs.get(resource);
      if (changes === undefined) this.#configs.set(resource, (changes = new Map()));
      settle(changes, new Map(Object.entries(before)), (a, b) => a === b);
      if (changes.size === 0) this.#configs.delete(resource);
    }
    this.#nextProducerId ??= 0;
  }

  /** The image after. */
  apply(provenance: Provenance): MetadataImage {
    const { image } = this;
    const topicsChanged = this.#topics.size > 0 || this.#deletedTopicIds.size > 0;
    return {
      provenance,
      features: overlay(image.features, this.#features),
      brokers: overlay(image.brokers, this.#brokers),
      controllers: overlay(image.controllers, this.#controllers),
      topicsById: topicsChanged ? this.#applyTopics() : image.topicsById,
      topicIds: topicsChanged ? this.#applyTopicIds() : image.topicIds,
      configs: this.#applyConfigs(),
      acls: overlay(image.acls, this.#acls),
      scramCredentials: overlay(image.scramCredentials, this.#scramCredentials),
      nextProducerId: this.#nextProducerId ?? image.nextProducerId,
    };
  }

  #registeredBroker(id: BrokerId, epoch: number, what: string): BrokerRegistration {
    const changed = this.#brokers.get(id);
    const broker = changed === undefined ? this.image.brokers.get(id) : changed;
    invariant(broker != null, () => `${what} for broker ${id}, which is not registered`);
    invariant(broker.epoch === epoch, () => `${what} for broker ${id} epoch ${epoch}, registered is epoch ${broker.epoch}`);
    return broker;
  }

  #replayTopic(id: string, name: string): void {
    const known = this.#topics.has(id) || (this.#mode === 'log' && this.image.topicsById.has(id));
    invariant(!known && !this.#deletedTopicIds.has(id), () => `topic id ${id} (${name}) is used twice`);
    const holder = this.#topicIds.get(name) ?? (this.#mode === 'log' ? this.image.topicIds.get(name) : undefined);
    const holderIsGone = holder === undefined || this.#deletedTopicIds.has(holder);
    invariant(holderIsGone, () => `topic name ${name} is given to ${id} while ${holder} has it`);
    this.#topics.set(id, { id, name, before: null, changedPartitions: new Map(), removedPartitions: new Set() });
    this.#topicIds.set(name, id);
  }

  #removeTopic(id: string): void {
    const topic = this.#topicDelta(id, 'RemoveTopicRecord');
    const { name, before } = topic;
    this.#topics.delete(id);
    this.#topicIds.delete(name);
    if (before !== null) this.#markDeleted(before);
    this.#passingTopics.push(topic);
    this.#deleteConfigs(`topic:${name}`);
  }

  #markDeleted(topic: TopicImage): void {
    this.#deletedTopicIds.add(topic.id);
  }

  #deleteConfigs(resource: string): void {
    const before = this.image.configs.get(resource);
    if (before === undefined) {
      this.#configs.delete(resource);
      return;
    }
    const changes = new Map<string, string | null>();
    for (const name of Object.keys(before)) changes.set(name, null);
    this.#configs.set(resource, changes);
  }

  #topicDelta(id: string, what: string): MutableTopicDelta {
    const known = this.#topics.get(id);
    if (known !== undefined) return known;
    const before = this.#mode === 'log' && !this.#deletedTopicIds.has(id) ? this.image.topicsById.get(id) : undefined;
    invariant(before !== undefined, () => `${what} for unknown topic id ${id}`);
    const delta = { id, name: before.name, before, changedPartitions: new Map(), removedPartitions: new Set<number>() };
    this.#topics.set(id, delta);
    return delta;
  }

  /** An empty name: of all topics. */
  #clearElr(name: string): void {
    if (name === '') {
      const ids = new Set([...this.image.topicsById.keys(), ...this.#topics.keys()]);
      for (const id of ids) if (!this.#deletedTopicIds.has(id)) this.#clearElrOf(id);
      return;
    }
    const id = this.#topicIds.get(name) ?? this.image.topicIds.get(name);
    invariant(id !== undefined && !this.#deletedTopicIds.has(id), () => `ClearElrRecord for unknown topic ${name}`);
    this.#clearElrOf(id);
  }

  #clearElrOf(id: string): void {
    const changed = this.#topics.get(id)?.changedPartitions;
    const partitions = new Map([...(this.image.topicsById.get(id)?.partitions ?? []), ...(changed ?? [])]);
    for (const [index, partition] of partitions) {
      const cleared = withoutElr(partition);
      if (cleared !== null) this.#topicDelta(id, 'ClearElrRecord').changedPartitions.set(index, cleared);
    }
  }

  #removeScramCredential(key: string): void {
    const changed = this.#scramCredentials.get(key);
    const before = changed === undefined ? this.image.scramCredentials.get(key) : changed;
    invariant(before != null, () => `RemoveUserScramCredentialRecord for ${key}, which is not there`);
    if (this.image.scramCredentials.has(key)) this.#scramCredentials.set(key, null);
    else this.#scramCredentials.delete(key);
  }

  #replayConfig(record: ConfigRecord): void {
    const resource = resourceKey(record.resourceType, record.resourceName);
    let changes = this.#configs.get(resource);
    if (changes === undefined) this.#configs.set(resource, (changes = new Map()));
    changes.set(record.name, record.value);
  }

  #settleTopic(delta: MutableTopicDelta, before: TopicImage): void {
    invariant(delta.name === before.name, () => `topic id ${delta.id} changed its name from ${before.name} to ${delta.name}`);
    for (const [partition, registration] of before.partitions) {
      const now = delta.changedPartitions.get(partition);
      if (now === undefined) delta.removedPartitions.add(partition);
      else if (partitionsEqual(now, registration)) delta.changedPartitions.delete(partition);
    }
    if (delta.changedPartitions.size === 0 && delta.removedPartitions.size === 0) this.#topics.delete(delta.id);
    delta.before = before;
  }

  #applyTopics(): ReadonlyMap<string, TopicImage> {
    const topics = new Map(this.image.topicsById);
    for (const id of this.#deletedTopicIds) topics.delete(id);
    for (const delta of this.#topics.values()) {
      const partitions = new Map(delta.before?.partitions);
      for (const partition of delta.removedPartitions) partitions.delete(partition);
      for (const [partition, registration] of delta.changedPartitions) partitions.set(partition, registration);
      topics.set(delta.id, { name: delta.name, id: delta.id, partitions });
    }
    return topics;
  }

  #applyTopicIds(): ReadonlyMap<string, string> {
    const ids = new Map(this.image.topicIds);
    for (const id of this.#deletedTopicIds) {
      const name = this.image.topicsById.get(id)?.name;
      if (name !== undefined) ids.delete(name);
    }
    for (const delta of this.#topics.values()) ids.set(delta.name, delta.id);
    return ids;
  }

  #applyConfigs(): ReadonlyMap<string, Configs> {
    if (this.#configs.size === 0) return this.image.configs;
    const configs = new Map(this.image.configs);
    for (const [resource, changes] of this.#configs) {
      const values: Record<string, string> = { ...configs.get(resource) };
      for (const [name, value] of changes) {
        if (value === null) delete values[name];
        else values[name] = value;
      }
      if (Object.keys(values).length === 0) configs.delete(resource);
      else configs.set(resource, values);
    }
    return configs;
  }
}

function scramCredentialsEqual(a: ScramCredentialImage, b: ScramCredentialImage): boolean {
  return (
    a.iterations === b.iterations &&
    bytesEqual(a.salt, b.salt) &&
    bytesEqual(a.storedKey, b.storedKey) &&
    bytesEqual(a.serverKey, b.serverKey)
  );
}

function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function overlay<K, V>(before: ReadonlyMap<K, V>, changes: ReadonlyMap<K, V | null>): ReadonlyMap<K, V> {
  if (changes.size === 0) return before;
  const after = new Map(before);
  for (const [key, value] of changes) {
    if (value === null) after.delete(key);
    else after.set(key, value);
  }
  return after;
}

/** Snapshot entries against the entries before: equal ones are no change, missing ones are removals. */
function settle<K, V>(changes: Map<K, V | null>, before: ReadonlyMap<K, V>, equal: (a: V, b: V) => boolean): void {
  for (const [key, value] of before) {
    const now = changes.get(key);
    if (now === undefined || now === null) changes.set(key, null);
    else if (equal(now, value)) changes.delete(key);
  }
}
