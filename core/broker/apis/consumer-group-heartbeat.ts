/** ConsumerGroupHeartbeat: all that a member of a consumer group sends (KIP-848). It names no topics that the client may not know of. */
import { ApiError } from '../../controller/api-error.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onGroup, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { requireConsumerProtocol } from '../consumer-protocol.ts';

export const consumerGroupHeartbeatApi = defineApi({
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  failed: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  controller: null,
  broker: {
    authorization: { items: { read: onGroup(AclOperation.READ), describe: onTopic(AclOperation.DESCRIBE) } },
    handle(broker, request, may) {
      requireConsumerProtocol(broker);
      const { groupId, subscribedTopicNames } = request.body;
      if (!may.read(groupId)) throw new ApiError(ErrorCode.GROUP_AUTHORIZATION_FAILED, 'Group authorization failed.');
      if (!(subscribedTopicNames ?? []).every(may.describe)) {
        request.respond({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED });
        return;
      }
      const { version, clientId, clientHost } = request;
      const context = { version, clientId, clientHost, maySeeTopic: may.describe };
      broker.groups.ConsumerGroupHeartbeat(context, request.body, (answer) => request.respond(answer));
    },
  },
});
