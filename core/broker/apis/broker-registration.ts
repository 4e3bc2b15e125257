/** BrokerRegistration: a broker's incarnation begins its session with the cluster (KIP-631). */
import { registerBroker } from '../../controller/cluster.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const brokerRegistrationApi = defineApi({
  name: 'BrokerRegistration',
  versions: [0, 4],
  failed: ({ errorCode }) => ({ errorCode, brokerEpoch: -1 }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    decide({ env, active }, { body: request }) {
      const changes = active.begin();
      const nowMs = env.clock.monotonicMs();
      const brokerEpoch = registerBroker(changes, active.config, active.heartbeats, active.clusterId, request, nowMs);
      const { brokerId, incarnationId } = request;
      env.tracer.emit({ type: 'broker-registration-accepted', brokerId, brokerEpoch, incarnationId });
      return { changes, body: { errorCode: ErrorCode.NONE, brokerEpoch } };
    },
  },
});
