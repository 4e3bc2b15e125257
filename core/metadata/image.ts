/**
 * The metadata of the whole cluster at one offset of the metadata log: immutable, and sharing with the images before and
 * after it all that did not change.
 */
import { type BrokerEpoch, type BrokerId, type LeaderEpoch, NONE, type Offset } from '../protocol/numbers.ts';
import type { Acls } from '../security/acl.ts';
import type { ScramCredential } from '../security/scram/mechanism.ts';
import type { PartitionRegistration } from './partition-registration.ts';

export type { PartitionRegistration } from './partition-registration.ts';

/** What a node's image was made from. */
export interface Provenance {
  /** The last offset applied; -1 of the empty image. */
  readonly offset: Offset;
  /** The quorum epoch of that offset. */
  readonly epoch: LeaderEpoch;
  readonly lastContainedTimestamp: number;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Kafka's number: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number;
}

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

export interface BrokerRegistration {
  readonly id: BrokerId;
  /** The offset of its registration record. */
  readonly epoch: BrokerEpoch;
  readonly incarnationId: string;
  /** By listener name. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly features: ReadonlyMap<string, VersionRange>;
  readonly rack: string | null;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  /** Ids of its online log directories. */
  readonly directories: readonly string[];
  /** Ids of those that take no new replicas (KIP-1066); null: the broker has not told of them yet. */
  readonly cordonedDirectories: readonly string[] | null;
}

export interface ControllerRegistration {
  readonly id: BrokerId;
  readonly incarnationId: string;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly features: ReadonlyMap<string, VersionRange>;
}

export interface TopicImage {
  readonly name: string;
  readonly id: string;
  /** By partition index. */
  readonly partitions: ReadonlyMap<number, PartitionRegistration>;
}

/** What is kept of a user's password for one SCRAM mechanism; `mechanism` is Kafka's number. */
export interface ScramCredentialImage extends ScramCredential {
  readonly name: string;
  readonly mechanism: number;
}

export type Configs = Readonly<Record<string, string>>;

export interface MetadataImage {
  readonly provenance: Provenance;
  /** Finalized feature levels. */
  readonly features: ReadonlyMap<string, number>;
  readonly brokers: ReadonlyMap<BrokerId, BrokerRegistration>;
  readonly controllers: ReadonlyMap<BrokerId, ControllerRegistration>;
  readonly topicsById: ReadonlyMap<string, TopicImage>;
  /** Topic id by name. */
  readonly topicIds: ReadonlyMap<string, string>;
  /** Overrides by resource key; see `resourceKey`. A resource without overrides has no entry. */
  readonly configs: ReadonlyMap<string, Configs>;
  readonly acls: Acls;
  /** By `scramKey`. */
  readonly scramCredentials: ReadonlyMap<string, ScramCredentialImage>;
  /** Every producer id below it is handed out. */
  readonly nextProducerId: number;
}

export const EMPTY_IMAGE: MetadataImage = {
  provenance: { offset: NONE, epoch: NONE, lastContainedTimestamp: -1 },
  features: new Map(),
  brokers: new Map(),
  controllers: new Map(),
  topicsById: new Map(),
  topicIds: new Map(),
  configs: new Map(),
  acls: new Map(),
  scramCredentials: new Map(),
  nextProducerId: 0,
};

/** Kafka's config resource types. */
export const ResourceType = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const;

/** `topic:orders`, `broker:1`; `broker:` holds the defaults of all brokers. Other types than topic and broker get `type-N:name`. */
export function resourceKey(resourceType: number, resourceName: string): string {
  if (resourceType === ResourceType.TOPIC) return `topic:${resourceName}`;
  if (resourceType === ResourceType.BROKER) return `broker:${resourceName}`;
  return `type-${resourceType}:${resourceName}`;
}

/** The names of the resources of a type for which somebody has set a config. */
export function resourcesWithConfigs(image: MetadataImage, resourceType: number): readonly string[] {
  const prefix = resourceKey(resourceType, '');
  return [...image.configs.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
}

const NO_CONFIGS: Configs = {};

/** The overrides of a topic. */
export function topicConfig(image: MetadataImage, name: string): Configs {
  return image.configs.get(`topic:${name}`) ?? NO_CONFIGS;
}

/** `1:alice`. */
export function scramKey(mechanism: number, name: string): string {
  return `${mechanism}:${name}`;
}

export function scramCredential(image: MetadataImage, mechanism: number, name: string): ScramCredentialImage | undefined {
  return image.scramCredentials.get(scramKey(mechanism, name));
}

export function topicByName(image: MetadataImage, name: string): TopicImage | undefined {
  const id = image.topicIds.get(name);
  return id === undefined ? undefined : image.topicsById.get(id);
}

export function partitionOf(image: MetadataImage, topicName: string, partition: number): PartitionRegistration | undefined {
  return topicByName(image, topicName)?.partitions.get(partition);
}

/** Registered, unfenced and not on its way out: it may lead and be in an ISR. */
export function isBrokerActive(image: MetadataImage, id: BrokerId): boolean {
  const broker = image.brokers.get(id);
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
}
