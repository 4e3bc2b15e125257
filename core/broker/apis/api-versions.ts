/** ApiVersions: which APIs and versions this listener offers (KIP-35), and the cluster's feature levels. */
import { ErrorCode } from '../../protocol/errors.ts';
import { defineApi } from '../api.ts';

/** A client's name and version, as KIP-511 wants them. */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

export const apiVersionsApi = defineApi({
  name: 'ApiVersions',
  versions: [0, 4],
  failed: ({ errorCode }) => ({ errorCode }),
  broker: {
    authorization: 'anyone',
    handle({ apiVersions }, request) {
      const { clientSoftwareName, clientSoftwareVersion } = request.body;
      const isNamed = request.version < 3 || (SOFTWARE.test(clientSoftwareName) && SOFTWARE.test(clientSoftwareVersion));
      request.respond(isNamed ? apiVersions() : { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] });
    },
  },
  controller: {
    authorization: 'anyone',
    handle: ({ apiVersions }, request) => request.respond(apiVersions()),
  },
});
