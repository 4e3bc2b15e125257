import test from 'ava';
import { ErrorCode } from '../../protocol/errors.ts';
import { LeaderEpoch, Offset } from '../../protocol/numbers.ts';
import { type FetchPartition, FetchSession } from './fetch-session.ts';

function partition(key: string, fetchOffset: number, topicId = 'A'): FetchPartition {
  return {
    key,
    topic: key,
    topicId,
    partition: 0,
    currentLeaderEpoch: LeaderEpoch(1),
    fetchOffset: Offset(fetchOffset),
    partitionMaxBytes: 100,
  };
}

function wanted(...partitions: FetchPartition[]): Map<string, FetchPartition> {
  return new Map(partitions.map((each) => [each.key, each]));
}

function keys(partitions: readonly FetchPartition[]): string[] {
  return partitions.map(({ key }) => key);
}

test('after a full request only what changed is sent, with the next epoch', (t) => {
  const session = new FetchSession();
  const full = session.plan(wanted(partition('a', 0), partition('b', 0)));
  t.like(full, { sessionId: 0, sessionEpoch: 0 });
  t.deepEqual(keys(full.toSend), ['a', 'b']);
  t.true(session.answered(ErrorCode.NONE, 77));
  const next = session.plan(wanted(partition('a', 5), partition('b', 0)));
  t.like(next, { sessionId: 77, sessionEpoch: 1 });
  t.deepEqual(keys(next.toSend), ['a']);
  t.deepEqual([...next.all.keys()], ['a', 'b']);
  session.answered(ErrorCode.NONE, 77);
  const last = session.plan(wanted(partition('b', 0), partition('c', 0)));
  t.like(last, { sessionId: 77, sessionEpoch: 2 });
  t.deepEqual([keys(last.toSend), keys(last.forgotten)], [['c'], ['a']]);
});

test('a topic that was created anew is forgotten under its old id and sent under the new one', (t) => {
  const session = new FetchSession();
  session.plan(wanted(partition('a', 0, 'A')));
  session.answered(ErrorCode.NONE, 77);
  const { toSend, forgotten } = session.plan(wanted(partition('a', 0, 'B')));
  t.deepEqual(
    [toSend, forgotten].map((each) => each.map(({ topicId }) => topicId)),
    [['B'], ['A']],
  );
});

test('after an error or a lost answer everything is sent again; a session that may live on is named, so that it ends', (t) => {
  for (const [end, id] of [
    [(session: FetchSession) => session.failed(), 77],
    [(session: FetchSession) => t.false(session.answered(ErrorCode.INVALID_FETCH_SESSION_EPOCH, 0)), 77],
    [(session: FetchSession) => t.false(session.answered(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, 0)), 0],
    [(session: FetchSession) => t.true(session.answered(ErrorCode.NONE, 0)), 0],
  ] as const) {
    const session = new FetchSession();
    session.plan(wanted(partition('a', 0)));
    session.answered(ErrorCode.NONE, 77);
    session.plan(wanted(partition('a', 0)));
    end(session);
    const again = session.plan(wanted(partition('a', 0)));
    t.like(again, { sessionId: id, sessionEpoch: 0 });
    t.deepEqual(keys(again.toSend), ['a']);
  }
});
