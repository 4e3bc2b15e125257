import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import { ConsumerBench } from './testing/consumer-bench.ts';

test('a group that nobody is left in has its assignment: none is made for it, and who comes gets one at once', (t) => {
  const bench = new ConsumerBench();
  bench.enter('m1');
  bench.beat('m1', -1);
  const described = bench.describeConsumers();
  t.deepEqual([described?.groupState, described?.groupEpoch, described?.assignmentEpoch], ['Empty', 3, 3]);
  t.is(bench.told(bench.enter('m2')), '4: 0 1 2 3');
});

test('a LeaveGroup of the classic protocol takes members out of a consumer group, those that it names rightly', (t) => {
  const bench = new ConsumerBench({ assignmentIntervalMs: 0 });
  bench.enter('m1');
  bench.enter('m2', { instanceId: 'i' });
  bench.enter('m3', { instanceId: 'j' });
  const left = bench.leave(
    { memberId: 'nobody' },
    { memberId: 'm1' },
    { memberId: 'm1', groupInstanceId: 'i' },
    { memberId: '', groupInstanceId: 'j' },
    { memberId: '', groupInstanceId: 'k' },
  );
  t.deepEqual(
    left.answer.members?.map(({ errorCode }) => errorCode),
    [ErrorCode.UNKNOWN_MEMBER_ID, 0, ErrorCode.FENCED_INSTANCE_ID, 0, ErrorCode.UNKNOWN_MEMBER_ID],
  );
  t.deepEqual(
    bench.describeConsumers()?.members?.map(({ memberId }) => memberId),
    ['m2'],
  );
  // All of it is one change of the group.
  t.is(bench.describeConsumers()?.groupEpoch, 5);
  t.is(bench.told(bench.beat('m1', 2)), `error ${ErrorCode.UNKNOWN_MEMBER_ID}`);
});

test('nobody leaves: the group stays as it is', (t) => {
  const bench = new ConsumerBench();
  bench.enter('m1');
  t.is(bench.leave({ memberId: 'nobody' }).answer.members?.[0]?.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  t.is(bench.describeConsumers()?.groupEpoch, 2);
});
