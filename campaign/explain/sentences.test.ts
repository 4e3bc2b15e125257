/** Groups, transactions and the quorum in plain sentences. */
import test from 'ava';
import type { TraceEvent } from '../../core/trace.ts';
import type { HistoryEvent } from '../../sim/history.ts';
import { sentenceOf } from './sentences.ts';

const names = new Map([
  [1, 'b1'],
  [3, 'b3'],
  [1001, 'c1'],
  [1002, 'c2'],
]);

function sentence(node: string, what: TraceEvent | HistoryEvent): string {
  return sentenceOf({ timeUs: 0, step: 0, node, incarnation: 0, what }, names);
}

test('a vote, and who asks for it', (t) => {
  t.is(
    sentence('c2', {
      type: 'quorum-voted',
      epoch: 2,
      candidate: 1001,
      candidateLastEpoch: 1,
      candidateEndOffset: 88,
      lastEpoch: 1,
      endOffset: 80,
    }),
    "c2 votes for c1 in quorum epoch 2; the candidate's log ends at 88 (epoch 1), its own at 80 (epoch 1)",
  );
  t.is(
    sentence('c2', {
      type: 'quorum-transition',
      from: 'follower',
      to: 'prospective',
      epoch: 1,
      leaderId: 1001,
      isVoter: true,
    }),
    'c2 asks the voters whether they would elect it, in quorum epoch 1: it has not heard of its leader for too long',
  );
  t.is(
    sentence('b1', { type: 'quorum-transition', from: 'observer', to: 'observer', epoch: 2, leaderId: -1, isVoter: false }),
    'b1 follows nobody in quorum epoch 2',
  );
});

test('who is in a group, and who has what of it', (t) => {
  t.is(
    sentence('b1', {
      type: 'group-transition',
      group: 'readers',
      from: 'CompletingRebalance',
      to: 'Stable',
      generation: 2,
      members: ['m-1', 'm-2'],
    }),
    'b1 takes group readers from CompletingRebalance to Stable, generation 2, with 2 members: m-1, m-2',
  );
  t.is(
    sentence('b1', {
      type: 'group-member-removed',
      group: 'readers',
      member: 'm-1',
      reason: 'session-expired',
      sinceHeartbeatMs: 6_001,
      sessionTimeoutMs: 6_000,
    }),
    'b1 removes m-1 from group readers: its session has expired; it was last heard of 6001 ms ago, and its session lasts 6000 ms',
  );
  t.is(
    sentence('reader-1', {
      timeUs: 0,
      step: 0,
      session: { id: 5, client: 'reader-1', incarnation: 0, kind: 'consumer', properties: {} },
      type: 'assigned',
      partitions: [
        { topic: 'orders', partition: 0 },
        { topic: 'orders', partition: 1 },
      ],
      generation: 2,
    }),
    'reader-1 (consumer 5): it now has orders-0, orders-1, in generation 2',
  );
});

const commit = {
  type: 'offset-committed',
  group: 'readers',
  partition: 'orders-0',
  topicId: 't',
  offset: 17,
  leaderEpoch: 0,
  member: 'm-1',
  generation: 2,
  groupGeneration: 3,
  groupState: 'Stable',
  isCurrentMember: true,
  offsetsPartition: 0,
  logOffset: 9,
} as const;

test('of a poll that brought hundreds of records so much is told as can be read', (t) => {
  const records = Array.from({ length: 300 }, (_, offset) => ({
    topic: 'orders',
    partition: 0,
    offset,
    timestampMs: 0,
    key: null,
    value: 'v',
  }));
  const told = sentence('reader-1', {
    timeUs: 0,
    step: 0,
    session: { id: 5, client: 'reader-1', incarnation: 0, kind: 'consumer', properties: {} },
    type: 'ok',
    op: 1,
    call: { f: 'poll' },
    result: { f: 'poll', records },
  } as unknown as HistoryEvent);
  t.true(told.startsWith('reader-1 (consumer 5): poll -> orders-0@0 v, orders-0@1 v'));
  t.true(told.length < 300);
});

test('what a producer knows of its batches', (t) => {
  const inTime = { ageMs: 5, deliveryTimeoutMs: 120_000 };
  const batch = { partition: 'orders-2', producerId: 0, producerEpoch: 0, baseSequence: 22, records: 1 } as const;
  t.is(
    sentence('writer-1', { ...batch, type: 'producer-batch-completed', ...inTime, attempts: 20, offset: 22, error: 0 }),
    'writer-1 knows a batch of 1 record (sequence 22), sent 20 times, to be in orders-2 at 22',
  );
  t.is(
    sentence('writer-1', {
      ...batch,
      type: 'producer-batch-completed',
      ...inTime,
      attempts: 1,
      offset: -1,
      error: 19,
      records: 3,
    }),
    'writer-1 gives up a batch of 3 records (sequence 22) for orders-2: NOT_ENOUGH_REPLICAS',
  );
});

test('a commit says where it does not fit the group', (t) => {
  t.is(sentence('b1', commit), "b1 commits orders-0@17 of group readers for m-1 of generation 2 (the group's is 3)");
  t.is(
    sentence('b1', { ...commit, generation: 3, isCurrentMember: false }),
    'b1 commits orders-0@17 of group readers for m-1 of generation 3, which is no member of it now',
  );
});

test('a member is named so far that two lives of a client can be told apart', (t) => {
  const joined = { type: 'group-member-joined', group: 'readers', instanceId: null, generation: 1 } as const;
  t.is(
    sentence('b1', { ...joined, member: 'reader-1-31aqYM0pSDq-oRu6Rp96Wg' }),
    'b1 takes reader-1-31aq… into group readers, generation 1',
  );
  // In the consumer protocol nothing but this says who it is.
  t.is(
    sentence('b1', { ...joined, member: 'J-J0NmloRW244eyrGxAJ2w' }),
    'b1 takes J-J0NmloRW244eyrGxAJ2w into group readers, generation 1',
  );
});

test('of many things a few are named', (t) => {
  const partitions = Array.from({ length: 12 }, (_, index) => `orders-${index}`);
  t.is(
    sentence('b1', { type: 'group-sync-answered', group: 'readers', generation: 1, member: 'm', partitions }),
    'b1 tells m that it has orders-0, orders-1, orders-2, orders-3, orders-4, orders-5, orders-6, orders-7 and 4 more in generation 1 of group readers',
  );
});

test('a transaction from its decision to its markers', (t) => {
  t.is(
    sentence('b1', {
      type: 'transaction-transition',
      statePartition: 0,
      leaderEpoch: 0,
      transactionalId: 'bank-1',
      producerId: 7,
      producerEpoch: 2,
      nextProducerId: -1,
      from: 'Ongoing',
      to: 'PrepareCommit',
      partitions: ['accounts-0', 'accounts-1'],
      timeoutMs: 3_000,
      transactionVersion: 2,
      reason: 'end-transaction',
      logOffset: 12,
    }),
    'b1 has it in its log (at 12) that bank-1 (producer 7, epoch 2) goes from Ongoing to PrepareCommit, as its producer asked for it, with accounts-0, accounts-1',
  );
  const markers = {
    transactionalId: 'bank-1',
    producerId: 7,
    producerEpoch: 2,
    coordinatorEpoch: 0,
    commit: false,
    brokerId: 3,
    partitions: ['accounts-0', 'accounts-1'],
  };
  t.is(
    sentence('b1', { ...markers, type: 'transaction-markers-sent' }),
    'b1 asks b3 to write the ABORT marker of bank-1 (producer 7, epoch 2) to accounts-0, accounts-1',
  );
  t.is(
    sentence('b1', { ...markers, type: 'transaction-markers-answered', errors: [0, 6] }),
    'b1 hears from b3 of the ABORT marker of bank-1: accounts-0 has it, accounts-1 NOT_LEADER_OR_FOLLOWER',
  );
  t.is(
    sentence('b1', { ...markers, type: 'transaction-markers-answered', errors: null }),
    'b1 hears from b3 of the ABORT marker of bank-1: no answer, and whether it is written in accounts-0, accounts-1 is not known',
  );
  t.is(
    sentence('b3', {
      type: 'transaction-marker-appended',
      partition: 'accounts-0',
      producerId: 7,
      producerEpoch: 2,
      coordinatorEpoch: 0,
      commit: true,
      offset: 31,
      firstOffset: -1,
      byLeader: false,
    }),
    'b3, a follower, appends the COMMIT marker of producer 7, epoch 2 to accounts-0, at 31: no transaction was open there',
  );
});

test('what an application asks of its transaction, and is answered', (t) => {
  const answer = {
    type: 'transaction-request-answered',
    api: 'EndTxn',
    transactionalId: 'bank-1',
    producerId: 7,
    producerEpoch: 2,
    error: 0,
    ownProducerId: 7,
    ownProducerEpoch: 2,
    state: 'PrepareCommit',
    partitions: [],
    isVerification: false,
    commit: true,
    transactionVersion: 2,
  } as const;
  t.is(sentence('b1', answer), 'b1 grants EndTxn (commit) of bank-1 by producer 7, epoch 2; it is PrepareCommit');
  t.is(
    sentence('b1', { ...answer, api: 'InitProducerId', commit: null, producerId: -1, error: 14, state: null }),
    'b1 refuses InitProducerId of bank-1 by a producer without an id: COORDINATOR_LOAD_IN_PROGRESS',
  );
});

test('a log is cleaned, and a change of the in-sync set answered', (t) => {
  const copy = { partition: 'orders-1', baseOffset: 0, endOffset: 141, records: () => new Uint8Array() };
  t.is(
    sentence('b1', { type: 'segments-swapped', ...copy, startedMs: 1, deleteRetentionMs: 10_000 }),
    'b1 has the cleaned copy of orders-1, 0 to 141, in place of its segments; delete.retention.ms is 10000',
  );
  t.is(
    sentence('b1', { type: 'log-cleaning-begun', partition: 'orders-1', firstDirtyOffset: 141, firstUncleanableOffset: 147 }),
    'b1 begins to clean orders-1: it is dirty from 141 on, and can be cleaned below 147',
  );
  const asked = {
    type: 'alter-partition-answered',
    ...{ partition: 'orders-1', topic: 'orders', broker: 3, brokerEpoch: 13 },
    ...{ requestedIsr: [1, 3], requestedEpochs: [11, 13], decidedAt: 150, leaderEpoch: 1, partitionEpoch: 2 },
  } as const;
  t.is(
    sentence('c1', { ...asked, error: 0 }),
    'c1 grants it to b3, which asks for b1, b3 as the in-sync set of orders-1: leader epoch 1, partition epoch 2',
  );
  t.is(
    sentence('c1', { ...asked, error: 107 }),
    'c1 refuses b3, which asks for b1, b3 as the in-sync set of orders-1: INELIGIBLE_REPLICA',
  );
});
