import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import { firstError } from '../testing/group-bench.ts';
import { ConsumerBench, idOf, topics } from './testing/consumer-bench.ts';

test('the first member of a group is in epoch 2, and has everything', (t) => {
  const bench = new ConsumerBench();
  t.is(bench.told(bench.enter('m1')), '2: 0 1 2 3');
  t.is(bench.told(bench.beat('m1', 2)), '2');
  const described = bench.describeConsumers();
  t.is(described?.groupState, 'Stable');
  t.is(described?.groupEpoch, 2);
  t.is(described?.assignmentEpoch, 2);
  t.is(described?.assignorName, 'uniform');
  t.deepEqual(described?.members?.[0]?.assignment?.topicPartitions, [
    { topicId: idOf('t'), topicName: 't', partitions: [0, 1, 2, 3] },
  ]);
  t.deepEqual(
    bench.listed().map(({ groupId, groupType, groupState, protocolType }) => [groupId, groupType, groupState, protocolType]),
    [['g', 'consumer', 'Stable', 'consumer']],
  );
});

test('a join within a second of the last assignment reaches the others a second later', (t) => {
  const bench = new ConsumerBench();
  bench.enter('m1');
  bench.pass(500);
  // The target is that of epoch 2, where m2 is not.
  t.is(bench.told(bench.enter('m2')), '2: ');
  t.is(bench.told(bench.beat('m1', 2)), '2');
  t.is(bench.describeConsumers()?.groupState, 'Assigning');
  bench.pass(499);
  t.is(bench.told(bench.beat('m1', 2)), '2');
  bench.pass(1);
  t.is(bench.told(bench.beat('m1', 2)), '2: 0 1');
  t.is(bench.describeConsumers()?.groupState, 'Reconciling');
});

test('a partition moves only when its owner has said that it gave it up', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1');
  t.is(bench.told(bench.enter('m2')), '3: ');
  t.is(bench.told(bench.beat('m1', 2)), '2: 0 1');
  t.is(bench.owning('m1', 2, 0, 1, 2, 3), '2');
  t.is(bench.told(bench.beat('m2', 3)), '3');
  t.is(bench.owning('m1', 2, 0, 1, 3), '2');
  t.is(bench.told(bench.beat('m2', 3)), '3');
  t.is(bench.owning('m1', 2, 0, 1), '3');
  t.is(bench.told(bench.beat('m2', 3)), '3: 2 3');
  t.is(bench.describeConsumers()?.groupState, 'Stable');
});

test('who does not give up in time what it was told to is put out, and the others get it', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1');
  bench.enter('m2');
  bench.beat('m1', 2);
  for (let second = 0; second < 29; second += 1) {
    bench.pass(1_000);
    bench.beat('m1', 2);
    bench.beat('m2', 3);
  }
  t.is(bench.told(bench.beat('m2', 3)), '3');
  bench.pass(1_001);
  t.is(bench.told(bench.beat('m1', 2)), `error ${ErrorCode.UNKNOWN_MEMBER_ID}`);
  t.is(bench.told(bench.beat('m2', 3)), '4: 0 1 2 3');
});

test('who is not heard of for as long as a session lasts is put out', (t) => {
  const bench = new ConsumerBench({ sessionTimeoutMs: 10_000 });
  bench.enter('m1');
  bench.pass(9_999);
  t.is(bench.told(bench.beat('m1', 2)), '2');
  bench.pass(9_999);
  t.is(bench.told(bench.beat('m1', 2)), '2');
  bench.pass(10_001);
  t.is(bench.told(bench.beat('m1', 2)), `error ${ErrorCode.UNKNOWN_MEMBER_ID}`);
  t.is(bench.describeConsumers()?.groupState, 'Empty');
  t.is(bench.describeConsumers()?.groupEpoch, 3);
});

test('a member in another epoch is fenced, but for one that missed the answer and has no more than it should', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1');
  bench.enter('m2');
  t.is(bench.told(bench.beat('m1', 3)), `error ${ErrorCode.FENCED_MEMBER_EPOCH}`);
  bench.beat('m1', 2);
  t.is(bench.owning('m1', 2, 0, 1), '3');
  t.is(bench.told(bench.beat('m1', 2)), `error ${ErrorCode.FENCED_MEMBER_EPOCH}`);
  t.is(bench.owning('m1', 2, 0, 1, 2), `error ${ErrorCode.FENCED_MEMBER_EPOCH}`);
  t.is(bench.owning('m1', 2, 0), '3');
  t.is(bench.told(bench.beat('m3', 3)), `error ${ErrorCode.UNKNOWN_MEMBER_ID}`);
  t.is(bench.told(bench.enter('m1')), '3: 0 1');
});

test('a commit of an older epoch is taken for what the member has had since; one partition that it has not is refused with all', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1');
  bench.enter('m2');
  bench.beat('m1', 2);
  const commit = (partition: number, generation: number, version = 9) =>
    firstError(bench.commit(7, { id: 'm1', generation, partition }, version).answer);
  t.is(commit(2, 2), 0);
  t.is(bench.owning('m1', 2, 0, 1), '3');
  t.is(commit(0, 3), 0);
  t.is(commit(0, 2), 0);
  t.is(commit(2, 2), ErrorCode.STALE_MEMBER_EPOCH);
  t.is(commit(0, 4), ErrorCode.STALE_MEMBER_EPOCH);
  t.is(commit(0, 3, 8), ErrorCode.UNSUPPORTED_VERSION);
  t.is(firstError(bench.commit(7, { id: 'nobody', generation: 3 }, 9).answer), ErrorCode.UNKNOWN_MEMBER_ID);
  const name = { name: 't', topicId: idOf('t') };
  const partition = { committedOffset: 9, committedLeaderEpoch: 3, committedMetadata: '' };
  const both = bench.ask('OffsetCommit', 9, {
    groupId: 'g',
    generationIdOrMemberEpoch: 2,
    memberId: 'm1',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [{ ...name, partitions: [0, 2].map((partitionIndex) => ({ ...partition, partitionIndex })) }],
  });
  t.deepEqual(
    both.answer.topics?.[0]?.partitions?.map(({ errorCode }) => errorCode),
    [ErrorCode.STALE_MEMBER_EPOCH, ErrorCode.STALE_MEMBER_EPOCH],
  );
  t.is(bench.committed(0), 7);
});

test('a partition that came to a member in a later epoch cannot be committed in an earlier one', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1');
  bench.enter('m2');
  bench.beat('m1', 2);
  bench.owning('m1', 2, 0, 1);
  bench.beat('m2', -1);
  t.is(bench.told(bench.beat('m1', 3)), '4: 0 1 2 3');
  const commit = (partition: number, generation: number) =>
    firstError(bench.commit(7, { id: 'm1', generation, partition }, 9).answer);
  t.is(commit(0, 2), 0);
  t.is(commit(2, 3), ErrorCode.STALE_MEMBER_EPOCH);
  t.is(commit(2, 4), 0);
});

test('a fetch of offsets of an older epoch is refused in any case, and one that tells no member is not', (t) => {
  const bench = new ConsumerBench();
  bench.enter('m1');
  bench.commit(7, { id: 'm1', generation: 2 }, 9);
  const fetch = (memberId: string | null, memberEpoch: number) => {
    const groups = [{ groupId: 'g', memberId, memberEpoch, topics: [{ name: 't', topicId: idOf('t'), partitionIndexes: [0] }] }];
    const [group] = bench.ask('OffsetFetch', 9, { groupId: '', topics: [], groups, requireStable: true }).answer.groups ?? [];
    return group?.errorCode || group?.topics?.[0]?.partitions?.[0]?.committedOffset;
  };
  t.is(fetch('m1', 2), 7);
  t.is(fetch(null, -1), 7);
  t.is(fetch('m1', 1), ErrorCode.STALE_MEMBER_EPOCH);
  t.is(fetch('m1', 3), ErrorCode.STALE_MEMBER_EPOCH);
  t.is(fetch('m2', 2), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a static member keeps its place while it is away, for the next process with its instance id alone', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  t.is(bench.told(bench.enter('m1', { instanceId: 'i' })), '2: 0 1 2 3');
  t.is(bench.told(bench.enter('m2', { instanceId: 'i' })), `error ${ErrorCode.UNRELEASED_INSTANCE_ID}`);
  t.is(bench.told(bench.beat('m1', -2, { instanceId: 'i' })), '-2');
  t.is(bench.told(bench.enter('m3')), '3: ');
  t.is(bench.told(bench.enter('m2', { instanceId: 'i' })), '3: 0 1');
  t.is(bench.told(bench.beat('m1', 2, { instanceId: 'i' })), `error ${ErrorCode.FENCED_INSTANCE_ID}`);
  t.is(bench.told(bench.beat('m1', 2)), `error ${ErrorCode.UNKNOWN_MEMBER_ID}`);
  t.is(bench.told(bench.beat('nobody', 2, { instanceId: 'j' })), `error ${ErrorCode.UNKNOWN_MEMBER_ID}`);
});

test('a static member that comes back in time causes no rebalance; one that does not is put out', (t) => {
  const bench = new ConsumerBench();
  bench.enter('m1', { instanceId: 'i' });
  bench.beat('m1', -2, { instanceId: 'i' });
  bench.pass(2_000);
  t.is(bench.told(bench.enter('m2', { instanceId: 'i' })), '2: 0 1 2 3');
  t.is(bench.describeConsumers()?.groupEpoch, 2);
  // What it has is its own from the beginning.
  t.is(firstError(bench.commit(7, { id: 'm2', generation: 1 }, 9).answer), 0);
  bench.beat('m2', -2, { instanceId: 'i' });
  bench.pass(45_001);
  t.is(bench.describeConsumers()?.members?.length, 0);
});

test('who leaves is no member any more, and what it had is free', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1');
  bench.enter('m2');
  t.is(bench.told(bench.beat('m1', -1)), '-1');
  t.is(bench.told(bench.beat('m2', 3)), '4: 0 1 2 3');
  t.is(bench.told(bench.beat('m1', 2)), `error ${ErrorCode.UNKNOWN_MEMBER_ID}`);
});

test('requests that no member would send are refused before anybody looks at the group', (t) => {
  const bench = new ConsumerBench();
  const refused = (asked: ReturnType<ConsumerBench['beat']>) => asked.answer.errorCode;
  t.is(refused(bench.enter('')), ErrorCode.INVALID_REQUEST);
  t.is(refused(bench.enter('m', { groupId: '' })), ErrorCode.INVALID_REQUEST);
  t.is(refused(bench.enter('m', { instanceId: '' })), ErrorCode.INVALID_REQUEST);
  t.is(refused(bench.enter('m', { rackId: '' })), ErrorCode.INVALID_REQUEST);
  t.is(refused(bench.enter('m', { rebalanceTimeoutMs: -1 })), ErrorCode.INVALID_REQUEST);
  t.is(refused(bench.enter('m', { topicPartitions: null })), ErrorCode.INVALID_REQUEST);
  t.is(refused(bench.enter('m', { subscribedTopicNames: null })), ErrorCode.INVALID_REQUEST);
  t.is(refused(bench.beat('m', -2)), ErrorCode.INVALID_REQUEST);
  t.is(refused(bench.beat('m', -3)), ErrorCode.INVALID_REQUEST);
  t.is(refused(bench.enter('m', { serverAssignor: 'mine' })), ErrorCode.UNSUPPORTED_ASSIGNOR);
  t.is(refused(bench.beat('m', 2)), ErrorCode.GROUP_ID_NOT_FOUND);
  t.is(refused(bench.beat('m', -1)), ErrorCode.GROUP_ID_NOT_FOUND);
  t.deepEqual(bench.listed(), []);
  // A member of version 0 is given an id.
  const named = bench.beat('', 0, { rebalanceTimeoutMs: 1, subscribedTopicNames: ['t'], topicPartitions: [] }, 0);
  t.is(named.answer.memberId?.length, 22);
});

test('a group takes no more members than it may have, but a static one that comes back', (t) => {
  const bench = new ConsumerBench({ maxSize: 1 });
  bench.enter('m1', { instanceId: 'i' });
  t.is(bench.told(bench.enter('m2')), `error ${ErrorCode.GROUP_MAX_SIZE_REACHED}`);
  bench.beat('m1', -2, { instanceId: 'i' });
  t.is(bench.told(bench.enter('m2', { instanceId: 'i' })), '2: 0 1 2 3');
});

test('the assignor that most members ask for is used, and a change of it is a change of the group', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.topics = topics({ t: 3, u: 3 });
  bench.enter('m1', { subscribedTopicNames: ['t', 'u'], serverAssignor: 'range' });
  t.is(bench.describeConsumers()?.assignorName, 'range');
  t.is(bench.told(bench.enter('m2', { subscribedTopicNames: ['t', 'u'] })), '3: ');
  bench.beat('m1', 2);
  t.is(
    bench.told(bench.beat('m1', 2, { topicPartitions: ['t', 'u'].map((name) => ({ topicId: idOf(name), partitions: [0, 1] })) })),
    '3',
  );
  t.is(bench.told(bench.beat('m2', 3)), '3: 2 2');
  t.is(bench.told(bench.beat('m1', 3, { serverAssignor: 'uniform' })), '3: 0 1 0');
});

test('new partitions of a topic, and new topics, reach a group with its next heartbeats', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1');
  bench.topics = topics({ t: 5, u: 1 });
  t.is(bench.told(bench.beat('m1', 2)), '2');
  bench.coordinator.onTopicsChanged(new Set(['u']), true);
  t.is(bench.told(bench.beat('m1', 2)), '2');
  bench.coordinator.onTopicsChanged(new Set(['t']), false);
  t.is(bench.told(bench.beat('m1', 2)), '3: 0 1 2 3 4');
});

test('a regular expression is looked up apart from the heartbeat, and again when there are new topics', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.topics = topics({ t: 2, u: 1 });
  const regex = { subscribedTopicNames: null, subscribedTopicRegex: '[t-v]' };
  t.is(bench.told(bench.enter('m1', { ...regex, subscribedTopicRegex: '(' })), `error ${ErrorCode.INVALID_REGULAR_EXPRESSION}`);
  t.is(bench.told(bench.enter('m1', regex)), '1: ');
  bench.pass(1);
  t.is(bench.told(bench.beat('m1', 1)), '2: 0 1 0');
  t.is(bench.describeConsumers()?.members?.[0]?.subscribedTopicRegex, '[t-v]');
  // Others with the same expression need no look.
  t.is(bench.told(bench.enter('m2', regex)), '3: ');
  bench.beat('m2', -1);
  t.is(bench.told(bench.beat('m1', 2)), '4');
  bench.topics = topics({ t: 2, u: 1, v: 1, x: 1 }, 2);
  bench.coordinator.onTopicsChanged(new Set(['v', 'x']), true);
  // Not more often than every ten seconds.
  t.is(bench.told(bench.beat('m1', 4)), '4');
  bench.pass(10_001);
  t.is(bench.told(bench.beat('m1', 4)), '4');
  bench.pass(1);
  t.is(bench.told(bench.beat('m1', 4)), '5: 0 1 0 0');
});

test('a member that drops a topic gives it up at once, also before there is another assignment', (t) => {
  const bench = new ConsumerBench();
  bench.topics = topics({ t: 2, u: 1 });
  bench.enter('m1', { subscribedTopicNames: ['t', 'u'] });
  t.is(bench.told(bench.beat('m1', 2, { subscribedTopicNames: ['u'] })), '2: 0');
  t.deepEqual(
    bench.describeConsumers()?.members?.[0]?.assignment?.topicPartitions?.map(({ topicName }) => topicName),
    ['u', 't'],
  );
});

test('another coordinator goes on where the log ends: epochs, target and what each member has', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1');
  bench.enter('m2', { instanceId: 'i', rackId: 'r' });
  bench.beat('m1', 2);
  const before = bench.describeConsumers();
  bench.fail('b2', true);
  t.is(bench.beat('m1', 2).answer.errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  bench.pass(1);
  t.deepEqual(bench.describeConsumers(), before);
  t.is(bench.owning('m1', 2, 0, 1), '3');
  t.is(bench.told(bench.beat('m2', 3)), '3: 2 3');
  // Members have a session, and what they have to give up a time, with the new one, too.
  bench.pass(45_001);
  t.is(bench.describeConsumers()?.groupState, 'Empty');
});

test('who was told to give up partitions has a rebalance time-out with the next coordinator, too', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1', { rebalanceTimeoutMs: 1_000 });
  bench.enter('m2');
  bench.beat('m1', 2);
  bench.fail('b2', true);
  bench.pass(900);
  t.is(bench.told(bench.beat('m1', 2)), '2');
  bench.pass(200);
  t.is(bench.told(bench.beat('m1', 2)), `error ${ErrorCode.UNKNOWN_MEMBER_ID}`);
});

test('what is refused by the log is undone, and nobody is told of it', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  t.is(bench.told(bench.enter('m1')), `error ${ErrorCode.COORDINATOR_NOT_AVAILABLE}`);
  bench.log.refusal = ErrorCode.NONE;
  t.deepEqual(bench.listed(), []);
  t.is(bench.told(bench.enter('m1')), '2: 0 1 2 3');
  bench.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  t.is(bench.told(bench.enter('m2')), `error ${ErrorCode.COORDINATOR_NOT_AVAILABLE}`);
  t.is(bench.told(bench.beat('m1', -1)), `error ${ErrorCode.COORDINATOR_NOT_AVAILABLE}`);
  bench.log.refusal = ErrorCode.NONE;
  t.is(bench.told(bench.beat('m1', 2)), '2');
  t.is(bench.describeConsumers()?.members?.length, 1);
});

test('a member whose session ended is put out when the log takes it, if not at once', (t) => {
  const bench = new ConsumerBench({ sessionTimeoutMs: 10_000 });
  bench.enter('m1');
  bench.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  bench.pass(10_001);
  t.is(bench.describeConsumers()?.members?.length, 1);
  bench.log.refusal = ErrorCode.NONE;
  bench.pass(501);
  t.is(bench.describeConsumers()?.members?.length, 0);
});

test('nobody is answered before what was decided is in the log; who looks sees what is', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1');
  bench.log.commitsAtOnce = false;
  const joins = bench.enter('m2');
  const beats = bench.beat('m1', 2);
  t.false(joins.isAnswered || beats.isAnswered);
  t.is(bench.describeConsumers()?.groupEpoch, 2);
  bench.log.commit();
  t.is(bench.told(joins), '3: ');
  t.is(bench.told(beats), '2: 0 1');
  t.is(bench.describeConsumers()?.groupEpoch, 3);
});

test('a group without members is deleted with all its records, and begins anew', (t) => {
  const bench = new ConsumerBench();
  bench.enter('m1', { subscribedTopicRegex: 't' });
  bench.pass(1);
  bench.commit(7, { id: 'm1', generation: 2 }, 9);
  const remove = () => bench.ask('DeleteGroups', 2, { groupsNames: ['g'] }).answer.results?.[0]?.errorCode;
  const topicsOfDelete = [{ name: 't', partitions: [{ partitionIndex: 0 }] }];
  const deleted = bench.ask('OffsetDelete', 0, { groupId: 'g', topics: topicsOfDelete });
  t.is(deleted.answer.topics?.[0]?.partitions?.[0]?.errorCode, ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
  t.is(remove(), ErrorCode.NON_EMPTY_GROUP);
  bench.beat('m1', -1);
  t.is(bench.committed(), 7);
  t.is(remove(), 0);
  t.is(remove(), ErrorCode.GROUP_ID_NOT_FOUND);
  t.is(bench.describeConsumers()?.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  bench.fail('b2', true);
  bench.pass(1);
  t.deepEqual(bench.listed(), []);
  t.is(bench.told(bench.enter('m1')), '2: 0 1 2 3');
});

test('offsets of a consumer group expire when nobody subscribes to their topic, and with the last the group goes', (t) => {
  const bench = new ConsumerBench();
  bench.enter('m1');
  bench.commit(7, { id: 'm1', generation: 2 }, 9);
  for (let minute = 0; minute < 75 * 2; minute += 1) {
    bench.pass(30_000);
    bench.beat('m1', 2);
  }
  t.is(bench.committed(), 7);
  bench.beat('m1', -1);
  bench.pass(15 * 60_000);
  t.is(bench.committed(), -1);
  t.deepEqual(bench.listed(), []);
});

test('an empty group of one kind becomes one of the other, and keeps its offsets', (t) => {
  const bench = new ConsumerBench();
  bench.migrationPolicy = 'disabled';
  bench.commit(7);
  t.is(bench.listed()[0]?.groupType, 'classic');
  t.is(bench.told(bench.enter('m1')), '2: 0 1 2 3');
  t.is(bench.listed()[0]?.groupType, 'consumer');
  t.is(bench.committed(), 7);
  t.is(bench.join('').answer.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  bench.beat('m1', -1);
  const { id } = bench.joinNew();
  bench.pass(6_000);
  t.is(bench.listed()[0]?.groupType, 'classic');
  t.is(bench.committed(), 7);
  t.is(bench.told(bench.enter('m1')), `error ${ErrorCode.GROUP_ID_NOT_FOUND}`);
  bench.fail('b2', true);
  bench.pass(1);
  t.is(bench.listed()[0]?.groupType, 'classic');
  t.is(bench.committed(), 7);
  bench.leave({ memberId: id });
  bench.pass(31_000);
  bench.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  bench.enter('m1');
  t.is(bench.listed()[0]?.groupType, 'classic');
  bench.log.refusal = ErrorCode.NONE;
  t.is(bench.told(bench.enter('m1')), '2: 0 1 2 3');
  t.is(bench.committed(), 7);
});

test('in a transaction a member commits by the same rules, and clients of before version 6 hear of a generation', (t) => {
  const bench = new ConsumerBench();
  bench.enter('m1');
  const commit = (generation: number, version: number, id = 'm1') =>
    firstError(bench.commitInTransaction(9, {}, { id, generation }, version).answer);
  t.is(commit(2, 6), 0);
  t.is(commit(3, 6), ErrorCode.STALE_MEMBER_EPOCH);
  t.is(commit(3, 5), ErrorCode.ILLEGAL_GENERATION);
  t.is(commit(2, 5), 0);
  t.is(commit(-1, 5, ''), 0);
  t.is(commit(2, 5, 'm2'), ErrorCode.UNKNOWN_MEMBER_ID);
});
