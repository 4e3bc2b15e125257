/** BrokerHeartbeat: a broker keeps its session, and asks to be unfenced or to shut down (KIP-631). */
import { processHeartbeat } from '../../controller/cluster.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const brokerHeartbeatApi = defineApi({
  name: 'BrokerHeartbeat',
  versions: [0, 2],
  failed: ({ errorCode }) => ({ errorCode, isFenced: true }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    decide({ env, active }, { body: request }) {
      const changes = active.begin();
      const { brokerId, brokerEpoch, wantFence, wantShutDown } = request;
      env.tracer.emit({ type: 'broker-heartbeat-received', brokerId, brokerEpoch, wantFence, wantShutDown });
      const nowMs = env.clock.monotonicMs();
      const { state, isCaughtUp } = processHeartbeat(changes, active.config, active.heartbeats, request, nowMs);
      const decidedAt = changes.records.length > 0 ? changes.lastOffset : active.lastOffset;
      if (state === 'controlled-shutdown') active.heartbeats.setShutdownOffset(brokerId, decidedAt);
      active.watchSessions();
      const shouldShutDown = state === 'shutdown-now';
      const body = { errorCode: ErrorCode.NONE, isCaughtUp, isFenced: state === 'fenced' || shouldShutDown, shouldShutDown };
      if (!shouldShutDown) return { changes, body };
      const decidedOn = active.lastOffset;
      const onAnswer = (): void =>
        env.tracer.emit({ type: 'controlled-shutdown-granted', brokerId, brokerEpoch, decidedOn, decidedAt });
      return { changes, body, onAnswer };
    },
  },
});
