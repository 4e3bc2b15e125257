/** Which APIs and versions a node offers. Real clients switch features on by exact old versions, so ranges begin low. */
import type { MetadataImage } from '../metadata/image.ts';
import { ApiKey, type ApiName, type ApiVersionsResponse } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { SUPPORTED_FEATURES } from './features.ts';
import { latestVersion, stableVersions } from '../rpc/api-versions.ts';

export type ApiRanges = ReadonlyMap<ApiName, readonly [min: number, max: number]>;

/** Where a range does not begin with 0: older forms are gone from Kafka 4.0 (KIP-896), or need what is not here. */
const MIN_VERSION: Partial<Record<ApiName, number>> = {
  Produce: 3,
  Fetch: 4,
  ListOffsets: 1,
  OffsetCommit: 2,
  OffsetFetch: 1,
  CreateTopics: 2,
  DeleteTopics: 1,
  OffsetForLeaderEpoch: 2,
  DescribeConfigs: 1,
  DescribeLogDirs: 1,
};

export const GROUP_APIS: readonly ApiName[] = [
  'OffsetCommit',
  'OffsetFetch',
  'JoinGroup',
  'Heartbeat',
  'LeaveGroup',
  'SyncGroup',
  'DescribeGroups',
  'ListGroups',
  'DeleteGroups',
  'OffsetDelete',
];

/** What a broker hands on to the active controller. */
export const FORWARDED_APIS = [
  'CreateTopics',
  'DeleteTopics',
  'CreatePartitions',
  'ElectLeaders',
  'AlterConfigs',
  'IncrementalAlterConfigs',
  'AlterUserScramCredentials',
  'UnregisterBroker',
  'DescribeQuorum',
  'CreateAcls',
  'DeleteAcls',
] as const satisfies readonly ApiName[];

const BROKER_APIS: readonly ApiName[] = [
  'Produce',
  'Fetch',
  'ListOffsets',
  'Metadata',
  'FindCoordinator',
  'ApiVersions',
  'DeleteRecords',
  'InitProducerId',
  'OffsetForLeaderEpoch',
  'DescribeConfigs',
  'DescribeLogDirs',
  'DescribeCluster',
  'DescribeProducers',
  'DescribeTopicPartitions',
  'DescribeAcls',
  ...FORWARDED_APIS,
];

/** What needs cryptography: a world without has no SASL and offers none of these. */
const CRYPTO_APIS: readonly ApiName[] = [
  'SaslHandshake',
  'SaslAuthenticate',
  'DescribeUserScramCredentials',
  'AlterUserScramCredentials',
];

const CONTROLLER_APIS: readonly ApiName[] = [
  'ApiVersions',
  'DescribeCluster',
  'Vote',
  'BeginQuorumEpoch',
  'EndQuorumEpoch',
  'Fetch',
  'FetchSnapshot',
  'DescribeQuorum',
  'BrokerRegistration',
  'BrokerHeartbeat',
  'UnregisterBroker',
  'ControllerRegistration',
  'AlterPartition',
  'AllocateProducerIds',
  'AssignReplicasToDirs',
  'CreateTopics',
  'DeleteTopics',
  'CreatePartitions',
  'ElectLeaders',
  'AlterConfigs',
  'IncrementalAlterConfigs',
  'DescribeAcls',
  'CreateAcls',
  'DeleteAcls',
  'Envelope',
  'AlterUserScramCredentials',
];

/** The published, stable versions; `internal` adds those that only nodes of this cluster speak. */
function rangesOf(apis: readonly ApiName[], internal: boolean): ApiRanges {
  return new Map(
    apis.map((api) => {
      const [lowest, highest] = stableVersions(api);
      return [api, [Math.max(lowest, MIN_VERSION[api] ?? 0), internal ? latestVersion(api) : highest] as const];
    }),
  );
}

/** What a broker's listener offers, in a world with or without cryptography. */
export function brokerApis(hasCrypto: boolean): ApiRanges {
  const apis = new Set([...BROKER_APIS, ...GROUP_APIS, ...CRYPTO_APIS]);
  if (!hasCrypto) for (const api of CRYPTO_APIS) apis.delete(api);
  return rangesOf([...apis], false);
}

/** What a controller's listener offers. */
export function controllerApis(): ApiRanges {
  return rangesOf(CONTROLLER_APIS, true);
}

/** The answer to ApiVersions. `finalized` are the cluster's feature levels as of metadata offset `epoch`. */
export function apiVersionsResponse(
  ranges: ApiRanges,
  apiKeyOf: Readonly<Record<ApiName, number>>,
  supported: readonly { readonly name: string; readonly minSupportedVersion: number; readonly maxSupportedVersion: number }[],
  finalized: ReadonlyMap<string, number>,
  epoch: number,
): Draft<ApiVersionsResponse> {
  const apiKeys = [...ranges].map(([api, [lowest, maxVersion]]) => {
    // Old librdkafka compresses only if Produce 0 is offered, and then sends a newer one (KAFKA-18659).
    const minVersion = api === 'Produce' ? 0 : lowest;
    return { apiKey: apiKeyOf[api], minVersion, maxVersion };
  });
  apiKeys.sort((a, b) => a.apiKey - b.apiKey);
  return {
    errorCode: 0,
    apiKeys,
    supportedFeatures: supported.map((feature) => ({
      name: feature.name,
      minVersion: feature.minSupportedVersion,
      maxVersion: feature.maxSupportedVersion,
    })),
    finalizedFeaturesEpoch: epoch,
    finalizedFeatures: [...finalized].map(([name, level]) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
  };
}

/** The same of a broker with this metadata. */
export function brokerApiVersions(ranges: ApiRanges, image: MetadataImage): Draft<ApiVersionsResponse> {
  return apiVersionsResponse(ranges, ApiKey, SUPPORTED_FEATURES, image.features, image.provenance.offset);
}
