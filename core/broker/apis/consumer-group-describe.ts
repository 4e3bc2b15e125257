/** ConsumerGroupDescribe: consumer groups with their members, each of which needs DESCRIBE, and of whose topics none may be hidden (KIP-848). */
import { ErrorCode } from '../../protocol/errors.ts';
import type { ConsumerGroupDescribeResponseDescribedGroup } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation, AclResourceType } from '../../security/acl.ts';
import { onGroup, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { requireConsumerProtocol } from '../consumer-protocol.ts';

type Described = Draft<ConsumerGroupDescribeResponseDescribedGroup>;

export const consumerGroupDescribeApi = defineApi({
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  failed: ({ body, errorCode, errorMessage }) => ({
    groups: body.groupIds.map((groupId) => ({ groupId, errorCode, errorMessage })),
  }),
  controller: null,
  broker: {
    authorization: { items: { describeGroup: onGroup(AclOperation.DESCRIBE), describe: onTopic(AclOperation.DESCRIBE) } },
    handle(broker, request, may) {
      requireConsumerProtocol(broker);
      const { groupIds, includeAuthorizedOperations } = request.body;
      const refused = groupIds
        .filter((group) => !may.describeGroup(group))
        .map((groupId) => ({ groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }));
      const asked = { ...request.body, groupIds: groupIds.filter(may.describeGroup) };
      const withOperations = (group: Described): Described => {
        if (!includeAuthorizedOperations || group.errorCode !== ErrorCode.NONE) return group;
        const name = group.groupId ?? '';
        return { ...group, authorizedOperations: broker.auth.authorizedOperations(request, AclResourceType.GROUP, name) };
      };
      broker.groups.ConsumerGroupDescribe(request, asked, ({ groups = [], ...response }) => {
        const described = groups.map(withOperations);
        const visible =
          broker.auth.authorizer === null ? described : described.map((group) => hidden(group, may.describe) ?? group);
        request.respond({ ...response, groups: [...refused, ...visible] });
      });
    },
  },
});

/** What is told of a group that has a topic which the client may not know of; null: it has none. */
function hidden({ groupId = '', members = [] }: Described, mayDescribe: (topic: string) => boolean): Described | null {
  const topics = members.flatMap(({ assignment, targetAssignment }) =>
    [assignment, targetAssignment].flatMap((each) => (each?.topicPartitions ?? []).map(({ topicName }) => topicName ?? '')),
  );
  if (topics.every(mayDescribe)) return null;
  const errorMessage = 'The group has topics that the client may not describe.';
  return { groupId, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage };
}
