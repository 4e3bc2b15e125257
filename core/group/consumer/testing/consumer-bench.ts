/** A coordinator over one shared log, and members of the consumer protocol to ask it things. */
import type { RequestTypes } from '../../../protocol/messages/index.ts';
import { GroupBench } from '../../testing/group-bench.ts';
import type { ConsumerGroupConfig } from '../consumer-group-settings.ts';
import { topicHash } from '../metadata-hash.ts';
import type { GroupTopic, TopicsView } from '../topics-view.ts';

type Heartbeat = RequestTypes['ConsumerGroupHeartbeat'];

/** The id of a topic with a name of one letter. */
export function idOf(name: string): string {
  return `${'A'.repeat(20)}${name}A`;
}

/** So many partitions of each topic. */
export function topics(sizes: Readonly<Record<string, number>>, version = 1): TopicsView {
  const all = Object.entries(sizes).map(([name, partitions]): GroupTopic => {
    const topic = { id: idOf(name), name, partitions, racks: () => [] };
    return { ...topic, hash: () => topicHash(topic) };
  });
  return {
    version,
    byName: (name) => all.find((topic) => topic.name === name),
    byId: (id) => all.find((topic) => topic.id === id),
    names: () => all.map(({ name }) => name),
  };
}

export class ConsumerBench extends GroupBench {
  constructor(config: Partial<ConsumerGroupConfig> = {}) {
    super();
    this.topicId = idOf('t');
    this.consumerConfig = { ...this.consumerConfig, ...config };
    this.topics = topics({ t: 4 });
    this.pass(10);
  }

  beat(memberId: string, memberEpoch: number, more: Partial<Heartbeat> = {}, version = 1) {
    return this.ask('ConsumerGroupHeartbeat', version, {
      groupId: 'g',
      memberId,
      memberEpoch,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: null,
      ...more,
    });
  }

  /** A first heartbeat. */
  enter(memberId: string, more: Partial<Heartbeat> = {}) {
    return this.beat(memberId, 0, { rebalanceTimeoutMs: 30_000, subscribedTopicNames: ['t'], topicPartitions: [], ...more });
  }

  /** `error`, or `epoch: partitions of t` with the partitions that the answer tells of; `epoch` where it tells of none. */
  told(asked: ReturnType<ConsumerBench['beat']>): string {
    const { errorCode = 0, memberEpoch, assignment } = asked.answer;
    if (errorCode !== 0) return `error ${errorCode}`;
    if (assignment === null || assignment === undefined) return `${memberEpoch}`;
    return `${memberEpoch}: ${(assignment.topicPartitions ?? []).flatMap(({ partitions }) => partitions).join(' ')}`;
  }

  /** A heartbeat of a member that says which partitions of t it has. */
  owning(memberId: string, memberEpoch: number, ...partitions: readonly number[]): string {
    const topicPartitions = partitions.length === 0 ? [] : [{ topicId: idOf('t'), partitions: [...partitions] }];
    return this.told(this.beat(memberId, memberEpoch, { topicPartitions }));
  }

  describeConsumers(version = 1) {
    const request = { groupIds: ['g'], includeAuthorizedOperations: false };
    return this.ask('ConsumerGroupDescribe', version, request).answer.groups?.[0];
  }

  listed() {
    return this.ask('ListGroups', 5, { statesFilter: [], typesFilter: [] }).answer.groups ?? [];
  }
}
