import test from 'ava';
import { FakeContext } from '../properties/testing/fake-context.ts';
import type { PartitionRegistrationSummary } from '../core/trace/metadata-events.ts';
import { ClusterState } from './cluster-state.ts';
import { Situation } from './marks/situation.ts';
import { ProtocolStates } from './protocol-states.ts';

function registered(of: Partial<PartitionRegistrationSummary>): PartitionRegistrationSummary {
  return {
    partition: 'orders-0',
    topic: 'orders',
    topicId: 'id',
    replicas: [1, 2, 3],
    isr: [1, 2, 3],
    elr: [],
    lastKnownElr: [],
    leader: 1,
    leaderEpoch: 4,
    partitionEpoch: 0,
    recovering: false,
    ...of,
  };
}

function followerOf(partition: string, leaderEpoch: number) {
  return {
    type: 'became-follower',
    partition,
    topicId: 'id',
    leaderEpoch,
    leader: 1,
    logEndOffset: 0,
    highWatermark: 0,
  } as const;
}

function leaderOf(partition: string, leaderEpoch: number) {
  return {
    type: 'became-leader',
    partition,
    topicId: 'id',
    leaderEpoch,
    partitionEpoch: 0,
    isr: [1],
    replicas: [1, 2, 3],
    logStartOffset: 0,
    logEndOffset: 0,
    highWatermark: 0,
  } as const;
}

function world() {
  const context = new FakeContext();
  const cluster = new ClusterState(new Map());
  return { context, cluster, states: new ProtocolStates(context, new Situation(context, cluster)) };
}

test('a state has a role, an epoch relation and an in-sync set, and no names', (t) => {
  const { context, cluster, states } = world();
  cluster.onPartition(registered({}));
  context.emit(1, leaderOf('orders-0', 4));
  context.emit(2, followerOf('orders-0', 4));
  context.emit(3, followerOf('orders-0', 4));
  t.deepEqual(states.seen, ['data follower newest all - none', 'data leader newest all - none']);
  cluster.onPartition(registered({ isr: [2], elr: [1], leader: 2, leaderEpoch: 5, partitionEpoch: 1 }));
  context.emit(1, followerOf('orders-0', 4));
  t.true(states.seen.includes('data follower older alone+elr - none'));
});

test('a fault that begins is seen by everybody, with others it is one of several', (t) => {
  const { context, cluster, states } = world();
  cluster.onPartition(registered({}));
  context.emit(1, leaderOf('orders-0', 4));
  context.fault('slow-disk', 'begins', 100);
  context.fault('pause', 'begins', 100);
  context.fault('slow-disk', 'ends');
  t.deepEqual(states.seen, [
    'data leader newest all - none',
    'data leader newest all - pause',
    'data leader newest all - several',
    'data leader newest all - slow-disk',
  ]);
});

test('a coordinator is in the state of what it said last; a node that is down is in none', (t) => {
  const { context, cluster, states } = world();
  cluster.onPartition(registered({ partition: '__transaction_state-0', topic: '__transaction_state', isr: [1, 2] }));
  context.emit(1, leaderOf('__transaction_state-0', 4));
  const transition = {
    type: 'transaction-transition',
    statePartition: 0,
    leaderEpoch: 4,
    transactionalId: 'id',
    producerId: 1,
    producerEpoch: 0,
    nextProducerId: -1,
    from: 'Empty',
    to: 'Ongoing',
    partitions: [],
    timeoutMs: 1,
    transactionVersion: 2,
    reason: 'add-partitions',
    logOffset: 0,
  } as const;
  context.emit(1, transition);
  t.deepEqual(states.seen, ['transactions leader newest some - none', 'transactions leader newest some Ongoing none']);
  context.world(1, { type: 'crashed', reason: 'killed' });
  context.emit(1, { ...transition, to: 'PrepareCommit' });
  t.is(states.seen.length, 2);
});

test('of two voters only the one in the newest epoch is up to date', (t) => {
  const { context, states } = world();
  const transition = { type: 'quorum-transition', from: 'unattached', leaderId: -1, isVoter: true } as const;
  context.emit(1001, { ...transition, to: 'leader', epoch: 1 });
  context.emit(1002, { ...transition, to: 'leader', epoch: 2 });
  context.emit(1001, { ...transition, to: 'resigned', epoch: 1 });
  t.deepEqual(states.seen, ['metadata leader newest - - none', 'metadata resigned older - - none']);
});

test('a consumer group is told apart from a classic one, and a cleaner has states of its own', (t) => {
  const { context, cluster, states } = world();
  cluster.onPartition(registered({ partition: '__consumer_offsets-0', topic: '__consumer_offsets' }));
  context.emit(1, leaderOf('__consumer_offsets-0', 4));
  const group = { group: 'g', offsetsPartition: 0, metadataHash: '', epoch: 2, assignmentEpoch: 2, members: [], logOffset: 3 };
  context.emit(1, { type: 'consumer-group-changed', ...group, state: 'Reconciling' });
  context.emit(1, {
    type: 'log-cleaning-begun',
    partition: '__consumer_offsets-0',
    firstDirtyOffset: 0,
    firstUncleanableOffset: 3,
  });
  t.true(states.seen.includes('groups leader newest all ConsumerReconciling none'));
  t.true(states.seen.includes('groups leader cleaner - cleaning none'));
});
