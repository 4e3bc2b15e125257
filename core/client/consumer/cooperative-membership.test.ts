import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { TestWorld } from '../../testing/test-world.ts';
import { decodeSubscription, encodeAssignment } from '../assignors/assignor.ts';
import type { KafkaError } from '../errors.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { Consumer } from './consumer.ts';

/** A member of a group whose leader assigns it what is next in `assignments`, and then what it had before. */
function setUp(properties: Record<string, string | number | boolean> = {}) {
  const world = new TestWorld();
  const broker = new FakeBroker(world);
  const assignments: number[][] = [];
  const calls: string[] = [];
  const parked: IncomingRequest[] = [];
  let assigned: number[] = [];
  let parks: 'JoinGroup' | 'SyncGroup' | null = null;
  broker.script = (request) => {
    if (request.api === parks) {
      parked.push(request);
      return true;
    }
    if (request.api === 'Metadata') {
      const partition = { leaderId: 1, leaderEpoch: 1, replicaNodes: [1], isrNodes: [1] };
      const partitions = [0, 1, 2].map((partitionIndex) => ({ ...partition, partitionIndex }));
      const brokers = [{ nodeId: 1, host: 'b1', port: 9092, rack: null }];
      const { topics: asked } = (request as IncomingRequest<'Metadata'>).body;
      const topics = (asked ?? []).map(({ name }) => ({ name, topicId: broker.topicId, partitions }));
      (request as IncomingRequest<'Metadata'>).respond({ brokers, topics });
      return true;
    }
    if (request.api !== 'SyncGroup') return false;
    assigned = assignments.shift() ?? assigned;
    const assignment = encodeAssignment(assigned.map((partition) => ({ topic: 'orders', partition })));
    (request as IncomingRequest<'SyncGroup'>).respond({ assignment });
    return true;
  };
  const consumer = new Consumer(world.environment('c'), {
    'bootstrap.servers': 'b1:9092',
    'group.id': 'g',
    'auto.offset.reset': 'earliest',
    'heartbeat.interval.ms': 500,
    'partition.assignment.strategy': 'cooperative-sticky',
    ...properties,
  });
  const told = (name: string) => (partitions: readonly { readonly partition: number }[]) =>
    void calls.push(`${name} ${partitions.map(({ partition }) => partition).join(' ')}`.trim());
  consumer.subscribe(['orders'], {
    onPartitionsAssigned: told('assigned'),
    onPartitionsRevoked: told('revoked'),
    onPartitionsLost: told('lost'),
  });
  const poll = async (ms = 1_000) => {
    const polled = consumer.poll(ms);
    world.run(ms + 10);
    return polled;
  };
  const rebalance = () => {
    broker.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS;
    world.run(600);
  };
  const park = (api: typeof parks) => void (parks = api);
  const release = () => {
    parks = null;
    for (const request of parked.splice(0)) if (!broker.script(request)) broker.answer(request);
    world.run(100);
  };
  const owned = () => consumer.assignment.map(({ partition }) => partition);
  /** What each JoinGroup said that the member has, and in which generation. */
  const joins = () =>
    broker.of('JoinGroup').map(({ body }) => {
      const { ownedPartitions, generationId } = decodeSubscription(body.protocols[0]?.metadata ?? new Uint8Array(), null);
      return { owned: ownedPartitions.map(({ partition }) => partition), generationId };
    });
  return { world, broker, consumer, assignments, calls, poll, rebalance, park, release, owned, joins };
}

test('what does not move is kept, what moves is revoked when it is known, and the member joins again at once', async (t) => {
  const { assignments, calls, poll, rebalance, owned, joins } = setUp();
  assignments.push([0, 1], [0], [0, 2]);
  await poll();
  t.deepEqual(calls.splice(0), ['assigned 0 1']);
  rebalance();
  await poll();
  t.deepEqual(calls, ['revoked 1', 'assigned', 'assigned 2']);
  t.deepEqual(owned(), [0, 2]);
  t.deepEqual(joins().slice(-2), [
    { owned: [0, 1], generationId: 1 },
    { owned: [0], generationId: 2 },
  ]);
});

test('while it joins it has what it had, and cannot commit', async (t) => {
  const { world, consumer, assignments, calls, poll, rebalance, park, release, owned } = setUp();
  assignments.push([0, 1], [1]);
  await poll();
  park('JoinGroup');
  rebalance();
  await poll();
  t.deepEqual(calls, ['assigned 0 1']);
  t.deepEqual(owned(), [0, 1]);
  const commit = () => {
    const committed = consumer.commitSync([{ topic: 'orders', partition: 1, offset: 1 }]);
    world.run(100);
    return committed;
  };
  const error = await t.throwsAsync<KafkaError>(commit());
  t.is(error?.errorName, 'REBALANCE_IN_PROGRESS');
  t.true(error?.definite);
  release();
  await poll();
  t.deepEqual(owned(), [1]);
  await t.notThrowsAsync(commit());
});

test('an assignment that comes between two polls is taken with the next one', async (t) => {
  const { assignments, calls, poll, rebalance, park, release, owned } = setUp();
  assignments.push([0, 1], [1]);
  await poll();
  park('SyncGroup');
  rebalance();
  await poll();
  release();
  t.deepEqual(owned(), [0, 1]);
  t.deepEqual(calls, ['assigned 0 1']);
  await poll();
  t.deepEqual(owned(), [1]);
});

test('a join that is tried again commits and gives up nothing twice', async (t) => {
  const { broker, assignments, calls, poll, rebalance, joins } = setUp({ 'enable.auto.commit': true });
  assignments.push([0, 1], [0, 1]);
  await poll();
  await poll();
  const commits = broker.of('OffsetCommit').length;
  const script = broker.script;
  broker.script = (request) => {
    if (request.api !== 'SyncGroup') return script(request);
    broker.script = script;
    (request as IncomingRequest<'SyncGroup'>).respond({ errorCode: ErrorCode.REBALANCE_IN_PROGRESS });
    return true;
  };
  rebalance();
  await poll();
  t.is(broker.of('OffsetCommit').length, commits + 1);
  t.deepEqual(calls, ['assigned 0 1', 'assigned']);
  t.deepEqual(joins().at(-1), { owned: [0, 1], generationId: 2 });
});

test('a membership that has ended, and a consumer that is closed in the middle of a rebalance, lose all', async (t) => {
  const { world, broker, consumer, assignments, calls, poll, rebalance, park, joins } = setUp();
  assignments.push([0, 1], [0, 2]);
  await poll();
  broker.heartbeatError = ErrorCode.UNKNOWN_MEMBER_ID;
  world.run(600);
  await poll();
  t.deepEqual(calls.splice(0), ['assigned 0 1', 'lost 0 1', 'assigned 0 2']);
  t.deepEqual(joins().at(-1), { owned: [], generationId: -1 });
  park('JoinGroup');
  rebalance();
  await poll();
  const closed = consumer.close({ timeoutMs: 1_000 });
  world.run(2_000);
  await closed;
  t.deepEqual(calls, ['lost 0 2']);
});

test('topics that it does not subscribe to any more are given up before it joins', async (t) => {
  const { consumer, assignments, calls, poll, owned, joins } = setUp();
  assignments.push([0, 1], []);
  await poll();
  const told = (name: string) => () => void calls.push(name);
  consumer.subscribe(['payments'], { onPartitionsRevoked: told('gave up'), onPartitionsAssigned: told('took') });
  await poll();
  t.deepEqual(owned(), []);
  t.deepEqual(calls, ['assigned 0 1', 'gave up', 'took']);
  t.deepEqual(joins().at(-1), { owned: [], generationId: 1 });
});

test('a commit before a rebalance that is made again is of the positions of its own time: the member reads on meanwhile', async (t) => {
  const { broker, consumer, poll, assignments, rebalance } = setUp({ 'auto.commit.interval.ms': 60_000 });
  assignments.push([0]);
  await poll();
  const answered = broker.script;
  const committed: number[] = [];
  let isLoading = true;
  broker.script = (request) => {
    if (request.api !== 'OffsetCommit') return answered(request);
    const { topics } = (request as IncomingRequest<'OffsetCommit'>).body;
    committed.push(topics[0]?.partitions[0]?.committedOffset ?? -1);
    const errorCode = isLoading ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE;
    const partitions = [{ partitionIndex: 0, errorCode }];
    (request as IncomingRequest<'OffsetCommit'>).respond({ topics: [{ name: 'orders', partitions }] });
    return true;
  };
  consumer.seek({ topic: 'orders', partition: 0 }, 5);
  rebalance();
  await poll(100);
  consumer.seek({ topic: 'orders', partition: 0 }, 7);
  isLoading = false;
  await poll(2_000);
  t.is(committed[0], 5);
  t.is(committed.at(-1), 7);
});
