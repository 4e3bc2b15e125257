/**
 * The leader of a group: it assigns partitions to all members, and notices when their topics are not the same any more. What it
 * knows as the leader it forgets when it joins anew: the next generation may be another's to lead.
 */
import { ErrorCode } from '../../protocol/errors.ts';
import type { JoinGroupResponse } from '../../protocol/messages/join-group-response.ts';
import type { MemberSubscription } from '../assignors/assignor.ts';
import { decodeSubscription, encodeAssignment } from '../assignors/assignor.ts';
import { assignorNamed } from '../assignors/known.ts';
import type { ClusterMetadata } from '../metadata.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import type { WantedTopics } from './wanted-topics.ts';

export class GroupLeader {
  readonly #metadata: ClusterMetadata;
  readonly #wanted: WantedTopics;
  /** Partitions of the group's topics at the assignment of this generation; null: another member leads it, or none does yet. */
  #assignedCounts: ReadonlyMap<string, number> | null = null;
  /** What it counted when it first assigned in its last generation. */
  #firstCounts: { readonly generationId: number; readonly counts: ReadonlyMap<string, number> } | null = null;
  #leadsKeptAssignment = false;

  constructor(metadata: ClusterMetadata, wanted: WantedTopics) {
    this.#metadata = metadata;
    this.#wanted = wanted;
  }

  /** A generation ends: what this member was in it counts no more. */
  resign(): void {
    this.#assignedCounts = null;
    this.#leadsKeptAssignment = false;
    this.#wanted.ofGroup = [];
    this.#wanted.update();
  }

  /**
   * Bytes for every member. Null: the metadata needed are not there yet, they have been asked for.
   *
   * When its SyncGroup is not answered in time it joins again, and may assign a second time in the same generation. The coordinator
   * gives out the assignment that it stored first, so it is the first one that the topics are compared with. (Kafka's leader compares
   * with the second, and partitions that were added in between stay without an owner.)
   */
  assign(response: JoinGroupResponse): { memberId: string; assignment: Uint8Array }[] | null {
    const assignor = assignorNamed(response.protocolName ?? '');
    const members = subscriptionsOf(response);
    const topics = this.#watch(members);
    const metadata = this.#metadata;
    const notAsked = topics.some((topic) => metadata.topic(topic) === undefined && metadata.topicError(topic) === ErrorCode.NONE);
    if (notAsked) return null;
    const counts = this.#partitionCounts(topics);
    const { generationId } = response;
    if (this.#firstCounts?.generationId !== generationId) this.#firstCounts = { generationId, counts };
    this.#assignedCounts = this.#firstCounts.counts;
    const assignment = assignor.assign(counts, members);
    return Array.from(assignment, ([memberId, partitions]) => ({ memberId, assignment: encodeAssignment(partitions) }));
  }

  /**
   * It leads again as a static member; the assignment of its earlier life stays (KIP-814). What changed while it was away it
   * cannot know, only what changes from now on.
   */
  assignmentKept(response: JoinGroupResponse): void {
    this.#leadsKeptAssignment = true;
    this.#assignedCounts = this.#partitionCounts(this.#watch(subscriptionsOf(response)));
  }

  /** What this member was given itself in the generation that begins. */
  assigned(partitions: readonly TopicPartition[]): void {
    if (this.#leadsKeptAssignment && partitions.length === 0) {
      // Its earlier life may have assigned before it knew the topics, and nobody else would notice: as if no topic had been assigned.
      this.#assignedCounts = new Map();
    }
    this.#leadsKeptAssignment = false;
  }

  /** The topics are not those any more that it assigned. */
  get mustAssignAgain(): boolean {
    const counts = this.#assignedCounts;
    if (counts === null) return false;
    const now = this.#partitionCounts(this.#wanted.ofGroup);
    return now.size !== counts.size || [...now].some(([topic, count]) => counts.get(topic) !== count);
  }

  /** From now on the client's metadata hold the topics of all members. */
  #watch(members: ReadonlyMap<string, MemberSubscription>): readonly string[] {
    const topics = [...new Set([...members.values()].flatMap((member) => member.topics))];
    this.#wanted.ofGroup = topics;
    this.#wanted.update();
    return topics;
  }

  #partitionCounts(topics: readonly string[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const topic of topics) {
      const count = this.#metadata.topic(topic)?.partitions.size ?? 0;
      if (count > 0) counts.set(topic, count);
    }
    return counts;
  }
}

function subscriptionsOf(response: JoinGroupResponse): Map<string, MemberSubscription> {
  return new Map(
    response.members.map(({ memberId, metadata, groupInstanceId }) => [memberId, decodeSubscription(metadata, groupInstanceId)]),
  );
}
