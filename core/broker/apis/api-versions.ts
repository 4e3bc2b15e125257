/** ApiVersions: which APIs and versions this listener offers (KIP-35), and the cluster's feature levels. */
import { ErrorCode } from '../../protocol/errors.ts';
import { defineApi } from '../api.ts';
import { whereValid } from '../api-versions.ts';

export const apiVersionsApi = defineApi({
  name: 'ApiVersions',
  versions: [0, 5],
  failed: ({ errorCode }) => ({ errorCode }),
  broker: {
    authorization: 'anyone',
    handle({ apiVersions, clusterId, brokerId }, request) {
      const asked = request.body;
      // Not whom the client meant to reach (KIP-1242); a client that does not know whom it wants asks anybody.
      const isOther = asked.clusterId !== null && (asked.clusterId !== clusterId || asked.nodeId !== brokerId);
      request.respond(
        whereValid(request, (version) => (isOther ? { errorCode: ErrorCode.REBOOTSTRAP_REQUIRED } : apiVersions(version))),
      );
    },
  },
  controller: {
    authorization: 'anyone',
    handle: ({ apiVersions }, request) => request.respond(whereValid(request, apiVersions)),
  },
});
