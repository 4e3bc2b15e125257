/** Answers that clients can tell from Kafka's: each was found by asking Apache Kafka the same. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { encodeBatch } from '../protocol/records.ts';
import type { Draft } from '../protocol/schema.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';
import type { TestWorld } from '../testing/test-world.ts';
import { type Call, combinedNode } from './testing/combined-node.ts';

/** A combined node with a topic `t` of one partition. */
function node(properties: Record<string, boolean> = {}) {
  const { world, call } = combinedNode(properties);
  call('CreateTopics', 5, { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }], timeoutMs: 1_000 });
  const latest = (): ResponseTypes['ListOffsets'] =>
    call('ListOffsets', 1, { replicaId: -1, topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] });
  world.runUntil(() => latest().topics[0]?.partitions[0]?.errorCode === ErrorCode.NONE, 10_000);
  return { world, call };
}

/** Until the coordinator of a group is there. */
function coordinated(world: TestWorld, call: Call, group: string): void {
  const coordinators = { keyType: 0, coordinatorKeys: [group] };
  world.runUntil(() => call('FindCoordinator', 4, coordinators).coordinators[0]?.errorCode === ErrorCode.NONE, 20_000);
  world.runUntil(() => call('DescribeGroups', 0, { groups: [group] }).groups[0]?.errorCode === ErrorCode.NONE, 20_000);
}

test('ApiVersions 5 with another cluster or node: the client is to begin anew; Kafka 4.4.0 takes both ids or none', (t) => {
  const { call } = node();
  const ask = (clusterId: string | null, nodeId: number): readonly [error: number, apis: boolean] => {
    const software = { clientSoftwareName: 'a', clientSoftwareVersion: '1' };
    const { errorCode, apiKeys } = call('ApiVersions', 5, { ...software, clusterId, nodeId });
    return [errorCode, apiKeys.length > 0];
  };
  const own = 'c1usterAAAAAAAAAAAAAAA';
  t.deepEqual(ask(null, -1), [ErrorCode.NONE, true]);
  t.deepEqual(ask(own, 1), [ErrorCode.NONE, true]);
  for (const [clusterId, nodeId] of [
    [own, -1],
    [null, 1],
    ['', -1],
  ] as const)
    t.deepEqual(ask(clusterId, nodeId), [ErrorCode.INVALID_REQUEST, false]);
  for (const [clusterId, nodeId] of [
    ['another', 1],
    [own, 2],
    [own, -2],
  ] as const)
    t.deepEqual(ask(clusterId, nodeId), [ErrorCode.REBOOTSTRAP_REQUIRED, false]);
  // On the same connection.
  t.deepEqual(ask(own, 1), [ErrorCode.NONE, true]);
  const unnamed = { clientSoftwareName: '', clientSoftwareVersion: '1', clusterId: 'another', nodeId: 1 };
  t.is(call('ApiVersions', 5, unnamed).errorCode, ErrorCode.INVALID_REQUEST);
});

test('a controller of Kafka 4.4.0 looks at the form of ApiVersions 5, and not at whom the client wants', (t) => {
  const { call } = node();
  const ask = (more: Draft<RequestTypes['ApiVersions']>): number => {
    const request = { clientSoftwareName: 'a', clientSoftwareVersion: '1', ...more };
    return call('ApiVersions', 5, request, 9093).errorCode;
  };
  t.is(ask({ clusterId: 'another', nodeId: 7 }), ErrorCode.NONE);
  t.is(ask({ nodeId: 7 }), ErrorCode.INVALID_REQUEST);
  t.is(ask({ clientSoftwareName: '-' }), ErrorCode.INVALID_REQUEST);
});

test('Metadata tells of a topic once, and knows ids since version 12', (t) => {
  const { call } = node();
  const twice = call('Metadata', 9, { topics: [{ name: 't' }, { name: 't' }], allowAutoTopicCreation: false });
  t.is(twice.topics.length, 1);
  const topicId = call('Metadata', 12, { topics: null }).topics[0]?.topicId ?? '';
  const byId = { topics: [{ topicId, name: null }], allowAutoTopicCreation: false };
  t.is(call('Metadata', 12, byId).topics[0]?.name, 't');
  t.like(call('Metadata', 11, byId).topics[0], { errorCode: ErrorCode.INVALID_REQUEST, name: '' });
  const nothing = { topics: [{ topicId: ZERO_UUID, name: null }], allowAutoTopicCreation: false };
  t.is(call('Metadata', 12, nothing).topics[0]?.errorCode, ErrorCode.UNKNOWN_SERVER_ERROR);
});

test('an error of the whole Metadata request is in its own place since version 13', (t) => {
  const { call } = node();
  const nothing = { topics: [{ topicId: ZERO_UUID, name: null }], allowAutoTopicCreation: false };
  t.is(call('Metadata', 13, nothing).errorCode, ErrorCode.UNKNOWN_SERVER_ERROR);
  t.is(call('Metadata', 13, { topics: null }).errorCode, ErrorCode.NONE);
});

test('Produce takes one whole batch, and zstd since version 7', (t) => {
  const { world, call } = node();
  const timestamp = world.environment('client').clock.wallMs();
  const plain = encodeBatch([{ key: null, value: Uint8Array.of(1), timestamp }]);
  const zstd = encodeBatch([{ key: null, value: Uint8Array.of(1), timestamp }], { compression: 'zstd' });
  const produce = (records: Uint8Array | null, version = 9): number => {
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
    return (
      call('Produce', version, { acks: -1, timeoutMs: 1_000, topicData }).responses[0]?.partitionResponses[0]?.errorCode ?? -2
    );
  };
  const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => Uint8Array.of(...a, ...b);
  t.is(produce(zstd, 6), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
  t.is(produce(zstd, 7), ErrorCode.NONE);
  t.is(produce(joined(plain, Uint8Array.of(1, 2, 3))), ErrorCode.NONE);
  t.is(produce(joined(plain, plain)), ErrorCode.INVALID_RECORD);
  t.is(produce(plain.subarray(0, -3)), ErrorCode.INVALID_RECORD);
  t.is(produce(Uint8Array.of(1, 2, 3)), ErrorCode.INVALID_RECORD);
  t.is(produce(null), ErrorCode.INVALID_RECORD);
  t.is(produce(new Uint8Array(100)), ErrorCode.CORRUPT_MESSAGE);
});

test('Produce 13 goes by topic ids: in Kafka 4.4.0 an id that is unknown is refused for each partition', (t) => {
  const { world, call } = node();
  const idOf = (): string => call('Metadata', 13, { topics: [{ name: 't' }] }).topics[0]?.topicId ?? '';
  const send = (topicId: string, ...indexes: number[]): readonly (readonly [index: number, error: number, offset: number])[] => {
    const timestamp = world.environment('client').clock.wallMs();
    const records = encodeBatch([{ key: null, value: null, timestamp }]);
    const topicData = [{ topicId, partitionData: indexes.map((index) => ({ index, records })) }];
    const { responses } = call('Produce', 13, { acks: -1, timeoutMs: 1_000, topicData });
    t.is(responses[0]?.topicId, topicId);
    return (responses[0]?.partitionResponses ?? []).map(({ index, errorCode, baseOffset }) => [index, errorCode, baseOffset]);
  };
  const topicId = idOf();
  t.deepEqual(send(topicId, 0), [[0, ErrorCode.NONE, 0]]);
  t.deepEqual(send(topicId, 9), [[9, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1]]);
  for (const unknown of ['AAAAAAAAAAAAAAAAAAAAAQ', ZERO_UUID])
    t.deepEqual(send(unknown, 0, 9), [
      [0, ErrorCode.UNKNOWN_TOPIC_ID, -1],
      [9, ErrorCode.UNKNOWN_TOPIC_ID, -1],
    ]);
  call('DeleteTopics', 6, { topics: [{ name: 't' }], timeoutMs: 1_000 });
  call('CreateTopics', 7, { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }], timeoutMs: 1_000 });
  world.runUntil(() => ![topicId, ZERO_UUID].includes(idOf()), 10_000);
  t.deepEqual(send(topicId, 0), [[0, ErrorCode.UNKNOWN_TOPIC_ID, -1]]);
  // Versions that go by names know no such error, whatever the name.
  const records = encodeBatch([{ key: null, value: null, timestamp: 0 }]);
  const topicData = [{ name: '', partitionData: [{ index: 0, records }] }];
  const byName = call('Produce', 12, { acks: -1, timeoutMs: 1_000, topicData });
  t.is(byName.responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test('a failed append tells where the log starts if the log was asked; a duplicate, from when it is', (t) => {
  const { world, call } = node();
  const timestamp = world.environment('client').clock.wallMs();
  const send = (baseSequence: number): ResponseTypes['Produce']['responses'][0]['partitionResponses'][0] | undefined => {
    const records = encodeBatch([{ key: null, value: null, timestamp }], { producerId: 5, producerEpoch: 0, baseSequence });
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
    return call('Produce', 9, { acks: -1, timeoutMs: 1_000, topicData }).responses[0]?.partitionResponses[0];
  };
  t.like(send(0), { errorCode: 0, logAppendTimeMs: -1 });
  t.like(send(0), { errorCode: 0, baseOffset: 0, logAppendTimeMs: timestamp });
  t.like(send(7), { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, logStartOffset: 0 });
});

test('ListOffsets knows each special timestamp since its version, and answers for a partition once', (t) => {
  const { call } = node();
  const ask = (version: number, timestamp: number, count = 1): ResponseTypes['ListOffsets']['topics'][0]['partitions'] => {
    const partitions = Array.from({ length: count }, () => ({ partitionIndex: 0, timestamp }));
    return call('ListOffsets', version, { replicaId: -1, topics: [{ name: 't', partitions }] }).topics[0]?.partitions ?? [];
  };
  for (const [timestamp, since] of [
    [-3, 7],
    [-4, 8],
  ] as const) {
    t.is(ask(since - 1, timestamp)[0]?.errorCode, ErrorCode.UNSUPPORTED_VERSION);
    t.is(ask(since, timestamp)[0]?.errorCode, ErrorCode.NONE);
  }
  for (const [version, timestamp] of [
    [10, -6],
    [10, -99],
    [11, -99],
  ] as const)
    t.is(ask(version, timestamp)[0]?.errorCode, ErrorCode.UNSUPPORTED_VERSION);
  // Kafka 4.4.0 without tiered storage: nothing waits to be uploaded.
  t.like(ask(11, -6)[0], { errorCode: ErrorCode.NONE, offset: -1, timestamp: -1, leaderEpoch: -1 });
  const twice = ask(5, -1, 2);
  t.is(twice.length, 1);
  t.is(twice[0]?.errorCode, ErrorCode.INVALID_REQUEST);
});

test('what cannot be meant is refused', (t) => {
  const { call } = node();
  const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100 }] }];
  t.is(
    call('Fetch', 11, { sessionEpoch: -1, maxWaitMs: 0, isolationLevel: 2, topics }).errorCode,
    ErrorCode.UNKNOWN_SERVER_ERROR,
  );
  const cursor = (topicName: string, partitionIndex: number): number | undefined =>
    call('DescribeTopicPartitions', 0, { topics: [{ name: 't' }], cursor: { topicName, partitionIndex } }).topics[0]?.errorCode;
  t.is(cursor('t', 0), ErrorCode.NONE);
  t.is(cursor('t', -1), ErrorCode.INVALID_REQUEST);
  t.is(cursor('u', 0), ErrorCode.INVALID_REQUEST);
  const producers = call('DescribeProducers', 0, { topics: [{ name: 'bad name', partitionIndexes: [0] }] });
  t.is(producers.topics[0]?.partitions[0]?.errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION);
  const elected = call('ElectLeaders', 2, {
    electionType: 5,
    topicPartitions: [{ topic: 't', partitions: [0] }],
    timeoutMs: 1_000,
  });
  t.is(elected.replicaElectionResults[0]?.partitionResult[0]?.errorCode, ErrorCode.INVALID_REQUEST);
});

test('ApiVersions wants a proper name of the client, and offers Produce from 0', (t) => {
  const { call } = node();
  const named = (clientSoftwareName: string): ResponseTypes['ApiVersions'] =>
    call('ApiVersions', 3, { clientSoftwareName, clientSoftwareVersion: '1.0' });
  t.like(named(' bad'), { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] });
  const { errorCode, apiKeys } = named('good');
  t.is(errorCode, ErrorCode.NONE);
  t.is(apiKeys.find(({ apiKey }) => apiKey === 0)?.minVersion, 0);
});

test('weaker synonyms are told only beside the strongest, and of the cluster only what is dynamic', (t) => {
  const { world, call } = node();
  const names = (resourceType: number, resourceName: string, key: string): string[] => {
    const resources = [{ resourceType, resourceName, configurationKeys: [key] }];
    const { results } = call('DescribeConfigs', 4, { resources, includeSynonyms: true });
    return (results[0]?.configs[0]?.synonyms ?? []).map(({ name }) => name);
  };
  t.deepEqual(names(2, 't', 'retention.ms'), []);
  t.deepEqual(names(2, 't', 'segment.bytes'), ['log.segment.bytes']);
  const configs = [{ name: 'log.flush.interval.ms', configOperation: 0, value: '70000' }];
  call('IncrementalAlterConfigs', 1, { resources: [{ resourceType: 4, resourceName: '', configs }], validateOnly: false });
  world.runUntil(() => names(4, '', 'log.flush.interval.ms').length > 0, 5_000);
  t.deepEqual(names(4, '', 'log.flush.interval.ms'), ['log.flush.interval.ms']);
  t.deepEqual(names(2, 't', 'flush.ms'), ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms']);
});

test('InitProducerId wants a producer id and its epoch, or neither', (t) => {
  const { world, call } = node();
  const init = (producerId: number, producerEpoch: number): ResponseTypes['InitProducerId'] =>
    call('InitProducerId', 3, { transactionalId: null, transactionTimeoutMs: 1_000, producerId, producerEpoch });
  world.runUntil(() => init(-1, -1).errorCode === ErrorCode.NONE, 10_000);
  t.is(init(5, 0).errorCode, ErrorCode.NONE);
  t.like(init(5, -1), { errorCode: ErrorCode.INVALID_REQUEST, producerId: -1, producerEpoch: -1 });
  t.like(init(-1, 0), { errorCode: ErrorCode.INVALID_REQUEST, producerId: -1, producerEpoch: -1 });
});

test('ListOffsets tells of the first record where none has a timestamp', (t) => {
  const { call } = node();
  const ask = (): ResponseTypes['ListOffsets']['topics'][0]['partitions'][0] | undefined =>
    call('ListOffsets', 7, { replicaId: -1, topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -3 }] }] })
      .topics[0]?.partitions[0];
  t.like(ask(), { errorCode: ErrorCode.NONE, offset: -1, timestamp: -1 });
  const records = encodeBatch([1, 2].map((value) => ({ key: null, value: Uint8Array.of(value), timestamp: -1 })));
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
  for (let count = 0; count < 2; count++) {
    const [answer] = call('Produce', 9, { acks: -1, timeoutMs: 1_000, topicData }).responses[0]?.partitionResponses ?? [];
    t.is(answer?.errorCode, ErrorCode.NONE);
  }
  t.like(ask(), { errorCode: ErrorCode.NONE, offset: 0, timestamp: -1 });
});

test('OffsetCommit and OffsetDelete answer first what they refuse', (t) => {
  const { world, call } = node();
  coordinated(world, call, 'g');
  const asked = (offset: object) =>
    [
      ['t', [0, 9]],
      ['nobody', [0]],
      ['t', [0]],
    ].map(([name, partitions]) => ({
      name: name as string,
      partitions: (partitions as number[]).map((partitionIndex) => ({ partitionIndex, ...offset })),
    }));
  const commit = (topics: ReturnType<typeof asked>) => {
    const body = { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics };
    return call('OffsetCommit', 7, body).topics.map(({ name, partitions }) => [
      name,
      partitions.map(({ partitionIndex }) => partitionIndex),
    ]);
  };
  const topics = asked({ committedOffset: 1, committedMetadata: '' });
  t.deepEqual(commit(topics.slice(0, 2)), [
    ['t', [9, 0]],
    ['nobody', [0]],
  ]);
  t.deepEqual(commit(topics.slice(1).toReversed()), [
    ['nobody', [0]],
    ['t', [0]],
  ]);
  const removed = call('OffsetDelete', 0, { groupId: 'g', topics: asked({}).slice(1).toReversed() });
  t.deepEqual(
    removed.topics.map(({ name }) => name),
    ['nobody', 't'],
  );
});

test('OffsetCommit 10 and OffsetFetch 10 know topics by their ids, and no name (4.1)', (t) => {
  const { world, call } = node();
  const before = call('Metadata', 12, { topics: [{ name: 't' }] }).topics[0]?.topicId ?? '';
  const [stranger, another] = ['AAAAAAAAAAAAAAAAAAAABw', 'AAAAAAAAAAAAAAAAAAAACA'];
  coordinated(world, call, 'g');
  const partition = { partitionIndex: 0, committedOffset: 1, committedMetadata: '' };
  const commit = (...ids: string[]) => {
    const topics = ids.map((topicId) => ({ name: 't', topicId, partitions: [partition] }));
    const answer = call('OffsetCommit', 10, { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics });
    return answer.topics.map(({ name, topicId, partitions }) => [name, topicId, partitions[0]?.errorCode]);
  };
  const fetch = (...ids: string[]) => {
    const topics = ids.map((topicId) => ({ topicId, partitionIndexes: [0] }));
    const [group] = call('OffsetFetch', 10, { groups: [{ groupId: 'g', topics }] }).groups;
    return group?.topics.map(({ topicId, partitions: [of] }) => [topicId, of?.errorCode, of?.committedOffset]);
  };
  const all = () => call('OffsetFetch', 10, { groups: [{ groupId: 'g', topics: null }] }).groups[0]?.topics;
  const { UNKNOWN_TOPIC_ID } = ErrorCode;
  // What is not known comes first in the answer to a commit, and last in that to a fetch.
  t.deepEqual(commit(before, stranger, another), [
    ['', stranger, UNKNOWN_TOPIC_ID],
    ['', another, UNKNOWN_TOPIC_ID],
    ['', before, ErrorCode.NONE],
  ]);
  t.deepEqual(commit(ZERO_UUID), [['', ZERO_UUID, UNKNOWN_TOPIC_ID]]);
  t.deepEqual(fetch(stranger, before, ZERO_UUID), [
    [before, ErrorCode.NONE, 1],
    [stranger, UNKNOWN_TOPIC_ID, -1],
    [ZERO_UUID, UNKNOWN_TOPIC_ID, -1],
  ]);
  t.like(all(), [{ topicId: before, partitions: [{ committedOffset: 1 }] }]);
  const offset = { partitionIndex: 9, committedOffset: 1, committedMetadata: '' };
  const ninth = call('OffsetCommit', 10, {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [{ topicId: before, partitions: [offset, partition] }],
  });
  t.like(ninth.topics, [
    {
      topicId: before,
      partitions: [
        { partitionIndex: 9, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
        { partitionIndex: 0, errorCode: ErrorCode.NONE },
      ],
    },
  ]);
  // A topic that is made again is another one.
  call('DeleteTopics', 5, { topicNames: ['t'], timeoutMs: 1_000 });
  world.runUntil(() => call('Metadata', 12, { topics: [{ name: 't' }] }).topics[0]?.errorCode !== ErrorCode.NONE, 10_000);
  call('CreateTopics', 5, { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }], timeoutMs: 1_000 });
  const after = call('Metadata', 12, { topics: [{ name: 't' }] }).topics[0]?.topicId ?? '';
  t.not(before, after);
  t.deepEqual(commit(before), [['', before, UNKNOWN_TOPIC_ID]]);
  t.deepEqual(fetch(before, after), [
    [after, ErrorCode.NONE, -1],
    [before, UNKNOWN_TOPIC_ID, -1],
  ]);
  t.deepEqual(all(), []);
});

test('TxnOffsetCommit is answered by names, and by ids from version 6 on (4.4)', (t) => {
  const { world, call } = node({ 'transaction.partition.verification.enable': false });
  const topicId = call('Metadata', 12, { topics: [{ name: 't' }] }).topics[0]?.topicId ?? '';
  const stranger = 'AAAAAAAAAAAAAAAAAAAABw';
  const commit = (version: number, topics: readonly { name: string; topicId: string; partitions: readonly number[] }[]) => {
    const asked = topics.map(({ partitions, ...topic }) => ({
      ...topic,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex, committedOffset: 5, committedMetadata: 'm' })),
    }));
    const of = { transactionalId: 'tx', groupId: 'g', producerId: 7, producerEpoch: 0 };
    const answer = call('TxnOffsetCommit', version, { ...of, topics: asked });
    return answer.topics.map(({ name, topicId: id, partitions }) => [
      version < 6 ? name : id,
      partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
    ]);
  };
  const { NONE, UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION, NOT_COORDINATOR } = ErrorCode;
  const all = [
    { name: 't', topicId, partitions: [0, 9] },
    { name: 'nobody', topicId: stranger, partitions: [0] },
  ];
  t.deepEqual(commit(6, all.slice(1)), [[stranger, [[0, UNKNOWN_TOPIC_ID]]]], 'no coordinator is asked for what is not known');
  t.deepEqual(commit(3, all.slice(0, 1)), [
    [
      't',
      [
        [9, UNKNOWN_TOPIC_OR_PARTITION],
        [0, NOT_COORDINATOR],
      ],
    ],
  ]);
  coordinated(world, call, 'g');
  for (let version = 0; version <= 5; version++) {
    t.deepEqual(commit(version, all), [
      [
        't',
        [
          [9, UNKNOWN_TOPIC_OR_PARTITION],
          [0, NONE],
        ],
      ],
      ['nobody', [[0, UNKNOWN_TOPIC_OR_PARTITION]]],
    ]);
  }
  t.deepEqual(commit(6, all), [
    [
      topicId,
      [
        [9, UNKNOWN_TOPIC_OR_PARTITION],
        [0, NONE],
      ],
    ],
    [stranger, [[0, UNKNOWN_TOPIC_ID]]],
  ]);
  const fetched = call('OffsetFetch', 9, {
    groups: [{ groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }],
    requireStable: true,
  });
  t.is(fetched.groups[0]?.topics[0]?.partitions[0]?.errorCode, ErrorCode.UNSTABLE_OFFSET_COMMIT);
});

test('OffsetFetch of no groups is answered with none', (t) => {
  const { call } = node();
  t.deepEqual(call('OffsetFetch', 10, { groups: [] }).groups, []);
  t.deepEqual(call('OffsetFetch', 8, { groups: [] }).groups, []);
});

test('a group that is absent is an error to DescribeGroups 6 and DeleteGroups 3, with a message to the former alone (4.4)', (t) => {
  const { world, call } = node();
  coordinated(world, call, 'g');
  const dead = { groupId: 'g', groupState: 'Dead' };
  t.like(call('DescribeGroups', 5, { groups: ['g'] }).groups, [{ ...dead, errorCode: ErrorCode.NONE }]);
  const errorCode = ErrorCode.GROUP_ID_NOT_FOUND;
  t.like(call('DescribeGroups', 6, { groups: ['g'] }).groups, [{ ...dead, errorCode, errorMessage: 'Group g not found.' }]);
  t.deepEqual(call('DeleteGroups', 3, { groupsNames: ['g'] }).results, [{ groupId: 'g', errorCode, errorMessage: null }]);
});

test('metadata of an offset are as long as they have characters, not bytes', (t) => {
  const { world, call } = node();
  coordinated(world, call, 'g');
  const commit = (committedMetadata: string) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata }] }];
    const answer = call('OffsetCommit', 9, { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics });
    return answer.topics[0]?.partitions[0]?.errorCode;
  };
  t.is(commit('\u00e9'.repeat(4_096)), ErrorCode.NONE);
  t.is(commit('e'.repeat(4_097)), ErrorCode.OFFSET_METADATA_TOO_LARGE);
});

test('before the topic of the coordinators exists there is none for any group; then all goes on as usual', (t) => {
  const { world, call } = node();
  const groups = ['g'];
  const errors = () => [
    call('JoinGroup', 3, { groupId: 'g', sessionTimeoutMs: 10_000, protocolType: 'consumer', protocols: [] }).errorCode,
    call('SyncGroup', 3, { groupId: 'g' }).errorCode,
    call('Heartbeat', 3, { groupId: 'g' }).errorCode,
    call('LeaveGroup', 3, { groupId: 'g', members: [{ memberId: 'm' }] }).errorCode,
    call('DescribeGroups', 6, { groups }).groups[0]?.errorCode,
    call('DeleteGroups', 3, { groupsNames: groups }).results[0]?.errorCode,
    call('OffsetFetch', 8, { groups: [{ groupId: 'g', topics: null }] }).groups[0]?.errorCode,
    call('OffsetDelete', 0, { groupId: 'g', topics: [] }).errorCode,
    call('OffsetCommit', 9, {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
    }).topics[0]?.partitions[0]?.errorCode,
  ];
  t.deepEqual(errors(), new Array(9).fill(ErrorCode.NOT_COORDINATOR));
  t.like(call('ListGroups', 5, {}), { errorCode: ErrorCode.NONE, groups: [] });
  const { COORDINATOR_NOT_AVAILABLE, UNKNOWN_MEMBER_ID, INCONSISTENT_GROUP_PROTOCOL, NONE, GROUP_ID_NOT_FOUND } = ErrorCode;
  const [found] = call('FindCoordinator', 4, { keyType: 0, coordinatorKeys: groups }).coordinators;
  t.is(found?.errorCode, COORDINATOR_NOT_AVAILABLE);
  coordinated(world, call, 'g');
  t.deepEqual(errors(), [
    INCONSISTENT_GROUP_PROTOCOL,
    UNKNOWN_MEMBER_ID,
    UNKNOWN_MEMBER_ID,
    NONE,
    NONE,
    NONE,
    NONE,
    GROUP_ID_NOT_FOUND,
    NONE,
  ]);
});

test('DeleteRecords tells of an internal topic that is not there as of any other', (t) => {
  const { world, call } = node();
  const topics = [{ name: '__consumer_offsets', partitions: [{ partitionIndex: 0, offset: 0 }] }];
  const errorCode = (): number | undefined =>
    call('DeleteRecords', 0, { topics, timeoutMs: 1_000 }).topics[0]?.partitions[0]?.errorCode;
  t.is(errorCode(), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  call('FindCoordinator', 2, { keyType: 0, key: 'g' });
  world.runUntil(() => errorCode() === ErrorCode.INVALID_TOPIC_EXCEPTION, 10_000);
  t.is(errorCode(), ErrorCode.INVALID_TOPIC_EXCEPTION);
});

test('groups and subscriptions to metrics have configs, which need nothing but a name', (t) => {
  const { world, call } = node();
  const [GROUP, METRICS] = [32, 16];
  const alter = (resourceType: number, resourceName: string, name: string, value: string): number | undefined => {
    const configs = [{ name, value, configOperation: 0 }];
    return call('IncrementalAlterConfigs', 1, { resources: [{ resourceType, resourceName, configs }] }).responses[0]?.errorCode;
  };
  const described = (resourceType: number, resourceName: string) =>
    call('DescribeConfigs', 4, { resources: [{ resourceType, resourceName, configurationKeys: null }] }).results[0];
  t.is(described(GROUP, 'g')?.errorCode, ErrorCode.NONE);
  t.is(described(GROUP, '')?.errorCode, ErrorCode.INVALID_REQUEST);
  t.is(described(METRICS, 'm')?.configs.length, 3);
  t.is(alter(GROUP, 'g', 'consumer.session.timeout.ms', '50000'), ErrorCode.NONE);
  t.is(alter(GROUP, 'g', 'consumer.session.timeout.ms', '5'), ErrorCode.INVALID_CONFIG);
  t.is(alter(GROUP, 'g', 'share.auto.offset.reset', 'by_duration:PT1H'), ErrorCode.NONE);
  t.is(alter(GROUP, 'g', 'share.auto.offset.reset', 'sometimes'), ErrorCode.INVALID_CONFIG);
  t.is(alter(GROUP, 'g', 'no.such.config', '5'), ErrorCode.INVALID_CONFIG);
  t.is(alter(GROUP, '', 'consumer.session.timeout.ms', '50000'), ErrorCode.INVALID_REQUEST);
  t.is(alter(METRICS, 'm', 'match', 'client_id=a.*'), ErrorCode.NONE);
  t.is(alter(METRICS, 'm', 'match', 'nobody=a.*'), ErrorCode.INVALID_CONFIG);
  t.is(alter(METRICS, 'm', 'interval.ms', '1'), ErrorCode.INVALID_REQUEST);
  t.is(alter(METRICS, 'm', 'no.such.config', '1'), ErrorCode.INVALID_REQUEST);
  const value = (resourceType: number, name: string, key: string): string | null | undefined =>
    described(resourceType, name)?.configs.find((config) => config.name === key)?.value;
  world.runUntil(() => value(METRICS, 'm', 'match') === 'client_id=a.*', 10_000);
  t.is(value(GROUP, 'g', 'consumer.session.timeout.ms'), '50000');
  t.is(value(GROUP, 'other', 'consumer.session.timeout.ms'), '45000');
});

test('ListConfigResources tells every broker and topic, but only those groups and subscriptions that have configs (KIP-1142)', (t) => {
  const { world, call } = node();
  const [TOPIC, BROKER, LOGGER, METRICS, GROUP] = [2, 4, 8, 16, 32];
  const list = (version: number, ...resourceTypes: number[]): (string | number)[] => {
    const { errorCode, configResources } = call('ListConfigResources', version, { resourceTypes });
    return errorCode === 0 ? configResources.map((found) => `${found.resourceType} ${found.resourceName}`) : [errorCode];
  };
  call('CreateTopics', 7, { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }], timeoutMs: 1_000 });
  const set = (resourceType: number, resourceName: string, name: string, value: string | null): void => {
    const configs = [{ name, value, configOperation: value === null ? 1 : 0 }];
    call('IncrementalAlterConfigs', 1, { resources: [{ resourceType, resourceName, configs }] });
  };
  set(GROUP, 'g', 'consumer.session.timeout.ms', '50000');
  set(METRICS, 'm', 'interval.ms', '60000');
  world.runUntil(() => list(1, METRICS).length > 0 && list(1, TOPIC).length > 0, 10_000);
  t.deepEqual(list(1), ['32 g', '16 m', '8 1', '4 1', '2 t']);
  t.deepEqual(list(1, TOPIC, GROUP), ['32 g', '2 t']);
  t.deepEqual(list(1, LOGGER, BROKER), ['8 1', '4 1']);
  // Of types that have no configs, and of those that nobody knows.
  for (const type of [1, 0, 77]) t.deepEqual(list(1, GROUP, type), [ErrorCode.UNSUPPORTED_VERSION]);
  // Before version 1 it is ListClientMetricsResources, which has no types.
  t.deepEqual(list(0), ['16 m']);
  set(GROUP, 'g', 'consumer.session.timeout.ms', null);
  world.runUntil(() => list(1, GROUP).length === 0, 10_000);
  t.deepEqual(list(1, GROUP), []);
});

test('a broker whose log directories are all cordoned gets no new replica, and serves those that it has (KIP-1066)', (t) => {
  const { world, call } = node();
  const set = (resourceName: string, value: string | null): number | undefined => {
    const configs = [{ name: 'cordoned.log.dirs', value, configOperation: value === null ? 1 : 0 }];
    return call('IncrementalAlterConfigs', 1, { resources: [{ resourceType: 4, resourceName, configs }] }).responses[0]
      ?.errorCode;
  };
  const create = (name: string, manual = false): number | undefined => {
    const assignments = manual ? [{ partitionIndex: 0, brokerIds: [1] }] : [];
    const topic = { name, numPartitions: manual ? -1 : 1, replicationFactor: manual ? -1 : 1, assignments };
    return call('CreateTopics', 7, { topics: [topic], timeoutMs: 1_000 }).topics[0]?.errorCode;
  };
  const grow = (assignments: { brokerIds: number[] }[] | null): number | undefined =>
    call('CreatePartitions', 3, { topics: [{ name: 't', count: 2, assignments }], timeoutMs: 1_000 }).results[0]?.errorCode;
  const isCordoned = (version: number): boolean | undefined =>
    call('DescribeLogDirs', version, { topics: null }).results[0]?.isCordoned;

  t.is(set('', '*'), ErrorCode.INVALID_REQUEST, 'each broker has its own');
  t.is(set('1', '/nowhere'), ErrorCode.INVALID_REQUEST, 'no log directory');
  t.is(set('1', '*,data'), ErrorCode.INVALID_REQUEST, 'all, and one of them');
  t.false(isCordoned(5));
  t.is(set('1', '*'), ErrorCode.NONE);
  world.runUntil(() => create('refused') !== ErrorCode.NONE, 10_000);
  t.is(create('other'), ErrorCode.INVALID_REPLICATION_FACTOR);
  t.is(create('other', true), ErrorCode.INVALID_REPLICA_ASSIGNMENT);
  t.is(grow(null), ErrorCode.INVALID_REPLICATION_FACTOR);
  t.is(grow([{ brokerIds: [1] }]), ErrorCode.INVALID_REPLICA_ASSIGNMENT);
  t.true(isCordoned(5));
  t.falsy(isCordoned(4));
  for (let asked = 0; asked < 2; asked++) {
    const { topics } = call('Metadata', 9, { topics: [{ name: 'made-by-itself' }], allowAutoTopicCreation: true });
    t.is(topics[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    world.run(500);
  }
  const records = encodeBatch([{ key: null, value: new Uint8Array(3), timestamp: 0 }]);
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
  const produced = call('Produce', 9, { acks: -1, timeoutMs: 1_000, topicData });
  t.is(produced.responses[0]?.partitionResponses[0]?.errorCode, ErrorCode.NONE);
  t.is(set('1', null), ErrorCode.NONE);
  world.runUntil(() => create('other') === ErrorCode.NONE, 10_000);
  t.false(isCordoned(5));
});

test('one config without a meaning here does not refuse the others of its resource', (t) => {
  const { world, call } = node();
  const configs = [
    { name: 'num.io.threads', value: '4', configOperation: 0 },
    { name: 'somebody.elses.property', value: 'x', configOperation: 0 },
    { name: 'log.retention.ms', value: '900000000', configOperation: 0 },
  ];
  const resources = [{ resourceType: 4, resourceName: '', configs }];
  t.is(call('IncrementalAlterConfigs', 1, { resources }).responses[0]?.errorCode, ErrorCode.NONE);
  const described = (): ResponseTypes['DescribeConfigs']['results'][0] | undefined =>
    call('DescribeConfigs', 4, { resources: [{ resourceType: 4, resourceName: '', configurationKeys: null }] }).results[0];
  world.runUntil(() => described()?.configs.length === 4, 10_000);
  t.deepEqual(
    described()
      ?.configs.map(({ name, value }) => [name, value])
      .toSorted(),
    [
      ['log.retention.ms', '900000000'],
      // Of every new cluster with eligible leader replicas.
      ['min.insync.replicas', '1'],
      ['num.io.threads', '4'],
      ['somebody.elses.property', null],
    ],
  );
});
