/** A node with an authorizer, asked by clients of two hosts. Nobody authenticates, so hosts are what the ACLs tell apart. */
import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { encodeBatch } from '../protocol/records.ts';
import type { Draft } from '../protocol/schema.ts';
import { AclOperation, AclResourceType } from '../security/acl.ts';
import { STANDARD_AUTHORIZER } from '../config/authorizer.ts';
import { combinedNode } from './testing/combined-node.ts';

const { ALL, READ, WRITE, CREATE, DELETE, DESCRIBE, DESCRIBE_CONFIGS, CLUSTER_ACTION } = AclOperation;
const { TOPIC, GROUP, CLUSTER, TRANSACTIONAL_ID } = AclResourceType;

const DENIED = {
  topic: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  group: ErrorCode.GROUP_AUTHORIZATION_FAILED,
  cluster: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
};

type Call = <A extends ApiName>(api: A, request: Draft<RequestTypes[A]>, version?: number) => ResponseTypes[A];

/** The node and the host `admin` may do everything; the host `client` what `allow` gives it. */
function setUp(properties: Record<string, string | boolean> = {}) {
  const { world, callFrom: versionedFrom } = combinedNode({
    'offsets.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'authorizer.class.name': STANDARD_AUTHORIZER,
    // Until there are ACLs the node itself needs this: on one listener it is as anonymous as everyone.
    'allow.everyone.if.no.acl.found': true,
    ...properties,
  });
  const callFrom = (host: string): Call => {
    const call = versionedFrom(host);
    return (api, request, version) => call(api, version, request);
  };
  const admin = callFrom('admin');
  const entry = (host: string, resourceType: number, resourceName: string, operation: number) => ({
    resourceType,
    resourceName,
    resourcePatternType: 3,
    principal: 'User:ANONYMOUS',
    host,
    operation,
    permissionType: 3,
  });
  const allow = (resourceType: number, resourceName: string, operation: number): void => {
    const { results } = admin('CreateAcls', { creations: [entry('client', resourceType, resourceName, operation)] });
    if (results[0]?.errorCode !== 0) throw new Error(`CreateAcls: ${results[0]?.errorMessage}`);
    world.run(100);
  };
  if (properties['authorizer.class.name'] !== '') {
    const creations = ['n1', 'admin'].flatMap((host) => [
      entry(host, CLUSTER, 'kafka-cluster', ALL),
      entry(host, TOPIC, '*', ALL),
      entry(host, GROUP, '*', ALL),
      entry(host, TRANSACTIONAL_ID, '*', ALL),
    ]);
    admin('CreateAcls', { creations });
    world.run(100);
  }
  admin('CreateTopics', { topics: [{ name: 'orders', numPartitions: 1, replicationFactor: 1 }], timeoutMs: 5_000 });
  world.run(1_000);
  return { world, admin, client: callFrom('client'), allow };
}

/** Later versions give topic ids, and no names. */
const LAST_PRODUCE_OF_NAMES = 12;

function produceTo(call: Call, topic: string): number | undefined {
  const records = encodeBatch([{ key: null, value: Uint8Array.of(1), timestamp: 1_700_000_000_000 }]);
  const request = { acks: -1, timeoutMs: 5_000, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] };
  return call('Produce', request, LAST_PRODUCE_OF_NAMES).responses[0]?.partitionResponses[0]?.errorCode;
}

function fetchFrom(call: Call, topic: string, replicaId = -1): number | undefined {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, currentLeaderEpoch: -1 }];
  const request = {
    replicaId,
    maxWaitMs: 10,
    minBytes: 0,
    maxBytes: 1_000_000,
    sessionEpoch: -1,
    topics: [{ topic, partitions }],
  };
  return call('Fetch', request, 12).responses[0]?.partitions[0]?.errorCode;
}

test('a topic is written, read and described by those who may', (t) => {
  const { client, allow } = setUp();
  const metadata = (name: string) => {
    const { topics } = client('Metadata', { topics: [{ name }], allowAutoTopicCreation: false });
    return [topics[0]?.errorCode, topics[0]?.partitions.length];
  };
  const listOffsets = () => {
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch: -1 }] }];
    return client('ListOffsets', { replicaId: -1, topics }).topics[0]?.partitions[0]?.errorCode;
  };
  t.is(produceTo(client, 'orders'), DENIED.topic);
  t.is(fetchFrom(client, 'orders'), DENIED.topic);
  t.is(listOffsets(), DENIED.topic);
  // The answer is the same whether the topic exists or not.
  t.deepEqual(metadata('orders'), [DENIED.topic, 0]);
  t.deepEqual(metadata('absent'), [DENIED.topic, 0]);
  t.is(produceTo(client, 'absent'), DENIED.topic);
  t.deepEqual(client('Metadata', { topics: null }).topics, []);

  allow(TOPIC, 'orders', WRITE);
  t.is(produceTo(client, 'orders'), ErrorCode.NONE);
  t.is(fetchFrom(client, 'orders'), DENIED.topic);
  t.is(listOffsets(), ErrorCode.NONE);
  t.deepEqual(metadata('orders'), [ErrorCode.NONE, 1]);
  t.deepEqual(
    client('Metadata', { topics: null }).topics.map(({ name }) => name),
    ['orders'],
  );

  allow(TOPIC, 'orders', READ);
  t.is(fetchFrom(client, 'orders'), ErrorCode.NONE);
  // A follower is one of the cluster.
  t.is(fetchFrom(client, 'orders', 2), DENIED.topic);
});

test('a fetch session goes on without the topics that it may not read any more', (t) => {
  const { client, admin, allow, world } = setUp();
  allow(TOPIC, 'orders', READ);
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, currentLeaderEpoch: -1 }];
  const topics = [{ topic: 'orders', partitions }];
  const request = { replicaId: -1, maxWaitMs: 10, minBytes: 0, maxBytes: 1_000_000, topics };
  const first = client('Fetch', { ...request, sessionEpoch: 0 }, 12);
  t.is(first.responses[0]?.partitions[0]?.errorCode, ErrorCode.NONE);
  const filter = {
    resourceTypeFilter: TOPIC,
    resourceNameFilter: 'orders',
    patternTypeFilter: 3,
    operation: READ,
    permissionType: 1,
  };
  admin('DeleteAcls', { filters: [{ ...filter, principalFilter: null, hostFilter: null }] });
  world.run(100);
  const { sessionId } = first;
  const next = client('Fetch', { ...request, topics: [], sessionId, sessionEpoch: 1 }, 12);
  t.is(next.responses[0]?.partitions[0]?.errorCode, DENIED.topic);
});

test('an unknown topic is created in the name of the client who asks for it', (t) => {
  const { client, allow, world } = setUp();
  const ask = () => client('Metadata', { topics: [{ name: 'new' }], allowAutoTopicCreation: true }).topics[0]?.errorCode;
  allow(TOPIC, 'new', DESCRIBE);
  t.is(ask(), DENIED.topic);
  allow(TOPIC, 'new', CREATE);
  t.is(ask(), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  world.run(1_000);
  t.is(ask(), ErrorCode.NONE);
});

test('what the controller does, it does by the permissions of the client, whoever forwarded the request', (t) => {
  const { client, admin, allow } = setUp();
  const create = () => client('CreateTopics', { topics: [{ name: 'made', numPartitions: 1, replicationFactor: 1 }] }).topics[0];
  t.is(create()?.errorCode, DENIED.topic);
  allow(TOPIC, 'made', CREATE);
  t.is(create()?.errorCode, ErrorCode.NONE);
  t.is(client('ElectLeaders', { electionType: 0, topicPartitions: null }).errorCode, DENIED.cluster);
  t.is(client('DescribeQuorum', { topics: [] }).errorCode, DENIED.cluster);
  t.is(client('CreateAcls', { creations: [] }).results.length, 0);
  const anyText = { resourceNameFilter: null, principalFilter: null, hostFilter: null };
  const filters = [{ ...anyText, resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }];
  t.is(client('DeleteAcls', { filters }).filterResults[0]?.errorCode, DENIED.cluster);
  t.is(client('DescribeAcls', filters[0] ?? {}).errorCode, DENIED.cluster);
  const described = admin('DescribeAcls', { ...filters[0], resourceTypeFilter: TOPIC, resourceNameFilter: 'made' });
  t.deepEqual(described.resources, [
    {
      resourceType: TOPIC,
      resourceName: 'made',
      patternType: 3,
      acls: [{ principal: 'User:ANONYMOUS', host: 'client', operation: CREATE, permissionType: 3 }],
    },
  ]);
});

test('a group is joined, committed to, described and deleted by those who may', (t) => {
  const { client, admin, allow, world } = setUp();
  const topicId = admin('Metadata', { topics: [{ name: 'orders' }] }).topics[0]?.topicId ?? '';
  const find = () => client('FindCoordinator', { keyType: 0, coordinatorKeys: ['g'] }).coordinators[0]?.errorCode;
  const join = () =>
    client(
      'JoinGroup',
      {
        groupId: 'g',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        memberId: '',
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: new Uint8Array(0) }],
      },
      3,
    );
  const commit = (version = 9) => {
    const topics = [{ name: 'orders', topicId, partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: '' }] }];
    const request = { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics };
    return client('OffsetCommit', request, version).topics[0]?.partitions[0]?.errorCode;
  };
  const fetched = (version: number) => {
    const topics = [{ name: 'orders', topicId, partitionIndexes: [0] }];
    const answer = client('OffsetFetch', { groupId: 'g', topics, groups: [{ groupId: 'g', topics }] }, version);
    const group = answer.groups[0] ?? answer;
    return group.errorCode === 0 ? group.topics[0]?.partitions[0]?.errorCode : group.errorCode;
  };
  const describe = () => client('DescribeGroups', { groups: ['g'], includeAuthorizedOperations: true }).groups[0];
  const list = () => client('ListGroups', {}).groups.map(({ groupId }) => groupId);
  const remove = () => client('DeleteGroups', { groupsNames: ['g'] }).results[0]?.errorCode;
  t.is(find(), DENIED.group);
  t.is(join().errorCode, DENIED.group);
  t.is(commit(), DENIED.group);
  t.is(fetched(8), DENIED.group);
  t.is(fetched(7), DENIED.group);
  t.is(describe()?.errorCode, DENIED.group);
  t.is(remove(), DENIED.group);

  allow(GROUP, 'g', READ);
  world.runUntil(() => find() === ErrorCode.NONE, 20_000);
  world.runUntil(() => commit() !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, 20_000);
  t.is(commit(), DENIED.topic);
  t.is(commit(10), DENIED.topic);
  t.is(fetched(10), DENIED.topic);
  t.is(fetched(8), DENIED.topic);
  t.is(fetched(7), DENIED.topic);
  allow(TOPIC, 'orders', READ);
  t.is(commit(), ErrorCode.NONE);
  t.is(commit(10), ErrorCode.NONE);
  t.is(fetched(10), ErrorCode.NONE);
  t.is(fetched(8), ErrorCode.NONE);
  t.is(fetched(7), ErrorCode.NONE);
  t.is(describe()?.errorCode, ErrorCode.NONE);
  t.is(describe()?.authorizedOperations, (1 << READ) | (1 << DESCRIBE));
  t.deepEqual(list(), ['g']);
  t.is(remove(), DENIED.group);
  allow(GROUP, 'g', DELETE);
  t.is(remove(), ErrorCode.NONE);
});

test('offsets are committed in a transaction by who may use the transactional id, the group and the topic', (t) => {
  const { client, admin, allow, world } = setUp({ 'transaction.partition.verification.enable': false });
  world.runUntil(() => admin('FindCoordinator', { keyType: 0, coordinatorKeys: ['g'] }).coordinators[0]?.errorCode === 0, 20_000);
  const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: '' }];
  const of = { transactionalId: 'tx', groupId: 'g', producerId: 7, producerEpoch: 0 };
  const commit = () =>
    client('TxnOffsetCommit', { ...of, topics: [{ name: 'orders', partitions }] }, 3).topics[0]?.partitions[0]?.errorCode;
  t.is(commit(), ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  allow(TRANSACTIONAL_ID, 'tx', WRITE);
  t.is(commit(), DENIED.group);
  allow(GROUP, 'g', READ);
  t.is(commit(), DENIED.topic);
  allow(TOPIC, 'orders', READ);
  world.runUntil(() => commit() !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, 20_000);
  t.is(commit(), ErrorCode.NONE);
});

test('a group that may not be described is not listed', (t) => {
  const { client, admin, world, allow } = setUp();
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: '' }] }];
  const commit = () =>
    admin('OffsetCommit', { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics }, 9).topics[0]?.partitions[0]
      ?.errorCode;
  world.runUntil(() => admin('FindCoordinator', { keyType: 0, coordinatorKeys: ['g'] }).coordinators[0]?.errorCode === 0, 20_000);
  world.runUntil(() => commit() === ErrorCode.NONE, 20_000);
  t.deepEqual(client('ListGroups', {}).groups, []);
  allow(CLUSTER, 'kafka-cluster', DESCRIBE);
  t.deepEqual(
    client('ListGroups', {}).groups.map(({ groupId }) => groupId),
    ['g'],
  );
});

test('configurations, log directories and producer ids of the cluster', (t) => {
  const { client, allow } = setUp();
  const configs = (resourceType: number, resourceName: string) =>
    client('DescribeConfigs', { resources: [{ resourceType, resourceName, configurationKeys: null }] }).results[0]?.errorCode;
  const producerId = () => client('InitProducerId', { transactionalId: null, transactionTimeoutMs: 0 }).errorCode;
  t.is(configs(2, 'orders'), DENIED.topic);
  t.is(configs(4, '1'), DENIED.cluster);
  t.is(client('DescribeLogDirs', { topics: null }).errorCode, DENIED.cluster);
  t.is(producerId(), DENIED.cluster);
  const records = [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: 0 }] }];
  t.is(client('DeleteRecords', { topics: records, timeoutMs: 1000 }).topics[0]?.partitions[0]?.errorCode, DENIED.topic);

  allow(TOPIC, 'orders', DESCRIBE_CONFIGS);
  t.is(configs(2, 'orders'), ErrorCode.NONE);
  // Who may write somewhere may be idempotent (KIP-679).
  allow(TOPIC, 'orders', WRITE);
  t.not(producerId(), DENIED.cluster);
  allow(CLUSTER, 'kafka-cluster', DESCRIBE_CONFIGS);
  t.is(configs(4, '1'), ErrorCode.NONE);
});

test('a transactional id is used by those who may, for the whole of a request', (t) => {
  const { client, admin, allow, world } = setUp({
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.min.isr': '1',
  });
  const find = (call: Call) => call('FindCoordinator', { keyType: 1, coordinatorKeys: ['tx'] }).coordinators[0]?.errorCode;
  world.runUntil(() => find(admin) === ErrorCode.NONE, 10_000);
  const initOf = (call: Call) => call('InitProducerId', { transactionalId: 'tx', transactionTimeoutMs: 1_000 });
  world.runUntil(() => initOf(admin).errorCode === ErrorCode.NONE, 10_000);
  const { producerId, producerEpoch } = initOf(admin);
  const own = { transactionalId: 'tx', producerId, producerEpoch };
  const produce = (transactionalId: string | null) => {
    const one = { key: null, value: Uint8Array.of(1), timestamp: 1_700_000_000_000 };
    const records = encodeBatch([one], { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true });
    const topicData = [{ name: 'orders', partitionData: [{ index: 0, records }] }];
    const request = { transactionalId, acks: -1, timeoutMs: 5_000, topicData };
    return client('Produce', request, LAST_PRODUCE_OF_NAMES).responses[0]?.partitionResponses[0]?.errorCode;
  };
  const add = () => {
    const v3AndBelowTopics = [{ name: 'orders', partitions: [0] }];
    const request = { v3AndBelowTransactionalId: 'tx', v3AndBelowProducerId: producerId, v3AndBelowProducerEpoch: producerEpoch };
    const { resultsByTopicV3AndBelow } = client('AddPartitionsToTxn', { ...request, v3AndBelowTopics }, 3);
    return resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode;
  };
  const addForOthers = () => client('AddPartitionsToTxn', { transactions: [] }, 5).errorCode;
  const addOffsets = () => client('AddOffsetsToTxn', { ...own, groupId: 'g' }).errorCode;
  const end = () => client('EndTxn', { ...own, committed: true }, 4).errorCode;
  const describe = () => client('DescribeTransactions', { transactionalIds: ['tx'] }).transactionStates[0];
  const list = () => client('ListTransactions', {}).transactionStates.length;
  const denied = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  allow(TOPIC, 'orders', WRITE);
  for (const errorOf of [() => find(client), () => initOf(client).errorCode, () => produce('tx'), add, addOffsets, end]) {
    t.is(errorOf(), denied);
  }
  t.like(describe(), { errorCode: denied, topics: [] });
  t.is(list(), 0);
  t.is(addForOthers(), DENIED.cluster);
  allow(TRANSACTIONAL_ID, 'tx', WRITE);
  t.is(find(client), ErrorCode.NONE);
  t.is(add(), ErrorCode.NONE);
  t.like(describe(), { errorCode: ErrorCode.NONE, topics: [{ topic: 'orders' }] });
  t.is(list(), 1);
  t.is(addOffsets(), DENIED.group);
  allow(GROUP, 'g', READ);
  t.is(addOffsets(), ErrorCode.NONE);
  t.is(describe()?.topics.length, 1, 'of the offsets topic it may not know');
  t.is(end(), ErrorCode.NONE);
  t.not(initOf(client).errorCode, denied);
  t.not(produce('tx'), denied);
  // Records of a transaction that is not named.
  t.is(produce(null), denied);
  allow(CLUSTER, 'kafka-cluster', CLUSTER_ACTION);
  t.is(addForOthers(), ErrorCode.NONE);
});

test('what a client may do with topics and the cluster is told when it asks (KIP-430)', (t) => {
  const { client, admin, allow } = setUp();
  const cluster = (call: Call) => call('DescribeCluster', { endpointType: 1, includeClusterAuthorizedOperations: true });
  t.is(cluster(client).clusterAuthorizedOperations, 0);
  allow(CLUSTER, 'kafka-cluster', DESCRIBE);
  t.is(cluster(client).clusterAuthorizedOperations, 1 << DESCRIBE);
  t.is(cluster(admin).clusterAuthorizedOperations, 0b1_1111_1010_0000 & ~(1 << DELETE));
  allow(TOPIC, 'orders', WRITE);
  const { topics } = client('Metadata', { topics: [{ name: 'orders' }], includeTopicAuthorizedOperations: true });
  t.is(topics[0]?.topicAuthorizedOperations, (1 << WRITE) | (1 << DESCRIBE));
  const [described] = client('DescribeTopicPartitions', { topics: [{ name: 'orders' }], responsePartitionLimit: 9 }).topics;
  t.is(described?.topicAuthorizedOperations, (1 << WRITE) | (1 << DESCRIBE));
  const [hidden] = client('DescribeTopicPartitions', { topics: [{ name: 'absent' }], responsePartitionLimit: 9 }).topics;
  t.is(hidden?.errorCode, DENIED.topic);
});

test('without an authorizer ACLs are disabled, and everything is allowed', (t) => {
  const { client } = setUp({ 'authorizer.class.name': '' });
  t.is(produceTo(client, 'orders'), ErrorCode.NONE);
  const filter = { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 };
  t.is(client('DescribeAcls', filter).errorCode, ErrorCode.SECURITY_DISABLED);
  t.is(client('DeleteAcls', { filters: [filter] }).filterResults[0]?.errorCode, ErrorCode.SECURITY_DISABLED);
});
