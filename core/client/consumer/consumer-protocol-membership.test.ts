import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import type { ApiName, ConsumerGroupHeartbeatResponse } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { TestWorld } from '../../testing/test-world.ts';
import type { KafkaError } from '../errors.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { Consumer, SubscriptionPattern } from './consumer.ts';

type Heartbeat = IncomingRequest<'ConsumerGroupHeartbeat'>;

/** A broker with three partitions of `orders` that answers heartbeats as told: with what is next in `answers`, then with the epoch alone. */
function setUp(properties: Record<string, string | number | boolean> = {}, ...speaks: [ApiName, readonly [number, number]][]) {
  const world = new TestWorld();
  const broker = new FakeBroker(world, { speaks });
  const heartbeats: Heartbeat['body'][] = [];
  const answers: Draft<ConsumerGroupHeartbeatResponse>[] = [];
  const calls: string[] = [];
  let epoch = 0;
  broker.script = (request) => {
    if (request.api === 'Metadata') {
      const partition = { leaderId: 1, leaderEpoch: 1, replicaNodes: [1], isrNodes: [1] };
      const partitions = [0, 1, 2].map((partitionIndex) => ({ ...partition, partitionIndex }));
      const brokers = [{ nodeId: 1, host: 'b1', port: 9092, rack: null }];
      const topics = [{ name: 'orders', topicId: broker.topicId, partitions }];
      (request as IncomingRequest<'Metadata'>).respond({ brokers, topics });
      return true;
    }
    if (request.api !== 'ConsumerGroupHeartbeat') return false;
    const heartbeat = request as Heartbeat;
    heartbeats.push(heartbeat.body);
    const answer = answers.shift() ?? {};
    epoch = answer.memberEpoch ?? epoch;
    heartbeat.respond({ memberId: heartbeat.body.memberId, memberEpoch: epoch, heartbeatIntervalMs: 1_000, ...answer });
    return true;
  };
  const consumer = new Consumer(world.environment('c'), {
    'bootstrap.servers': 'b1:9092',
    'group.id': 'g',
    'group.protocol': 'consumer',
    'auto.offset.reset': 'earliest',
    ...properties,
  });
  const told = (name: string) => (partitions: readonly { readonly partition: number }[]) =>
    void calls.push(`${name} ${partitions.map(({ partition }) => partition).join(' ')}`);
  const listener = {
    onPartitionsAssigned: told('assigned'),
    onPartitionsRevoked: told('revoked'),
    onPartitionsLost: told('lost'),
  };
  const assignment = (...partitions: readonly number[]) => ({
    topicPartitions: [{ topicId: broker.topicId, partitions: [...partitions] }],
  });
  const poll = async (ms = 500) => {
    const polled = consumer.poll(ms);
    world.run(ms + 10);
    await polled;
  };
  const owned = () => consumer.assignment.map(({ partition }) => partition).sort();
  return { world, broker, consumer, heartbeats, answers, calls, listener, assignment, poll, owned };
}

test('it joins with all that there is to say, takes what it is given, and says so', async (t) => {
  const { consumer, heartbeats, answers, calls, listener, assignment, poll, owned } = setUp();
  consumer.subscribe(['orders'], listener);
  answers.push({ memberEpoch: 2, assignment: assignment(0, 1) });
  await poll();
  t.deepEqual(owned(), [0, 1]);
  t.deepEqual(calls, ['assigned 0 1']);
  const [first, second] = heartbeats;
  t.like(first, { memberEpoch: 0, subscribedTopicNames: ['orders'], topicPartitions: [], rebalanceTimeoutMs: 300_000 });
  t.is(first?.memberId.length, 22);
  t.like(second, { memberEpoch: 2, subscribedTopicNames: null, rebalanceTimeoutMs: -1 });
  t.deepEqual(second?.topicPartitions?.[0]?.partitions, [0, 1]);
  await poll(2_500);
  t.is(heartbeats.at(-1)?.topicPartitions, null);
  t.deepEqual(consumer.groupMetadata(), {
    groupId: 'g',
    generationId: 2,
    memberId: first?.memberId ?? '',
    groupInstanceId: null,
  });
});

test('it gives up what it is not to have any more, keeps the rest, and takes what is new', async (t) => {
  const { consumer, heartbeats, answers, calls, listener, assignment, poll, owned } = setUp();
  consumer.subscribe(['orders'], listener);
  answers.push({ memberEpoch: 2, assignment: assignment(0, 1) });
  await poll();
  answers.push({ memberEpoch: 2, assignment: assignment(1) }, { memberEpoch: 3, assignment: assignment(1, 2) });
  await poll(2_000);
  t.deepEqual(calls, ['assigned 0 1', 'revoked 0', 'assigned 2']);
  t.deepEqual(owned(), [1, 2]);
  const reported = heartbeats.map(({ topicPartitions }) => topicPartitions?.flatMap(({ partitions }) => partitions).join(' '));
  t.deepEqual(
    reported.filter((each) => each !== undefined),
    ['', '0 1', '1', '1 2'],
  );
});

test('what was put out has lost its partitions, and joins anew under the same id', async (t) => {
  const { consumer, heartbeats, answers, calls, listener, assignment, poll, owned } = setUp();
  consumer.subscribe(['orders'], listener);
  answers.push({ memberEpoch: 2, assignment: assignment(0) });
  await poll();
  answers.push({ errorCode: ErrorCode.FENCED_MEMBER_EPOCH }, { memberEpoch: 4, assignment: assignment(1) });
  await poll(2_000);
  t.deepEqual(calls, ['assigned 0', 'lost 0', 'assigned 1']);
  t.deepEqual(owned(), [1]);
  const joins = heartbeats.filter(({ memberEpoch }) => memberEpoch === 0);
  t.is(joins.length, 2);
  t.is(joins[0]?.memberId, joins[1]?.memberId);
  t.deepEqual(joins[1]?.topicPartitions, []);
});

test('it takes and gives up nothing between polls, and leaves when there is none for too long', async (t) => {
  const { world, consumer, heartbeats, answers, calls, listener, assignment, poll, owned } = setUp({
    'max.poll.interval.ms': 5_000,
  });
  consumer.subscribe(['orders'], listener);
  answers.push({ memberEpoch: 2, assignment: assignment(0) });
  await poll();
  answers.push({ memberEpoch: 2, assignment: assignment() });
  world.run(3_000);
  t.deepEqual(owned(), [0]);
  t.deepEqual(calls, ['assigned 0']);
  world.run(4_000);
  t.is(heartbeats.at(-1)?.memberEpoch, -1);
  answers.push({ memberEpoch: 5, assignment: assignment(2) });
  await poll(1_000);
  t.deepEqual(calls, ['assigned 0', 'lost 0', 'assigned 2']);
});

test('a heartbeat that nobody answered is followed by one that says everything', async (t) => {
  const { broker, consumer, heartbeats, answers, listener, assignment, poll } = setUp();
  consumer.subscribe(['orders'], listener);
  answers.push({ memberEpoch: 2, assignment: assignment(0) });
  await poll();
  answers.push({ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS });
  await poll(1_500);
  t.like(heartbeats.at(-1), { memberEpoch: 2 });
  const full = heartbeats.find(({ memberEpoch, subscribedTopicNames }) => memberEpoch === 2 && subscribedTopicNames !== null);
  t.deepEqual(full?.topicPartitions, [{ topicId: broker.topicId, partitions: [0] }]);
  t.is(full?.rebalanceTimeoutMs, 300_000);
});

test('a member leaves with epoch -1, a static one with -2', async (t) => {
  for (const [instance, epoch] of [
    ['', -1],
    ['i', -2],
  ] as const) {
    const properties = instance === '' ? {} : { 'group.instance.id': instance };
    const { world, consumer, heartbeats, answers, calls, listener, assignment, poll } = setUp(properties);
    consumer.subscribe(['orders'], listener);
    answers.push({ memberEpoch: 2, assignment: assignment(0) });
    await poll();
    const closed = consumer.close();
    world.run(100);
    await closed;
    t.is(heartbeats.at(-1)?.memberEpoch, epoch);
    t.is(heartbeats.at(-1)?.instanceId, instance === '' ? null : instance);
    t.deepEqual(calls, ['assigned 0', 'revoked 0']);
  }
});

test('a member is told of its first assignment also when it is none', async (t) => {
  const { consumer, answers, calls, listener, assignment, poll } = setUp();
  consumer.subscribe(['orders'], listener);
  answers.push({ memberEpoch: 2, assignment: assignment() });
  await poll();
  t.deepEqual(calls, ['assigned ']);
});

test('a pattern in RE2’s syntax is the coordinator’s to look up', async (t) => {
  const { consumer, heartbeats, answers, calls, listener, assignment, poll } = setUp();
  consumer.subscribe(new SubscriptionPattern('ord.*'), listener);
  answers.push({ memberEpoch: 1, assignment: { topicPartitions: [] } }, { memberEpoch: 2, assignment: assignment(0, 1, 2) });
  await poll(2_000);
  t.like(heartbeats[0], { subscribedTopicNames: [], subscribedTopicRegex: 'ord.*' });
  t.deepEqual(calls, ['assigned ', 'assigned 0 1 2']);
  const classic = setUp({ 'group.protocol': 'classic' });
  t.throws(() => classic.consumer.subscribe(new SubscriptionPattern('a')), { message: /needs group.protocol=consumer/ });
});

test('an error that no heartbeat will cure is the application’s', async (t) => {
  const { consumer, answers, heartbeats, poll } = setUp();
  consumer.subscribe(['orders']);
  answers.push({ errorCode: ErrorCode.UNSUPPORTED_ASSIGNOR, errorMessage: 'no such assignor' });
  await t.throwsAsync(poll(), { message: /no such assignor/ });
  const sent = heartbeats.length;
  await poll(3_000);
  t.is(heartbeats.length, sent);
});

test('where the coordinator knows the protocol in its preview alone (3.9), poll fails and says so', async (t) => {
  const { world, consumer, heartbeats } = setUp({}, ['ConsumerGroupHeartbeat', [0, 0]]);
  consumer.subscribe(['orders']);
  const failed = consumer.poll(2_000);
  world.run(2_010);
  const error = await t.throwsAsync<KafkaError>(failed);
  t.is(error?.errorName, 'UNSUPPORTED_VERSION');
  t.regex(error?.message ?? '', /group\.protocol=classic/);
  t.deepEqual(heartbeats, []);
});
