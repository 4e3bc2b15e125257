/** DeleteRecords: moves log starts up; answered when every live replica has followed (KIP-107). */
import { ErrorCode } from '../../protocol/errors.ts';
import { Offset } from '../../protocol/numbers.ts';
import { AclOperation } from '../../security/acl.ts';
import { onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const deleteRecordsApi = defineApi({
  name: 'DeleteRecords',
  versions: [0, 2],
  failed: ({ body, errorCode }) => ({
    topics: body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1, errorCode })),
    })),
  }),
  controller: null,
  broker: {
    authorization: { items: { delete: onTopic(AclOperation.DELETE) } },
    handle(broker, request, may) {
      const { topics, timeoutMs } = request.body;
      const refused = new Set<string>();
      for (const { name } of topics) if (!may.delete(name)) refused.add(name);
      const entries = topics
        .filter(({ name }) => !refused.has(name))
        .flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, offset }) => ({ topic: name, partition: partitionIndex, offset: Offset(offset) })),
        );
      broker.replicas.deleteRecords(entries, timeoutMs, (results) => {
        request.respond({
          topics: topics.map(({ name, partitions }) => ({
            name,
            partitions: refused.has(name)
              ? partitions.map(({ partitionIndex }) => ({
                  partitionIndex,
                  lowWatermark: -1,
                  errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
                }))
              : results
                  .filter(({ topic }) => topic === name)
                  .map(({ partition, lowWatermark, error }) => ({ partitionIndex: partition, lowWatermark, errorCode: error })),
          })),
        });
      });
    },
  },
});
