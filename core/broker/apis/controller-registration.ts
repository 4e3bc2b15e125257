/** ControllerRegistration: where a controller is reached (KIP-919). */
import { registerController } from '../../controller/cluster.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const controllerRegistrationApi = defineApi({
  name: 'ControllerRegistration',
  versions: [0, 0],
  failed: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    decide({ active }, request) {
      const changes = active.begin();
      registerController(changes, request.body);
      return { changes, body: { errorCode: ErrorCode.NONE, errorMessage: null } };
    },
  },
});
