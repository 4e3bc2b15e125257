/** OffsetDelete: committed offsets of partitions that nobody in the group is subscribed to (KIP-496). */
import { AclOperation } from '../../security/acl.ts';
import { onGroup, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { merged, readablePartitions } from '../readable-partitions.ts';

export const offsetDeleteApi = defineApi({
  name: 'OffsetDelete',
  versions: [0, 0],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    authorization: {
      request: onGroup(AclOperation.DELETE),
      of: ({ groupId }) => groupId,
      items: { read: onTopic(AclOperation.READ) },
    },
    handle(broker, request, may) {
      const { accepted, refused } = readablePartitions(broker.image(), request.body.topics, 'name', may.read);
      broker.groups.OffsetDelete(request, { ...request.body, topics: accepted }, (response) =>
        // An error of the whole is all that Kafka tells then.
        request.respond(response.errorCode ? response : { ...response, topics: merged(refused, response.topics ?? [], 'name') }),
      );
    },
  },
});
