/** The answer to ApiVersions. */
import type { MetadataImage } from '../metadata/image.ts';
import { ApiKey, type ApiName, type ApiVersionsResponse } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { Api } from './api.ts';
import { SUPPORTED_FEATURES } from './features.ts';

/**
 * Of a listener that offers these APIs; the cluster's feature levels are those of this metadata. `forwardedAs`: the highest
 * version of an API that the active controller can be handed, as far as is known, and null if it does not have the API; not given for
 * a controller's own listener.
 */
export function apiVersionsResponse(
  offered: readonly Api[],
  { features, provenance }: MetadataImage,
  forwardedAs?: (api: ApiName) => number | null,
): Draft<ApiVersionsResponse> {
  const apiKeys = offered.flatMap(({ name, broker, versions: [lowest, highest], advertisedFrom = lowest }) => {
    const isForwarded = forwardedAs !== undefined && broker !== null && 'forward' in broker;
    const maxVersion = isForwarded ? Math.min(highest, forwardedAs(name) ?? -1) : highest;
    return maxVersion < advertisedFrom ? [] : [{ apiKey: ApiKey[name], minVersion: advertisedFrom, maxVersion }];
  });
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
