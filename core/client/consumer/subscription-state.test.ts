import test from 'ava';
import { TestWorld } from '../../testing/test-world.ts';
import { LeaderEpoch, Offset } from '../../protocol/numbers.ts';
import { SubscriptionState } from './subscription-state.ts';

test('a reset tells the epoch of the leader that was asked, though the position has another one by the time of its answer', (t) => {
  const world = new TestWorld();
  const subscriptions = new SubscriptionState(world.environment('c'), 'earliest');
  subscriptions.assign([{ topic: 'orders', partition: 0 }]);
  const [partition] = subscriptions.partitions();
  if (partition === undefined) throw new Error('nothing is assigned');
  subscriptions.seek(partition, Offset(99), null, { leader: 1, epoch: LeaderEpoch(2) });
  t.true(subscriptions.requestResetByLeader(partition, LeaderEpoch(1)));
  subscriptions.completeReset(partition, partition.state, Offset(0), { leader: 1, epoch: LeaderEpoch(2) });
  const [reset] = world.trace.map(({ event }) => event);
  t.like(reset, { type: 'consumer-position-reset', from: 99, offsetEpoch: -1, leaderEpoch: 1, to: 0, reason: 'out-of-range' });
});
