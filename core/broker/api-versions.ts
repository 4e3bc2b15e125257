/** The answer to ApiVersions. */
import type { MetadataImage } from '../metadata/image.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { ApiKey, type ApiName, type ApiVersionsResponse } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { AskedVersions } from '../security/sasl-server-authenticator.ts';
import type { Api } from './api.ts';
import { SUPPORTED_FEATURES } from '../metadata/features.ts';

/** A client's name and version, as KIP-511 wants them. */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** Answers a request that can be meant; another is refused as a whole. */
export function whereValid(
  asked: AskedVersions,
  answer: (version: number) => Draft<ApiVersionsResponse>,
): Draft<ApiVersionsResponse> {
  return isValid(asked) ? answer(asked.version) : { errorCode: ErrorCode.INVALID_REQUEST };
}

function isValid({ version, body }: AskedVersions): boolean {
  const { clientSoftwareName, clientSoftwareVersion, clusterId, nodeId } = body;
  if (version < 3) return true;
  // A client that knows of one whom it wants to talk to knows of the other (KIP-1242).
  const isOneGiven = (clusterId === null) !== (nodeId === -1);
  return !isOneGiven && SOFTWARE.test(clientSoftwareName) && SOFTWARE.test(clientSoftwareVersion);
}

/**
 * Of a listener that offers these APIs, to a request of this version; the cluster's feature levels are those of this metadata.
 * `forwardedAs`: the highest version of an API that the active controller can be handed, as far as is known, and null if it does not
 * have the API; not given for a controller's own listener.
 */
export function apiVersionsResponse(
  offered: readonly Api[],
  version: number,
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
    // Clients of older versions take 0 for a mistake (KAFKA-17011).
    supportedFeatures: SUPPORTED_FEATURES.filter((feature) => version > 3 || feature.minSupportedVersion > 0).map((feature) => ({
      name: feature.name,
      minVersion: feature.minSupportedVersion,
      maxVersion: feature.maxSupportedVersion,
    })),
    finalizedFeaturesEpoch: provenance.offset,
    finalizedFeatures: [...features].map(([name, level]) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
  };
}
