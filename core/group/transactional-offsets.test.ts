import test from 'ava';
import { ErrorCode, errorName } from '../protocol/errors.ts';
import { decodeRecords, forEachBatch } from '../protocol/records.ts';
import { pureCompression } from '../protocol/compression.ts';
import { Offset } from '../protocol/numbers.ts';
import { decodeStored } from './records.ts';
import { GroupBench, firstError } from './testing/group-bench.ts';

function bench(config: ConstructorParameters<typeof GroupBench>[0] = {}): GroupBench {
  const it = new GroupBench(config);
  it.pass(0);
  return it;
}

const MINUTE = 60_000;

function errorOf(asked: ReturnType<GroupBench['commitInTransaction']>): string {
  return errorName(firstError(asked.answer));
}

/** What a fetch that requires stable offsets is told of t-0. */
function stable(it: GroupBench, partition = 0): number | string {
  const [told] = it.fetch(partition, true).answer.groups?.[0]?.topics?.[0]?.partitions ?? [];
  return told?.errorCode ? errorName(told.errorCode) : (told?.committedOffset ?? -1);
}

// --- who may commit ---

test('to a group that does not exist only who tells no generation commits in a transaction', (t) => {
  const it = bench();
  t.is(errorOf(it.commitInTransaction(7, {}, { id: 'm', generation: 3 }, 5)), 'ILLEGAL_GENERATION');
  t.is(errorOf(it.commitInTransaction(7, {}, { id: 'm', generation: 3 }, 6)), 'GROUP_ID_NOT_FOUND');
  t.is(errorOf(it.commitInTransaction(7, {}, { groupId: '' })), 'INVALID_GROUP_ID');
  t.is(it.describe()?.groupState, 'Dead');
  t.is(errorOf(it.commitInTransaction(7)), 'NONE');
  t.is(it.describe()?.groupState, 'Empty');
});

test('of a group with members, who tells a member must be one, in the current generation', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const [id = ''] = ids;
  const error = (member: { id?: string; generation?: number; instance?: string }) =>
    errorOf(it.commitInTransaction(7, {}, member));
  t.is(error({ id, generation }), 'NONE');
  t.is(error({ id, generation: generation - 1 }), 'ILLEGAL_GENERATION');
  t.is(error({ id }), 'ILLEGAL_GENERATION');
  t.is(error({ id: 'stranger', generation }), 'UNKNOWN_MEMBER_ID');
  t.is(error({ generation }), 'UNKNOWN_MEMBER_ID');
  t.is(error({ instance: 'nobody' }), 'UNKNOWN_MEMBER_ID');
  t.is(error({}), 'NONE', 'as clients before KIP-447 do');
  t.deepEqual(
    it.world.events('offset-commit-rejected').map(({ producerId }) => producerId),
    [7, 7, 7, 7, 7],
  );
});

test('a static member whose place was taken is fenced', (t) => {
  const it = bench();
  const joined = it.join('', { groupInstanceId: 'i' });
  it.pass(3_000);
  const { memberId: id = '', generationId: generation = 0 } = joined.answer;
  it.sync(id, generation, { [id]: 'a' }, 'i');
  it.join('', { groupInstanceId: 'i' });
  t.is(errorOf(it.commitInTransaction(7, {}, { id, generation, instance: 'i' })), 'FENCED_INSTANCE_ID');
});

test('a generation that waits for its assignment may commit in transactions, and that is no sign of life', (t) => {
  const it = bench();
  const { ids, generation } = it.stable(1);
  const [id = ''] = ids;
  const next = it.joinNew();
  it.join(id);
  t.is(next.joined.answer.generationId, generation + 1);
  t.is(it.describe()?.groupState, 'CompletingRebalance');
  t.is(errorOf(it.commitInTransaction(7, {}, { id, generation: generation + 1 })), 'NONE');
  const other = bench();
  const { ids: others, generation: of } = other.stable(1);
  other.pass(9_000);
  t.is(errorOf(other.commitInTransaction(7, {}, { id: others[0] ?? '', generation: of })), 'NONE');
  other.pass(1_500);
  t.is(other.describe()?.groupState, 'Empty');
});

// --- pending until the marker ---

test('nobody sees what a transaction commits before its marker is committed', (t) => {
  const it = bench();
  it.commit(1);
  t.is(errorOf(it.commitInTransaction(7)), 'NONE');
  t.is(it.committed(), 1);
  t.is(stable(it), 'UNSTABLE_OFFSET_COMMIT');
  t.is(stable(it, 5), -1, 'another partition');
  it.log.commitsAtOnce = false;
  const ended = it.endTransaction(true);
  t.is(ended.response, undefined);
  t.is(it.committed(), 1);
  it.log.commit();
  t.is(ended.answer, ErrorCode.NONE);
  t.is(it.committed(), 7);
  t.is(stable(it), 7);
  const [told] = it.world.events('transactional-offsets-ended');
  t.like(told, { producerId: 7, isCommitted: true, logOffset: 2 });
  t.like(told?.offsets, [{ group: 'g', partition: 't-0', offset: 7, logOffset: 1, isApplied: true }]);
});

test('a fetch that requires stable offsets waits for a commit that is being written, and then for its transaction', (t) => {
  const it = bench();
  it.log.commitsAtOnce = false;
  it.commitInTransaction(7);
  const strict = it.fetch(0, true);
  t.is(strict.response, undefined);
  it.log.commit();
  t.is(strict.answer.groups?.[0]?.topics?.[0]?.partitions?.[0]?.errorCode, ErrorCode.UNSTABLE_OFFSET_COMMIT);
});

test('of all of a group a fetch is told what is committed, and which of it may change', (t) => {
  const it = bench();
  it.commit(1, { partition: 0 });
  it.commit(2, { partition: 1 });
  it.commitInTransaction(7, {}, { partition: 1 });
  it.commitInTransaction(8, {}, { partition: 2 });
  const all = { groupId: 'g', topics: null, groups: [{ groupId: 'g', memberId: null, memberEpoch: -1, topics: null }] };
  const told = (requireStable: boolean) =>
    it
      .ask('OffsetFetch', 9, { ...all, requireStable })
      .answer.groups?.[0]?.topics?.[0]?.partitions?.map((of) => [of.partitionIndex, of.committedOffset, of.errorCode]);
  const unstable = ErrorCode.UNSTABLE_OFFSET_COMMIT;
  t.deepEqual(told(true), [
    [0, 1, 0],
    [1, -1, unstable],
  ]);
  t.deepEqual(told(false), [
    [0, 1, 0],
    [1, 2, 0],
  ]);
});

test('what an aborted transaction committed never counts', (t) => {
  const it = bench();
  it.commit(1);
  it.commitInTransaction(7);
  t.is(it.endTransaction(false).answer, ErrorCode.NONE);
  t.is(it.committed(), 1);
  t.is(stable(it), 1);
  t.like(it.world.events('transactional-offsets-ended')[0]?.offsets, [{ partition: 't-0', isApplied: false }]);
  t.is(it.endTransaction(true).answer, ErrorCode.NONE);
  t.is(it.committed(), 1, 'the marker of a transaction without offsets changes nothing');
});

test('each transaction ends alone, and of a partition the latest commit of each counts', (t) => {
  const it = bench();
  it.commitInTransaction(5, { id: 7 });
  it.commitInTransaction(6, { id: 7 });
  it.commitInTransaction(9, { id: 8 });
  it.endTransaction(true, 7);
  t.is(it.committed(), 6);
  t.is(stable(it), 'UNSTABLE_OFFSET_COMMIT');
  it.endTransaction(false, 8);
  t.is(stable(it), 6);
});

test('an offset that was committed further on in the log is not replaced by a transaction that ends later', (t) => {
  const it = bench();
  it.commitInTransaction(5);
  it.commit(9);
  it.endTransaction(true);
  t.is(it.committed(), 9);
  t.like(it.world.events('transactional-offsets-ended')[0]?.offsets, [{ offset: 5, isApplied: false }]);
  it.fail('b2', true);
  it.pass(0);
  t.is(it.committed(), 9);
});

test('in the log it is a batch of the producer, apart from what others write', (t) => {
  const it = bench({ 'group.coordinator.append.linger.ms': 5 });
  it.commit(1);
  it.commitInTransaction(7, { id: 7, epoch: 3 });
  it.endTransaction(true);
  it.commit(2);
  it.pass(5);
  const batches: unknown[] = [];
  forEachBatch(it.log.from(Offset(0)).records, ({ producerId, producerEpoch, baseSequence, isTransactional, isControl }) => {
    batches.push([producerId, producerEpoch, baseSequence, isTransactional, isControl]);
  });
  t.deepEqual(batches, [
    [-1, -1, -1, false, false],
    [7, 3, -1, true, false],
    [7, 0, -1, true, true],
    [-1, -1, -1, false, false],
  ]);
  t.is(it.committed(), 2);
  const values: unknown[] = [];
  const { records } = it.log.from(Offset(1));
  for (const { key, value } of decodeRecords(records, 0, pureCompression)) {
    const stored = decodeStored(key as Uint8Array, value);
    if (stored.kind === 'offset') values.push([stored.topic, stored.partition, stored.value?.offset, stored.value?.topicId]);
  }
  t.deepEqual(values, [['t', 0, 7, it.topicId]]);
});

test('metadata that is too long is refused for its partition, and a commit of nothing else writes nothing', (t) => {
  const it = bench({ 'offset.metadata.max.bytes': 0 });
  t.is(errorOf(it.commitInTransaction(7)), 'OFFSET_METADATA_TOO_LARGE');
  t.is(it.log.endOffset, Offset(0));
  t.is(it.describe()?.groupState, 'Dead');
});

// --- who coordinates ---

test('another coordinator knows the open transactions, and their markers end them there', (t) => {
  const it = bench();
  it.commit(1, { partition: 1 });
  it.commitInTransaction(7);
  it.commitInTransaction(3, { id: 9 }, { partition: 1 });
  it.fail('b2', true);
  const early = it.endTransaction(true);
  t.is(early.answer, ErrorCode.NOT_LEADER_OR_FOLLOWER, 'before it has loaded');
  t.is(errorOf(it.commitInTransaction(7)), 'COORDINATOR_LOAD_IN_PROGRESS');
  it.pass(0);
  t.like(it.world.events('coordinator-loaded').at(-1)?.transactionalOffsets, [
    { group: 'g', partition: 't-0', offset: 7, producerId: 7 },
    { group: 'g', partition: 't-1', offset: 3, producerId: 9 },
  ]);
  t.is(it.describe()?.groupState, 'Empty');
  t.is(stable(it), 'UNSTABLE_OFFSET_COMMIT');
  t.is(it.endTransaction(true).answer, ErrorCode.NONE);
  t.is(it.endTransaction(false, 9).answer, ErrorCode.NONE);
  t.deepEqual([stable(it, 0), stable(it, 1)], [7, 1]);
  it.fail('b1', true);
  it.pass(0);
  t.deepEqual([stable(it, 0), stable(it, 1)], [7, 1]);
  t.deepEqual(it.world.events('coordinator-loaded').at(-1)?.transactionalOffsets, []);
});

test('a group of which there is only what a transaction would commit is there after a load, and after its abort no more', (t) => {
  const it = bench();
  it.commitInTransaction(7);
  it.fail('b2', true);
  it.pass(0);
  t.is(it.describe()?.groupState, 'Empty');
  it.endTransaction(false);
  it.fail('b1', true);
  it.pass(0);
  t.is(it.describe()?.groupState, 'Dead');
});

test('whoever does not coordinate says so, to clients and to who writes markers', (t) => {
  const it = bench();
  it.log.commitsAtOnce = false;
  const commit = it.commitInTransaction(7);
  const marker = it.endTransaction(true);
  it.fail('b2', false);
  t.is(errorOf(commit), 'NOT_COORDINATOR');
  t.is(marker.answer, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  it.pass(0);
  t.is(it.committed(), -1);
  it.node = 'b1';
  t.is(errorOf(it.commitInTransaction(7)), 'NOT_COORDINATOR');
  t.is(it.endTransaction(true).answer, ErrorCode.NOT_LEADER_OR_FOLLOWER);
});

test('a marker is refused with the error of the log, and ends nothing then', (t) => {
  const it = bench();
  it.commitInTransaction(7);
  for (const refusal of [ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.TRANSACTION_COORDINATOR_FENCED]) {
    it.log.refusal = refusal;
    t.is(it.endTransaction(true).answer, refusal);
    t.is(errorOf(it.commitInTransaction(8)), errorName(refusal));
  }
  it.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  t.is(it.endTransaction(true).answer, ErrorCode.NOT_ENOUGH_REPLICAS, 'which is tried again');
  t.is(errorOf(it.commitInTransaction(8)), 'COORDINATOR_NOT_AVAILABLE');
  it.log.refusal = ErrorCode.NONE;
  t.is(stable(it), 'UNSTABLE_OFFSET_COMMIT');
  it.endTransaction(true);
  t.is(it.committed(), 7);
});

test('a marker that takes too long is answered as timed out, and ends the transaction when it is committed after all', (t) => {
  const it = bench();
  it.commitInTransaction(7);
  it.log.commitsAtOnce = false;
  const ended = it.endTransaction(true);
  it.pass(5_000);
  t.is(ended.answer, ErrorCode.REQUEST_TIMED_OUT);
  it.log.commit();
  t.is(it.committed(), 7);
});

test('a commit that failed leaves neither a group nor a transaction', (t) => {
  const it = bench();
  it.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS;
  t.is(errorOf(it.commitInTransaction(7)), 'COORDINATOR_NOT_AVAILABLE');
  t.is(it.describe()?.groupState, 'Dead');
  t.is(stable(it), -1);
  t.is(it.coordinator.groups().length, 0);
});

// --- removal ---

function pendingAfter(it: GroupBench, remove: () => unknown): (number | string)[] {
  it.commit(1, { partition: 0 });
  it.commitInTransaction(7, {}, { partition: 0 });
  it.commitInTransaction(8, {}, { partition: 1 });
  remove();
  const before = [stable(it, 0), stable(it, 1)];
  it.endTransaction(true);
  const after = [stable(it, 0), stable(it, 1)];
  it.fail('b2', true);
  it.pass(0);
  return [...before, ...after, stable(it, 0), stable(it, 1)];
}

test('DeleteGroups and OffsetDelete take what transactions would still commit, and a deleted topic does', (t) => {
  const gone = [-1, -1, -1, -1, -1, -1];
  const groups = bench();
  t.deepEqual(
    pendingAfter(groups, () => groups.ask('DeleteGroups', 2, { groupsNames: ['g'] })),
    gone,
  );
  t.is(groups.describe()?.groupState, 'Dead');
  const offsets = bench();
  const partitions = [{ partitionIndex: 0 }, { partitionIndex: 1 }];
  t.deepEqual(
    pendingAfter(offsets, () => offsets.ask('OffsetDelete', 0, { groupId: 'g', topics: [{ name: 't', partitions }] })),
    gone,
  );
  const topics = bench();
  t.deepEqual(
    pendingAfter(topics, () => topics.coordinator.onTopicsDeleted([{ name: 't', id: topics.topicId }])),
    gone,
  );
  t.deepEqual(
    topics.world.events('transactional-offset-removed').map((of) => [of.partition, of.producerId, of.reason]),
    [
      ['t-0', 7, 'topic-deleted'],
      ['t-1', 7, 'topic-deleted'],
    ],
  );
});

test('what is being written in a transaction when its topic is deleted goes, too; of another topic of the name it stays', (t) => {
  const it = bench();
  const former = it.topicId;
  it.commit(1);
  it.topicId = 'AAAAAAAAAAAAAAAAAAAAAg';
  it.log.commitsAtOnce = false;
  it.commitInTransaction(7);
  it.coordinator.onTopicsDeleted([{ name: 't', id: 'AAAAAAAAAAAAAAAAAAAAAw' }]);
  t.is(it.log.waiting, 1);
  it.coordinator.onTopicsDeleted([{ name: 't', id: it.topicId }]);
  it.log.commit();
  t.is(stable(it), -1);
  it.log.commitsAtOnce = true;
  it.topicId = former;
  it.commit(2);
  it.topicId = 'AAAAAAAAAAAAAAAAAAAAAg';
  it.commitInTransaction(8);
  it.coordinator.onTopicsDeleted([{ name: 't', id: former }]);
  t.is(stable(it), -1, 'the tombstone is of the partition, whatever is pending there');
});

test('offsets do not expire while a transaction would replace them, nor does the group', (t) => {
  const it = bench();
  it.commit(1);
  it.commitInTransaction(7);
  it.pass(120 * MINUTE);
  t.is(it.committed(), 1);
  it.endTransaction(false);
  it.pass(20 * MINUTE);
  t.is(it.committed(), -1);
  t.is(it.describe()?.groupState, 'Dead');
  it.commitInTransaction(7);
  it.pass(120 * MINUTE);
  t.is(it.describe()?.groupState, 'Empty', 'a group without any committed offset');
  it.endTransaction(false);
  it.pass(20 * MINUTE);
  t.is(it.describe()?.groupState, 'Dead');
});

test('a commit in a transaction that is being written when an offset expires keeps it', (t) => {
  const it = bench();
  it.commit(1);
  it.pass(59 * MINUTE);
  it.log.commitsAtOnce = false;
  const asked = it.commitInTransaction(7);
  it.pass(2 * MINUTE);
  t.is(it.log.waiting, 1);
  it.log.commit();
  t.truthy(asked.answer);
  t.is(it.committed(), 1);
});

test('nothing is written that the coordinator of the transaction does not agree to', (t) => {
  const it = bench();
  const error = (told: number): string => {
    it.log.verificationError = told;
    return errorOf(it.commitInTransaction(7));
  };
  const endOffset = it.log.endOffset;
  t.is(error(ErrorCode.INVALID_TXN_STATE), 'INVALID_TXN_STATE');
  t.is(error(ErrorCode.NETWORK_EXCEPTION), 'COORDINATOR_LOAD_IN_PROGRESS');
  t.is(error(ErrorCode.NOT_LEADER_OR_FOLLOWER), 'NOT_COORDINATOR');
  t.is(error(ErrorCode.CONCURRENT_TRANSACTIONS), 'CONCURRENT_TRANSACTIONS');
  t.is(it.log.endOffset, endOffset);
  t.is(error(ErrorCode.NONE), 'NONE');
});
