/** The features whose levels a cluster finalizes (KIP-584): which levels nodes of this code run with, and what Kafka 4.4.0 has beyond. */
import { ELR_FEATURE } from './eligible-leader-replicas.ts';
import {
  hasElrByDefault,
  hasGroupVersion1ByDefault,
  hasTransactionVersion2ByDefault,
  LATEST_METADATA_VERSION,
  METADATA_VERSION,
  MIN_METADATA_VERSION,
} from './metadata-version.ts';
import { type MetadataRecord, metadataRecord } from './records.ts';

export const KRAFT_VERSION = 'kraft.version';
export const GROUP_VERSION = 'group.version';
export const TRANSACTION_VERSION = 'transaction.version';

export interface SupportedFeature {
  readonly name: string;
  readonly minSupportedVersion: number;
  readonly maxSupportedVersion: number;
}

/** A feature at level 0 alone is one whose higher levels stand for what core does not have. */
export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  { name: ELR_FEATURE, minSupportedVersion: 0, maxSupportedVersion: 1 },
  { name: GROUP_VERSION, minSupportedVersion: 0, maxSupportedVersion: 1 },
  { name: KRAFT_VERSION, minSupportedVersion: 0, maxSupportedVersion: 0 },
  { name: METADATA_VERSION, minSupportedVersion: MIN_METADATA_VERSION, maxSupportedVersion: LATEST_METADATA_VERSION },
  { name: 'share.version', minSupportedVersion: 0, maxSupportedVersion: 0 },
  { name: 'streams.version', minSupportedVersion: 0, maxSupportedVersion: 0 },
  { name: TRANSACTION_VERSION, minSupportedVersion: 0, maxSupportedVersion: 2 },
];

export function isFeature(name: string): boolean {
  return SUPPORTED_FEATURES.some((known) => known.name === name);
}

/** Does this code have what the level stands for? */
export function isLevelSupported(name: string, level: number): boolean {
  const feature = SUPPORTED_FEATURES.find((known) => known.name === name);
  if (feature === undefined) return level === 0;
  return level >= feature.minSupportedVersion && level <= feature.maxSupportedVersion;
}

/** The finalized level of a feature; 0 is the level of one that is not in use. */
export function featureLevel(features: ReadonlyMap<string, number>, name: string): number {
  return features.get(name) ?? 0;
}

/** The level of a cluster whose first records are not written yet is the one that it will have. */
export function metadataVersionOf(features: ReadonlyMap<string, number>): number {
  return features.get(METADATA_VERSION) ?? LATEST_METADATA_VERSION;
}

/** The levels that a cluster begins with. */
export interface InitialFeatures {
  readonly metadataVersion?: number | undefined;
  readonly eligibleLeaderReplicas?: number | undefined;
  readonly groupVersion?: number | undefined;
  readonly transactionVersion?: number | undefined;
}

/** What a new cluster's metadata begins with: the levels asked for, and otherwise those that Kafka 4.4.0 chooses. */
export function bootstrapRecords({
  metadataVersion = LATEST_METADATA_VERSION,
  eligibleLeaderReplicas = hasElrByDefault(metadataVersion) ? 1 : 0,
  groupVersion = hasGroupVersion1ByDefault(metadataVersion) ? 1 : 0,
  transactionVersion = hasTransactionVersion2ByDefault(metadataVersion) ? 2 : 0,
}: InitialFeatures = {}): readonly MetadataRecord[] {
  const records = [metadataRecord('FeatureLevelRecord', { name: METADATA_VERSION, featureLevel: metadataVersion })];
  if (eligibleLeaderReplicas > 0) {
    records.push(metadataRecord('FeatureLevelRecord', { name: ELR_FEATURE, featureLevel: eligibleLeaderReplicas }));
  }
  if (groupVersion > 0) records.push(metadataRecord('FeatureLevelRecord', { name: GROUP_VERSION, featureLevel: groupVersion }));
  if (transactionVersion > 0) {
    records.push(metadataRecord('FeatureLevelRecord', { name: TRANSACTION_VERSION, featureLevel: transactionVersion }));
  }
  return records;
}
