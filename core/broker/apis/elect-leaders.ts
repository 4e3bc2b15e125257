/** ElectLeaders: preferred leaders, or unclean ones (KIP-460). */
import { electLeaders } from '../../controller/elections.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forward } from '../forward.ts';

export const electLeadersApi = defineApi({
  name: 'ElectLeaders',
  versions: [0, 2],
  failed: ({ body, errorCode, errorMessage }) => ({
    errorCode,
    replicaElectionResults: (body.topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
    })),
  }),
  broker: { forward },
  controller: {
    authorization: { request: onCluster(AclOperation.ALTER) },
    decide({ active }, request) {
      const changes = active.begin();
      return { changes, body: electLeaders(changes, active.config, request.body) };
    },
  },
});
