/** The APIs of groups: they go to the group coordinator; offsets of partitions that don't exist are refused here. */
import { partitionOf } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { IncomingRequest } from '../../rpc/RpcServer.ts';
import type { GroupApiName, GroupRequestContext } from '../../group/api.ts';
import type { GroupCoordinator } from '../../group/GroupCoordinator.ts';
import type { BrokerContext } from '../BrokerContext.ts';

type AnyGroupHandler = (
  this: GroupCoordinator,
  context: GroupRequestContext,
  request: RequestTypes[GroupApiName],
  done: (response: Draft<ResponseTypes[GroupApiName]>) => void,
) => void;

interface NamedTopic<P> {
  readonly name: string;
  readonly partitions: readonly P[];
}

export function handleGroupRequest(broker: BrokerContext, request: IncomingRequest<GroupApiName>): void {
  if (isOf(request, 'OffsetCommit')) handleOffsetCommit(broker, request);
  else if (isOf(request, 'OffsetDelete')) handleOffsetDelete(broker, request);
  else {
    const handler = broker.groups[request.api] as unknown as AnyGroupHandler;
    handler.call(broker.groups, request, request.body, (response) => request.respond(forVersion(request, response)));
  }
}

/** The name of the protocol may be absent since version 7 of JoinGroup; before, it is empty. */
function forVersion(
  request: IncomingRequest<GroupApiName>,
  response: Draft<ResponseTypes[GroupApiName]>,
): Draft<ResponseTypes[GroupApiName]> {
  if (!isOf(request, 'JoinGroup') || request.version >= 7) return response;
  const joined = response as Draft<ResponseTypes['JoinGroup']>;
  return joined.protocolName === null ? { ...joined, protocolName: '' } : joined;
}

function isOf<A extends GroupApiName>(request: IncomingRequest<GroupApiName>, api: A): request is IncomingRequest<A> {
  return request.api === api;
}

function handleOffsetCommit(broker: BrokerContext, request: IncomingRequest<'OffsetCommit'>): void {
  const { known, unknown } = split(broker, request.body.topics);
  if (known.length === 0) {
    request.respond({ topics: unknown });
    return;
  }
  broker.groups.OffsetCommit(request, { ...request.body, topics: known }, (response) =>
    request.respond({ ...response, topics: merged(response.topics ?? [], unknown) }),
  );
}

function handleOffsetDelete(broker: BrokerContext, request: IncomingRequest<'OffsetDelete'>): void {
  const { known, unknown } = split(broker, request.body.topics);
  broker.groups.OffsetDelete(request, { ...request.body, topics: known }, (response) =>
    request.respond({ ...response, topics: merged(response.topics ?? [], unknown) }),
  );
}

/** The partitions that exist by this broker's metadata, and answers for those that don't. */
function split<P extends { readonly partitionIndex: number }>(broker: BrokerContext, topics: readonly NamedTopic<P>[]) {
  const image = broker.image();
  const isKnown = (topic: string, { partitionIndex }: P): boolean => partitionOf(image, topic, partitionIndex) !== undefined;
  const known: { name: string; partitions: P[] }[] = [];
  const unknown: { name: string; partitions: { partitionIndex: number; errorCode: number }[] }[] = [];
  for (const { name, partitions } of topics) {
    const existing = partitions.filter((partition) => isKnown(name, partition));
    if (existing.length > 0) known.push({ name, partitions: existing });
    if (existing.length === partitions.length) continue;
    const missing = partitions.filter((partition) => !isKnown(name, partition));
    const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    unknown.push({ name, partitions: missing.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) });
  }
  return { known, unknown };
}

/** Both lists, with each topic once. */
function merged<T extends { readonly name?: string; readonly partitions?: readonly unknown[] }>(
  answered: readonly T[],
  refused: readonly T[],
): T[] {
  const topics = [...answered];
  for (const more of refused) {
    const index = topics.findIndex(({ name }) => name === more.name);
    if (index < 0) topics.push(more);
    else topics[index] = { ...more, partitions: [...(topics[index]?.partitions ?? []), ...(more.partitions ?? [])] };
  }
  return topics;
}
