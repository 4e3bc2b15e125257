/** DeleteTopics, by name and since version 6 by id (KIP-516). */
import { deleteTopics } from '../../controller/topics.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forward } from '../forward.ts';

export const deleteTopicsApi = defineApi({
  name: 'DeleteTopics',
  versions: [1, 6],
  failed: ({ body, errorCode, errorMessage }) => ({
    responses: [
      ...body.topics.map(({ name, topicId }) => ({ name, topicId, errorCode, errorMessage })),
      ...body.topicNames.map((name) => ({ name, errorCode, errorMessage })),
    ],
  }),
  broker: { forward },
  controller: {
    authorization: {
      items: {
        deleteAny: onCluster(AclOperation.DELETE),
        delete: onTopic(AclOperation.DELETE),
        describe: onTopic(AclOperation.DESCRIBE),
      },
    },
    decide({ active }, { body: request }, may) {
      const changes = active.begin();
      return { changes, body: deleteTopics(changes, active.config, request, may) };
    },
  },
});
