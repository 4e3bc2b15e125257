import test from 'ava';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { TestWorld } from '../testing/test-world.ts';
import type { TraceEvent } from '../trace.ts';
import { FetchRefusals } from './fetch-refusals.ts';
import { failedFetch } from './types.ts';

const ASKED = {
  topic: 'orders',
  topicId: 'id',
  partition: 0,
  key: topicPartitionKey('orders', 0),
  currentLeaderEpoch: LeaderEpoch(3),
  fetchOffset: Offset(17),
  lastFetchedEpoch: LeaderEpoch(3),
  logStartOffset: Offset(0),
  maxBytes: 100,
};
const CLAIM = {
  partition: topicPartitionKey('orders', 0),
  replica: 2,
  requestEpoch: 3,
  fetchOffset: 17,
  lastFetchedEpoch: 3,
  leaderEpoch: 4,
};

test('a follower that is told for ever that the logs part leaves an event, and does not fill the trace', (t) => {
  const world = new TestWorld();
  const refusals = new FetchRefusals(world.environment('b1'));
  const events = (): TraceEvent[] => world.trace.map(({ event }) => event);
  const divergingEpoch = { epoch: LeaderEpoch(2), endOffset: Offset(12) };
  const diverging = { ...failedFetch(ErrorCode.NONE), divergingEpoch };
  for (let ms = 0; ms < 15_000; ms++) {
    refusals.tell(2, ASKED, diverging, LeaderEpoch(4));
    world.run(1);
  }
  const told = { type: 'fetch-diverged', ...CLAIM, epochEnd: { epoch: 2, endOffset: 12 } } as const;
  t.deepEqual(events(), [
    { ...told, times: 1 },
    { ...told, times: 10_001 },
  ]);
  refusals.tell(2, ASKED, failedFetch(ErrorCode.FENCED_LEADER_EPOCH), LeaderEpoch(4));
  t.deepEqual(events().at(-1), { type: 'fetch-rejected', ...CLAIM, error: ErrorCode.FENCED_LEADER_EPOCH, times: 1 });
  refusals.tell(2, ASKED, failedFetch(ErrorCode.NONE), LeaderEpoch(4));
  t.is(events().length, 3, 'nothing new is no refusal');
});
