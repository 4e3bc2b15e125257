/** What happens to partitions when brokers come, go and fail. */
import type { BrokerConfig } from '../config/index.ts';
import { invariant } from '../../ports/invariant.ts';
import { RegistrationChange } from '../metadata/cluster-registration.ts';
import { isElrEnabled } from '../metadata/eligible-leader-replicas.ts';
import { metadataVersionOf } from '../metadata/features.ts';
import {
  type BrokerRegistration,
  isBrokerActive,
  type MetadataImage,
  type PartitionRegistration,
  type TopicImage,
} from '../metadata/image.ts';
import { raisesEpochForShrink, supportsDirectories } from '../metadata/metadata-version.ts';
import { NO_LEADER } from '../metadata/partition-registration.ts';
import { DIRECTORY_LOST, DIRECTORY_MIGRATING, DIRECTORY_UNASSIGNED } from '../protocol/directory-ids.ts';
import type { BrokerId } from '../protocol/numbers.ts';
import type { Changes } from './changes.ts';
import { buildPartitionChange, type PartitionChangeIntent } from './partition-change.ts';
import { effectiveMinIsr, isUncleanElectionEnabled } from './topic-settings.ts';

/** The directory of a replica that its broker has not placed yet: its only directory, else unassigned. */
export function defaultDirectory(image: MetadataImage, brokerId: BrokerId): string {
  if (!supportsDirectories(metadataVersionOf(image.features))) return DIRECTORY_MIGRATING;
  const directories = image.brokers.get(brokerId)?.directories;
  if (directories?.length === 0) return DIRECTORY_MIGRATING;
  return directories?.length === 1 ? (directories[0] as string) : DIRECTORY_UNASSIGNED;
}

/** Is this one of the broker's working directories, or one that nothing is known of? */
function isDirectoryOnline(broker: BrokerRegistration, directory: string | undefined): boolean {
  if (directory === undefined || directory === DIRECTORY_UNASSIGNED || directory === DIRECTORY_MIGRATING) return true;
  if (directory === DIRECTORY_LOST) return false;
  return broker.directories.length === 0 || broker.directories.includes(directory);
}

/** May `brokerId` lead this partition as far as its own state and its directory go? */
function isAcceptableLeader(image: MetadataImage, partition: PartitionRegistration, brokerId: BrokerId): boolean {
  const broker = image.brokers.get(brokerId);
  if (broker === undefined || !isBrokerActive(image, brokerId)) return false;
  return isDirectoryOnline(broker, partition.directories[partition.replicas.indexOf(brokerId)]);
}

/** What every change of a partition of `topic` has in common. */
export function changeIntent(
  image: MetadataImage,
  config: BrokerConfig,
  topic: { readonly id: string; readonly name: string },
  partitionId: number,
  partition: PartitionRegistration,
): PartitionChangeIntent {
  return {
    topicId: topic.id,
    partitionId,
    partition,
    isAcceptableLeader: (id) => isAcceptableLeader(image, partition, id),
    minIsr: effectiveMinIsr(image, config, topic.name, partition.replicas.length),
    elrEnabled: isElrEnabled(image),
    raisesEpochForShrink: raisesEpochForShrink(metadataVersionOf(image.features)),
    defaultDirectory: (id) => defaultDirectory(image, id),
  };
}

/** Does this broker lead any partition? */
export function leadsAny(image: MetadataImage, brokerId: BrokerId): boolean {
  for (const topic of image.topicsById.values()) {
    for (const partition of topic.partitions.values()) if (partition.leader === brokerId) return true;
  }
  return false;
}

interface Update {
  readonly concerns: (partition: PartitionRegistration) => boolean;
  /** Leaves ISR and leadership. */
  readonly leaving?: number;
  /** Its log may have lost records: it leaves the ELR too. */
  readonly unclean?: boolean;
}

function updatePartitions(changes: Changes, config: BrokerConfig, update: Update): void {
  const { image } = changes;
  const { leaving } = update;
  for (const topic of image.topicsById.values()) {
    for (const [partitionId, partition] of topic.partitions) {
      if (!update.concerns(partition)) continue;
      const intent = changeIntent(image, config, topic, partitionId, partition);
      const unclean = isUncleanElectionEnabled(image, config, topic.name);
      const change = buildPartitionChange({
        ...intent,
        isAcceptableLeader: (id) => id !== leaving && intent.isAcceptableLeader(id),
        election: unclean ? 'unclean' : 'online',
        targetIsr: partition.isr.filter((replica) => replica !== leaving),
        uncleanShutdownReplicas: update.unclean === true && leaving !== undefined ? [leaving] : [],
      });
      if (change !== null) changes.add('PartitionChangeRecord', change);
    }
  }
}

/**
 * The broker leaves every ISR and leads nothing any more. Without eligible leader replicas an ISR never becomes empty: its last
 * member stays, leaderless.
 */
function removeFromIsrs(changes: Changes, config: BrokerConfig, brokerId: BrokerId): void {
  updatePartitions(changes, config, { concerns: ({ isr }) => isr.includes(brokerId), leaving: brokerId });
}

/**
 * A new incarnation registers: it is in no ISR before a leader has seen it catch up. Unless the one before it ended in order its log
 * may have lost records, so that it is not eligible either (KIP-966).
 */
export function takeInNewIncarnation(changes: Changes, config: BrokerConfig, brokerId: BrokerId, endedInOrder: boolean): void {
  if (endedInOrder || !isElrEnabled(changes.image)) {
    removeFromIsrs(changes, config, brokerId);
    return;
  }
  const concerns = ({ isr, elr }: PartitionRegistration): boolean => isr.includes(brokerId) || elr.includes(brokerId);
  updatePartitions(changes, config, { concerns, leaving: brokerId, unclean: true });
}

/** Leaderless partitions get a leader where there is a candidate now. */
function electForLeaderless(changes: Changes, config: BrokerConfig): void {
  updatePartitions(changes, config, { concerns: (partition) => partition.leader === NO_LEADER });
}

export function fenceBroker(changes: Changes, config: BrokerConfig, broker: BrokerRegistration): void {
  removeFromIsrs(changes, config, broker.id);
  addRegistrationChange(changes, broker, { fenced: RegistrationChange.FENCE });
}

export function unfenceBroker(changes: Changes, config: BrokerConfig, broker: BrokerRegistration): void {
  addRegistrationChange(changes, broker, { fenced: RegistrationChange.UNFENCE });
  electForLeaderless(changes, config);
}

export function beginControlledShutdown(changes: Changes, config: BrokerConfig, broker: BrokerRegistration): void {
  if (!broker.inControlledShutdown) {
    addRegistrationChange(changes, broker, { inControlledShutdown: RegistrationChange.IN_CONTROLLED_SHUTDOWN });
  }
  removeFromIsrs(changes, config, broker.id);
}

export function unregisterBroker(changes: Changes, config: BrokerConfig, broker: BrokerRegistration): void {
  // It stays eligible; as nobody knows its epoch any more, it is not when it registers again.
  removeFromIsrs(changes, config, broker.id);
  changes.add('UnregisterBrokerRecord', { brokerId: broker.id, brokerEpoch: broker.epoch });
}

/** Directories that went offline since the last report: their replicas leave ISRs and leaderships. */
export function takeDirectoriesOffline(
  changes: Changes,
  config: BrokerConfig,
  broker: BrokerRegistration,
  offline: readonly string[],
): void {
  const lost = broker.directories.filter((directory) => offline.includes(directory));
  if (lost.length === 0) return;
  const isLost = (partition: PartitionRegistration): boolean => {
    const directory = partition.directories[partition.replicas.indexOf(broker.id)];
    return directory !== undefined && lost.includes(directory);
  };
  updatePartitions(changes, config, { concerns: isLost, leaving: broker.id });
  const logDirs = broker.directories.filter((directory) => !lost.includes(directory));
  addRegistrationChange(changes, broker, { logDirs });
}

/** The broker says in which of its directories a replica lies (KIP-858). A replica in one that failed leaves ISR and leadership. */
export function assignDirectory(
  changes: Changes,
  config: BrokerConfig,
  broker: BrokerRegistration,
  topic: TopicImage,
  partitionId: number,
  directory: string,
): void {
  const partition = topic.partitions.get(partitionId);
  invariant(partition !== undefined, () => `there is no partition ${topic.name}-${partitionId} to assign`);
  const intent = changeIntent(changes.image, config, topic, partitionId, partition);
  const isOnline = isDirectoryOnline(broker, directory);
  const leaving = isOnline ? null : broker.id;
  const unclean = leaving !== null && isUncleanElectionEnabled(changes.image, config, topic.name);
  const change = buildPartitionChange({
    ...intent,
    // In the new directory, not in the one before: a replica that was thought lost may lead again.
    isAcceptableLeader: (id) =>
      id === broker.id ? isOnline && isBrokerActive(changes.image, id) : intent.isAcceptableLeader(id),
    election: unclean ? 'unclean' : 'online',
    targetIsr: partition.isr.filter((replica) => replica !== leaving),
    targetDirectories: new Map([[broker.id, directory]]),
  });
  if (change !== null) changes.add('PartitionChangeRecord', change);
}

/** Takes over which of its log directories a broker says to be cordoned, if that is news; null: it does not know yet. */
export function cordonDirectories(changes: Changes, broker: BrokerRegistration, cordoned: readonly string[] | null): void {
  const before = broker.cordonedDirectories;
  if (cordoned === null) return;
  const isSame =
    before !== null && before.length === cordoned.length && cordoned.every((directory) => before.includes(directory));
  if (!isSame) addRegistrationChange(changes, broker, { cordonedLogDirs: [...cordoned] });
}

function addRegistrationChange(
  changes: Changes,
  broker: BrokerRegistration,
  change: { fenced?: number; inControlledShutdown?: number; logDirs?: string[]; cordonedLogDirs?: string[] },
): void {
  changes.add('BrokerRegistrationChangeRecord', {
    brokerId: broker.id,
    brokerEpoch: broker.epoch,
    fenced: change.fenced ?? RegistrationChange.NONE,
    inControlledShutdown: change.inControlledShutdown ?? RegistrationChange.NONE,
    logDirs: change.logDirs ?? [],
    cordonedLogDirs: change.cordonedLogDirs ?? null,
  });
}
