import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { encodeMessage } from '../protocol/codec.ts';
import { Group } from './group.ts';
import { Loading } from './loading.ts';
import { Member } from './member.ts';
import { decodeStored, groupRecord, groupTombstone, offsetRecord, offsetTombstone } from './records.ts';
import { pureCompression } from '../protocol/compression.ts';
import { encodeBatch, rebaseBatch, type RecordInput } from '../protocol/records.ts';
import { markedCompression } from '../protocol/testing/marked-compression.ts';
import { GroupBench, bytes, firstError } from './testing/group-bench.ts';

function bench(): GroupBench {
  const it = new GroupBench();
  it.pass(0);
  return it;
}

// --- replay ---

/** What a coordinator tells of itself, without the order in which it learned it. */
function told(it: GroupBench) {
  return [...it.coordinator.groups()]
    .map(({ group, state, generation, members, offsets }) => ({
      group,
      state,
      generation,
      members: members.toSorted(),
      offsets: offsets.toSorted((a, b) => (a.partition < b.partition ? -1 : 1)),
    }))
    .toSorted((a, b) => (a.group < b.group ? -1 : 1));
}

test('what a new coordinator loads is what the old one had', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(3);
  const [one = '', two = ''] = ids;
  it.join('', { groupId: 'h', groupInstanceId: 'i' });
  it.pass(5_000);
  for (const id of ids) it.heartbeat(id, generation);
  for (let offset = 0; offset < 30; offset++) it.commit(offset, { id: two, generation, partition: offset % 7 });
  const before = told(it).filter(({ group }) => group === 'g');
  it.fail('b2', true);
  it.pass(0);
  t.deepEqual(
    told(it).filter(({ group }) => group === 'g'),
    before,
  );
  t.is(told(it).find(({ group }) => group === 'h')?.state, 'Empty');
  t.is(it.heartbeat(one, generation), ErrorCode.NONE);
  t.deepEqual(it.sync(one, generation).answer.assignment, bytes('part 0'));
  t.is(it.fetch(3).answer.groups?.[0]?.topics?.[0]?.partitions?.[0]?.committedLeaderEpoch, 3);
});

test('members that were loaded have a whole session to be heard from', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(2);
  it.pass(9_000);
  it.fail('b2', true);
  it.pass(9_000);
  t.is(it.heartbeat(ids[0] ?? '', generation), ErrorCode.NONE);
  it.pass(1_000);
  t.is(it.heartbeat(ids[0] ?? '', generation), ErrorCode.REBALANCE_IN_PROGRESS);
  t.is(it.heartbeat(ids[1] ?? '', generation), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('while it loads a coordinator answers so; before and after it leads, that it is not the one', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const [id = ''] = ids;
  it.fail('b2', true);
  const loading = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
  t.is(it.join(id).answer.errorCode, loading);
  t.is(it.sync(id, generation).answer.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  t.is(it.heartbeat(id, generation), ErrorCode.NONE);
  t.is(firstError(it.commit(3, { id, generation }).answer), loading);
  t.is(it.describe()?.errorCode, loading);
  t.is(it.ask('ListGroups', 5, { statesFilter: [], typesFilter: [] }).answer.errorCode, loading);
  it.node = 'b1';
  t.is(it.join(id).answer.errorCode, ErrorCode.NOT_COORDINATOR);
  t.is(it.heartbeat(id, generation), ErrorCode.NOT_COORDINATOR);
  t.is(firstError(it.commit(3, { id, generation }).answer), ErrorCode.NOT_COORDINATOR);
  t.is(it.committed(), -1_000 * ErrorCode.NOT_COORDINATOR);
  t.deepEqual(it.ask('ListGroups', 5, { statesFilter: [], typesFilter: [] }).answer.groups, []);
});

test('whoever waits when the coordinator resigns is told that it is not the one', (t) => {
  const it = bench();
  const waiting = it.joinNew();
  it.log.commitsAtOnce = false;
  const commit = it.ask('OffsetCommit', 8, {
    groupId: 'other',
    memberId: '',
    groupInstanceId: null,
    generationIdOrMemberEpoch: -1,
    retentionTimeMs: -1,
    topics: [
      {
        name: 't',
        partitions: [
          { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, commitTimestamp: -1, committedMetadata: null },
        ],
      },
    ],
  });
  it.fail('b2', false);
  t.is(waiting.joined.answer.errorCode, ErrorCode.NOT_COORDINATOR);
  t.is(firstError(commit.answer), ErrorCode.NOT_COORDINATOR);
  it.pass(0);
  t.is(it.describe()?.groupState, 'Empty');
});

test('a coordinator that does not know it was deposed acknowledges nothing', (t) => {
  const it = bench();
  it.commit(1);
  it.fail('b2', true, false);
  it.pass(0);
  it.node = 'b1';
  t.is(firstError(it.commit(2).answer), ErrorCode.NOT_COORDINATOR);
  it.node = 'b2';
  t.is(it.committed(), 1);
});

test('a high watermark of another epoch completes no write (KAFKA-20634)', (t) => {
  const it = bench();
  it.commit(1);
  it.log.commitsAtOnce = false;
  const lost = it.commit(2);
  it.fail('b2', false);
  it.pass(0);
  it.commit(3);
  it.log.commit();
  t.is(firstError(lost.answer), ErrorCode.NOT_COORDINATOR);
  t.is(it.committed(), 3);
});

test('a coordinator whose partition has a record that cannot be decoded coordinates nothing, and its broker lives', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  it.log.rot();
  it.fail('b2', true);
  it.pass(0);
  t.is(it.heartbeat(ids[0] ?? '', generation), ErrorCode.NOT_COORDINATOR);
  t.is(it.events('coordinator-loaded').length, 1, 'of the one before');
  t.is(it.events('coordinator-load-failed').length, 1);
});

test('the same leader in a new epoch goes on, if no write was under way', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  it.fail('b1', true);
  t.is(it.heartbeat(ids[0] ?? '', generation), ErrorCode.NONE);
  t.is(firstError(it.commit(5, { id: ids[0] ?? '', generation }).answer), ErrorCode.NONE);
  t.is(it.events('coordinator-loaded').length, 1);
});

test('the same leader in a new epoch reads its log again, if a write was under way', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const [id = ''] = ids;
  it.log.commitsAtOnce = false;
  const commit = it.commit(5, { id, generation });
  it.fail('b1', true);
  t.is(firstError(commit.answer), ErrorCode.NOT_COORDINATOR);
  t.is(it.join(id).answer.errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  it.pass(0);
  t.is(it.committed(), 5);
  t.is(it.heartbeat(id, generation), ErrorCode.NONE);
});

test('a leader that another led in between reads its log again, even if it never heard of the other', (t) => {
  const it = bench();
  it.commit(1);
  it.fail('b2', true, false);
  it.pass(0);
  it.commit(2);
  it.fail('b1', true, false);
  t.is(it.committed(), -1_000 * ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  it.pass(0);
  t.is(it.committed(), 2);
});

test('a shut down coordinator answers that there is none', (t) => {
  const it = bench();
  const waiting = it.joinNew();
  it.coordinator.shutdown();
  t.is(waiting.joined.answer.errorCode, ErrorCode.NOT_COORDINATOR);
  t.is(it.heartbeat('m', 1), ErrorCode.COORDINATOR_NOT_AVAILABLE);
});

// --- records ---

function batchOf(records: RecordInput[]): Uint8Array {
  return rebaseBatch(encodeBatch(records), 0, 1);
}

const OFFSET = { topic: 't', partition: 3, offset: 17, leaderEpoch: 2, metadata: 'm', commitTimestamp: 5 };

test('an offset is stored in the version of Kafka that can hold it, and read back', (t) => {
  for (const [expireTimestamp, version] of [
    [-1, 3],
    [99, 1],
  ] as const) {
    const { key, value } = offsetRecord('g', { ...OFFSET, expireTimestamp }, 5);
    t.is(key?.[1], 1);
    t.is(value?.[1], version);
    const stored = decodeStored(key as Uint8Array, value);
    t.like(stored, { kind: 'offset', group: 'g', topic: 't', partition: 3 });
    const leaderEpoch = version === 3 ? 2 : -1;
    const expected = { offset: 17, leaderEpoch, metadata: 'm', commitTimestamp: 5, expireTimestamp };
    t.deepEqual(stored.kind === 'offset' ? stored.value : null, expected);
  }
});

test('every version of the stored values that Kafka wrote can be read', (t) => {
  const { key } = offsetRecord('g', { ...OFFSET, expireTimestamp: -1 }, 5);
  for (const version of [0, 1, 2, 3]) {
    const body = encodeMessage('OffsetCommitValue', version, { ...OFFSET, expireTimestamp: version === 1 ? 99 : -1 });
    const stored = decodeStored(key as Uint8Array, new Uint8Array([0, version, ...body]));
    t.is(stored.kind === 'offset' ? stored.value?.offset : null, 17, `offset value ${version}`);
    t.is(stored.kind === 'offset' ? stored.value?.expireTimestamp : null, version === 1 ? 99 : -1);
  }
  const group = new Group('g');
  const groupKey = groupTombstone('g', 0).key as Uint8Array;
  t.deepEqual(decodeStored(groupKey, null), { kind: 'group', group: 'g', value: null });
  for (const version of [0, 1, 2, 3]) {
    const member = { memberId: 'm', clientId: 'c', clientHost: 'h', sessionTimeout: 9, rebalanceTimeout: 7 };
    const body = encodeMessage('GroupMetadataValue', version, {
      protocolType: 'consumer',
      generation: 4,
      protocol: 'range',
      leader: 'm',
      members: [{ ...member, subscription: bytes('s'), assignment: bytes('a') }],
    });
    const groups = new Map<string, Group>();
    const loading = new Loading(groups, pureCompression);
    loading.replay(batchOf([{ key: groupKey, value: new Uint8Array([0, version, ...body]), timestamp: 0 }]));
    loading.finish();
    const loaded = groups.get('g');
    t.is(loaded?.generation, 4);
    t.is(loaded?.state.name, 'Stable');
    // Version 0 has no rebalance time-out: the session's serves.
    t.is(loaded?.members.get('m')?.rebalanceTimeoutMs, version === 0 ? 9 : 7);
    t.is(loaded?.currentStateTimestamp, -1);
  }
  t.is(group.currentStateTimestamp, -1);
});

test('records of the other group protocols are passed over', (t) => {
  t.deepEqual(decodeStored(new Uint8Array([0, 3, 1, 2]), null), { kind: 'other' });
});

test('a replay follows the order of the log: tombstones, commits, groups', (t) => {
  const group = new Group('g');
  group.protocolType = 'consumer';
  group.generation = 3;
  const options = {
    memberId: 'm',
    groupInstanceId: 'i',
    clientId: 'c',
    clientHost: 'h',
    rebalanceTimeoutMs: 1,
    sessionTimeoutMs: 2,
  };
  const member = new Member({ ...options, protocols: [{ name: 'range', metadata: bytes('s') }] });
  group.add(member);
  const offset = (partition: number, at: number) =>
    offsetRecord('g', { ...OFFSET, partition, offset: at, expireTimestamp: -1 }, 5);
  const groups = new Map<string, Group>();
  const loading = new Loading(groups, pureCompression);
  loading.replay(
    batchOf([
      offset(0, 1),
      offsetTombstone('g', 't', 0, 5),
      offset(0, 2),
      offset(1, 1),
      offsetTombstone('g', 't', 1, 5),
      groupRecord(group, new Map([['m', bytes('a')]]), 5),
      offsetTombstone('gone', 't', 1, 5),
      groupRecord(new Group('deleted'), new Map(), 5),
      groupTombstone('deleted', 5),
      groupRecord(new Group('empty'), new Map(), 5),
    ]),
  );
  loading.finish();
  t.deepEqual([...groups.keys()], ['g', 'empty']);
  t.deepEqual(loading.deletedGroups, [{ group: 'deleted', logOffset: 8 }]);
  const loaded = groups.get('g');
  t.deepEqual(
    [...(loaded?.offsets.values() ?? [])].map(({ partition, offset: at, logOffset }) => [partition, at, logOffset]),
    [[0, 2, 2]],
  );
  t.is(loaded?.staticMembers.get('i'), 'm');
  t.deepEqual(loaded?.members.get('m')?.assignment, bytes('a'));
  loading.replay(batchOf([groupTombstone('g', 5)]));
  loading.finish();
  t.is(groups.get('g')?.members.size, 0);
  t.is(groups.get('g')?.offsets.size, 1);
});

test('a replay reads what the log has compressed with the codecs of its world', (t) => {
  const record = offsetRecord('g', { ...OFFSET, expireTimestamp: -1 }, 5);
  const groups = new Map<string, Group>();
  new Loading(groups, markedCompression).replay(encodeBatch([record], { compression: 'zstd' }, markedCompression));
  t.is(groups.get('g')?.offsets.size, 1);
});
