import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { GroupBench, bytes, protocol } from './testing/group-bench.ts';

function bench(config: ConstructorParameters<typeof GroupBench>[0] = {}): GroupBench {
  const it = new GroupBench(config);
  it.pass(0);
  return it;
}

test('a dynamic member must come back with the id it is given; without it the id is forgotten after the session', (t) => {
  const it = bench();
  const asked = it.join('').answer;
  t.is(asked.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
  it.pass(10_000);
  t.is(it.join(asked.memberId ?? '').answer.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  t.is(it.join('', {}, 3).response, undefined);
});

test('a pending member holds the join phase open until it is there or forgotten', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const pending = it.join('').answer.memberId ?? '';
  const again = it.join(ids[0] ?? '', { protocols: [protocol('range', ['t', 'u'])] });
  t.is(again.response, undefined);
  it.leave({ memberId: pending });
  t.is(again.answer.generationId, generation + 1);
});

test('a late SyncGroup of an older generation, a stranger or another protocol changes nothing', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(2);
  const [one = '', two = ''] = ids;
  t.is(it.sync(one, generation - 1, { [one]: 'x' }).answer.errorCode, ErrorCode.ILLEGAL_GENERATION);
  t.is(it.sync('stranger', generation).answer.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  const request = {
    groupId: 'g',
    generationId: generation,
    memberId: two,
    groupInstanceId: null,
    protocolType: 'consumer',
    assignments: [],
  };
  const inconsistent = ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  t.is(it.ask('SyncGroup', 5, { ...request, protocolName: 'other' }).answer.errorCode, inconsistent);
  t.is(it.ask('SyncGroup', 5, { ...request, protocolName: null }).answer.errorCode, inconsistent);
  t.is(it.ask('SyncGroup', 4, { ...request, protocolName: null }).answer.errorCode, ErrorCode.NONE);
  t.deepEqual(it.sync(two, generation).answer.assignment, bytes('part 1'));
});

test('a leader that does not join again is replaced by one that did', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(2);
  const [one = '', two = ''] = ids;
  const rejoined = it.join(two, { protocols: [protocol('range', ['t', 'u'])] });
  it.pass(5_000);
  it.heartbeat(one, generation);
  it.pass(10_000);
  t.is(rejoined.answer.leader, two);
  t.is(rejoined.answer.members?.length, 1);
});

test('a session does not end while an answer is owed, but begins anew with it', (t) => {
  const it = bench();
  const one = it.joinNew();
  const two = it.joinNew();
  it.pass(6_000);
  const waits = it.sync(two.id, 1);
  it.pass(9_000);
  it.heartbeat(one.id, 1);
  it.pass(9_000);
  t.is(it.world.events('group-member-removed').length, 0);
  // The rebalance that fails its SyncGroup gives it a new session, which then ends.
  it.leave({ memberId: one.id });
  t.is(waits.answer.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  it.pass(10_000);
  t.is(it.describe()?.groupState, 'Empty');
});

test('a first JoinGroup that is not answered for five minutes is given up', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const { id, joined } = it.joinNew({ rebalanceTimeoutMs: 900_000 });
  for (let i = 0; i < 60; i++) {
    t.is(it.heartbeat(ids[0] ?? '', generation), ErrorCode.REBALANCE_IN_PROGRESS);
    t.is(joined.response, undefined);
    it.pass(5_000);
  }
  t.is(joined.answer.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  t.is(it.join(id).answer.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a description tells the assignments also while the group is rebalanced, and addresses as Java does', (t) => {
  const it = bench();
  const { ids } = it.stable(2);
  it.joinNew();
  const { groupState, members } = it.describe() ?? {};
  t.is(groupState, 'PreparingRebalance');
  t.deepEqual(
    members
      ?.filter(({ memberId }) => ids.includes(memberId ?? ''))
      .map(({ memberAssignment }) => (memberAssignment?.length ?? 0) > 0),
    [true, true],
  );
  t.true(members?.every(({ clientHost }) => clientHost?.startsWith('/')));
});

test('a group that is asked for twice is deleted once', (t) => {
  const it = bench();
  const results: unknown[] = [];
  const context = { version: 2, clientId: 'c', clientHost: 'h' } as Parameters<typeof it.coordinator.DeleteGroups>[0];
  it.coordinator.DeleteGroups(context, { groupsNames: ['x', 'x'] }, (answer) => results.push(...(answer.results ?? [])));
  t.deepEqual(results, [{ groupId: 'x', errorCode: ErrorCode.GROUP_ID_NOT_FOUND }]);
});

test('the last member leaving empties the group; its generation goes on', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(2);
  const left = it.leave(...ids.map((memberId) => ({ memberId })), { memberId: 'stranger' });
  t.deepEqual(
    left.answer.members?.map(({ errorCode }) => errorCode),
    [0, 0, ErrorCode.UNKNOWN_MEMBER_ID],
  );
  t.is(it.describe()?.groupState, 'Empty');
  const { joined } = it.joinNew();
  it.pass(10_000);
  t.is(joined.answer.generationId, generation + 2);
});

test('LeaveGroup before version 3 answers for one member', (t) => {
  const it = bench();
  const { ids } = it.stable(1);
  const leave = (memberId: string) => it.ask('LeaveGroup', 2, { groupId: 'g', memberId, members: [] }).answer.errorCode;
  t.is(leave('stranger'), ErrorCode.UNKNOWN_MEMBER_ID);
  t.is(leave(ids[0] ?? ''), ErrorCode.NONE);
});

test('a group is seen once its first record is committed; if that is refused there never was one (4.3.1)', (t) => {
  const it = bench();
  it.log.commitsAtOnce = false;
  const first = it.join('', { groupInstanceId: 'i' });
  const listed = () => it.ask('ListGroups', 5, { statesFilter: [], typesFilter: [] }).answer.groups?.length;
  t.is(it.describe()?.groupState, 'Dead');
  t.is(listed(), 0);
  it.log.commit();
  t.is(it.describe()?.groupState, 'PreparingRebalance');
  t.is(listed(), 1);
  const filtered = it.ask('ListGroups', 5, { statesFilter: [' preparingREBALANCE '], typesFilter: ['CLASSIC'] });
  t.is(filtered.answer.groups?.length, 1);
  t.is(first.response, undefined);
  it.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  const { COORDINATOR_NOT_AVAILABLE, MEMBER_ID_REQUIRED, UNKNOWN_MEMBER_ID } = ErrorCode;
  const refused = it.join('', { groupId: 'h', groupInstanceId: 'i' });
  t.is(refused.answer.errorCode, COORDINATOR_NOT_AVAILABLE);
  const asked = it.join('', { groupId: 'h' }).answer;
  t.is(asked.errorCode, MEMBER_ID_REQUIRED);
  t.is(it.join(asked.memberId ?? '', { groupId: 'h' }).answer.errorCode, UNKNOWN_MEMBER_ID);
  t.deepEqual(
    it.coordinator.groups().map(({ group }) => group),
    ['g'],
  );
});

test('the protocol is the one most members prefer among those all support', (t) => {
  const it = bench();
  const one = it.joinNew({ protocols: [protocol('a'), protocol('b'), protocol('c')] });
  it.joinNew({ protocols: [protocol('b'), protocol('c')] });
  it.joinNew({ protocols: [protocol('b'), protocol('c')] });
  t.is(it.join('', { protocols: [protocol('a')] }).answer.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  t.is(it.join('', { protocolType: 'connect' }).answer.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  it.pass(10_000);
  t.is(one.joined.answer.protocolName, 'b');
});

test('group.max.size refuses new members, and sorts out a group that is too large after a load', (t) => {
  const it = bench({ 'group.max.size': 2 });
  const { ids } = it.stable(2);
  const refused = it.join('').answer;
  t.is(refused.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  t.is(refused.memberId, '');
  t.is(it.heartbeat(ids[1] ?? '', 1), ErrorCode.NONE);
  it.config = { ...it.config, 'group.max.size': 1 };
  it.fail('b2', true);
  it.pass(0);
  const [one = '', two = ''] = ids;
  t.is(it.heartbeat(one, 1), ErrorCode.REBALANCE_IN_PROGRESS);
  const stays = it.join(two);
  t.is(it.join(one).answer.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  // Nobody looks whether all that are left have joined (4.3.1): the rebalance lasts as long as it may.
  it.pass(29_999);
  t.is(stays.response, undefined);
  it.pass(1);
  t.is(stays.answer.generationId, 2);
});

test('heartbeats and leaving are answered when the writes before them count (4.3.1)', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(2);
  const [one = '', two = ''] = ids;
  it.log.commitsAtOnce = false;
  it.commit(7, { id: one, generation });
  const beat = it.askHeartbeat(one, generation);
  t.deepEqual(it.world.events('group-heartbeat-received'), [
    { type: 'group-heartbeat-received', group: 'g', member: one, generation, error: ErrorCode.NONE },
  ]);
  const left = it.leave({ memberId: two });
  t.is(it.heartbeat('stranger', generation), ErrorCode.UNKNOWN_MEMBER_ID);
  t.is(beat.response, undefined);
  t.is(left.response, undefined);
  it.log.commit();
  t.is(beat.answer.errorCode, ErrorCode.NONE);
  t.is(left.answer.members?.[0]?.errorCode, ErrorCode.NONE);
  it.commit(8, { id: one, generation });
  const late = it.askHeartbeat(one, generation);
  it.pass(5_000);
  t.is(late.answer.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
});

test('who leaves last hears of what became of the record that the group is empty', (t) => {
  const it = bench();
  const { ids } = it.stable(1);
  it.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  const left = it.leave({ memberId: ids[0] ?? '' }).answer;
  t.deepEqual(left, { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE });
});

test('members that leave together are one rebalance', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(3);
  const [one = '', two = '', three = ''] = ids;
  const before = it.world.events('group-transition').length;
  it.leave({ memberId: one }, { memberId: 'stranger' }, { memberId: two });
  t.is(it.world.events('group-transition').length, before + 1);
  t.is(it.join(three).answer.generationId, generation + 1);
});

test('of two assignments of a generation the first is given out, and after a fail-over the second, as by Kafka (4.3.1)', (t) => {
  const it = bench();
  const { id: leader, joined } = it.joinNew();
  const { id: follower } = it.joinNew();
  it.pass(10_000);
  const generation = joined.answer.generationId ?? -1;
  it.log.commitsAtOnce = false;
  const lost = it.sync(leader, generation, { [leader]: 'x', [follower]: 'y' });
  // Not answered in time, it joins again, and assigns otherwise: it has learnt of another partition, say.
  t.is(it.join(leader).answer.generationId, generation);
  const again = it.sync(leader, generation, { [leader]: 'y', [follower]: 'x' });
  t.is(lost.answer.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  it.log.commit();
  t.deepEqual(again.answer.assignment, bytes('x'));
  const told = () => {
    t.is(it.join(follower).answer.generationId, generation);
    return it.sync(follower, generation).answer.assignment;
  };
  t.deepEqual(told(), bytes('y'));
  it.fail('b2', true);
  it.pass(0);
  t.deepEqual(told(), bytes('x'));
  t.is(it.heartbeat(leader, generation), ErrorCode.NONE, 'who has x goes on with it');
});

test('a SyncGroup in a stable group is no sign of life (4.3.1)', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const [one = ''] = ids;
  it.pass(9_000);
  t.is(it.sync(one, generation).answer.errorCode, ErrorCode.NONE);
  it.pass(1_000);
  t.is(it.heartbeat(one, generation), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a static member that is replaced has the session of the former process until it is heard of (4.3.1)', (t) => {
  const it = bench();
  const first = it.join('', { groupInstanceId: 'i' });
  it.pass(3_000);
  it.sync(first.answer.memberId ?? '', 1, { [first.answer.memberId ?? '']: 'a' }, 'i');
  const second = it.join('', { groupInstanceId: 'i', sessionTimeoutMs: 60_000 }).answer;
  t.is(second.generationId, 1);
  it.pass(10_000);
  t.is(it.describe()?.groupState, 'Empty');
});

test('JoinGroup refuses bad session time-outs, and names for which nobody is responsible', (t) => {
  const it = bench();
  t.is(it.join('', { sessionTimeoutMs: 5_999 }).answer.errorCode, ErrorCode.INVALID_SESSION_TIMEOUT);
  t.is(it.join('', { sessionTimeoutMs: 1_800_001 }).answer.errorCode, ErrorCode.INVALID_SESSION_TIMEOUT);
  t.is(it.join('', { groupId: '' }).answer.errorCode, ErrorCode.INVALID_GROUP_ID);
  t.is(it.join('m').answer.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  t.is(it.join('m', {}, 5).answer.protocolName, '');
  t.is(it.join('m', {}, 7).answer.protocolName, null);
});

test('a JoinGroup sent again on another connection takes the place of the first', (t) => {
  const it = bench();
  const one = it.joinNew();
  const again = it.join(one.id);
  t.is(one.joined.answer.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  it.pass(10_000);
  t.is(again.answer.generationId, 1);
  const lost = it.join(one.id);
  t.is(lost.answer.generationId, 1);
  t.is(lost.answer.members?.length, 1);
});

test('a follower that joins again unchanged keeps the generation; the leader always begins a new one', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(2);
  const [one = '', two = ''] = ids;
  t.is(it.join(two).answer.generationId, generation);
  t.is(it.join(one).response, undefined);
  t.is(it.heartbeat(two, generation), ErrorCode.REBALANCE_IN_PROGRESS);
});

// --- static members (KIP-345) ---

const STATIC = { groupInstanceId: 'i' };

function stableStatic(it: GroupBench): { id: string; generation: number } {
  const joined = it.join('', STATIC);
  it.pass(10_000);
  const { memberId: id = '', generationId: generation = -1 } = joined.answer;
  it.sync(id, generation, { [id]: 'a' }, 'i');
  return { id, generation };
}

test('before KIP-814 a returning leader is told that its old id leads', (t) => {
  const it = bench();
  const { id: oldId } = stableStatic(it);
  const { leader, skipAssignment, members } = it.join('', STATIC, 8).answer;
  t.is(leader, oldId);
  t.false(skipAssignment);
  t.deepEqual(members, []);
});

test('a static member whose new id cannot be written stays the old one', (t) => {
  const it = bench();
  const { id: oldId, generation } = stableStatic(it);
  it.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  t.is(it.join('', STATIC).answer.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  t.is(it.heartbeat(oldId, generation, 'i'), ErrorCode.NONE);
});

test('of two processes with one instance id the older is fenced wherever it waits', (t) => {
  const it = bench();
  const older = it.join('', STATIC);
  const newer = it.join('', STATIC);
  t.is(older.answer.errorCode, ErrorCode.FENCED_INSTANCE_ID);
  it.pass(10_000);
  t.is(newer.answer.errorCode, ErrorCode.NONE);
  const waiting = it.join('', STATIC);
  t.is(waiting.answer.errorCode, ErrorCode.NONE);
  t.is(it.heartbeat(newer.answer.memberId ?? '', 1, 'i'), ErrorCode.FENCED_INSTANCE_ID);
});

test('a static member that comes back while another rebalance begins joins that one', (t) => {
  const it = bench();
  stableStatic(it);
  it.log.commitsAtOnce = false;
  const back = it.join('', STATIC);
  const { joined } = it.joinNew();
  t.is(back.answer.generationId, 2);
  t.is(joined.answer.generationId, 2);
  it.log.commit();
  t.is(it.describe()?.groupState, 'CompletingRebalance');
});

test('a static member that changes the chosen protocol begins a rebalance', (t) => {
  const it = bench();
  stableStatic(it);
  t.is(it.join('', { ...STATIC, protocols: [protocol('other')] }).answer.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  const back = it.join('', { ...STATIC, protocols: [protocol('range'), protocol('other')] });
  t.is(back.answer.generationId, 1);
});

test('a static member can be removed by its instance id alone; a fenced one cannot leave', (t) => {
  const it = bench();
  const { id } = stableStatic(it);
  const remove = (memberId: string, groupInstanceId: string) =>
    it.leave({ memberId, groupInstanceId }).answer.members?.[0]?.errorCode;
  t.is(remove('other', 'i'), ErrorCode.FENCED_INSTANCE_ID);
  t.is(remove(id, 'j'), ErrorCode.UNKNOWN_MEMBER_ID);
  t.is(remove('', 'j'), ErrorCode.UNKNOWN_MEMBER_ID);
  t.is(remove('', 'i'), ErrorCode.NONE);
  t.is(it.describe()?.groupState, 'Empty');
});

test('a static member is not removed for missing a rebalance, only when its session ends', (t) => {
  const it = bench();
  const { generation } = stableStatic(it);
  const { id, joined } = it.joinNew({ rebalanceTimeoutMs: 6_000 });
  it.pass(9_000);
  t.is(joined.response, undefined);
  it.pass(1_000);
  t.is(joined.answer.generationId, generation + 1);
  t.is(joined.answer.leader, id);
});

test('SyncGroup without the names that are mandatory is refused by whoever is asked', (t) => {
  const it = new GroupBench();
  const sync = (version: number) =>
    it.ask('SyncGroup', version, {
      groupId: 'g',
      generationId: 1,
      memberId: 'm',
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: [],
    }).answer.errorCode;
  it.pass(0);
  t.is(sync(5), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  const stranger = it.node;
  it.fail('b2', true);
  it.node = stranger;
  t.is(sync(4), ErrorCode.NOT_COORDINATOR);
  t.is(sync(5), ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
});
