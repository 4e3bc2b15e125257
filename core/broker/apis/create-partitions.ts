/** CreatePartitions (KIP-195). */
import { createPartitions } from '../../controller/topics.ts';
import { AclOperation } from '../../security/acl.ts';
import { onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forward } from '../forward.ts';

export const createPartitionsApi = defineApi({
  name: 'CreatePartitions',
  versions: [0, 3],
  failed: ({ body, errorCode, errorMessage }) => ({
    results: body.topics.map(({ name }) => ({ name, errorCode, errorMessage })),
  }),
  broker: { forward },
  controller: {
    authorization: { items: { alter: onTopic(AclOperation.ALTER) } },
    decide({ active }, { body: request }, may) {
      const changes = active.begin();
      const body = createPartitions(changes, active.topicContext, request, may.alter);
      return { changes: request.validateOnly ? active.begin() : changes, body };
    },
  },
});
