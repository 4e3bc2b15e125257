/** What a client may use of the partitions that it names for a group: refusals are answered here, the rest by the coordinator. */
import { type MetadataImage, partitionOf } from '../metadata/image.ts';
import { ErrorCode } from '../protocol/errors.ts';

interface NamedTopic<P> {
  readonly name: string;
  readonly partitions: readonly P[];
}

/** The partitions that exist by this metadata, of topics that the client may read, and answers for the others. */
export function readablePartitions<P extends { readonly partitionIndex: number }>(
  image: MetadataImage,
  topics: readonly NamedTopic<P>[],
  mayRead: (topic: string) => boolean,
) {
  const accepted: { name: string; partitions: P[] }[] = [];
  const refused: { name: string; partitions: { partitionIndex: number; errorCode: number }[] }[] = [];
  for (const { name, partitions } of topics) {
    const isReadable = mayRead(name);
    const isAccepted = ({ partitionIndex }: P): boolean => isReadable && partitionOf(image, name, partitionIndex) !== undefined;
    const existing = partitions.filter(isAccepted);
    if (existing.length > 0) accepted.push({ name, partitions: existing });
    if (existing.length === partitions.length) continue;
    const others = partitions.filter((partition) => !isAccepted(partition));
    const errorCode = isReadable ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    refused.push({ name, partitions: others.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) });
  }
  return { accepted, refused };
}

/** Both lists: what was refused comes first, topics as well as partitions, and each topic once. As Kafka puts them together. */
export function merged<T extends { readonly name?: string; readonly partitions?: readonly unknown[] }>(
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
