import test from 'ava';
import { encodeMessage } from '../../protocol/codec.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { ConsumerBench, idOf, topics } from './testing/consumer-bench.ts';

function versioned(body: Uint8Array): Uint8Array {
  return Uint8Array.from([0, 3, ...body]);
}

/** A protocol of the classic kind whose subscription says which partitions of t its member has. */
function subscribed(name: string, ...partitions: readonly number[]) {
  const ownedPartitions = partitions.length === 0 ? [] : [{ topic: 't', partitions: [...partitions] }];
  const subscription = { topics: ['t'], userData: null, ownedPartitions, generationId: 1, rackId: null };
  return { name, metadata: versioned(encodeMessage('ConsumerProtocolSubscription', 3, subscription)) };
}

function assigned(...partitions: readonly number[]): Uint8Array {
  const assignedPartitions = [{ topic: 't', partitions: [...partitions] }];
  return versioned(encodeMessage('ConsumerProtocolAssignment', 3, { assignedPartitions, userData: null }));
}

/** A stable classic group of one member, which has all four partitions in generation 1. */
function classicGroup(config = {}): { readonly bench: ConsumerBench; readonly id: string } {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0, ...config });
  const { id } = bench.joinNew({ protocols: [subscribed('range')] });
  bench.pass(6_000);
  const request = { groupId: 'g', generationId: 1, memberId: id, groupInstanceId: null, protocolType: 'consumer' };
  bench.ask('SyncGroup', 5, {
    ...request,
    protocolName: 'range',
    assignments: [{ memberId: id, assignment: assigned(0, 1, 2, 3) }],
  });
  return { bench, id };
}

const rejoin = (bench: ConsumerBench, id: string, ...owned: readonly number[]) =>
  bench.join(id, { protocols: [subscribed('range', ...owned)] }).answer;

test('a classic group with a member becomes a consumer group when one of that protocol comes, and nobody loses anything', (t) => {
  const { bench, id } = classicGroup();
  bench.commit(7, { id, generation: 1 });
  t.is(bench.told(bench.enter('m')), '2: ');
  t.deepEqual([bench.listed()[0]?.groupType, bench.describe()?.groupState], ['consumer', 'Dead']);
  const members = bench.describeConsumers()?.members ?? [];
  t.deepEqual(
    members.map(({ memberId, memberEpoch, memberType, assignment }) => [
      memberId,
      memberEpoch,
      memberType,
      assignment?.topicPartitions?.[0]?.partitions,
    ]),
    [
      [id, 1, 0, [0, 1, 2, 3]],
      ['m', 2, 1, undefined],
    ],
  );
  t.is(bench.committed(), 7);
  // What it has had all along it may commit in its generation.
  t.is(bench.commit(8, { id, generation: 1 }, 9).answer.topics?.[0]?.partitions?.[0]?.errorCode, ErrorCode.NONE);
});

test('a classic member gives up by joining again, and what it gave up is another’s only then', (t) => {
  const { bench, id } = classicGroup();
  bench.enter('m');
  t.is(bench.heartbeat(id, 1), ErrorCode.REBALANCE_IN_PROGRESS);
  t.is(bench.sync(id, 1).answer.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  const first = rejoin(bench, id, 0, 1, 2, 3);
  t.deepEqual([first.errorCode, first.generationId, first.leader], [ErrorCode.NONE, 1, '']);
  t.deepEqual(bench.sync(id, 1).answer.assignment, assigned(0, 1));
  t.is(bench.told(bench.beat('m', 2)), '2');
  t.is(bench.heartbeat(id, 1), ErrorCode.REBALANCE_IN_PROGRESS);
  t.is(rejoin(bench, id, 0, 1).generationId, 2);
  t.deepEqual(bench.sync(id, 2).answer.assignment, assigned(0, 1));
  t.is(bench.heartbeat(id, 2), ErrorCode.NONE);
  t.is(bench.told(bench.beat('m', 2)), '2: 2 3');
});

test('when its last member of the consumer protocol goes the group is a classic one again, and rebalances', (t) => {
  for (const goes of ['leaves', 'is put out'] as const) {
    const { bench, id } = classicGroup({ sessionTimeoutMs: 5_000 });
    bench.commit(7, { id, generation: 1 });
    bench.enter('m');
    rejoin(bench, id);
    if (goes === 'leaves') bench.beat('m', -1);
    else {
      bench.pass(4_000);
      bench.heartbeat(id, 2);
      bench.pass(1_001);
    }
    t.is(bench.listed()[0]?.groupType, 'classic', goes);
    t.is(bench.describe()?.groupState, 'PreparingRebalance');
    t.is(bench.heartbeat(id, 2), ErrorCode.REBALANCE_IN_PROGRESS);
    const joined = rejoin(bench, id);
    t.deepEqual([joined.errorCode, joined.generationId, joined.leader], [ErrorCode.NONE, 3, id]);
    t.is(bench.committed(), 7);
    bench.fail('b2', true);
    bench.pass(1);
    t.deepEqual([bench.listed()[0]?.groupType, bench.committed()], ['classic', 7]);
  }
});

test('a static member of the classic protocol takes the place of one of the consumer protocol, and the group may be a classic one', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m', { instanceId: 'i' });
  const joined = bench.join('', { groupInstanceId: 'i', protocols: [subscribed('range')] }).answer;
  t.deepEqual([joined.errorCode, bench.listed()[0]?.groupType], [ErrorCode.NONE, 'classic']);
  // It has what the one before had, without a rebalance.
  t.is(bench.describe()?.groupState, 'Stable');
  t.is(bench.heartbeat(joined.memberId ?? '', joined.generationId ?? -1, 'i'), ErrorCode.NONE);
  t.deepEqual(bench.sync(joined.memberId ?? '', joined.generationId ?? -1, {}, 'i').answer.assignment, assigned(0, 1, 2, 3));
});

test('who does not join again, or ask what it has, in the time for rebalances is put out', (t) => {
  const late = classicGroup();
  late.bench.enter('m');
  late.bench.heartbeat(late.id, 1);
  for (let s = 0; s < 30; s++) {
    late.bench.pass(1_000);
    late.bench.heartbeat(late.id, 1);
    late.bench.beat('m', 2);
  }
  t.is(late.bench.heartbeat(late.id, 1), ErrorCode.UNKNOWN_MEMBER_ID);
  const unsynced = classicGroup();
  unsynced.bench.enter('m');
  rejoin(unsynced.bench, unsynced.id);
  for (let s = 0; s < 30; s++) {
    unsynced.bench.pass(1_000);
    unsynced.bench.heartbeat(unsynced.id, 2);
    unsynced.bench.beat('m', 2);
  }
  t.is(unsynced.bench.heartbeat(unsynced.id, 2), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('the session of a classic member is as long as it asked for, in a consumer group too', (t) => {
  const { bench, id } = classicGroup();
  bench.enter('m');
  rejoin(bench, id);
  bench.sync(id, 2);
  bench.pass(9_999);
  t.is(bench.heartbeat(id, 2), ErrorCode.NONE);
  bench.pass(10_001);
  t.is(bench.heartbeat(id, 2), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('by policy groups with members stay what they are', (t) => {
  const up = classicGroup();
  for (const policy of ['disabled', 'downgrade'] as const) {
    up.bench.migrationPolicy = policy;
    t.is(up.bench.told(up.bench.enter('m')), `error ${ErrorCode.GROUP_ID_NOT_FOUND}`);
  }
  up.bench.migrationPolicy = 'upgrade';
  t.is(up.bench.told(up.bench.enter('m')), '2: ');
  // Members of both are there; it is not to become a classic group any more.
  up.bench.beat('m', -1);
  t.is(up.bench.listed()[0]?.groupType, 'consumer');
  up.bench.migrationPolicy = 'disabled';
  t.is(rejoin(up.bench, up.id).errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
});

test('a change of protocol that the log refuses has not been', (t) => {
  const { bench, id } = classicGroup();
  bench.commit(7, { id, generation: 1 });
  bench.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  t.is(bench.told(bench.enter('m')), `error ${ErrorCode.COORDINATOR_NOT_AVAILABLE}`);
  t.is(bench.listed()[0]?.groupType, 'classic');
  bench.log.refusal = ErrorCode.NONE;
  // It was told to join again, or would have been.
  t.is(bench.heartbeat(id, 1), ErrorCode.REBALANCE_IN_PROGRESS);
  t.is(rejoin(bench, id).generationId, 2);
  t.is(bench.committed(), 7);
  bench.sync(id, 2, {});
  bench.enter('m');
  rejoin(bench, id);
  bench.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  bench.beat('m', -1);
  t.is(bench.listed()[0]?.groupType, 'consumer');
  bench.log.refusal = ErrorCode.NONE;
  t.is(
    bench
      .told(bench.beat('m', bench.describeConsumers()?.members?.find(({ memberId }) => memberId === 'm')?.memberEpoch ?? 0))
      .split(':')[0],
    '3',
  );
});

test('the next coordinator finds members of both protocols, and the racks and topics that they told', (t) => {
  const { bench, id } = classicGroup();
  bench.topics = topics({ t: 4, u: 2 });
  bench.enter('m');
  rejoin(bench, id, 0, 1);
  bench.fail('b2', true);
  bench.pass(1);
  t.is(bench.heartbeat(id, 2), ErrorCode.NONE);
  t.deepEqual(bench.sync(id, 2).answer.assignment, assigned(0, 1));
  t.is(bench.told(bench.beat('m', 2)), '2: 2 3');
  t.is(bench.describeConsumers()?.members?.[1]?.assignment?.topicPartitions?.[0]?.topicId, idOf('t'));
});
