/** OffsetFetch: a group's committed offsets, of several groups since version 8 (KIP-709). What may not be seen is answered here. */
import { ErrorCode } from '../../protocol/errors.ts';
import type {
  OffsetFetchRequestOffsetFetchRequestGroup,
  OffsetFetchRequestOffsetFetchRequestTopic,
  OffsetFetchResponseOffsetFetchResponseGroup,
} from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { AclOperation } from '../../security/acl.ts';
import { onGroup, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

/** Takes several groups from here on. */
const BATCHED_VERSION = 8;

export const offsetFetchApi = defineApi({
  name: 'OffsetFetch',
  versions: [1, 9],
  failed({ body, version, errorCode }) {
    if (version >= BATCHED_VERSION) return { groups: body.groups.map(({ groupId }) => ({ groupId, errorCode, topics: [] })) };
    const refused = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode };
    return {
      errorCode,
      // Version 1 has no place for an error of the whole.
      topics: (version < 2 ? (body.topics ?? []) : []).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ ...refused, partitionIndex })),
      })),
    };
  },
  controller: null,
  broker: {
    authorization: { items: { describeGroup: onGroup(AclOperation.DESCRIBE), describe: onTopic(AclOperation.DESCRIBE) } },
    handle(broker, request, may) {
      const { body, version } = request;
      const many = version >= BATCHED_VERSION;
      const asked: readonly AskedGroup[] = many
        ? body.groups
        : [{ groupId: body.groupId, topics: withoutIds(body.topics), memberId: null, memberEpoch: -1 }];
      const allowed = asked.filter(({ groupId }) => may.describeGroup(groupId));
      if (!many && allowed.length === 0) {
        request.respond({ errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED });
        return;
      }
      /** Null: all topics may be seen. */
      const maySee = broker.auth.authorizer === null ? null : may.describe;
      const visible = allowed.map((group) => ({ ...group, topics: visibleTopics(group.topics, maySee) }));
      const rest = many ? { groups: visible } : { topics: visible[0]?.topics ?? null };
      broker.groups.OffsetFetch(request, { ...body, ...rest }, (response) => {
        if (!many) {
          request.respond(withHidden(withoutIds(body.topics), maySee, response));
          return;
        }
        let next = 0;
        const groups = asked.map((group): FetchedGroup => {
          if (!allowed.includes(group)) return { groupId: group.groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
          return withHidden(group.topics, maySee, response.groups?.[next++] ?? {});
        });
        request.respond({ ...response, groups });
      });
    },
  },
});

type AskedGroup = OffsetFetchRequestOffsetFetchRequestGroup;
type FetchedGroup = Draft<OffsetFetchResponseOffsetFetchResponseGroup>;
type MaySee = ((topic: string) => boolean) | null;

/** The topics of a version without groups, in the form of a group's. */
function withoutIds(topics: OffsetFetchRequestOffsetFetchRequestTopic[] | null): AskedGroup['topics'] {
  return topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null;
}

/** Null, for all topics, stays null: what may not be seen is taken from the answer. */
function visibleTopics(topics: AskedGroup['topics'], maySee: MaySee): AskedGroup['topics'] {
  if (topics === null || maySee === null) return topics;
  return topics.filter(({ name }) => maySee(name));
}

/** A group's answer without the topics that may not be seen; those that were asked for by name are refused. */
function withHidden<T extends Pick<FetchedGroup, 'topics' | 'errorCode'>>(
  asked: AskedGroup['topics'],
  maySee: MaySee,
  answer: T,
): T {
  if (maySee === null || (answer.errorCode ?? ErrorCode.NONE) !== ErrorCode.NONE) return answer;
  const topics = answer.topics ?? [];
  if (asked === null) return { ...answer, topics: topics.filter(({ name }) => maySee(name ?? '')) };
  const errorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  const refused = asked
    .filter(({ name }) => !maySee(name))
    .map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, committedOffset: -1, metadata: '', errorCode })),
    }));
  return { ...answer, topics: [...topics, ...refused] };
}
