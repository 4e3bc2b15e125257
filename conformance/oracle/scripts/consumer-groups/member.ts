/** A member of a consumer group as frames: what it says is what a test says, not what it was told. */
import type { RequestTypes, ResponseTypes } from '../../../../core/protocol/messages/index.ts';
import type { Draft } from '../../../../core/protocol/schema.ts';
import type { Conversation } from '../../conversation.ts';

type Heartbeat = Draft<RequestTypes['ConsumerGroupHeartbeat']>;

const LATEST = 1;
/** A target assignment is made anew no sooner than a second after the last one, and clocks are read in milliseconds. */
const ASSIGNMENT_INTERVAL_MS = 1_100;

/** After this a change of the group is assigned with the next heartbeat. */
export function untilAssignable(): Promise<void> {
  return pause(ASSIGNMENT_INTERVAL_MS);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Makes a topic, and waits until coordinators know of it. */
export async function createTopic(talk: Conversation, name: string, numPartitions: number): Promise<string> {
  await talk.quietly('CreateTopics', 5, { topics: [{ name, numPartitions, replicationFactor: 1 }], timeoutMs: 10_000 });
  const id = await talk.topicId(name);
  talk.record(`the id of ${name}`, id);
  await untilSeen();
  return id;
}

/** Coordinators learn of topics a moment after the metadata that clients see. */
export function untilSeen(): Promise<void> {
  return pause(300);
}

export const joining = (names: readonly string[], more: Heartbeat = {}): Heartbeat => ({
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: [...names],
  topicPartitions: [],
  ...more,
});

export class Member {
  readonly #talk: Conversation;
  readonly groupId: string;
  readonly memberId: string;

  constructor(talk: Conversation, groupId: string, memberId: string) {
    this.#talk = talk;
    this.groupId = groupId;
    this.memberId = memberId;
  }

  /** A heartbeat that is written down. */
  beat(
    step: string,
    memberEpoch: number,
    more: Heartbeat = {},
    version = LATEST,
  ): Promise<ResponseTypes['ConsumerGroupHeartbeat'] | null> {
    const { groupId, memberId } = this;
    const named = `${groupId}, ${memberId}: ${step}`;
    return this.#talk.ask(named, 'ConsumerGroupHeartbeat', version, { groupId, memberId, memberEpoch, ...more });
  }

  /** One that says which partitions of a topic it has. */
  owns(step: string, memberEpoch: number, topicId: string, ...partitions: readonly number[]): Promise<unknown> {
    const topicPartitions = partitions.length === 0 ? [] : [{ topicId, partitions }];
    return this.beat(step, memberEpoch, { topicPartitions });
  }

  commit(
    step: string,
    memberEpoch: number,
    topicId: string,
    partitions: readonly number[],
    committedOffset = 1,
    version = 10,
  ): Promise<unknown> {
    const { groupId, memberId } = this;
    return this.#talk.ask(`${groupId}, ${memberId}: ${step}`, 'OffsetCommit', version, {
      groupId,
      memberId,
      generationIdOrMemberEpoch: memberEpoch,
      topics: [
        { topicId, partitions: partitions.map((partitionIndex) => ({ partitionIndex, committedOffset, committedMetadata: '' })) },
      ],
    });
  }

  fetch(
    step: string,
    memberEpoch: number,
    topicId: string,
    partitionIndexes: readonly number[],
    requireStable = false,
  ): Promise<unknown> {
    const { groupId, memberId } = this;
    const groups = [{ groupId, memberId, memberEpoch, topics: [{ topicId, partitionIndexes }] }];
    return this.#talk.ask(`${groupId}, ${memberId}: ${step}`, 'OffsetFetch', 10, { groups, requireStable });
  }
}

/** What an operator sees of a group. */
export async function describe(talk: Conversation, step: string, ...groupIds: readonly string[]): Promise<void> {
  await talk.ask(step, 'ConsumerGroupDescribe', LATEST, { groupIds });
}
