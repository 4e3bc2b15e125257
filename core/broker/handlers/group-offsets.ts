/** The offsets of groups. Topics that the client may not use, and partitions that don't exist, are answered here. */
import { partitionOf } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type {
  OffsetFetchRequestOffsetFetchRequestGroup,
  OffsetFetchResponseOffsetFetchResponseGroup,
} from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { AclOperation } from '../../security/acl.ts';
import type { BrokerContext } from '../broker-context.ts';

const { DELETE, DESCRIBE, READ } = AclOperation;

interface NamedTopic<P> {
  readonly name: string;
  readonly partitions: readonly P[];
}

export function handleOffsetCommit(broker: BrokerContext, request: IncomingRequest<'OffsetCommit'>): void {
  if (!broker.auth.group(request, READ, request.body.groupId)) {
    const errorCode = ErrorCode.GROUP_AUTHORIZATION_FAILED;
    request.respond({
      topics: request.body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    });
    return;
  }
  const { accepted, refused } = split(broker, request, request.body.topics);
  if (accepted.length === 0) {
    request.respond({ topics: refused });
    return;
  }
  broker.groups.OffsetCommit(request, { ...request.body, topics: accepted }, (response) =>
    request.respond({ ...response, topics: merged(refused, response.topics ?? []) }),
  );
}

export function handleOffsetDelete(broker: BrokerContext, request: IncomingRequest<'OffsetDelete'>): void {
  if (!broker.auth.group(request, DELETE, request.body.groupId)) {
    request.respond({ errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED });
    return;
  }
  const { accepted, refused } = split(broker, request, request.body.topics);
  broker.groups.OffsetDelete(request, { ...request.body, topics: accepted }, (response) =>
    request.respond({ ...response, topics: merged(refused, response.topics ?? []) }),
  );
}

/** The partitions that exist by this broker's metadata, of topics that the client may read, and answers for the others. */
function split<P extends { readonly partitionIndex: number }>(
  broker: BrokerContext,
  request: IncomingRequest,
  topics: readonly NamedTopic<P>[],
) {
  const image = broker.image();
  const accepted: { name: string; partitions: P[] }[] = [];
  const refused: { name: string; partitions: { partitionIndex: number; errorCode: number }[] }[] = [];
  for (const { name, partitions } of topics) {
    const mayRead = broker.auth.topic(request, READ, name);
    const isAccepted = ({ partitionIndex }: P): boolean => mayRead && partitionOf(image, name, partitionIndex) !== undefined;
    const existing = partitions.filter(isAccepted);
    if (existing.length > 0) accepted.push({ name, partitions: existing });
    if (existing.length === partitions.length) continue;
    const others = partitions.filter((partition) => !isAccepted(partition));
    const errorCode = mayRead ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    refused.push({ name, partitions: others.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) });
  }
  return { accepted, refused };
}

/** Both lists: what was refused comes first, topics as well as partitions, and each topic once. As Kafka puts them together. */
function merged<T extends { readonly name?: string; readonly partitions?: readonly unknown[] }>(
  refused: readonly T[],
  answered: readonly T[],
): readonly T[] {
  if (refused.length === 0) return answered;
  const topics = [...refused];
  for (const more of answered) {
    const index = topics.findIndex(({ name }) => name === more.name);
    if (index < 0) topics.push(more);
    else topics[index] = { ...more, partitions: [...(topics[index]?.partitions ?? []), ...(more.partitions ?? [])] };
  }
  return topics;
}

type AskedGroup = OffsetFetchRequestOffsetFetchRequestGroup;
type FetchedGroup = Draft<OffsetFetchResponseOffsetFetchResponseGroup>;

export function handleOffsetFetch(broker: BrokerContext, request: IncomingRequest<'OffsetFetch'>): void {
  const { body, version } = request;
  const many = version >= 8;
  const asked: readonly AskedGroup[] = many
    ? body.groups
    : [{ groupId: body.groupId, topics: body.topics, memberId: null, memberEpoch: -1 }];
  const allowed = asked.filter(({ groupId }) => broker.auth.group(request, DESCRIBE, groupId));
  if (!many && allowed.length === 0) {
    request.respond({ errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED });
    return;
  }
  const visible = allowed.map((group) => ({ ...group, topics: visibleTopics(broker, request, group.topics) }));
  const rest = many ? { groups: visible } : { topics: visible[0]?.topics ?? null };
  broker.groups.OffsetFetch(request, { ...body, ...rest }, (response) => {
    if (!many) {
      request.respond(withHidden(broker, request, body.topics, response));
      return;
    }
    let next = 0;
    const groups = asked.map((group): FetchedGroup => {
      if (!allowed.includes(group)) return { groupId: group.groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
      return withHidden(broker, request, group.topics, response.groups?.[next++] ?? {});
    });
    request.respond({ ...response, groups });
  });
}

/** Null, for all topics, stays null: what may not be seen is taken from the answer. */
function visibleTopics(broker: BrokerContext, request: IncomingRequest, topics: AskedGroup['topics']): AskedGroup['topics'] {
  if (topics === null || broker.auth.authorizer === null) return topics;
  return topics.filter(({ name }) => broker.auth.topic(request, DESCRIBE, name));
}

/** A group's answer without the topics that may not be seen; those that were asked for by name are refused. */
function withHidden<T extends Pick<FetchedGroup, 'topics' | 'errorCode'>>(
  broker: BrokerContext,
  request: IncomingRequest,
  asked: AskedGroup['topics'],
  answer: T,
): T {
  if (broker.auth.authorizer === null || (answer.errorCode ?? ErrorCode.NONE) !== ErrorCode.NONE) return answer;
  const mayDescribe = (name: string): boolean => broker.auth.topic(request, DESCRIBE, name);
  const topics = answer.topics ?? [];
  if (asked === null) return { ...answer, topics: topics.filter(({ name }) => mayDescribe(name ?? '')) };
  const errorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  const refused = asked
    .filter(({ name }) => !mayDescribe(name))
    .map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, committedOffset: -1, metadata: '', errorCode })),
    }));
  return { ...answer, topics: [...topics, ...refused] };
}
