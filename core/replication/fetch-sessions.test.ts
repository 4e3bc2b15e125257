import test from 'ava';
import { LeaderEpoch, NONE, Offset } from '../protocol/numbers.ts';
import { topicPartitionKey } from '../protocol/partition.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type FetchContext, FetchSessions, type SessionRequest } from './fetch-sessions.ts';
import { TestWorld } from '../testing/test-world.ts';
import { type FetchPartition, type FetchPartitionResult, failedFetch } from './types.ts';

function asked(partition: number, changes: Partial<FetchPartition> = {}): [string, FetchPartition] {
  const key = topicPartitionKey('t', partition);
  const request = {
    topic: 't',
    topicId: 'id',
    partition,
    key,
    currentLeaderEpoch: LeaderEpoch(1),
    fetchOffset: Offset(0),
    lastFetchedEpoch: NONE,
    logStartOffset: NONE,
    maxBytes: 100,
  };
  return [key, { ...request, ...changes }];
}

function request(
  sessionId: number,
  sessionEpoch: number,
  partitions: [string, FetchPartition][],
  more: Partial<SessionRequest> = {},
): SessionRequest {
  return {
    sessionId,
    sessionEpoch,
    partitions: new Map(partitions),
    forgotten: [],
    usesTopicIds: true,
    isFollower: true,
    ...more,
  };
}

function read(changes: Partial<FetchPartitionResult> = {}): FetchPartitionResult {
  return {
    ...failedFetch(ErrorCode.NONE),
    highWatermark: Offset(5),
    lastStableOffset: Offset(5),
    logStartOffset: Offset(0),
    ...changes,
  };
}

function finish(sessions: FetchSessions, context: FetchContext, results: readonly (readonly [string, FetchPartitionResult])[]) {
  return sessions.finish(
    context,
    results.map(([key]) => key),
    results.map(([, result]) => result),
  );
}

function partitionsOf(sessions: FetchSessions, context: FetchContext): (readonly [string, FetchPartition])[] {
  const visited: (readonly [string, FetchPartition])[] = [];
  sessions.forEachPartition(context, (key, asked) => visited.push([key, asked]));
  return visited;
}

function begun(sessions: FetchSessions, ...partitions: number[]): number {
  const context = sessions.begin(
    request(
      0,
      0,
      partitions.map((p) => asked(p)),
    ),
  );
  return finish(
    sessions,
    context,
    partitions.map((p) => [`t-${p}`, read()]),
  ).sessionId;
}

let nowMs = 0;
const newSessions = (slots = 10) => new FetchSessions(slots, new TestWorld().stream('sessions'), () => nowMs);

test('an incremental answer has only what the client does not know', (t) => {
  const sessions = newSessions();
  const id = begun(sessions, 0, 1);
  const context = sessions.begin(request(id, 1, []));
  t.deepEqual(
    partitionsOf(sessions, context).map(([key]) => key),
    ['t-0', 't-1'],
  );
  const answer = finish(sessions, context, [
    ['t-0', read()],
    ['t-1', read({ highWatermark: Offset(6) })],
  ]);
  t.deepEqual(
    answer.results.map(([key]) => key),
    ['t-1'],
  );
});

test('after a divergence, an error or a new leader epoch the high watermark is told again', (t) => {
  const sessions = newSessions();
  const id = begun(sessions, 0);
  const epochs = [
    { result: read({ divergingEpoch: { epoch: LeaderEpoch(1), endOffset: Offset(2) } }), partitions: [] },
    { result: read(), partitions: [] },
    { result: failedFetch(ErrorCode.NOT_LEADER_OR_FOLLOWER), partitions: [] },
    { result: read(), partitions: [] },
    { result: read(), partitions: [asked(0, { currentLeaderEpoch: LeaderEpoch(2) })] },
  ];
  epochs.forEach(({ result, partitions }, i) => {
    const context = sessions.begin(request(id, i + 1, partitions));
    t.is(finish(sessions, context, [['t-0', result]]).results.length, 1, `answer ${i}`);
  });
  const context = sessions.begin(request(id, 6, []));
  t.is(finish(sessions, context, [['t-0', read()]]).results.length, 0);
});

test('the cached leader epoch follows the request (KAFKA-9338)', (t) => {
  const sessions = newSessions();
  const id = begun(sessions, 0);
  const context = sessions.begin(request(id, 1, [asked(0, { currentLeaderEpoch: LeaderEpoch(7), fetchOffset: Offset(3) })]));
  const [[, partition] = ['', undefined]] = partitionsOf(sessions, context);
  t.is(partition?.currentLeaderEpoch, LeaderEpoch(7));
  t.is(partition?.fetchOffset, Offset(3));
});

test('unknown sessions, wrong epochs and a change to topic ids are refused', (t) => {
  const sessions = newSessions();
  const id = begun(sessions, 0);
  t.deepEqual(sessions.begin(request(id + 1, 1, [])), { kind: 'error', error: ErrorCode.FETCH_SESSION_ID_NOT_FOUND });
  t.deepEqual(sessions.begin(request(id, 5, [])), { kind: 'error', error: ErrorCode.INVALID_FETCH_SESSION_EPOCH });
  t.deepEqual(sessions.begin(request(id, 1, [], { usesTopicIds: false })), {
    kind: 'error',
    error: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
  });
});

test('a session that a second request has moved on answers the first with an error', (t) => {
  const sessions = newSessions();
  const id = begun(sessions, 0);
  const first = sessions.begin(request(id, 1, []));
  sessions.begin(request(id, 2, []));
  t.is(finish(sessions, first, [['t-0', read()]]).error, ErrorCode.INVALID_FETCH_SESSION_EPOCH);
});

test('forgetting the last partition ends the session', (t) => {
  const sessions = newSessions();
  const id = begun(sessions, 0);
  t.is(sessions.begin(request(id, 1, [], { forgotten: ['t-0'] })).kind, 'sessionless');
  t.is(sessions.size, 0);
});

test('with the cache full a follower takes the place of a consumer, and nobody that of a young follower', (t) => {
  const sessions = newSessions(1);
  const consumer = request(0, 0, [asked(0)], { isFollower: false });
  t.not(finish(sessions, sessions.begin(consumer), [['t-0', read()]]).sessionId, 0);
  t.not(begun(sessions, 0), 0);
  t.is(begun(sessions, 0), 0);
  nowMs += 121_000;
  t.not(begun(sessions, 0), 0);
});
