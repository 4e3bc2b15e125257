/** The answer to ApiVersions. */
import type { MetadataImage } from '../metadata/image.ts';
import { ApiKey, type ApiVersionsResponse } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { Api } from './api.ts';
import { SUPPORTED_FEATURES } from './features.ts';

/** Of a listener that offers these APIs; the cluster's feature levels are those of this metadata. */
export function apiVersionsResponse(
  offered: readonly Api[],
  { features, provenance }: MetadataImage,
): Draft<ApiVersionsResponse> {
  const apiKeys = offered.map(({ name, versions: [lowest, maxVersion], advertisedFrom = lowest }) => ({
    apiKey: ApiKey[name],
    minVersion: advertisedFrom,
    maxVersion,
  }));
  apiKeys.sort((a, b) => a.apiKey - b.apiKey);
  return {
    errorCode: 0,
    apiKeys,
    supportedFeatures: SUPPORTED_FEATURES.map((feature) => ({
      name: feature.name,
      minVersion: feature.minSupportedVersion,
      maxVersion: feature.maxSupportedVersion,
    })),
    finalizedFeaturesEpoch: provenance.offset,
    finalizedFeatures: [...features].map(([name, level]) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
  };
}
