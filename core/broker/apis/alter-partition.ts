/** AlterPartition: the leader of a partition asks for another in-sync set (KIP-497). */
import { alterPartition, requestedIsr } from '../../controller/alter-partition.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const alterPartitionApi = defineApi({
  name: 'AlterPartition',
  versions: [2, 3],
  failed: ({ errorCode }) => ({ errorCode }),
  broker: null,
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    decide({ env, active }, { body: request, version }) {
      const changes = active.begin();
      const body = alterPartition(changes, active.config, request, version);
      const { image } = changes;
      const onAnswer = (): void => {
        request.topics.forEach((topic, t) => {
          const name = image.topicsById.get(topic.topicId)?.name ?? topic.topicId;
          topic.partitions.forEach((data, p) => {
            const requested = requestedIsr(data, version);
            env.tracer.emit({
              type: 'alter-partition-answered',
              partition: topicPartitionKey(name, data.partitionIndex),
              topic: name,
              broker: request.brokerId,
              brokerEpoch: request.brokerEpoch,
              requestedIsr: requested.map((replica) => replica.brokerId),
              requestedEpochs: requested.map((replica) => replica.brokerEpoch),
              decidedAt: changes.baseOffset,
              leaderEpoch: data.leaderEpoch,
              partitionEpoch: data.partitionEpoch,
              error: body.topics[t]?.partitions[p]?.errorCode ?? ErrorCode.NONE,
            });
          });
        });
      };
      return { changes, body, onAnswer };
    },
  },
});
