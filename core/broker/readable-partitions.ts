/** What a client may use of the partitions that it names for a group: refusals are answered here, the rest by the coordinator. */
import { type MetadataImage, partitionOf, topicByName } from '../metadata/image.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';

interface AskedTopic<P> {
  readonly name: string;
  readonly topicId?: string;
  readonly partitions: readonly P[];
}

interface RefusedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: { readonly partitionIndex: number; readonly errorCode: number }[];
}

export type NamedBy = 'name' | 'id';

/** The partitions that exist by this metadata, of topics that the client may read, with name and id; and answers for the others. */
export function readablePartitions<P extends { readonly partitionIndex: number }>(
  image: MetadataImage,
  topics: readonly AskedTopic<P>[],
  namedBy: NamedBy,
  mayRead: (topic: string) => boolean,
) {
  const accepted: { name: string; topicId: string; partitions: P[] }[] = [];
  const refused: RefusedTopic[] = [];
  for (const asked of topics) {
    const { partitions } = asked;
    const { name, topicId } = namedBy === 'id' ? withName(image, asked) : withId(image, asked);
    const error = name === '' && namedBy === 'id' ? ErrorCode.UNKNOWN_TOPIC_ID : refusalOf(mayRead(name));
    const isAccepted = ({ partitionIndex }: P): boolean =>
      error === ErrorCode.NONE && partitionOf(image, name, partitionIndex) !== undefined;
    const existing = partitions.filter(isAccepted);
    if (existing.length > 0) accepted.push({ name, topicId, partitions: existing });
    if (existing.length === partitions.length) continue;
    const others = partitions.filter((partition) => !isAccepted(partition));
    const errorCode = error === ErrorCode.NONE ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : error;
    refused.push({ name, topicId, partitions: others.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) });
  }
  return { accepted, refused };
}

function refusalOf(isReadable: boolean): number {
  return isReadable ? ErrorCode.NONE : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
}

/** The topic with its name, which is empty if there is none with this id. */
export function withName<T extends { readonly name: string; readonly topicId?: string }>(image: MetadataImage, topic: T) {
  const topicId = topic.topicId ?? ZERO_UUID;
  return { ...topic, topicId, name: image.topicsById.get(topicId)?.name ?? '' };
}

/** The topic with its id, which is ZERO_UUID if there is none of this name. */
export function withId<T extends { readonly name: string }>(image: MetadataImage, topic: T) {
  return { ...topic, topicId: topicByName(image, topic.name)?.id ?? ZERO_UUID };
}

interface AnsweredTopic {
  readonly name?: string;
  readonly topicId?: string;
  readonly partitions?: readonly unknown[];
}

/** Both lists: what was refused comes first, topics as well as partitions, and each topic once. As Kafka puts them together. */
export function merged<T extends AnsweredTopic>(refused: readonly T[], answered: readonly T[], namedBy: NamedBy): readonly T[] {
  if (refused.length === 0) return answered;
  const keyOf = ({ name, topicId }: T): string | undefined => (namedBy === 'id' ? topicId : name);
  const topics = [...refused];
  for (const more of answered) {
    const index = topics.findIndex((topic) => keyOf(topic) === keyOf(more));
    if (index < 0) topics.push(more);
    else topics[index] = { ...more, partitions: [...(topics[index]?.partitions ?? []), ...(more.partitions ?? [])] };
  }
  return topics;
}
