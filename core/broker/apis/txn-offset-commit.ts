/** TxnOffsetCommit: a consumer's offsets in a producer's transaction, of the partitions that exist and whose topic the client may read. */
import { ApiError } from '../../controller/api-error.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { TxnOffsetCommitResponseTxnOffsetCommitResponseTopic } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation } from '../../security/acl.ts';
import { onGroup, onTopic, onTransactionalId } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { merged, readablePartitions } from '../readable-partitions.ts';

type AnsweredTopic = Draft<TxnOffsetCommitResponseTxnOffsetCommitResponseTopic>;

/** Topics have ids in place of names from here on. */
const TOPIC_ID_VERSION = 6;
/** Clients know COORDINATOR_LOAD_IN_PROGRESS from here on (KAFKA-7296). */
const LOADING_VERSION = 2;

export const txnOffsetCommitApi = defineApi({
  name: 'TxnOffsetCommit',
  versions: [0, 6],
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
      request: onTransactionalId(AclOperation.WRITE),
      of: ({ transactionalId }) => transactionalId,
      items: { readGroup: onGroup(AclOperation.READ), read: onTopic(AclOperation.READ) },
    },
    handle(broker, request, may) {
      if (!may.readGroup(request.body.groupId)) {
        throw new ApiError(ErrorCode.GROUP_AUTHORIZATION_FAILED, 'Group authorization failed.');
      }
      const namedBy = request.version >= TOPIC_ID_VERSION ? 'id' : 'name';
      const { accepted, refused } = readablePartitions(broker.image(), request.body.topics, namedBy, may.read);
      if (accepted.length === 0) {
        request.respond({ topics: refused });
        return;
      }
      broker.groups.TxnOffsetCommit(request, { ...request.body, topics: accepted }, (response) => {
        const topics = merged<AnsweredTopic>(refused, response.topics ?? [], namedBy);
        request.respond({ ...response, topics: request.version >= LOADING_VERSION ? topics : topics.map(withoutLoading) });
      });
    },
  },
});

function withoutLoading({ partitions = [], ...topic }: AnsweredTopic): AnsweredTopic {
  const errorFor = (error: number | undefined): number =>
    error === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.COORDINATOR_NOT_AVAILABLE : (error ?? ErrorCode.NONE);
  return { ...topic, partitions: partitions.map((partition) => ({ ...partition, errorCode: errorFor(partition.errorCode) })) };
}
