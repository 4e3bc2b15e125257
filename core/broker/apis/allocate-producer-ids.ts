/** AllocateProducerIds: a broker gets a block of ids for its idempotent producers (KIP-730). */
import { allocateProducerIds, PRODUCER_ID_BLOCK_SIZE } from '../../controller/producer-ids.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { BrokerEpoch } from '../../protocol/numbers.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const allocateProducerIdsApi = defineApi({
  name: 'AllocateProducerIds',
  versions: [0, 0],
  failed: ({ errorCode }) => ({ errorCode }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    decide({ env, active }, { body: { brokerId, brokerEpoch } }) {
      const changes = active.begin();
      const firstId = allocateProducerIds(changes, brokerId, BrokerEpoch(brokerEpoch));
      const count = PRODUCER_ID_BLOCK_SIZE;
      return {
        changes,
        body: { errorCode: ErrorCode.NONE, producerIdStart: firstId, producerIdLen: count },
        onAnswer: () => env.tracer.emit({ type: 'producer-ids-allocated', firstId, count, broker: brokerId }),
      };
    },
  },
});
