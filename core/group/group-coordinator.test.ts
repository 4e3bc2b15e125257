import test from 'ava';
import { ErrorCode } from '../protocol/errors.ts';
import { Offset } from '../protocol/numbers.ts';
import { GroupBench, bytes, firstError } from './testing/group-bench.ts';

function bench(): GroupBench {
  const it = new GroupBench();
  it.pass(0);
  return it;
}

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

test('while it loads a coordinator answers so; before and after it leads, that it is not the one', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const [id = ''] = ids;
  it.fail('b2', true);
  const loading = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
  t.is(it.join(id).answer.errorCode, loading);
  t.is(it.sync(id, generation).answer.errorCode, loading);
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

test('what was read above the high watermark is told when it is committed, and heartbeats wait for it (4.3.1)', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const [id = ''] = ids;
  it.commit(7, { id, generation });
  for (const isKept of [true, false]) {
    it.fail(isKept ? 'b2' : 'b3', true);
    it.log.highWatermark = Offset(it.log.endOffset - 1);
    it.pass(0);
    const strict = it.fetch(0, true);
    const beat = it.askHeartbeat(id, generation);
    t.is(strict.response, undefined);
    t.is(beat.response, undefined);
    t.is(it.committed(), 7, 'to who does not ask for what is stable');
    if (isKept) it.log.commit();
    else it.fail('b1', false);
    const error = isKept ? ErrorCode.NONE : ErrorCode.NOT_COORDINATOR;
    t.is(strict.answer.groups?.[0]?.errorCode, error);
    t.is(beat.answer.errorCode, error);
  }
  it.pass(0);
  t.is(it.committed(), -1, 'of what never was committed nothing is told');
});

test('a coordinator whose partition has a record that cannot be decoded coordinates nothing, and its broker lives', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  it.log.rot();
  it.fail('b2', true);
  it.pass(0);
  t.is(it.heartbeat(ids[0] ?? '', generation), ErrorCode.NOT_COORDINATOR);
  t.is(it.world.events('coordinator-loaded').length, 1, 'of the one before');
  t.is(it.world.events('coordinator-load-failed').length, 1);
});

test('a shut down coordinator answers that there is none', (t) => {
  const it = bench();
  const waiting = it.joinNew();
  it.coordinator.shutdown();
  t.is(waiting.joined.answer.errorCode, ErrorCode.NOT_COORDINATOR);
  t.is(it.heartbeat('m', 1), ErrorCode.COORDINATOR_NOT_AVAILABLE);
});
