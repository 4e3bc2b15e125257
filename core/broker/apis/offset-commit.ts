/** OffsetCommit, of the partitions that exist and whose topic the client may read. */
import type { OffsetCommitResponseOffsetCommitResponseTopic } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation } from '../../security/acl.ts';
import { onGroup, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { merged, readablePartitions } from '../readable-partitions.ts';

type AnsweredTopic = Draft<OffsetCommitResponseOffsetCommitResponseTopic>;

/** Topics have ids in place of names from here on (KIP-848). */
const TOPIC_ID_VERSION = 10;

export const offsetCommitApi = defineApi({
  name: 'OffsetCommit',
  versions: [2, 10],
  failed: ({ body, errorCode }) => ({
    topics: body.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
  controller: null,
  broker: {
    authorization: {
      request: onGroup(AclOperation.READ),
      of: ({ groupId }) => groupId,
      items: { read: onTopic(AclOperation.READ) },
    },
    handle(broker, request, may) {
      const namedBy = request.version >= TOPIC_ID_VERSION ? 'id' : 'name';
      const { accepted, refused } = readablePartitions(broker.image(), request.body.topics, namedBy, may.read);
      if (accepted.length === 0) {
        request.respond({ topics: refused });
        return;
      }
      broker.groups.OffsetCommit(request, { ...request.body, topics: accepted }, (response) =>
        request.respond({ ...response, topics: merged<AnsweredTopic>(refused, response.topics ?? [], namedBy) }),
      );
    },
  },
});
