/** IncrementalAlterConfigs: the overrides given are set, deleted, added to or subtracted from (KIP-339). */
import { incrementalAlterConfigs } from '../../controller/configs.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster, onGroup, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forwardAlterations } from '../forward-alterations.ts';

export const incrementalAlterConfigsApi = defineApi({
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  failed: ({ body, errorCode, errorMessage }) => ({
    responses: body.resources.map(({ resourceType, resourceName }) => ({ errorCode, errorMessage, resourceType, resourceName })),
  }),
  broker: { forward: forwardAlterations },
  controller: {
    authorization: {
      items: {
        alterTopic: onTopic(AclOperation.ALTER_CONFIGS),
        alterGroup: onGroup(AclOperation.ALTER_CONFIGS),
        alterCluster: onCluster(AclOperation.ALTER_CONFIGS),
      },
    },
    decide({ active }, request, may) {
      const changes = active.begin();
      return { changes, body: incrementalAlterConfigs(changes, active.config, request.body, may, request.isForwarded === true) };
    },
  },
});
