/** What a broker answers that does not lead a partition, coordinate a group, or have what it is asked for: three nodes. */
import { encodeBatch } from '../../../core/protocol/records.ts';
import { type Conversation, type SharedScript, versions } from '../conversation.ts';

const BROKERS = [1, 2, 3] as const;
const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
/** What Produce and Fetch call topics by from here on. */
const TOPIC_IDS = 13;
/** What OffsetCommit and OffsetFetch call topics by from here on. */
const OFFSETS_BY_TOPIC_ID = 10;
/** The records are years old. */
const KEPT = [{ name: 'retention.ms', value: '-1' }];
const bytes = (text: string): Uint8Array => Buffer.from(text);
const batch = (baseSequence = -1): Uint8Array =>
  encodeBatch(
    [{ key: null, value: bytes('v'), timestamp: 1_700_000_000_000 }],
    baseSequence < 0 ? {} : { producerId: 4_000_000, producerEpoch: 0, baseSequence },
  );

/** One led by broker 1 and followed by the others, one that only broker 1 has. */
async function topics(talk: Conversation): Promise<ReadonlyMap<string, string>> {
  const made = await talk.quietly('CreateTopics', 7, {
    topics: [
      { name: 'led-by-1', assignments: [{ partitionIndex: 0, brokerIds: [1, 2, 3] }] },
      { name: 'only-on-1', assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
    ].map((topic) => ({ ...topic, numPartitions: -1, replicationFactor: -1, configs: KEPT })),
    timeoutMs: 10_000,
  });
  for (const name of ['led-by-1', 'only-on-1']) {
    await talk.until(
      'Produce',
      9,
      { acks: -1, timeoutMs: 5_000, topicData: [{ name, partitionData: [{ index: 0, records: batch() }] }] },
      ({ responses }) => responses[0]?.partitionResponses[0]?.errorCode === 0,
    );
    for (const id of BROKERS)
      await talk.at(id).until('Metadata', 9, { topics: [{ name }] }, ({ topics: [known] }) => known?.errorCode === 0);
  }
  await talk.quietly('Produce', 9, {
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name: 'led-by-1', partitionData: [{ index: 0, records: batch(0) }] }],
  });
  // A follower learns of the high watermark with a later fetch.
  for (const id of BROKERS)
    await talk.at(id).until(
      'Fetch',
      11,
      {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1,
        sessionEpoch: -1,
        topics: [{ topic: 'led-by-1', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }] }],
      },
      ({ responses }) => responses[0]?.partitions[0]?.highWatermark === 2,
    );
  return new Map(made.topics.map(({ name, topicId }) => [name, topicId]));
}

async function partitions(talk: Conversation, id: number, ids: ReadonlyMap<string, string>): Promise<void> {
  const on = talk.at(id);
  for (const name of ['led-by-1', 'only-on-1']) {
    const place = `${name} at ${id}`;
    for (const version of id === 1 ? [] : versions('Produce', 3))
      await on.ask(place, 'Produce', version, {
        acks: 1,
        timeoutMs: 5_000,
        topicData: [
          {
            ...(version >= TOPIC_IDS ? { topicId: ids.get(name) ?? NO_TOPIC_ID } : { name }),
            partitionData: [{ index: 0, records: batch() }],
          },
        ],
      });
    for (const version of versions('Fetch', 4)) {
      const topic = version >= TOPIC_IDS ? { topicId: ids.get(name) ?? NO_TOPIC_ID } : { topic: name };
      for (const currentLeaderEpoch of version >= 9 ? [-1, 0, 9] : [-1])
        await on.ask(`${place}, leader epoch ${currentLeaderEpoch}`, 'Fetch', version, {
          maxWaitMs: 0,
          minBytes: 0,
          maxBytes: 1 << 20,
          sessionEpoch: -1,
          topics: [{ ...topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20, currentLeaderEpoch }] }],
        });
    }
    for (const version of versions('ListOffsets', 1))
      for (const timestamp of [-1, -2, 0])
        for (const currentLeaderEpoch of version >= 4 ? [-1, 0, 9] : [-1])
          await on.ask(`${place}, ${timestamp}, leader epoch ${currentLeaderEpoch}`, 'ListOffsets', version, {
            replicaId: -1,
            topics: [{ name, partitions: [{ partitionIndex: 0, timestamp, currentLeaderEpoch }] }],
          });
    for (const version of versions('OffsetForLeaderEpoch', 2))
      for (const currentLeaderEpoch of [-1, 0, 9])
        await on.ask(`${place}, leader epoch ${currentLeaderEpoch}`, 'OffsetForLeaderEpoch', version, {
          ...(version >= 3 ? { replicaId: -1 } : {}),
          topics: [{ topic: name, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch: 0 }] }],
        });
    for (const version of id === 1 ? [] : versions('DeleteRecords', 0))
      await on.ask(place, 'DeleteRecords', version, {
        topics: [{ name, partitions: [{ partitionIndex: 0, offset: 1 }] }],
        timeoutMs: 1_000,
      });
    await on.ask(place, 'DescribeProducers', 0, {
      topics: [
        { name, partitionIndexes: [0, 9] },
        { name: 'no-such-topic', partitionIndexes: [0] },
      ],
    });
    for (const version of versions('DescribeLogDirs', 1))
      await on.ask(place, 'DescribeLogDirs', version, { topics: [{ topic: name, partitions: [0] }] });
  }
}

/** What every broker knows of the cluster, or asks the controller for. Which one that is, chance decides. */
async function metadata(talk: Conversation, id: number): Promise<void> {
  const on = talk.at(id);
  for (const version of versions('Metadata', 4)) {
    const answer = await on.quietly('Metadata', version, { topics: [{ name: 'led-by-1' }, { name: 'only-on-1' }] });
    on.record(`Metadata v${version} at ${id}`, { ...answer, controllerId: answer.controllerId > 0 }, 'Metadata');
  }
  for (const version of versions('DescribeCluster', 0)) {
    const answer = await on.quietly('DescribeCluster', version, {});
    on.record(`DescribeCluster v${version} at ${id}`, { ...answer, controllerId: answer.controllerId > 0 }, 'DescribeCluster');
  }
  await on.ask(`at ${id}`, 'DescribeTopicPartitions', 0, { topics: [{ name: 'led-by-1' }], responsePartitionLimit: 9 });
  for (const version of versions('DescribeConfigs', 1))
    for (const [resourceType, resourceName] of [
      [4, '1'],
      [4, ''],
      [2, 'led-by-1'],
    ] as const)
      await on.ask(`of '${resourceName}' at ${id}`, 'DescribeConfigs', version, {
        resources: [{ resourceType, resourceName, configurationKeys: ['log.retention.ms', 'retention.ms'] }],
      });
  const made = `made-by-${id}`;
  await on.ask(`at ${id}`, 'CreateTopics', 7, {
    topics: [{ name: made, numPartitions: 1, replicationFactor: 3 }],
    timeoutMs: 10_000,
  });
  await on.ask(`again at ${id}`, 'CreateTopics', 5, {
    topics: [{ name: made, numPartitions: 1, replicationFactor: 3 }],
    timeoutMs: 10_000,
  });
  await on.ask(`too many replicas at ${id}`, 'CreateTopics', 5, {
    topics: [{ name: `${made}-4`, numPartitions: 1, replicationFactor: 4 }],
    timeoutMs: 10_000,
  });
  await on.ask(`at ${id}`, 'CreatePartitions', 3, { topics: [{ name: made, count: 2, assignments: null }], timeoutMs: 10_000 });
  await on.ask(`at ${id}`, 'DeleteTopics', 5, { topicNames: [made, 'no-such-topic'], timeoutMs: 10_000 });
  for (const name of ['1', '2', '']) {
    const resources = [{ resourceType: 4, resourceName: name, configs: [{ name: 'log.retention.ms', value: '900000000' }] }];
    await on.ask(`of broker '${name}' at ${id}`, 'IncrementalAlterConfigs', 1, { resources, validateOnly: true });
    await on.ask(`of broker '${name}' at ${id}`, 'AlterConfigs', 2, { resources, validateOnly: true });
  }
  await on.ask(`at ${id}`, 'ElectLeaders', 2, {
    topicPartitions: [{ topic: 'led-by-1', partitions: [0] }],
    timeoutMs: 5_000,
  });
  const quorum = await on.quietly('DescribeQuorum', 1, {
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  });
  const [partition] = quorum.topics[0]?.partitions ?? [];
  on.record(`DescribeQuorum v1 at ${id}`, { ...partition, leaderId: (partition?.leaderId ?? 0) > 0 }, 'DescribeQuorum');
  await on.ask(`at ${id}`, 'UnregisterBroker', 0, { brokerId: 99 });
  const plain = { transactionalId: null, transactionTimeoutMs: 1_000 };
  await on.until('InitProducerId', 4, plain, ({ errorCode }) => errorCode === 0);
}

/** Which broker coordinates is up to chance: the others are asked. */
async function groups(talk: Conversation, ids: ReadonlyMap<string, string>): Promise<void> {
  const groupId = 'elsewhere';
  const found = await talk.until('FindCoordinator', 2, { key: groupId, keyType: 0 }, ({ errorCode }) => errorCode === 0);
  for (const id of BROKERS) {
    const known = await talk.at(id).until('FindCoordinator', 2, { key: groupId, keyType: 0 }, ({ errorCode }) => errorCode === 0);
    talk.record(`FindCoordinator v2 at ${id}`, known.nodeId === found.nodeId);
  }
  await talk.at(found.nodeId).until('DescribeGroups', 5, { groups: [groupId] }, ({ groups: [group] }) => group?.errorCode === 0);
  const stranger = talk.at((found.nodeId % BROKERS.length) + 1);
  // It may still be reading the groups that it coordinates itself.
  await stranger.until('ListGroups', 2, {}, ({ errorCode }) => errorCode === 0);
  const member = { groupId, memberId: 'nobody', generationId: 1 };
  for (const version of versions('JoinGroup', 0))
    await stranger.ask('elsewhere', 'JoinGroup', version, {
      groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: bytes('m') }],
    });
  for (const version of versions('SyncGroup', 0))
    await stranger.ask('elsewhere', 'SyncGroup', version, { ...member, assignments: [] });
  for (const version of versions('Heartbeat', 0)) await stranger.ask('elsewhere', 'Heartbeat', version, member);
  for (const version of versions('LeaveGroup', 0))
    await stranger.ask('elsewhere', 'LeaveGroup', version, {
      groupId,
      ...(version >= 3 ? { members: [{ memberId: 'nobody' }] } : { memberId: 'nobody' }),
    });
  const offset = { partitionIndex: 0, committedOffset: 1, committedMetadata: '' };
  const called = (name: string, version: number): object =>
    version >= OFFSETS_BY_TOPIC_ID ? { topicId: ids.get(name) ?? NO_TOPIC_ID } : { name };
  for (const version of versions('OffsetCommit', 2))
    await stranger.ask('elsewhere', 'OffsetCommit', version, {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: ['led-by-1', 'no-such-topic'].map((name) => ({ ...called(name, version), partitions: [offset] })),
    });
  for (const version of versions('OffsetFetch', 1)) {
    const wanted = [{ ...called('led-by-1', version), partitionIndexes: [0] }];
    await stranger.ask(
      'elsewhere',
      'OffsetFetch',
      version,
      version >= 8 ? { groups: [{ groupId, topics: wanted }] } : { groupId, topics: wanted },
    );
  }
  await stranger.ask('elsewhere', 'OffsetDelete', 0, {
    groupId,
    topics: [{ name: 'led-by-1', partitions: [{ partitionIndex: 0 }] }],
  });
  for (const version of versions('DescribeGroups', 0))
    await stranger.ask('elsewhere', 'DescribeGroups', version, { groups: [groupId] });
  for (const version of versions('DeleteGroups', 0))
    await stranger.ask('elsewhere', 'DeleteGroups', version, { groupsNames: [groupId] });
  for (const version of versions('ListGroups', 0)) await stranger.ask('elsewhere', 'ListGroups', version, {});
}

async function run(talk: Conversation): Promise<void> {
  const ids = await topics(talk);
  for (const id of BROKERS) await partitions(talk, id, ids);
  for (const id of BROKERS) await metadata(talk, id);
  await groups(talk, ids);
}

export const NODES: SharedScript = { name: 'nodes', brokers: 3, run };
