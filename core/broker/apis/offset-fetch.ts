/**
 * OffsetFetch: a group's committed offsets, of several groups since version 8 (KIP-709). What may not be seen is answered here, and
 * what has no name: topics have ids in place of names since version 10 (KIP-848).
 */
import type { MetadataImage } from '../../metadata/image.ts';
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
import { type NamedBy, withId, withName } from '../readable-partitions.ts';

/** Takes several groups from here on. */
const BATCHED_VERSION = 8;
const TOPIC_ID_VERSION = 10;

export const offsetFetchApi = defineApi({
  name: 'OffsetFetch',
  versions: [1, 10],
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
      const image = broker.image();
      const maySee = broker.auth.authorizer === null ? () => true : may.describe;
      const view = new TopicsView(image, version >= TOPIC_ID_VERSION ? 'id' : 'name', maySee);
      const named = new Map(allowed.map((group) => [group, view.named(group.topics)]));
      const visible = allowed.map((group) => ({ ...group, topics: view.visible(named.get(group) ?? null) }));
      const rest = many ? { groups: visible } : { topics: visible[0]?.topics ?? null };
      broker.groups.OffsetFetch(request, { ...body, ...rest }, (response) => {
        if (!many) {
          request.respond(view.withOthers(withoutIds(body.topics), response));
          return;
        }
        let next = 0;
        const groups = asked.map((group): FetchedGroup => {
          const topics = named.get(group);
          if (topics === undefined) return { groupId: group.groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
          return view.withOthers(topics, response.groups?.[next++] ?? {});
        });
        request.respond({ ...response, groups });
      });
    },
  },
});

type AskedGroup = OffsetFetchRequestOffsetFetchRequestGroup;
type FetchedGroup = Draft<OffsetFetchResponseOffsetFetchResponseGroup>;
type AskedTopics = AskedGroup['topics'];

/** The topics of a version without groups, in the form of a group's. */
function withoutIds(topics: OffsetFetchRequestOffsetFetchRequestTopic[] | null): AskedTopics {
  return topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null;
}

/** Which topics a client may see, by their names or ids. Null, for all topics, stays null: the rest is taken from the answer. */
class TopicsView {
  readonly #image: MetadataImage;
  readonly #namedBy: NamedBy;
  readonly #maySee: (topic: string) => boolean;

  constructor(image: MetadataImage, namedBy: NamedBy, maySee: (topic: string) => boolean) {
    this.#image = image;
    this.#namedBy = namedBy;
    this.#maySee = maySee;
  }

  /** With the names that belong to ids; empty where none does. */
  named(topics: AskedTopics): AskedTopics {
    return this.#namedBy === 'name' ? topics : (topics?.map((topic) => withName(this.#image, topic)) ?? null);
  }

  visible(topics: AskedTopics): AskedTopics {
    return topics?.filter(({ name }) => this.#refusal(name) === ErrorCode.NONE) ?? null;
  }

  /** A group's answer without what may not be seen; what was asked for, and is not visible, is refused behind the others. */
  withOthers<T extends Pick<FetchedGroup, 'topics' | 'errorCode'>>(asked: AskedTopics, answer: T): T {
    if ((answer.errorCode ?? ErrorCode.NONE) !== ErrorCode.NONE) return answer;
    const topics = answer.topics ?? [];
    if (asked === null) return { ...answer, topics: topics.filter(({ name }) => this.#maySee(name ?? '')).flatMap(this.#withId) };
    const refused = asked.flatMap(({ name, topicId, partitionIndexes }) => {
      const errorCode = this.#refusal(name);
      if (errorCode === ErrorCode.NONE) return [];
      const partitions = partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        committedOffset: -1,
        metadata: '',
        errorCode,
      }));
      return [{ name, topicId, partitions }];
    });
    return { ...answer, topics: [...topics, ...refused] };
  }

  #refusal(name: string): number {
    if (this.#namedBy === 'id' && name === '') return ErrorCode.UNKNOWN_TOPIC_ID;
    return this.#maySee(name) ? ErrorCode.NONE : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  }

  /** Of a topic without an id there is nothing to tell to whom speaks of ids. */
  readonly #withId = <T extends { readonly name?: string }>(topic: T): T[] => {
    if (this.#namedBy === 'name') return [topic];
    const { topicId } = withId(this.#image, { name: topic.name ?? '' });
    return topicId === ZERO_UUID ? [] : [{ ...topic, topicId }];
  };
}
