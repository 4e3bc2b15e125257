/** UpdateFeatures: the cluster moves to other levels of its features (KIP-584). All that a request asks for is done, or nothing. */
import { type BrokerConfig, voterIds } from '../config/index.ts';
import { ELR_FEATURE } from '../metadata/eligible-leader-replicas.ts';
import { featureLevel, isFeature, KRAFT_VERSION, metadataVersionOf, SUPPORTED_FEATURES } from '../metadata/features.ts';
import { type MetadataImage, resourceKey, resourcesWithConfigs, ResourceType, type VersionRange } from '../metadata/image.ts';
import {
  ELR_MIN_METADATA_VERSION,
  isMetadataVersion,
  LATEST_METADATA_VERSION,
  losesMetadata,
  METADATA_VERSION,
  MIN_METADATA_VERSION,
  supportsControllerRegistration,
} from '../metadata/metadata-version.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { UpdateFeaturesRequest } from '../protocol/messages/update-features-request.ts';
import type { BrokerId } from '../protocol/numbers.ts';
import { ApiError } from './api-error.ts';
import type { Changes } from './changes.ts';

/** What the sender takes the change for. */
const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const;

const NOTHING: VersionRange = { min: 0, max: 0 };

export interface FeatureUpdates {
  readonly changes: Changes;
  readonly config: BrokerConfig;
  readonly nodeId: BrokerId;
}

/** Throws ApiError if one of the updates is refused. */
export function updateFeatures({ changes, config, nodeId }: FeatureUpdates, request: UpdateFeaturesRequest): void {
  const { image } = changes;
  // Of a feature that is named twice the last counts.
  const updates = new Map(request.featureUpdates.map((update) => [update.feature, update]));
  const proposed = new Map(image.features);
  for (const { feature, maxVersionLevel } of updates.values()) proposed.set(feature, maxVersionLevel);
  const records: (() => void)[] = [];
  for (const { feature, maxVersionLevel: level, upgradeType } of updates.values()) {
    const problem =
      directionProblem(image, feature, level, upgradeType, () => supportProblem(image, feature, level, nodeId, config)) ??
      (feature === METADATA_VERSION ? metadataVersionProblem(image, level) : dependencyProblem(feature, level, proposed));
    if (problem !== null) {
      throw new ApiError(
        ErrorCode.INVALID_UPDATE_VERSION,
        `None of the features was updated: ${feature} cannot be set to ${level}. ${problem}`,
      );
    }
    // What the quorum's version is, is in no record of the metadata.
    records.push(() => {
      if (feature === KRAFT_VERSION) changes.add('NoOpRecord', {});
      else changes.add('FeatureLevelRecord', { name: feature, featureLevel: level });
    });
  }
  if (request.validateOnly) return;
  if ((updates.get(ELR_FEATURE)?.maxVersionLevel ?? 0) > 0) giveClusterItsMinIsr(changes, config);
  for (const add of records) add();
}

function directionProblem(
  image: MetadataImage,
  feature: string,
  level: number,
  upgradeType: number,
  supportedProblem: () => string | null,
): string | null {
  if (upgradeType < UpgradeType.UPGRADE || upgradeType > UpgradeType.UNSAFE_DOWNGRADE) return 'The upgrade type is unknown.';
  if (level < 0) return 'A level is not below 0.';
  const problem = supportedProblem();
  if (problem !== null) return problem;
  const current = feature === METADATA_VERSION ? metadataVersionOf(image.features) : featureLevel(image.features, feature);
  const isUpgrade = upgradeType === UpgradeType.UPGRADE;
  if (level < current && isUpgrade)
    return `That would be a downgrade from ${current}, which must be asked for as a safe or unsafe one.`;
  return level > current && !isUpgrade ? `That would be no downgrade: the level is ${current}.` : null;
}

/** Who would not support the level: this controller, a broker, or another controller. */
function supportProblem(
  image: MetadataImage,
  feature: string,
  level: number,
  nodeId: BrokerId,
  config: BrokerConfig,
): string | null {
  const own = SUPPORTED_FEATURES.find(({ name }) => name === feature);
  const local = own === undefined ? NOTHING : { min: own.minSupportedVersion, max: own.maxSupportedVersion };
  const problem = rangeProblem(`Controller ${nodeId}`, local, level);
  if (problem !== null) return problem;
  for (const broker of image.brokers.values()) {
    const found = rangeProblem(`Broker ${broker.id}`, broker.features.get(feature) ?? NOTHING, level);
    if (found !== null) return found;
  }
  // Before controllers register nobody knows what they support.
  if (!supportsControllerRegistration(metadataVersionOf(image.features))) return null;
  for (const controller of image.controllers.values()) {
    if (controller.id === nodeId) continue;
    const found = rangeProblem(`Controller ${controller.id}`, controller.features.get(feature) ?? NOTHING, level);
    if (found !== null) return found;
  }
  const absent = voterIds(config).find((id) => id !== nodeId && !image.controllers.has(id));
  return absent === undefined ? null : `Controller ${absent} has not registered, so that it may not support it.`;
}

function rangeProblem(who: string, { min, max }: VersionRange, level: number): string | null {
  if (level >= min && level <= max) return null;
  return max === 0 ? `${who} does not support this feature.` : `${who} supports ${min} to ${max}.`;
}

function metadataVersionProblem(image: MetadataImage, level: number): string | null {
  if (!isMetadataVersion(level)) return `The levels are ${MIN_METADATA_VERSION} to ${LATEST_METADATA_VERSION}.`;
  const current = metadataVersionOf(image.features);
  // Kafka has no unsafe downgrade either: it refuses both alike.
  return level < current && losesMetadata(current, level) ? `Metadata that level ${current} has could be lost.` : null;
}

function dependencyProblem(feature: string, level: number, proposed: ReadonlyMap<string, number>): string | null {
  if (!isFeature(feature)) return 'There is no such feature.';
  if (feature !== ELR_FEATURE || level === 0 || metadataVersionOf(proposed) >= ELR_MIN_METADATA_VERSION) return null;
  return `It needs ${METADATA_VERSION} ${ELR_MIN_METADATA_VERSION}.`;
}

/**
 * Who is eligible depends on the minimum of the ISR, so that there is one for the whole cluster, in the metadata (KIP-966): brokers have
 * none of their own.
 */
function giveClusterItsMinIsr(changes: Changes, config: BrokerConfig): void {
  const name = 'min.insync.replicas';
  const resourceType = ResourceType.BROKER;
  const ownOf = (broker: string): string | undefined => changes.image.configs.get(resourceKey(resourceType, broker))?.[name];
  const configured = resourcesWithConfigs(changes.image, resourceType).filter((broker) => ownOf(broker) !== undefined);
  const set = (resourceName: string, value: string | null): void =>
    changes.add('ConfigRecord', { resourceType, resourceName, name, value });
  if (!configured.includes('')) set('', String(config[name]));
  for (const broker of configured) if (broker !== '') set(broker, null);
}
