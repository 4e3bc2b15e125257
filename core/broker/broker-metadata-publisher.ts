/**
 * Applies committed metadata to the parts of a broker, in Kafka's order: the image itself, the logs and replicas, the coordinators,
 * dynamic configs.
 */
import type { MetadataDelta, TopicDelta } from '../metadata/delta.ts';
import { type MetadataImage, topicByName, type TopicImage } from '../metadata/image.ts';
import type { MetadataManifest, MetadataPublisher } from '../metadata/loader.ts';
import type { BrokerId, LeaderEpoch } from '../protocol/numbers.ts';
import type { ReplicaManager } from '../replication/replica-manager.ts';
import type { GroupCoordinator } from '../group/group-coordinator.ts';
import type { TransactionCoordinator } from '../transaction/transaction-coordinator.ts';
import { GROUP_TOPIC, TRANSACTION_TOPIC } from './topic-names.ts';

export interface PublisherTargets {
  readonly brokerId: BrokerId;
  readonly offsetsTopicPartitions: number;
  readonly transactionTopicPartitions: number;
  readonly replicas: ReplicaManager;
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly setImage: (image: MetadataImage) => void;
  /** The image is known, and nothing of it is applied yet. */
  readonly beforeFirstChange: () => void;
  readonly applyConfigs: (delta: MetadataDelta, image: MetadataImage) => void;
  readonly onFirstPublish: () => void;
}

/** A coordinator, as far as it is told of the partitions of its topic. */
type Elected = Pick<GroupCoordinator, 'onElection' | 'onResignation'>;

export class BrokerMetadataPublisher implements MetadataPublisher {
  readonly #targets: PublisherTargets;
  #image: MetadataImage | null = null;

  constructor(targets: PublisherTargets) {
    this.#targets = targets;
  }

  onMetadataUpdate(delta: MetadataDelta, image: MetadataImage, _manifest: MetadataManifest): void {
    const { replicas, groups, transactions, brokerId, offsetsTopicPartitions, transactionTopicPartitions } = this.#targets;
    const isFirst = this.#image === null;
    this.#image = image;
    this.#targets.setImage(image);
    if (isFirst) {
      this.#targets.beforeFirstChange();
      groups.startup(() => this.#partitionsOf(GROUP_TOPIC, offsetsTopicPartitions));
      transactions.startup(() => this.#partitionsOf(TRANSACTION_TOPIC, transactionTopicPartitions));
    }
    replicas.applyDelta(delta, image);
    updateCoordinator(groups, GROUP_TOPIC, brokerId, delta);
    updateCoordinator(transactions, TRANSACTION_TOPIC, brokerId, delta);
    const deleted = deletedTopics(delta);
    if (deleted.length > 0) groups.onTopicsDeleted(deleted);
    const changed = [...delta.changedTopics.values()];
    const names = new Set([...changed, ...deleted].map(({ name }) => name));
    const areSomeNew = changed.some(({ before }) => before === null);
    if (names.size > 0) groups.onTopicsChanged(names, areSomeNew);
    transactions.onMetadataUpdate();
    this.#targets.applyConfigs(delta, image);
    if (isFirst) this.#targets.onFirstPublish();
  }

  /** Of a coordinator's topic: how many there are, or would be. */
  #partitionsOf(topic: string, wouldBe: number): number {
    return (this.#image === null ? undefined : topicByName(this.#image, topic))?.partitions.size ?? wouldBe;
  }
}

/** Tells a coordinator which partitions of its topic this broker leads from now on, and which no more. */
function updateCoordinator(coordinator: Elected, name: string, brokerId: BrokerId, delta: MetadataDelta): void {
  for (const id of delta.deletedTopicIds) {
    const topic = delta.image.topicsById.get(id);
    if (topic?.name !== name) continue;
    for (const [index, partition] of topic.partitions) {
      if (partition.leader === brokerId) coordinator.onResignation(index, partition.leaderEpoch);
    }
  }
  for (const topic of delta.changedTopics.values()) {
    if (topic.name === name) applyTopicChanges(coordinator, brokerId, topic);
  }
}

function applyTopicChanges(coordinator: Elected, brokerId: BrokerId, topic: TopicDelta): void {
  for (const index of topic.removedPartitions) {
    if (topic.before?.partitions.get(index)?.replicas.includes(brokerId)) coordinator.onResignation(index, null);
  }
  const elected: [number, LeaderEpoch][] = [];
  const resigned: [number, LeaderEpoch | null][] = [];
  for (const [index, now] of topic.changedPartitions) {
    const before = topic.before?.partitions.get(index);
    if (!now.replicas.includes(brokerId)) {
      if (before?.replicas.includes(brokerId)) resigned.push([index, null]);
    } else if (now.leader === brokerId) {
      // Only a new epoch is an election: other changes of a led partition leave the coordinator as it is.
      if (before === undefined || before.leaderEpoch !== now.leaderEpoch) elected.push([index, now.leaderEpoch]);
    } else if (before === undefined || before.partitionEpoch !== now.partitionEpoch) {
      resigned.push([index, now.leaderEpoch]);
    }
  }
  for (const [index, epoch] of elected) coordinator.onElection(index, epoch);
  for (const [index, epoch] of resigned) coordinator.onResignation(index, epoch);
}

function deletedTopics(delta: MetadataDelta): TopicImage[] {
  return [...delta.deletedTopicIds].flatMap((id) => delta.image.topicsById.get(id) ?? []);
}
