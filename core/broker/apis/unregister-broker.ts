/** UnregisterBroker: a broker that will not come back is forgotten. */
import { ApiError } from '../../controller/api-error.ts';
import { unregisterBroker } from '../../controller/partition-updates.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forward } from '../forward.ts';

export const unregisterBrokerApi = defineApi({
  name: 'UnregisterBroker',
  versions: [0, 0],
  failed: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  broker: { forward },
  controller: {
    authorization: { request: onCluster(AclOperation.ALTER) },
    decide({ active }, { body: { brokerId } }) {
      const changes = active.begin();
      const broker = changes.image.brokers.get(brokerId);
      if (broker === undefined) {
        throw new ApiError(ErrorCode.BROKER_ID_NOT_REGISTERED, `Broker ${brokerId} is not registered.`);
      }
      unregisterBroker(changes, active.config, broker);
      active.heartbeats.remove(broker.id);
      return { changes, body: { errorCode: ErrorCode.NONE, errorMessage: null } };
    },
  },
});
