import test from 'ava';
import { replayBatches } from '../coordinator/replay.ts';
import { encodeMessage } from '../protocol/codec.ts';
import { pureCompression } from '../protocol/compression.ts';
import { encodeEndTxnMarker } from '../protocol/control-records.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { encodeBatch, readBatchHeader, rebaseBatch, type RecordInput } from '../protocol/records.ts';
import { ZERO_UUID } from '../protocol/uuid.ts';
import { markedCompression } from '../protocol/testing/marked-compression.ts';
import { Group } from './group.ts';
import { GroupReplay } from './group-replay.ts';
import { Member } from './member.ts';
import { decodeStored, groupRecord, groupTombstone, offsetRecord, offsetTombstone } from './records.ts';
import { bytes } from './testing/group-bench.ts';

function batchOf(records: RecordInput[]): Uint8Array {
  return rebaseBatch(encodeBatch(records), 0, 1);
}

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const OFFSET = {
  topic: 't',
  topicId: TOPIC_ID,
  partition: 3,
  offset: Offset(17),
  leaderEpoch: LeaderEpoch(2),
  metadata: 'm',
  commitTimestamp: 5,
};

test('an offset is stored in the version of Kafka that can hold it, and read back', (t) => {
  for (const [expireTimestamp, version] of [
    [-1, 4],
    [99, 1],
  ] as const) {
    const { key, value } = offsetRecord('g', { ...OFFSET, expireTimestamp }, 5);
    t.is(key?.[1], 1);
    t.is(value?.[1], version);
    const stored = decodeStored(key as Uint8Array, value);
    t.like(stored, { kind: 'offset', group: 'g', topic: 't', partition: 3 });
    const told = version === 4 ? { leaderEpoch: 2, topicId: TOPIC_ID } : { leaderEpoch: -1, topicId: ZERO_UUID };
    const expected = { offset: 17, metadata: 'm', commitTimestamp: 5, expireTimestamp, ...told };
    t.deepEqual(stored.kind === 'offset' ? stored.value : null, expected);
  }
});

test('every version of the stored values that Kafka wrote can be read', (t) => {
  const { key } = offsetRecord('g', { ...OFFSET, expireTimestamp: -1 }, 5);
  for (const version of [0, 1, 2, 3, 4]) {
    const body = encodeMessage('OffsetCommitValue', version, { ...OFFSET, expireTimestamp: version === 1 ? 99 : -1 });
    const stored = decodeStored(key as Uint8Array, new Uint8Array([0, version, ...body]));
    t.is(stored.kind === 'offset' ? stored.value?.offset : null, Offset(17), `offset value ${version}`);
    t.is(stored.kind === 'offset' ? stored.value?.expireTimestamp : null, version === 1 ? 99 : -1);
  }
  const group = new Group('g');
  const groupKey = groupTombstone('g', 0).key as Uint8Array;
  t.deepEqual(decodeStored(groupKey, null), { kind: 'group', group: 'g', value: null });
  for (const version of [0, 1, 2, 3, 4]) {
    const member = { memberId: 'm', clientId: 'c', clientHost: 'h', sessionTimeout: 9, rebalanceTimeout: 7 };
    const body = encodeMessage('GroupMetadataValue', version, {
      protocolType: 'consumer',
      generation: 4,
      protocol: 'range',
      leader: 'm',
      members: [{ ...member, subscription: bytes('s'), assignment: bytes('a') }],
    });
    const replay = new GroupReplay();
    replayBatches(
      batchOf([{ key: groupKey, value: new Uint8Array([0, version, ...body]), timestamp: 0 }]),
      pureCompression,
      replay,
    );
    replay.finish();
    const loaded = replay.state.classic('g');
    t.is(loaded?.generation, 4);
    t.is(loaded?.state.name, 'Stable');
    // Version 0 has no rebalance time-out: the session's serves.
    t.is(loaded?.members.get('m')?.rebalanceTimeoutMs, version === 0 ? 9 : 7);
    t.is(loaded?.currentStateTimestamp, -1);
  }
  t.is(group.currentStateTimestamp, -1);
});

test('records of share groups and streams groups, and of kinds to come, are passed over whole', (t) => {
  const replay = new GroupReplay();
  // 9 and 18 were kinds of Kafka's for a while.
  for (const kind of [9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23, 99])
    for (const value of [null, new Uint8Array([0, 9, 1])]) {
      const key = new Uint8Array([0, kind, 1, 2]);
      t.deepEqual(decodeStored(key, value), { kind: 'other' });
      replayBatches(batchOf([{ key, value, timestamp: 0 }]), pureCompression, replay);
    }
  replay.finish();
  t.is(replay.state.size, 0);
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
    offsetRecord('g', { ...OFFSET, partition, offset: Offset(at), expireTimestamp: -1 }, 5);
  const replay = new GroupReplay();
  replayBatches(
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
    pureCompression,
    replay,
  );
  replay.finish();
  t.deepEqual([...replay.state.keys()], ['g', 'empty']);
  t.deepEqual(replay.deletedGroups, [{ group: 'deleted', logOffset: 8 }]);
  const loaded = replay.state.classic('g');
  t.deepEqual(
    [...(loaded?.offsets.values() ?? [])].map(({ partition, offset: at, logOffset }) => [partition, at, logOffset]),
    [[0, 2, 2]],
  );
  t.is(loaded?.staticMembers.get('i'), 'm');
  t.deepEqual(loaded?.members.get('m')?.assignment, bytes('a'));
  replayBatches(batchOf([groupTombstone('g', 5)]), pureCompression, replay);
  replay.finish();
  t.is(replay.state.classic('g')?.members.size, 0);
  t.is(replay.state.get('g')?.offsets.size, 1);
});

test('a replay reads what the log has compressed with the codecs of its world', (t) => {
  const record = offsetRecord('g', { ...OFFSET, expireTimestamp: -1 }, 5);
  const replay = new GroupReplay();
  replayBatches(encodeBatch([record], { compression: 'zstd' }, markedCompression), markedCompression, replay);
  t.is(replay.state.get('g')?.offsets.size, 1);
});

test('what a transaction commits counts from its end on, and not at all if it is aborted', (t) => {
  const replay = new GroupReplay();
  const codecs = pureCompression;
  let end = 0;
  const append = (bytes: Uint8Array): void => {
    const batch = rebaseBatch(bytes, end, 1);
    end = readBatchHeader(batch).nextOffset;
    replayBatches(batch, codecs, replay);
  };
  const offset = (partition: number, at: number) =>
    offsetRecord('g', { ...OFFSET, partition, offset: Offset(at), expireTimestamp: -1 }, 5);
  const within = (producerId: number, ...records: RecordInput[]): void =>
    append(encodeBatch(records, { isTransactional: true, producerId, producerEpoch: 0, baseSequence: 0 }));
  const ends = (producerId: number, type: 'COMMIT' | 'ABORT'): void =>
    append(encodeEndTxnMarker({ type, producerId, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 5 }));
  const shown = () => [...(replay.state.get('g')?.offsets.values() ?? [])].map(({ partition, offset: at }) => [partition, at]);

  append(encodeBatch([offset(0, 1), offset(1, 1), offset(2, 1)]));
  within(7, offset(0, 2), offset(1, 2), offset(2, 2), offset(3, 2));
  within(8, offset(0, 3));
  t.deepEqual(shown(), [
    [0, 1],
    [1, 1],
    [2, 1],
  ]);
  append(encodeBatch([offset(1, 4), offsetTombstone('g', 't', 2, 5)]));
  ends(8, 'ABORT');
  ends(7, 'COMMIT');
  const committed = [
    [0, 2],
    [1, 4],
    [3, 2],
  ];
  t.deepEqual(shown(), committed);
  within(7, offset(0, 9));
  replay.finish();
  t.deepEqual(shown(), committed, 'nobody can end it here');
});
