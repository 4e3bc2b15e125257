import test from 'ava';
import { ErrorCode, errorName } from '../protocol/errors.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';
import { GroupBench, firstError, protocol } from './testing/group-bench.ts';

function bench(config: ConstructorParameters<typeof GroupBench>[0] = {}): GroupBench {
  const it = new GroupBench(config);
  it.pass(0);
  return it;
}

const MINUTE = 60_000;

// --- who may commit (GR4 of docs/properties.md) ---

interface Committer {
  readonly id?: string;
  readonly generation?: number;
  readonly instance?: string | null;
}

function errorOf(it: GroupBench, member: Committer, version = 8): string {
  return errorName(firstError(it.commit(7, member, version).answer));
}

test('to a group that does not exist only a simple commit is taken', (t) => {
  const it = bench();
  t.is(errorOf(it, { id: 'm', generation: 3 }, 8), 'ILLEGAL_GENERATION');
  t.is(errorOf(it, { id: 'm', generation: 3 }, 9), 'GROUP_ID_NOT_FOUND');
  t.is(it.describe()?.groupState, 'Dead');
  t.is(errorOf(it, {}), 'NONE');
  t.is(it.describe()?.groupState, 'Empty');
  t.is(it.committed(), 7);
});

test('to an empty group too: a member that is gone is refused whatever it says', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const [id = ''] = ids;
  it.leave({ memberId: id });
  t.is(errorOf(it, { id, generation }), 'UNKNOWN_MEMBER_ID');
  t.is(errorOf(it, { id, generation: generation + 1 }), 'UNKNOWN_MEMBER_ID');
  t.is(errorOf(it, {}), 'NONE');
});

test('to a stable group only a current member in the current generation', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(2);
  const [id = ''] = ids;
  t.is(errorOf(it, {}), 'UNKNOWN_MEMBER_ID');
  t.is(errorOf(it, { id: 'stranger', generation }), 'UNKNOWN_MEMBER_ID');
  t.is(errorOf(it, { id, generation: generation - 1 }), 'ILLEGAL_GENERATION');
  t.is(errorOf(it, { id, generation: generation + 1 }), 'ILLEGAL_GENERATION');
  t.is(errorOf(it, { id, generation: -1 }), 'ILLEGAL_GENERATION');
  t.is(errorOf(it, { id, generation, instance: 'nobody' }), 'UNKNOWN_MEMBER_ID');
  t.is(errorOf(it, { id, generation }), 'NONE');
  t.is(it.world.events('offset-commit-rejected').length, 6);
});

test('while a rebalance is prepared members may still commit, while it completes not', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const [id = ''] = ids;
  const next = it.joinNew();
  t.is(errorOf(it, { id, generation }), 'NONE');
  it.join(id);
  t.is(next.joined.answer.generationId, generation + 1);
  t.is(errorOf(it, { id, generation }), 'ILLEGAL_GENERATION');
  t.is(errorOf(it, { id, generation: generation + 1 }), 'REBALANCE_IN_PROGRESS');
});

test('a static member whose place was taken is fenced', (t) => {
  const it = bench();
  const joined = it.join('', { groupInstanceId: 'i' });
  it.pass(3_000);
  const { memberId: id = '', generationId: generation = 0 } = joined.answer;
  it.sync(id, generation, { [id]: 'a' }, 'i');
  it.join('', { groupInstanceId: 'i' });
  t.is(errorOf(it, { id, generation, instance: 'i' }), 'FENCED_INSTANCE_ID');
  t.is(errorOf(it, { id, generation }), 'UNKNOWN_MEMBER_ID');
});

// --- commits and fetches ---

test('a commit counts and is answered when it is committed in the log, not before', (t) => {
  const it = bench();
  it.log.commitsAtOnce = false;
  const asked = it.commit(7);
  t.is(asked.response, undefined);
  t.is(it.committed(), -1);
  it.log.commit();
  t.is(firstError(asked.answer), ErrorCode.NONE);
  t.is(it.committed(), 7);
});

test('a commit that takes too long is answered as not available, and counts when the log has it after all', (t) => {
  const it = bench();
  it.log.commitsAtOnce = false;
  const asked = it.commit(7);
  it.pass(4_999);
  t.is(asked.response, undefined);
  it.pass(1);
  t.is(firstError(asked.answer), ErrorCode.COORDINATOR_NOT_AVAILABLE);
  t.is(it.committed(), -1);
  it.log.commit();
  t.is(it.committed(), 7);
});

test('refused appends become errors a client of the coordinator knows, and leave no group behind', (t) => {
  const it = bench();
  const expected = [
    [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
  ] as const;
  for (const [refusal, answer] of expected) {
    it.log.refusal = refusal;
    t.is(firstError(it.commit(7).answer), answer);
  }
  t.is(it.describe()?.groupState, 'Dead');
});

test('metadata that is too long is refused for its partition alone', (t) => {
  const it = bench();
  const partition = (partitionIndex: number, committedMetadata: string) => ({
    partitionIndex,
    committedMetadata,
    committedOffset: 5,
    committedLeaderEpoch: -1,
  });
  const topics = [{ name: 't', topicId: ZERO_UUID, partitions: [partition(0, '12345678901'), partition(1, '1234567890')] }];
  const request = {
    groupId: 'g',
    memberId: '',
    groupInstanceId: null,
    generationIdOrMemberEpoch: -1,
    retentionTimeMs: -1,
    topics,
  };
  t.deepEqual(it.ask('OffsetCommit', 8, request).answer.topics?.[0]?.partitions, [
    { partitionIndex: 0, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE },
    { partitionIndex: 1, errorCode: ErrorCode.NONE },
  ]);
  t.is(it.committed(0), -1);
  t.is(it.committed(1), 5);
});

test('a fetch that requires stable offsets waits for the commits under way', (t) => {
  const it = bench();
  it.commit(1);
  it.log.commitsAtOnce = false;
  it.commit(2);
  const loose = it.fetch(0);
  const strict = it.fetch(0, true);
  t.is(loose.answer.groups?.[0]?.topics?.[0]?.partitions?.[0]?.committedOffset, 1);
  t.is(strict.response, undefined);
  it.log.commit();
  t.is(strict.answer.groups?.[0]?.topics?.[0]?.partitions?.[0]?.committedOffset, 2);
  it.commit(3);
  const late = it.fetch(0, true);
  it.pass(5_000);
  t.is(late.answer.groups?.[0]?.errorCode, ErrorCode.NOT_COORDINATOR);
});

test('a fetch that requires stable offsets waits for what other groups of the shard commit, too', (t) => {
  const it = bench();
  it.commit(1);
  it.log.commitsAtOnce = false;
  const topics = [
    {
      name: 't',
      topicId: ZERO_UUID,
      partitions: [{ partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: '' }],
    },
  ];
  const of = { memberId: '', groupInstanceId: null, generationIdOrMemberEpoch: -1, retentionTimeMs: -1 };
  it.ask('OffsetCommit', 8, { ...of, groupId: 'another', topics });
  const strict = it.fetch(0, true);
  t.is(strict.response, undefined);
  it.log.commit();
  t.is(strict.answer.groups?.[0]?.topics?.[0]?.partitions?.[0]?.committedOffset, 1);
});

test('errors of OffsetFetch stand where the version has a place for them', (t) => {
  const it = bench();
  const topics = [{ name: 't', topicId: ZERO_UUID, partitionIndexes: [0] }];
  const ask = (version: number, group: string) =>
    it.ask('OffsetFetch', version, {
      groupId: group,
      topics,
      groups: [{ groupId: group, memberId: null, memberEpoch: -1, topics }],
      requireStable: false,
    }).answer;
  t.is(ask(1, 'g').topics?.[0]?.partitions?.[0]?.committedOffset, -1);
  it.fail('b2', true);
  const loading = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
  t.is(ask(1, 'g').topics?.[0]?.partitions?.[0]?.errorCode, loading);
  t.deepEqual(ask(2, 'g'), { errorCode: loading, topics: [] });
  t.deepEqual(ask(8, 'g'), { groups: [{ groupId: 'g', topics: [], errorCode: loading }] });
});

test('without topics OffsetFetch gives all of a group', (t) => {
  const it = bench();
  it.commit(1, { partition: 0 });
  it.commit(2, { partition: 4 });
  const all = { groupId: 'g', topics: null, groups: [{ groupId: 'g', memberId: null, memberEpoch: -1, topics: null }] };
  const [group] = it.ask('OffsetFetch', 9, { ...all, requireStable: false }).answer.groups ?? [];
  t.deepEqual(
    group?.topics?.[0]?.partitions?.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
    [
      [0, 1],
      [4, 2],
    ],
  );
});

// --- deletion and expiry ---

test('DeleteGroups deletes empty groups only, with their offsets', (t) => {
  const it = bench();
  const remove = () => it.ask('DeleteGroups', 2, { groupsNames: ['g', 'other'] });
  const { ids } = it.stable(1);
  const [id = ''] = ids;
  it.commit(7, { id, generation: 1 });
  t.deepEqual(remove().answer.results, [
    { groupId: 'g', errorCode: ErrorCode.NON_EMPTY_GROUP },
    { groupId: 'other', errorCode: ErrorCode.GROUP_ID_NOT_FOUND },
  ]);
  it.leave({ memberId: id });
  t.is(remove().answer.results?.[0]?.errorCode, ErrorCode.NONE);
  t.is(it.describe()?.groupState, 'Dead');
  t.is(it.committed(), -1);
  it.fail('b2', true);
  it.pass(0);
  t.is(it.describe()?.groupState, 'Dead');
  t.is(it.committed(), -1);
});

test('a deletion removes what was written before it, and nothing that came after', (t) => {
  const it = bench();
  it.commit(1, { partition: 0 });
  it.log.commitsAtOnce = false;
  it.commit(2, { partition: 1 });
  const deleted = it.ask('DeleteGroups', 2, { groupsNames: ['g'] });
  it.commit(3, { partition: 2 });
  it.log.commit();
  t.is(deleted.answer.results?.[0]?.errorCode, ErrorCode.NONE);
  const here = [0, 1, 2].map((partition) => it.committed(partition));
  t.deepEqual(here, [-1, -1, 3]);
  it.fail('b2', true);
  it.pass(0);
  t.deepEqual(
    [0, 1, 2].map((partition) => it.committed(partition)),
    here,
  );
});

test('OffsetDelete spares topics that a consumer group is subscribed to, and needs other groups empty', (t) => {
  const it = bench();
  const remove = (name: string) =>
    it.ask('OffsetDelete', 0, { groupId: 'g', topics: [{ name, partitions: [{ partitionIndex: 0 }] }] }).answer;
  t.is(remove('t').errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  const { ids } = it.stable(1);
  const [id = ''] = ids;
  it.commit(7, { id, generation: 1 });
  t.is(remove('t').topics?.[0]?.partitions?.[0]?.errorCode, ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
  t.is(it.committed(), 7);
  t.is(remove('u').topics?.[0]?.partitions?.[0]?.errorCode, ErrorCode.NONE);
  it.leave({ memberId: id });
  t.is(remove('t').topics?.[0]?.partitions?.[0]?.errorCode, ErrorCode.NONE);
  t.is(it.committed(), -1);
  it.join('', { protocolType: 'connect' }, 3);
  it.pass(3_000);
  t.is(remove('t').errorCode, ErrorCode.NON_EMPTY_GROUP);
});

test('of a subscription what all versions begin with is enough to know its topics', (t) => {
  const it = bench();
  const remove = (name: string) =>
    it.ask('OffsetDelete', 0, { groupId: 'g', topics: [{ name, partitions: [{ partitionIndex: 0 }] }] }).answer.topics?.[0]
      ?.partitions?.[0]?.errorCode;
  const { name, metadata } = protocol('range', ['u']);
  // Says that it is version 1 and lacks the partitions owned that come with it, as an older @platformatic/kafka wrote it.
  metadata[1] = 1;
  const joined = it.join('', { protocols: [{ name, metadata }] }, 3);
  it.pass(3_000);
  const { memberId: id = '' } = joined.answer;
  it.sync(id, 1, { [id]: 'a' });
  it.commit(7, { id, generation: 1 });
  t.is(remove('u'), ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
  // Who joins meanwhile with another assignor does not change what the generation is known to read.
  it.join('', { protocols: [{ name: 'other', metadata: Uint8Array.of(0) }, protocol('range', ['t'])] }, 3);
  t.is(it.describe()?.groupState, 'PreparingRebalance');
  t.is(remove('t'), ErrorCode.NONE);
  t.is(it.committed(), -1);
});

test('offsets of deleted topics go', (t) => {
  const it = bench();
  it.commit(7);
  it.coordinator.onTopicsDeleted([
    { name: 't', id: it.topicId },
    { name: 'x', id: it.topicId },
  ]);
  t.is(it.committed(), -1);
  t.deepEqual(
    it.world.events('offset-removed').map(({ partition, reason }) => [partition, reason]),
    [['t-0', 'topic-deleted']],
  );
});

test('an offset is of the topic that it was committed for, not of another one of the name (4.3)', (t) => {
  const it = bench();
  const [former, present] = [it.topicId, 'AAAAAAAAAAAAAAAAAAAAAg'];
  const fetched = (topicId: string): number | undefined =>
    it.fetch(0, false, topicId).answer.groups?.[0]?.topics?.[0]?.partitions?.[0]?.committedOffset;
  it.commit(7);
  t.is(fetched(former), 7);
  t.is(fetched(present), -1);
  t.is(it.committed(), 7, 'to who asks by the name');
  it.coordinator.onTopicsDeleted([{ name: 't', id: present }]);
  t.is(fetched(former), 7);
  it.topicId = present;
  it.log.commitsAtOnce = false;
  it.commit(8);
  it.coordinator.onTopicsDeleted([{ name: 't', id: former }]);
  it.log.commit();
  t.is(fetched(present), 8);
  it.fail('b2', true);
  it.pass(0);
  t.is(fetched(former), -1);
  t.is(fetched(present), 8);
});

test('an offset without a topic id, as older versions committed it, is of every topic of the name', (t) => {
  const it = bench();
  it.topicId = ZERO_UUID;
  it.commit(7);
  const id = 'AAAAAAAAAAAAAAAAAAAAAQ';
  t.is(it.fetch(0, false, id).answer.groups?.[0]?.topics?.[0]?.partitions?.[0]?.committedOffset, 7);
  it.coordinator.onTopicsDeleted([{ name: 't', id }]);
  t.is(it.committed(), -1);
});

test('every removal that begins comes to an end that is told, whatever becomes of it', (t) => {
  const it = bench();
  it.commit(7);
  it.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  it.coordinator.onTopicsDeleted([{ name: 't', id: it.topicId }]);
  t.is(it.committed(), 7);
  it.log.refusal = ErrorCode.NONE;
  it.log.commitsAtOnce = false;
  it.coordinator.onTopicsDeleted([{ name: 't', id: it.topicId }]);
  it.coordinator.onTopicsDeleted([{ name: 't', id: it.topicId }]);
  it.log.commit();
  t.is(it.world.events('offset-removal-begun').length, 3);
  t.is(it.world.events('offset-removed').length, 1);
  t.deepEqual(
    it.world.events('offset-removal-ended').map(({ error }) => errorName(error)),
    ['COORDINATOR_NOT_AVAILABLE', 'NONE', 'NONE'],
  );
});

test('simple commits expire a retention after the commit, and the group with them', (t) => {
  const it = bench();
  it.commit(7);
  it.pass(55 * MINUTE);
  t.is(it.committed(), 7);
  it.pass(10 * MINUTE);
  t.is(it.committed(), -1);
  t.is(it.describe()?.groupState, 'Dead');
});

test('offsets of a group expire a retention after it became empty, not before, also by another coordinator', (t) => {
  const it = bench();
  const { ids } = it.stable(1);
  const [id = ''] = ids;
  it.commit(7, { id, generation: 1 });
  for (let i = 0; i < 20 * 60; i++) {
    it.pass(5_000);
    it.heartbeat(id, 1);
  }
  t.is(it.committed(), 7);
  it.leave({ memberId: id });
  it.pass(30 * MINUTE);
  it.fail('b2', true);
  it.pass(29 * MINUTE);
  t.is(it.committed(), 7);
  it.pass(11 * MINUTE);
  t.is(it.committed(), -1);
});

test('of a stable consumer group expire only topics nobody is subscribed to', (t) => {
  const it = bench();
  const joined = it.join('', { protocols: [protocol('range', ['u'])] }, 3);
  it.pass(3_000);
  const { memberId: id = '' } = joined.answer;
  it.sync(id, 1, { [id]: 'a' });
  it.commit(7, { id, generation: 1 });
  for (let i = 0; i < 14 * 60; i++) {
    it.pass(5_000);
    it.heartbeat(id, 1);
  }
  t.is(it.committed(), -1);
  t.is(it.describe()?.groupState, 'Stable');
});

test('a commit during the expiry pass is kept', (t) => {
  const it = bench();
  it.commit(7);
  it.log.commitsAtOnce = false;
  it.pass(60 * MINUTE);
  t.is(it.log.waiting, 1);
  it.commit(8);
  it.log.commit();
  t.is(it.committed(), 8);
  it.fail('b2', true);
  it.pass(0);
  t.is(it.committed(), 8);
});

test('an offset is not expired while a newer commit is under way', (t) => {
  const it = bench();
  it.commit(7);
  it.pass(59 * MINUTE);
  it.log.commitsAtOnce = false;
  it.commit(8);
  it.pass(2 * MINUTE);
  it.log.commit();
  t.is(it.committed(), 8);
});

test('a retention given with the commit rules, before and after a load', (t) => {
  const it = bench();
  const partitions = [{ partitionIndex: 0, committedOffset: 7, committedLeaderEpoch: -1, committedMetadata: null }];
  const request = { groupId: 'g', memberId: '', groupInstanceId: null, generationIdOrMemberEpoch: -1 };
  it.ask('OffsetCommit', 4, {
    ...request,
    retentionTimeMs: 100 * MINUTE,
    topics: [{ name: 't', topicId: ZERO_UUID, partitions }],
  });
  it.fail('b2', true);
  it.pass(95 * MINUTE);
  t.is(it.committed(), 7);
  it.pass(10 * MINUTE);
  t.is(it.committed(), -1);
});
