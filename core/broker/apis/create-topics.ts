/** CreateTopics. */
import { createTopics } from '../../controller/topics.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { forward } from '../forward.ts';

export const createTopicsApi = defineApi({
  name: 'CreateTopics',
  versions: [2, 7],
  failed: ({ body, errorCode, errorMessage }) => ({ topics: body.topics.map(({ name }) => ({ name, errorCode, errorMessage })) }),
  broker: { forward },
  controller: {
    authorization: {
      items: {
        createAny: onCluster(AclOperation.CREATE),
        create: onTopic(AclOperation.CREATE),
        describeConfigs: onTopic(AclOperation.DESCRIBE_CONFIGS),
      },
    },
    decide({ active }, { body: request }, may) {
      const changes = active.begin();
      const body = createTopics(changes, active.topicContext, request, may);
      return { changes: request.validateOnly ? active.begin() : changes, body };
    },
  },
});
