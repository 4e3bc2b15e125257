/** OffsetCommit, of the partitions that exist and whose topic the client may read. */
import type { OffsetCommitResponseOffsetCommitResponseTopic } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { AclOperation } from '../../security/acl.ts';
import { onGroup, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { merged, readablePartitions } from '../readable-partitions.ts';

type AnsweredTopic = Draft<OffsetCommitResponseOffsetCommitResponseTopic>;

export const offsetCommitApi = defineApi({
  name: 'OffsetCommit',
  versions: [2, 9],
  failed: ({ body, errorCode }) => ({
    topics: body.topics.map(({ name, partitions }) => ({
      name,
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
      const { accepted, refused } = readablePartitions(broker.image(), request.body.topics, may.read);
      if (accepted.length === 0) {
        request.respond({ topics: refused });
        return;
      }
      const topics = accepted.map((topic) => ({ ...topic, topicId: ZERO_UUID }));
      broker.groups.OffsetCommit(request, { ...request.body, topics }, (response) =>
        request.respond({ ...response, topics: merged<AnsweredTopic>(refused, response.topics ?? []) }),
      );
    },
  },
});
