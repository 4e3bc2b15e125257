/** What commits of offsets have in common, in a transaction or not: which offsets are taken, which are being written, what is answered. */
import { ErrorCode } from '../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import type { GroupConfig } from './config.ts';
import type { CommittedOffset, PendingCommits } from './group-offsets.ts';

/** A partition of a commit as it is asked for, in a transaction or not. */
interface GivenOffset {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly committedMetadata: string | null;
}

interface GivenTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly GivenOffset[];
}

/** An offset that is not in the log yet. */
export type NewOffset = Omit<CommittedOffset, 'logOffset'>;

/** The offsets of a commit but for those with too much metadata, and what each partition is answered if the rest comes to an error. */
export function acceptable(
  topics: readonly GivenTopic[],
  config: GroupConfig,
  wallMs: number,
  expireTimestamp: number,
): {
  readonly accepted: readonly NewOffset[];
  readonly errorFor: (error: number) => (topic: string, partition: number) => number;
} {
  const accepted: NewOffset[] = [];
  const refused = new Set<string>();
  for (const { name: topic, topicId, partitions } of topics) {
    for (const given of partitions) {
      const metadata = given.committedMetadata ?? '';
      if (metadata.length > config['offset.metadata.max.bytes']) {
        refused.add(topicPartitionKey(topic, given.partitionIndex));
        continue;
      }
      accepted.push({
        topic,
        topicId,
        partition: given.partitionIndex,
        offset: Offset(given.committedOffset),
        leaderEpoch: LeaderEpoch(given.committedLeaderEpoch),
        metadata,
        commitTimestamp: wallMs,
        expireTimestamp,
      });
    }
  }
  const errorFor = (error: number) => (topic: string, partition: number) =>
    refused.has(topicPartitionKey(topic, partition)) ? ErrorCode.OFFSET_METADATA_TOO_LARGE : error;
  return { accepted, errorFor };
}

/** Notes that a commit is being written, or is no more. */
export function countPending(all: Map<string, PendingCommits>, { topic, topicId, partition }: NewOffset, by: 1 | -1): void {
  const key = topicPartitionKey(topic, partition);
  const pending = all.get(key) ?? { topic, topicId, partition, count: 0 };
  pending.count += by;
  if (by === 1) pending.topicId = topicId;
  if (pending.count === 0) all.delete(key);
  else all.set(key, pending);
}

/** Of OffsetCommit and TxnOffsetCommit alike. */
export interface CommitAnswer {
  readonly topics: readonly {
    readonly name: string;
    readonly topicId: string;
    readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[];
  }[];
}

/** The answer to a commit, with an error code for each of its partitions. */
export function commitAnswer(
  request: { readonly topics: readonly Pick<GivenTopic, 'name' | 'topicId' | 'partitions'>[] },
  errorFor: (topic: string, partition: number) => number,
): CommitAnswer {
  return {
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorFor(name, partitionIndex) })),
    })),
  };
}
