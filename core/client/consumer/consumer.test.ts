import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { TestWorld } from '../../testing/test-world.ts';
import { encodeAssignment } from '../assignors/assignor.ts';
import type { KafkaError } from '../errors.ts';
import { Producer } from '../producer/producer.ts';
import { utf8 } from '../serializers.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { ZERO_UUID } from '../../protocol/uuid.ts';
import { Consumer } from './consumer.ts';

const PARTITION = { topic: 'orders', partition: 0 };

function setUp(
  properties: Record<string, string | number | boolean> = {},
  records = 0,
  options: ConstructorParameters<typeof FakeBroker>[1] = {},
) {
  const world = new TestWorld();
  const broker = new FakeBroker(world, options);
  const bootstrap = { 'bootstrap.servers': 'b1:9092' };
  const producer = new Producer(world.environment('p'), bootstrap, { valueSerializer: utf8.serialize });
  for (let i = 0; i < records; i++) {
    void producer.send({ topic: 'orders', value: `${i}` });
    world.run(100);
  }
  const all = { ...bootstrap, 'metadata.max.age.ms': 2_000, ...properties };
  const consumer = new Consumer(world.environment('c'), all, { valueDeserializer: utf8.deserialize });
  const pass = (ms: number) => world.run(ms);
  /** Polls, with the time it takes. */
  const poll = (ms = 3_000) => {
    const polled = consumer.poll(ms);
    pass(ms + 10);
    return polled;
  };
  return { world, broker, consumer, pass, poll };
}

function refuseFetches(broker: FakeBroker, errorCode: number, refuses: (request: IncomingRequest<'Fetch'>) => boolean): void {
  broker.script = (request) => {
    if (request.api !== 'Fetch' || !refuses(request as IncomingRequest<'Fetch'>)) return false;
    const partition = { partitionIndex: 0, errorCode, highWatermark: -1, records: null };
    (request as IncomingRequest<'Fetch'>).respond({ responses: [{ topicId: broker.topicId, partitions: [partition] }] });
    return true;
  };
}

function respondWithPartitions(request: IncomingRequest<'Metadata'>, topicId: string, count: number): void {
  const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
    partitionIndex,
    leaderId: 1,
    leaderEpoch: 1,
    replicaNodes: [1],
    isrNodes: [1],
  }));
  const brokers = [{ nodeId: 1, host: 'b1', port: 9092, rack: null }];
  request.respond({ brokers, topics: [{ name: 'orders', topicId, partitions }] });
}

function offsetAsked(request: IncomingRequest<'Fetch'>): number {
  return request.body.topics[0]?.partitions[0]?.fetchOffset ?? -1;
}

test('an offset that is out of range is reset by the policy', async (t) => {
  const { broker, consumer, poll } = setUp({ 'auto.offset.reset': 'earliest' }, 2);
  refuseFetches(broker, ErrorCode.OFFSET_OUT_OF_RANGE, (request) => offsetAsked(request) === 99);
  consumer.assign([PARTITION]);
  consumer.seek(PARTITION, 99);
  const records = await poll();
  t.is(records[0]?.offset, 0);
});

test('without a policy an offset that is out of range is told to the application', async (t) => {
  const { broker, consumer, poll } = setUp({ 'auto.offset.reset': 'none' }, 2);
  refuseFetches(broker, ErrorCode.OFFSET_OUT_OF_RANGE, () => true);
  consumer.assign([PARTITION]);
  consumer.seek(PARTITION, 99);
  const error = await t.throwsAsync<KafkaError>(poll());
  t.is(error?.errorName, 'OFFSET_OUT_OF_RANGE');
});

function answerEpochEnd(broker: FakeBroker, leaderEpoch: number, endOffset: number): void {
  broker.script = (request) => {
    if (request.api !== 'OffsetForLeaderEpoch') return false;
    const topics = [{ topic: 'orders', partitions: [{ partition: 0, leaderEpoch, endOffset, errorCode: 0 }] }];
    (request as IncomingRequest<'OffsetForLeaderEpoch'>).respond({ topics });
    return true;
  };
}

test('after a change of leader the position is validated before anything is fetched', async (t) => {
  const { broker, consumer, poll } = setUp({ 'auto.offset.reset': 'earliest' }, 3);
  consumer.assign([PARTITION]);
  t.is((await poll()).length + (await poll()).length + (await poll()).length, 3);
  answerEpochEnd(broker, 1, 3);
  broker.leaderEpoch = 2;
  await poll(5_000);
  const [asked] = broker.of('OffsetForLeaderEpoch') as IncomingRequest<'OffsetForLeaderEpoch'>[];
  t.is(asked?.body.topics[0]?.partitions[0]?.leaderEpoch, 1);
  t.is(asked?.body.topics[0]?.partitions[0]?.currentLeaderEpoch, 2);
  t.deepEqual(consumer.positions(), [{ ...PARTITION, offset: 3 }]);
});

test('a truncated log is noticed: with a policy the position goes back to where the logs part', async (t) => {
  const { broker, consumer, poll } = setUp({ 'auto.offset.reset': 'earliest' }, 3);
  consumer.assign([PARTITION]);
  t.is((await poll()).length + (await poll()).length + (await poll()).length, 3);
  answerEpochEnd(broker, 1, 2);
  broker.leaderEpoch = 2;
  const again = await poll(5_000);
  t.is(again[0]?.offset, 2);
});

test('a consumer reads from the replica it is told to, and asks the leader when that is out of range', async (t) => {
  const { world, broker, consumer, poll } = setUp({ 'auto.offset.reset': 'earliest', 'client.rack': 'r' }, 2);
  let leaderConnection = '';
  const followerFetches: number[] = [];
  broker.script = (request) => {
    if (request.api === 'Metadata') {
      const partition = { partitionIndex: 0, leaderId: 1, leaderEpoch: 1, replicaNodes: [1, 2], isrNodes: [1, 2] };
      (request as IncomingRequest<'Metadata'>).respond({
        brokers: [
          { nodeId: 1, host: 'b1', port: 9092, rack: null },
          { nodeId: 2, host: 'b1', port: 9092, rack: 'r' },
        ],
        topics: [{ name: 'orders', topicId: broker.topicId, partitions: [partition] }],
      });
      return true;
    }
    if (request.api !== 'Fetch') return false;
    const fetch = request as IncomingRequest<'Fetch'>;
    if (leaderConnection === '') {
      leaderConnection = fetch.connectionId;
      const partition = { partitionIndex: 0, highWatermark: 2, records: null, preferredReadReplica: 2 };
      fetch.respond({ responses: [{ topicId: broker.topicId, partitions: [partition] }] });
      return true;
    }
    if (fetch.connectionId === leaderConnection) return false;
    followerFetches.push(offsetAsked(fetch));
    const partition = { partitionIndex: 0, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, highWatermark: -1, records: null };
    fetch.respond({ responses: [{ topicId: broker.topicId, partitions: [partition] }] });
    return true;
  };
  consumer.assign([PARTITION]);
  const records = await poll(5_000);
  t.deepEqual(followerFetches, [0]);
  t.is(records[0]?.offset, 0);
  t.true(world.trace.some(({ event }) => event.type === 'mark' && event.name.includes('out-of-range follower fetch')));
  t.false(world.trace.some(({ event }) => event.type === 'consumer-position-reset' && event.reason === 'out-of-range'));
});

const GROUP = { 'group.id': 'g', 'auto.offset.reset': 'earliest', 'heartbeat.interval.ms': 1_000 };

test('a static member names its instance everywhere and does not leave when it is closed', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ ...GROUP, 'group.instance.id': 'i' });
  consumer.subscribe(['orders']);
  await poll();
  pass(3_000);
  for (const api of ['JoinGroup', 'SyncGroup', 'Heartbeat'] as const) {
    t.true(broker.of(api).length > 0, api);
    for (const request of broker.of(api)) t.is((request as IncomingRequest<'Heartbeat'>).body.groupInstanceId, 'i');
  }
  const closed = consumer.close();
  pass(5_000);
  await closed;
  t.is(broker.of('LeaveGroup').length, 0);
});

test('a static member whose instance id another took is told so', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ ...GROUP, 'group.instance.id': 'i' });
  consumer.subscribe(['orders']);
  await poll();
  broker.heartbeatError = ErrorCode.FENCED_INSTANCE_ID;
  pass(2_000);
  const error = await t.throwsAsync<KafkaError>(poll());
  t.is(error?.errorName, 'FENCED_INSTANCE_ID');
});

test('while a JoinGroup waits at the coordinator no heartbeat is sent behind it', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ ...GROUP, 'request.timeout.ms': 5_000, 'session.timeout.ms': 10_000 });
  consumer.subscribe(['orders']);
  await poll();
  const parked: IncomingRequest<'JoinGroup'>[] = [];
  broker.script = (request) => {
    if (request.api !== 'JoinGroup') return false;
    parked.push(request as IncomingRequest<'JoinGroup'>);
    return true;
  };
  broker.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS;
  pass(1_500);
  await poll(1_000);
  t.is(parked.length, 1);
  const heartbeats = broker.of('Heartbeat').length;
  pass(30_000);
  t.is(broker.of('Heartbeat').length, heartbeats);
  t.is(parked.length, 1);
  broker.script = () => false;
  for (const request of parked) broker.answer(request);
  await poll();
  t.is(consumer.groupMetadata().generationId, 2);
});

test('a consumer whose membership has ended is who it was, for its offsets in a transaction, until it has another', async (t) => {
  const { broker, consumer, pass, poll } = setUp(GROUP, 1);
  const who = () => [consumer.groupMetadata().memberId !== '', consumer.groupMetadata().generationId];
  consumer.subscribe(['orders']);
  t.deepEqual(who(), [false, -1]);
  while ((await poll(1_000)).length === 0);
  t.deepEqual(who(), [true, 1]);
  broker.script = (request) => request.api === 'JoinGroup';
  broker.heartbeatError = ErrorCode.UNKNOWN_MEMBER_ID;
  pass(10_000);
  await poll(1_000);
  t.true(broker.of('Heartbeat').length > 0);
  t.deepEqual(who(), [true, 1]);
});

/** The coordinator refuses commits in a way that lets the client try again. */
function holdCommits(broker: FakeBroker, errorCode: number): void {
  broker.script = (request) => {
    if (request.api !== 'OffsetCommit') return false;
    const partitions = [{ partitionIndex: 0, errorCode }];
    (request as IncomingRequest<'OffsetCommit'>).respond({ topics: [{ name: 'orders', partitions }] });
    return true;
  };
}

/** A member that has read one record, and must commit it before a rebalance: the coordinator lets it wait. */
async function commitsBeforeRebalance() {
  const told: string[] = [];
  const world = setUp({ ...GROUP, 'enable.auto.commit': true, 'auto.commit.interval.ms': 600_000 }, 1);
  const { broker, consumer, pass, poll } = world;
  consumer.subscribe(['orders'], {
    onPartitionsAssigned: () => void told.push('assigned'),
    onPartitionsRevoked: () => void told.push('revoked'),
    onPartitionsLost: () => void told.push('lost'),
  });
  while ((await poll(1_000)).length === 0);
  holdCommits(broker, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  broker.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS;
  pass(1_500);
  await poll(1_000);
  return { ...world, told };
}

test('a membership that ends while the rebalance before it waits for a commit: nothing of the next one is given up for it', async (t) => {
  const { broker, consumer, pass, poll, told } = await commitsBeforeRebalance();
  t.true(broker.of('OffsetCommit').length > 1);
  broker.heartbeatError = ErrorCode.UNKNOWN_MEMBER_ID;
  pass(1_500);
  await poll();
  broker.script = () => false;
  await poll();
  t.deepEqual(told, ['assigned', 'lost', 'assigned']);
  t.deepEqual(consumer.assignment, [PARTITION]);
  t.is(consumer.groupMetadata().generationId, 2);
  t.deepEqual([...new Set(broker.of('OffsetCommit').map(({ body }) => body.generationIdOrMemberEpoch))], [1]);
});

test('who unsubscribes while a rebalance waits for a commit is not told twice that its partitions are gone', async (t) => {
  const { broker, consumer, poll, told } = await commitsBeforeRebalance();
  await consumer.unsubscribe();
  consumer.assign([PARTITION]);
  broker.script = () => false;
  await poll();
  t.deepEqual(told, ['assigned', 'revoked']);
  t.deepEqual(consumer.assignment, [PARTITION]);
  t.is(broker.of('JoinGroup').length, 2);
});

test('a commit that is tried again tells of the attempt that was not answered', async (t) => {
  const { world, broker, consumer, pass, poll } = setUp({ ...GROUP, 'enable.auto.commit': false }, 1);
  consumer.subscribe(['orders']);
  while ((await poll(1_000)).length === 0);
  const unanswered = () =>
    world.trace.flatMap(({ event }) => (event.type === 'consumer-commit-unanswered' ? [event.offsets] : []));
  holdCommits(broker, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  const refused = consumer.commitSync();
  pass(50);
  t.deepEqual(unanswered(), [], 'refused before anything was written');
  holdCommits(broker, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  pass(200);
  broker.script = () => false;
  pass(2_000);
  await refused;
  t.deepEqual(unanswered()[0], [{ ...PARTITION, offset: 1 }]);
});

test('an asynchronous commit looks the coordinator up when it is not known, and is made once', async (t) => {
  const { broker, consumer, pass } = setUp({ ...GROUP, 'enable.auto.commit': false }, 1);
  consumer.assign([PARTITION]);
  const ends: (string | null)[] = [];
  const commit = (offset: number) =>
    consumer.commitAsync([{ ...PARTITION, offset }], (_, error) => ends.push(error === null ? null : error.errorName));
  commit(1);
  commit(2);
  pass(50);
  t.deepEqual(ends, [null, null]);
  holdCommits(broker, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  commit(3);
  pass(50);
  broker.script = () => false;
  commit(4);
  pass(50);
  t.deepEqual(ends.slice(2), ['COORDINATOR_NOT_AVAILABLE', null]);
  t.is(broker.of('FindCoordinator').length, 2, 'those that wait share one look-up');
  t.deepEqual(
    broker.of('OffsetCommit').map(({ body }) => body.topics[0]?.partitions[0]?.committedOffset),
    [1, 2, 3, 4],
  );
});

test('an asynchronous commit whose coordinator is not found fails for certain, and may be made again', async (t) => {
  const { broker, consumer, pass } = setUp({ ...GROUP, 'enable.auto.commit': false }, 1);
  consumer.assign([PARTITION]);
  broker.script = (request) => {
    if (request.api !== 'FindCoordinator') return false;
    const coordinator = {
      key: 'readers',
      nodeId: -1,
      host: '',
      port: -1,
      errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE,
      errorMessage: '',
    };
    (request as IncomingRequest<'FindCoordinator'>).respond({ coordinators: [coordinator] });
    return true;
  };
  const ends: (KafkaError | null)[] = [];
  consumer.commitAsync([{ ...PARTITION, offset: 1 }], (_, error) => ends.push(error));
  pass(40);
  t.deepEqual(
    ends.map((error) => [error?.errorName, error?.definite, error?.retriable]),
    [['COORDINATOR_NOT_AVAILABLE', true, true]],
  );
  broker.script = () => false;
  consumer.commitAsync([{ ...PARTITION, offset: 1 }], (_, error) => ends.push(error));
  pass(40);
  t.is(ends[1], null, 'without waiting for the back-off of the look-up that failed');
});

test('a commit is not tried again in the next generation', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ ...GROUP, 'enable.auto.commit': false }, 1);
  consumer.subscribe(['orders']);
  while ((await poll(1_000)).length === 0);
  holdCommits(broker, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  const committed = consumer.commitSync();
  broker.heartbeatError = ErrorCode.UNKNOWN_MEMBER_ID;
  await poll();
  t.is(consumer.groupMetadata().generationId, 2);
  broker.script = () => false;
  pass(5_000);
  const error = await t.throwsAsync<KafkaError>(committed);
  t.is(error?.errorName, 'COMMIT_FAILED');
  t.true(error?.definite);
  t.deepEqual([...new Set(broker.of('OffsetCommit').map(({ body }) => body.generationIdOrMemberEpoch))], [1]);
});

test('a pattern is matched against the topics there are, and again when they change', async (t) => {
  const { broker, consumer, poll } = setUp(GROUP);
  let names = ['orders', 'others', '__consumer_offsets'];
  broker.script = (request) => {
    if (request.api !== 'Metadata') return false;
    const partition = { partitionIndex: 0, leaderId: 1, leaderEpoch: 1, replicaNodes: [1], isrNodes: [1] };
    const topicId = (name: string) => (name === 'orders' ? broker.topicId : `${name.padEnd(21, 'x').slice(0, 21)}A`);
    (request as IncomingRequest<'Metadata'>).respond({
      brokers: [{ nodeId: 1, host: 'b1', port: 9092, rack: null }],
      topics: names.map((name) => ({ name, topicId: topicId(name), isInternal: name.startsWith('__'), partitions: [partition] })),
    });
    return true;
  };
  consumer.subscribe(/^o.*s$|_/);
  await poll();
  t.deepEqual(consumer.assignment.map(({ topic }) => topic).toSorted(), ['orders', 'others']);
  names = [...names, 'outputs'];
  await poll(5_000);
  await poll(2_000);
  t.deepEqual(consumer.assignment.map(({ topic }) => topic).toSorted(), ['orders', 'others', 'outputs']);
});

test('a committed offset of a newer leader epoch: the leader of the older one is not asked any more (KIP-320)', async (t) => {
  const { broker, consumer, poll } = setUp({ 'group.id': 'g', 'auto.offset.reset': 'earliest' }, 2);
  broker.script = (request) => {
    if (request.api === 'OffsetForLeaderEpoch') {
      const validated = [{ partition: 0, leaderEpoch: 5, endOffset: 2, errorCode: 0 }];
      (request as IncomingRequest<'OffsetForLeaderEpoch'>).respond({ topics: [{ topic: 'orders', partitions: validated }] });
      return true;
    }
    if (request.api !== 'OffsetFetch') return false;
    const partition = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: 5, metadata: '' };
    const topics = [{ name: 'orders', partitions: [partition] }];
    (request as IncomingRequest<'OffsetFetch'>).respond({ groups: [{ groupId: 'g', topics }], topics });
    return true;
  };
  consumer.subscribe(['orders']);
  t.deepEqual(await poll(), []);
  t.is(broker.of('Fetch').length, 0);
  broker.leaderEpoch = 5;
  const records = await poll();
  t.is(records[0]?.offset, 1);
});

test('a member that leads no more does not compare topics with the assignment it once made', async (t) => {
  const { broker, consumer, poll } = setUp(GROUP);
  consumer.subscribe(['orders']);
  await poll();
  t.is(consumer.groupMetadata().generationId, 1);
  let partitions = 1;
  broker.script = (request) => {
    if (request.api === 'JoinGroup') {
      const generationId = ++broker.generation;
      broker.heartbeatError = 0;
      const answer = { generationId, protocolName: 'range', leader: 'm2', memberId: 'm1', members: [] };
      (request as IncomingRequest<'JoinGroup'>).respond(answer);
      return true;
    }
    if (request.api !== 'Metadata') return false;
    respondWithPartitions(request as IncomingRequest<'Metadata'>, broker.topicId, partitions);
    return true;
  };
  broker.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS;
  await poll();
  await poll();
  t.is(consumer.groupMetadata().generationId, 2);
  partitions = 3;
  for (let i = 0; i < 5; i++) await poll();
  t.is(consumer.groupMetadata().generationId, 2);
});

test('a leader that assigned twice in a generation rejoins if partitions were added in between: the first assignment may be in force', async (t) => {
  const { broker, consumer, poll } = setUp({ ...GROUP, 'request.timeout.ms': 1_000, 'metadata.max.age.ms': 500 });
  let partitions = 1;
  const handedIn: IncomingRequest<'SyncGroup'>[] = [];
  const joinedAt: number[] = [];
  broker.script = (request) => {
    if (request.api === 'JoinGroup') {
      const again = handedIn.length > 0 && joinedAt.length === 1;
      broker.generation += again ? 0 : 1;
      broker.heartbeatError = 0;
      joinedAt.push(broker.generation);
      const subscription = (request as IncomingRequest<'JoinGroup'>).body.protocols[0]?.metadata ?? new Uint8Array();
      (request as IncomingRequest<'JoinGroup'>).respond({
        generationId: broker.generation,
        protocolName: 'range',
        leader: 'm1',
        memberId: 'm1',
        members: [{ memberId: 'm1', metadata: subscription }],
      });
      return true;
    }
    if (request.api === 'SyncGroup' && joinedAt.length <= 2) {
      // The record is not replicated for a while; then the second one is answered with what the first had stored.
      handedIn.push(request as IncomingRequest<'SyncGroup'>);
      partitions = 2;
      if (handedIn.length === 2) {
        const assignment = handedIn[0]?.body.assignments[0]?.assignment ?? new Uint8Array();
        handedIn[1]?.respond({ errorCode: 0, protocolName: 'range', assignment });
      }
      return true;
    }
    if (request.api !== 'Metadata') return false;
    respondWithPartitions(request as IncomingRequest<'Metadata'>, broker.topicId, partitions);
    return true;
  };
  consumer.subscribe(['orders']);
  for (let i = 0; i < 5; i++) await poll();
  t.deepEqual(joinedAt, [1, 1, 2]);
  t.deepEqual(
    consumer.assignment.map(({ partition }) => partition),
    [0, 1],
  );
});

test('a static leader that was to keep its assignment forgets so when another member leads', async (t) => {
  const { broker, consumer, poll } = setUp({ ...GROUP, 'group.instance.id': 'i' });
  let joins = 0;
  let syncs = 0;
  broker.script = (request) => {
    if (request.api === 'JoinGroup') {
      joins++;
      const generationId = ++broker.generation;
      broker.heartbeatError = 0;
      const { metadata } = (request as IncomingRequest<'JoinGroup'>).body.protocols[0] ?? {};
      const mine = { leader: 'm1', skipAssignment: true, members: [{ memberId: 'm1', metadata: metadata ?? new Uint8Array(0) }] };
      const others = { leader: 'm2', members: [] };
      const answer = { generationId, protocolName: 'range', memberId: 'm1', ...(joins === 1 ? mine : others) };
      (request as IncomingRequest<'JoinGroup'>).respond(answer);
      return true;
    }
    if (request.api !== 'SyncGroup') return false;
    syncs++;
    const errorCode = syncs === 1 ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
    (request as IncomingRequest<'SyncGroup'>).respond({ errorCode, assignment: new Uint8Array(0) });
    return true;
  };
  consumer.subscribe(['orders']);
  for (let i = 0; i < 5; i++) await poll();
  t.is(joins, 2);
});

/** Another topic of the same name, on the same broker, with its records and epochs from the beginning. */
function makeAgain(broker: FakeBroker, topicId: string, leaderEpoch: number): void {
  broker.topicId = topicId;
  broker.leaderEpoch = leaderEpoch;
  broker.batches.length = 0;
  broker.endOffset = 0;
}

const ANOTHER_ID = 'CAAAAAAAAAAAAAAAAAAAAA';

/** As a broker does: who claims an epoch that is not the leader's is refused, and a log knows its own epochs only. */
function checkEpochs(broker: FakeBroker): void {
  broker.script = (request) => {
    if (request.api === 'Fetch') {
      const fetch = request as IncomingRequest<'Fetch'>;
      const asked = fetch.body.topics[0]?.partitions[0];
      const isNewer = (asked?.currentLeaderEpoch ?? -1) > broker.leaderEpoch;
      const isBeyond = (asked?.fetchOffset ?? 0) > broker.endOffset;
      if (!isNewer && !isBeyond) return false;
      const errorCode = isNewer ? ErrorCode.UNKNOWN_LEADER_EPOCH : ErrorCode.OFFSET_OUT_OF_RANGE;
      const partition = { partitionIndex: 0, errorCode, highWatermark: -1, records: null };
      fetch.respond({ responses: [{ topicId: broker.topicId, partitions: [partition] }] });
      return true;
    }
    if (request.api !== 'OffsetForLeaderEpoch') return false;
    const epochs = request as IncomingRequest<'OffsetForLeaderEpoch'>;
    const leaderEpoch = epochs.body.topics[0]?.partitions[0]?.leaderEpoch ?? -1;
    const known = leaderEpoch <= broker.leaderEpoch;
    const answer = {
      partition: 0,
      leaderEpoch: known ? leaderEpoch : -1,
      endOffset: known ? broker.endOffset : -1,
      errorCode: 0,
    };
    epochs.respond({ topics: [{ topic: 'orders', partitions: [answer] }] });
    return true;
  };
}

test('a topic that was made again, in a lower leader epoch, is read from its beginning', async (t) => {
  const { world, broker, consumer, pass, poll } = setUp({ 'auto.offset.reset': 'earliest' }, 3);
  broker.leaderEpoch = 2;
  checkEpochs(broker);
  consumer.assign([PARTITION]);
  t.is((await poll()).length + (await poll()).length + (await poll()).length, 3);
  makeAgain(broker, ANOTHER_ID, 0);
  await poll(5_000);
  t.deepEqual(consumer.positions(), [{ ...PARTITION, offset: 0 }]);
  const producer = new Producer(world.environment('p2'), { 'bootstrap.servers': 'b1:9092' }, { valueSerializer: utf8.serialize });
  void producer.send({ topic: 'orders', value: 'new' });
  pass(500);
  const records = await poll();
  t.deepEqual(
    records.map(({ offset, value }) => [offset, value]),
    [[0, 'new']],
  );
});

test('a topic that was made again, in the same leader epoch and as long, goes on at the position, as with Kafka', async (t) => {
  const { world, broker, consumer, pass, poll } = setUp({ 'auto.offset.reset': 'earliest' }, 3);
  checkEpochs(broker);
  consumer.assign([PARTITION]);
  t.is((await poll()).length + (await poll()).length + (await poll()).length, 3);
  broker.topicId = ANOTHER_ID;
  await poll(5_000);
  t.deepEqual(consumer.positions(), [{ ...PARTITION, offset: 3 }]);
  const producer = new Producer(world.environment('p2'), { 'bootstrap.servers': 'b1:9092' }, { valueSerializer: utf8.serialize });
  void producer.send({ topic: 'orders', value: 'new' });
  pass(500);
  t.deepEqual(
    (await poll()).map(({ offset, value }) => [offset, value]),
    [[3, 'new']],
  );
  t.is((broker.of('Fetch').at(-1) as IncomingRequest<'Fetch'>).body.topics[0]?.topicId, ANOTHER_ID);
});

test('a position that a reset gave has no epoch: there is no record before it to be validated by', async (t) => {
  const { broker, consumer, poll } = setUp({ 'group.id': 'g', 'auto.offset.reset': 'earliest' });
  consumer.assign([PARTITION]);
  await poll();
  const committed = consumer.commitSync();
  await poll(500);
  await committed;
  const [commit] = broker.of('OffsetCommit') as IncomingRequest<'OffsetCommit'>[];
  t.like(commit?.body.topics[0]?.partitions[0], { committedOffset: 0, committedLeaderEpoch: -1 });
});

test('by duration: the first record that is young enough, asked for again after the time-out of requests while there is none', async (t) => {
  const { world, broker, consumer, poll } = setUp({ 'auto.offset.reset': 'by_duration:PT1M', 'request.timeout.ms': 20_000 }, 3);
  const asked: { timestamp: number; nowMs: number }[] = [];
  broker.script = (request) => {
    if (request.api !== 'ListOffsets') return false;
    const timestamp = (request as IncomingRequest<'ListOffsets'>).body.topics[0]?.partitions[0]?.timestamp ?? 0;
    asked.push({ timestamp, nowMs: world.environment('c').clock.wallMs() });
    const found = asked.length > 1;
    const partition = { partitionIndex: 0, offset: found ? 1 : -1, leaderEpoch: found ? 1 : -1 };
    (request as IncomingRequest<'ListOffsets'>).respond({ topics: [{ name: 'orders', partitions: [partition] }] });
    return true;
  };
  consumer.assign([PARTITION]);
  t.deepEqual(await poll(15_000), []);
  t.is(asked.length, 1);
  t.is((await poll(10_000))[0]?.offset, 1);
  t.is(asked.length, 2);
  for (const { timestamp, nowMs } of asked) t.true(Math.abs(nowMs - 60_000 - timestamp) < 1_000);
});

test('an epoch that a listed offset tells of is not believed of another topic of the same name', async (t) => {
  const { broker, consumer, poll } = setUp({ 'auto.offset.reset': 'earliest', 'metadata.max.age.ms': 200 });
  broker.leaderEpoch = 2;
  let answer: (() => void) | null = null;
  broker.script = (request) => {
    if (request.api === 'Metadata') {
      // Two brokers: the one that is slow to list offsets is not asked for metadata meanwhile.
      const { leaderEpoch, topicId } = broker;
      const partition = { partitionIndex: 0, leaderId: 1, leaderEpoch, replicaNodes: [1], isrNodes: [1] };
      (request as IncomingRequest<'Metadata'>).respond({
        brokers: [1, 2].map((nodeId) => ({ nodeId, host: 'b1', port: 9092, rack: null })),
        topics: [{ name: 'orders', topicId, partitions: [partition] }],
      });
      return true;
    }
    if (request.api !== 'ListOffsets' || answer !== null) return false;
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: 7, leaderEpoch: 3 }] }];
    answer = () => (request as IncomingRequest<'ListOffsets'>).respond({ topics });
    return true;
  };
  consumer.assign([PARTITION]);
  await poll(1_000);
  makeAgain(broker, ANOTHER_ID, 0);
  await poll(1_000);
  (answer as (() => void) | null)?.();
  await poll(5_000);
  t.deepEqual(consumer.positions(), [{ ...PARTITION, offset: 0 }]);
  t.true(broker.of('Fetch').length > 0);
});

test('an epoch that only a committed offset tells of, of a topic that is no more, does not keep the partition for ever', async (t) => {
  const { broker, consumer, poll } = setUp(GROUP, 2);
  checkEpochs(broker);
  const ofTopics = broker.script;
  broker.script = (request) => {
    if (request.api !== 'OffsetFetch') return ofTopics(request);
    const partition = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: 5, metadata: '' };
    const topics = [{ name: 'orders', partitions: [partition] }];
    (request as IncomingRequest<'OffsetFetch'>).respond({ groups: [{ groupId: 'g', topics }], topics });
    return true;
  };
  consumer.subscribe(['orders']);
  t.deepEqual(await poll(60_000), []);
  t.is(broker.of('Fetch').length, 0);
  const offsets = (await poll(250_000)).map(({ offset }) => offset);
  for (let i = 0; i < 5; i++) offsets.push(...(await poll()).map(({ offset }) => offset));
  t.deepEqual(offsets, [0, 1]);
});

/** Version and topic id of each request: what it says of topics. */
function named(broker: FakeBroker): [number, string | undefined][] {
  return [
    ...broker.of('OffsetCommit').map(({ version, body }) => [version, body.topics[0]?.topicId] as [number, string | undefined]),
    ...broker
      .of('OffsetFetch')
      .map(({ version, body }) => [version, body.groups[0]?.topics?.[0]?.topicId] as [number, string | undefined]),
  ];
}

test('offsets are committed by the id of their topic; one that is no more is unknown, and the next attempt means the name', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ 'group.id': 'g', 'auto.offset.reset': 'earliest' }, 2, { offsetsById: true });
  consumer.assign([PARTITION]);
  t.true((await poll()).length > 0);
  broker.requests.length = 0;
  const committed = consumer.commitSync([{ ...PARTITION, offset: 7 }]);
  pass(1_000);
  await committed;
  t.deepEqual(named(broker), [[10, broker.topicId]]);
  const [former, present] = [broker.topicId, ANOTHER_ID];
  broker.topicId = present;
  broker.requests.length = 0;
  const again = consumer.commitSync([{ ...PARTITION, offset: 8 }]);
  pass(5_000);
  await again;
  const [first, ...others] = named(broker);
  t.deepEqual(first, [10, former]);
  t.deepEqual(others.at(-1), [10, present]);
  t.is(broker.committed, 8);
});

test('committed offsets are asked for by the id of their topic, too; without one, by its name', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ 'group.id': 'g', 'auto.offset.reset': 'earliest' }, 2, { offsetsById: true });
  broker.committed = 1;
  consumer.assign([PARTITION]);
  t.is((await poll())[0]?.offset, 1);
  t.deepEqual(named(broker), [[10, broker.topicId]]);
  const [former, present] = [broker.topicId, ANOTHER_ID];
  broker.topicId = present;
  broker.requests.length = 0;
  const committed = consumer.committed([PARTITION]);
  pass(5_000);
  t.deepEqual(await committed, [{ ...PARTITION, offset: 1, leaderEpoch: null, metadata: '' }]);
  t.deepEqual(named(broker)[0], [10, former]);
  t.deepEqual(named(broker).at(-1), [10, present]);
  broker.requests.length = 0;
  const unknown = consumer.committed([PARTITION, { topic: 'never heard of', partition: 0 }]);
  pass(1_000);
  await unknown;
  t.deepEqual(named(broker), [[9, ZERO_UUID]]);
});

test('a committed offset of a topic whose name belongs to another one meanwhile is no position', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ 'group.id': 'g', 'auto.offset.reset': 'earliest' }, 2, { offsetsById: true });
  const parked: IncomingRequest<'OffsetFetch'>[] = [];
  broker.script = (request) => {
    if (request.api !== 'OffsetFetch' || parked.length > 0) return false;
    parked.push(request as IncomingRequest<'OffsetFetch'>);
    return true;
  };
  const former = broker.topicId;
  consumer.assign([PARTITION]);
  await poll();
  broker.topicId = ANOTHER_ID;
  pass(3_000);
  parked[0]?.respond({ groups: [{ groupId: 'g', topics: [{ topicId: former, partitions: [{ committedOffset: 1 }] }] }] });
  const offsets = [...(await poll()), ...(await poll())].map(({ offset }) => offset);
  t.deepEqual(offsets, [0, 1]);
  t.deepEqual(named(broker).at(-1), [10, ANOTHER_ID]);
});

test('a membership that ends while its last commit is under way is lost, once, and what the next one is given stays', async (t) => {
  const { broker, consumer, pass, poll } = setUp({ ...GROUP, 'auto.commit.interval.ms': 100_000 }, 2);
  const told: string[] = [];
  consumer.subscribe(['orders'], {
    onPartitionsAssigned: () => void told.push('assigned'),
    onPartitionsRevoked: () => void told.push('revoked'),
    onPartitionsLost: () => void told.push('lost'),
  });
  t.is((await poll()).length + (await poll()).length, 2);
  const commits: IncomingRequest<'OffsetCommit'>[] = [];
  broker.script = (request) => {
    if (request.api !== 'OffsetCommit') return false;
    commits.push(request as IncomingRequest<'OffsetCommit'>);
    return true;
  };
  broker.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS;
  await poll(3_000);
  t.is(commits.length, 1);
  broker.heartbeatError = ErrorCode.UNKNOWN_MEMBER_ID;
  const answer = (errorCode: number) =>
    commits[0]?.respond({ topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, errorCode }] }] });
  answer(ErrorCode.UNKNOWN_MEMBER_ID);
  pass(2_000);
  broker.script = () => false;
  for (let i = 0; i < 5; i++) await poll();
  t.deepEqual(told, ['assigned', 'lost', 'assigned']);
  t.deepEqual(consumer.assignment, [PARTITION]);
});

test('a static leader that keeps its assignment watches the topics of all members from then on', async (t) => {
  const { broker, consumer, poll } = setUp({ ...GROUP, 'group.instance.id': 'i' });
  let partitions = 1;
  let metadata: Uint8Array = new Uint8Array(0);
  broker.script = (request) => {
    if (request.api === 'JoinGroup') {
      metadata = (request as IncomingRequest<'JoinGroup'>).body.protocols[0]?.metadata ?? metadata;
      broker.heartbeatError = 0;
      const answer = { protocolName: 'range', leader: 'm1', memberId: 'm1', members: [{ memberId: 'm1', metadata }] };
      const generationId = ++broker.generation;
      (request as IncomingRequest<'JoinGroup'>).respond({ ...answer, generationId, skipAssignment: generationId === 1 });
      return true;
    }
    if (request.api === 'SyncGroup' && broker.generation === 1) {
      const kept = encodeAssignment([PARTITION]);
      (request as IncomingRequest<'SyncGroup'>).respond({ assignment: kept });
      return true;
    }
    if (request.api !== 'Metadata') return false;
    const of = (partitionIndex: number) => ({ partitionIndex, leaderId: 1, leaderEpoch: 1, replicaNodes: [1], isrNodes: [1] });
    (request as IncomingRequest<'Metadata'>).respond({
      brokers: [{ nodeId: 1, host: 'b1', port: 9092, rack: null }],
      topics: [{ name: 'orders', topicId: broker.topicId, partitions: Array.from({ length: partitions }, (_, i) => of(i)) }],
    });
    return true;
  };
  consumer.subscribe(['orders']);
  await poll();
  await poll();
  t.deepEqual([consumer.groupMetadata().generationId, consumer.assignment.length], [1, 1]);
  partitions = 2;
  for (let i = 0; i < 4; i++) await poll();
  t.deepEqual([consumer.groupMetadata().generationId, consumer.assignment.length], [2, 2]);
});
