import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import { endingAt, RELEASE_APIS } from '../../rpc/api-versions.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { TestWorld } from '../../testing/test-world.ts';
import { encodeAssignment } from '../assignors/assignor.ts';
import type { KafkaError } from '../errors.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { Admin } from './admin.ts';

function setUp(options: ConstructorParameters<typeof Admin>[2] = {}) {
  const world = new TestWorld();
  const broker = new FakeBroker(world);
  const properties = { 'bootstrap.servers': 'b1:9092', 'default.api.timeout.ms': 10_000, 'request.timeout.ms': 2_000 };
  return { world, broker, admin: new Admin(world.environment('a'), properties, options) };
}

function answerCreate(broker: FakeBroker, ...errors: number[]): void {
  broker.script = (request) => {
    if (request.api !== 'CreateTopics') return false;
    const errorCode = errors.length > 1 ? (errors.shift() as number) : (errors[0] as number);
    const topicId = broker.topicId;
    (request as IncomingRequest<'CreateTopics'>).respond({ topics: [{ name: 'new', topicId, errorCode }] });
    return true;
  };
}

test('a call that failed for a while is repeated until it succeeds', async (t) => {
  const { world, broker, admin } = setUp();
  answerCreate(broker, ErrorCode.NOT_CONTROLLER, ErrorCode.NOT_CONTROLLER, ErrorCode.NONE);
  const created = admin.createTopics([{ name: 'new' }]);
  world.runTo(8_000);
  t.deepEqual([...(await created)], [['new', broker.topicId]]);
  t.is(broker.of('CreateTopics').length, 3);
});

test('a refusal is told at once; it is certain unless an attempt before may have worked', async (t) => {
  const { world, broker, admin } = setUp();
  answerCreate(broker, ErrorCode.TOPIC_ALREADY_EXISTS);
  const refused = admin.createTopics([{ name: 'new' }]);
  world.runTo(1_000);
  const error = await t.throwsAsync<KafkaError>(refused);
  t.is(error?.errorName, 'TOPIC_ALREADY_EXISTS');
  t.true(error?.definite);
  answerCreate(broker, ErrorCode.NOT_CONTROLLER, ErrorCode.TOPIC_ALREADY_EXISTS);
  const uncertain = admin.createTopics([{ name: 'new' }]);
  world.runTo(8_000);
  t.false((await t.throwsAsync<KafkaError>(uncertain))?.definite);
  answerCreate(broker, ErrorCode.REQUEST_TIMED_OUT);
  const timedOut = admin.createTopics([{ name: 'new' }]);
  world.runTo(9_000);
  t.false((await t.throwsAsync<KafkaError>(timedOut))?.definite);
});

test('a call ends with default.api.timeout.ms', async (t) => {
  const { world, broker, admin } = setUp();
  broker.script = (request) => request.api === 'CreateTopics';
  const never = admin.createTopics([{ name: 'new' }]);
  world.runTo(15_000);
  const error = await t.throwsAsync<KafkaError>(never);
  t.is(error?.errorName, 'REQUEST_TIMED_OUT');
  t.false(error?.definite);
});

test('what concerns a group goes to its coordinator, which is looked up again when it moved', async (t) => {
  const { world, broker, admin } = setUp();
  let asked = 0;
  broker.script = (request) => {
    if (request.api !== 'ConsumerGroupDescribe') return false;
    const errorCode = asked++ === 0 ? ErrorCode.NOT_COORDINATOR : ErrorCode.NONE;
    (request as IncomingRequest<'ConsumerGroupDescribe'>).respond({
      groups: [{ groupId: 'g', errorCode, groupState: 'Stable' }],
    });
    return true;
  };
  const described = admin.describeConsumerGroups(['g']);
  world.runTo(5_000);
  t.like((await described)[0], { state: 'Stable', type: 'Consumer', coordinator: { nodeId: 1, host: 'b1', port: 9092 } });
  t.is(broker.of('FindCoordinator').length, 2);
});

/** Lets promises go on that wait for what the world has done. */
async function runOn(world: TestWorld, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    world.run(1_000);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

test('a classic group is described as such', async (t) => {
  const { world, broker, admin } = setUp();
  const assignment = encodeAssignment([{ topic: 'orders', partition: 3 }]);
  broker.script = (request) => {
    if (request.api === 'ConsumerGroupDescribe')
      (request as IncomingRequest<'ConsumerGroupDescribe'>).respond({
        groups: [{ groupId: 'g', errorCode: ErrorCode.GROUP_ID_NOT_FOUND }],
      });
    else if (request.api === 'DescribeGroups')
      (request as IncomingRequest<'DescribeGroups'>).respond({
        groups: [
          {
            groupId: 'g',
            groupState: 'Stable',
            protocolType: 'consumer',
            protocolData: 'range',
            members: [{ memberId: 'm', clientId: 'c', clientHost: '/h', memberAssignment: assignment }],
          },
        ],
      });
    else return false;
    return true;
  };
  const described = admin.describeConsumerGroups(['g']);
  await runOn(world, 4);
  t.like((await described)[0], {
    type: 'Classic',
    partitionAssignor: 'range',
    members: [{ memberId: 'm', clientId: 'c', host: '/h', assignment: [{ topic: 'orders', partition: 3 }] }],
  });
});

test('topics are described in pages, whose partitions are put together', async (t) => {
  const { world, broker, admin } = setUp();
  const topic = (name: string, partitionIndex: number) => ({
    name,
    topicId: broker.topicId,
    partitions: [{ partitionIndex, leaderId: 1, replicaNodes: [1], isrNodes: [1], eligibleLeaderReplicas: [] }],
  });
  broker.script = (request) => {
    if (request.api !== 'DescribeTopicPartitions') return false;
    const page = request as IncomingRequest<'DescribeTopicPartitions'>;
    if (page.body.cursor === null)
      page.respond({ topics: [topic('a', 0), topic('b', 0)], nextCursor: { topicName: 'b', partitionIndex: 1 } });
    else page.respond({ topics: [topic('b', 1)], nextCursor: null });
    return true;
  };
  const described = admin.describeTopics(['b', 'a']);
  await runOn(world, 4);
  t.deepEqual(
    (await described).map(({ name, partitions }) => [name, partitions.map(({ partition }) => partition)]),
    [
      ['a', [0]],
      ['b', [0, 1]],
    ],
  );
  t.deepEqual(
    broker.of('DescribeTopicPartitions').map(({ body }) => body.topics.map(({ name }) => name)),
    [['a', 'b'], ['b']],
  );
});

test('a refusal carries the words of the broker; one of the coordinator is not waited for', async (t) => {
  const { world, broker, admin } = setUp();
  broker.script = (request) => {
    if (request.api === 'CreateTopics')
      (request as IncomingRequest<'CreateTopics'>).respond({
        topics: [{ name: 'new', errorCode: ErrorCode.POLICY_VIOLATION, errorMessage: 'no more topics' }],
      });
    else if (request.api === 'FindCoordinator')
      (request as IncomingRequest<'FindCoordinator'>).respond({
        coordinators: [{ key: 'g', errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }],
      });
    else return false;
    return true;
  };
  const created = admin.createTopics([{ name: 'new' }]);
  const deleted = admin.deleteConsumerGroups(['g']);
  world.runTo(1_000);
  t.is((await t.throwsAsync<KafkaError>(created))?.reason, 'no more topics');
  t.is((await t.throwsAsync<KafkaError>(deleted))?.errorName, 'GROUP_AUTHORIZATION_FAILED');
});

test("a broker's own configs are changed at that broker", async (t) => {
  const { world, broker, admin } = setUp();
  broker.script = (request) => {
    if (request.api !== 'IncrementalAlterConfigs') return false;
    const alter = request as IncomingRequest<'IncrementalAlterConfigs'>;
    alter.respond({ responses: alter.body.resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName })) });
    return true;
  };
  const changes = [{ name: 'log.cleaner.threads', operation: 'set', value: '2' }] as const;
  const altered = admin.incrementalAlterConfigs([
    { resource: { type: 'broker', name: '' }, changes },
    { resource: { type: 'broker', name: '1' }, changes },
    { resource: { type: 'topic', name: 'orders' }, changes },
  ]);
  await runOn(world, 4);
  await altered;
  t.deepEqual(
    broker.of('IncrementalAlterConfigs').map(({ body }) => body.resources.map(({ resourceName }) => resourceName)),
    [['', 'orders'], ['1']],
  );
});

test('what concerns a partition goes to its leader, and waits for one', async (t) => {
  const { world, broker, admin } = setUp();
  let hasLeader = false;
  broker.script = (request) => {
    if (request.api === 'Metadata' && !hasLeader) {
      const partition = { partitionIndex: 0, leaderId: -1, leaderEpoch: 1, replicaNodes: [1], isrNodes: [] };
      (request as IncomingRequest<'Metadata'>).respond({
        brokers: [{ nodeId: 1, host: 'b1', port: 9092, rack: null }],
        topics: [{ name: 'orders', topicId: broker.topicId, partitions: [partition] }],
      });
      return true;
    }
    if (request.api !== 'DeleteRecords') return false;
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, lowWatermark: 5 }] }];
    (request as IncomingRequest<'DeleteRecords'>).respond({ topics });
    return true;
  };
  const deleted = admin.deleteRecords([{ topic: 'orders', partition: 0, offset: 5 }]);
  world.runTo(2_000);
  t.is(broker.of('DeleteRecords').length, 0);
  hasLeader = true;
  world.runTo(9_000);
  t.is((await deleted)[0]?.lowWatermark, 5);
});

test('levels of features are asked for together; of a broker before Kafka 4.0 the first that was refused is told', async (t) => {
  const { world, broker, admin } = setUp();
  const asked: unknown[] = [];
  broker.script = (request) => {
    if (request.api !== 'UpdateFeatures') return false;
    const update = request as IncomingRequest<'UpdateFeatures'>;
    const { featureUpdates } = update.body;
    asked.push(featureUpdates.map(({ feature, maxVersionLevel, upgradeType }) => [feature, maxVersionLevel, upgradeType]));
    const errorCode = asked.length === 1 ? ErrorCode.NONE : ErrorCode.INVALID_UPDATE_VERSION;
    update.respond({ results: featureUpdates.map(({ feature }) => ({ feature, errorCode })) });
    return true;
  };
  const raised = admin.updateFeatures({ 'transaction.version': 2, 'metadata.version': 33 });
  world.runTo(1_000);
  await raised;
  const refused = admin.updateFeatures({ 'transaction.version': 0 }, { downgrade: 'safe' });
  world.runTo(2_000);
  t.is((await t.throwsAsync<KafkaError>(refused))?.errorName, 'INVALID_UPDATE_VERSION');
  t.deepEqual(asked, [
    [
      ['transaction.version', 2, 1],
      ['metadata.version', 33, 1],
    ],
    [['transaction.version', 0, 2]],
  ]);
});

test('calls under way end when the admin client is closed', async (t) => {
  const { world, broker, admin } = setUp();
  broker.script = (request) => request.api === 'CreateTopics';
  const never = admin.createTopics([{ name: 'new' }]);
  world.runTo(100);
  await admin.close();
  t.truthy(await t.throwsAsync<KafkaError>(never));
});

test('ACLs go out and come back in words', async (t) => {
  const { world, broker, admin } = setUp();
  const orders = {
    resourceType: 'topic',
    resourceName: 'ord',
    patternType: 'prefixed',
    principal: 'User:alice',
    host: '*',
    operation: 'idempotent_write',
    permissionType: 'deny',
  } as const;
  const acl = { principal: 'User:alice', host: '*', operation: 12, permissionType: 2 };
  const pattern = { resourceType: 2, resourceName: 'ord', patternType: 4 };
  broker.script = (request) => {
    if (request.api === 'CreateAcls') (request as IncomingRequest<'CreateAcls'>).respond({ results: [{ errorCode: 0 }] });
    else if (request.api === 'DescribeAcls')
      (request as IncomingRequest<'DescribeAcls'>).respond({ resources: [{ ...pattern, acls: [acl] }] });
    else if (request.api === 'DeleteAcls')
      (request as IncomingRequest<'DeleteAcls'>).respond({ filterResults: [{ matchingAcls: [{ ...pattern, ...acl }] }] });
    else return false;
    return true;
  };
  const created = admin.createAcls([orders]);
  const described = admin.describeAcls({ resourceType: 'topic', resourceName: 'orders', patternType: 'match' });
  const deleted = admin.deleteAcls([{ principal: 'User:alice' }]);
  world.runTo(5_000);
  await created;
  t.deepEqual(await described, [orders]);
  t.deepEqual(await deleted, [[orders]]);
  const { patternType, ...rest } = pattern;
  t.deepEqual(broker.of('CreateAcls')[0]?.body, { creations: [{ ...rest, resourcePatternType: patternType, ...acl }] });
  const anything = { resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1, principalFilter: null };
  const filter = { ...anything, hostFilter: null, operation: 1, permissionType: 1 };
  const asked = { ...filter, resourceTypeFilter: 2, resourceNameFilter: 'orders', patternTypeFilter: 2 };
  t.deepEqual(broker.of('DescribeAcls')[0]?.body, asked);
  t.deepEqual(broker.of('DeleteAcls')[0]?.body, { filters: [{ ...filter, principalFilter: 'User:alice' }] });
});

test('whose configs there are: by type, and whatever has another type left out', async (t) => {
  const { world, broker, admin } = setUp();
  broker.script = (request) => {
    if (request.api !== 'ListConfigResources') return false;
    const configResources = [
      { resourceName: 'billing', resourceType: 32 },
      { resourceName: 'from-the-future', resourceType: 64 },
    ];
    (request as IncomingRequest<'ListConfigResources'>).respond({ errorCode: ErrorCode.NONE, configResources });
    return true;
  };
  const listed = admin.listConfigResources(['group', 'topic']);
  world.runTo(5_000);
  t.deepEqual(await listed, [{ type: 'group', name: 'billing' }]);
  const [asked] = broker.of('ListConfigResources') as IncomingRequest<'ListConfigResources'>[];
  t.deepEqual(asked?.body.resourceTypes, [32, 2]);
});

test('brokers before Kafka 4.1 tell the configs of client metrics alone; for others the call is refused, and nothing is sent', async (t) => {
  const { world, broker, admin } = setUp({ apis: endingAt(RELEASE_APIS, { ListConfigResources: 0 }) });
  broker.script = (request) => {
    if (request.api !== 'ListConfigResources') return false;
    const configResources = [{ resourceName: 'slow-clients' }];
    (request as IncomingRequest<'ListConfigResources'>).respond({ errorCode: ErrorCode.NONE, configResources });
    return true;
  };
  const listed = admin.listConfigResources(['client-metrics']);
  world.runTo(5_000);
  t.deepEqual(await listed, [{ type: 'client-metrics', name: 'slow-clients' }]);
  for (const types of [[], ['group', 'client-metrics']] as const) {
    const refused = t.throwsAsync<KafkaError>(admin.listConfigResources(types));
    world.runTo(10_000);
    t.is((await refused)?.code, ErrorCode.UNSUPPORTED_VERSION);
  }
  t.is(broker.of('ListConfigResources').length, 1);
});
