/** AlterConfigs: the overrides given become all there are. */
import { alterConfigs } from '../../controller/configs.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster, onGroup, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forwardAlterations } from '../forward-alterations.ts';

export const alterConfigsApi = defineApi({
  name: 'AlterConfigs',
  versions: [0, 2],
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
      return { changes, body: alterConfigs(changes, active.config, request.body, may, request.isForwarded === true) };
    },
  },
});
