/** UpdateFeatures: other levels of the cluster's features (KIP-584). */
import { updateFeatures } from '../../controller/features.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forward } from '../forward.ts';

export const updateFeaturesApi = defineApi({
  name: 'UpdateFeatures',
  versions: [0, 2],
  failed: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  broker: { forward },
  controller: {
    authorization: { request: onCluster(AclOperation.ALTER) },
    decide({ active }, { version, body }) {
      const changes = active.begin();
      updateFeatures({ changes, config: active.config, nodeId: active.nodeId }, body);
      const done = { errorCode: ErrorCode.NONE, errorMessage: null };
      const results = body.featureUpdates.map(({ feature }) => ({ feature, ...done }));
      return { changes, body: version <= 1 ? { ...done, results } : done };
    },
  },
});
