import test from 'ava';
import type { TraceEvent, TraceEventOf } from '../../core/trace.ts';
import { FakeContext } from '../../properties/testing/fake-context.ts';
import { ClusterState } from '../cluster-state.ts';
import { diesAfter, follows, repeated, type Watch } from './mark.ts';
import { EVENT_MARKS, watchMarks } from './registry.ts';
import { Situation } from './situation.ts';

function run(): FakeContext {
  const context = new FakeContext();
  const names = [1, 2, 3].map((id) => [id, `b${id}`] as const);
  watchMarks(context, new Situation(context, new ClusterState(new Map(names))));
  return context;
}

/** How often a watch says that its state was reached. */
function watched(watch: Watch): { readonly context: FakeContext; readonly times: () => number } {
  const context = new FakeContext();
  let count = 0;
  watch(context, new Situation(context, new ClusterState(new Map())), () => void count++);
  return { context, times: () => count };
}

const rolled = { type: 'segment-rolled', partition: 'orders-0', baseOffset: 5 } as const;
const flushed = { type: 'log-flushed', partition: 'orders-0', upTo: 5 } as const;

test('one event follows another of the same key within its time, and not itself', (t) => {
  const { context, times } = watched(follows({ type: 'segment-rolled' }, { type: 'log-flushed' }, 10));
  context.emit(1, flushed);
  context.emit(1, rolled);
  context.emit(2, flushed);
  t.is(times(), 0, 'nothing before it, and not at another node');
  context.emit(1, flushed);
  t.is(times(), 1);
  context.pass(20);
  context.emit(1, flushed);
  t.is(times(), 1, 'too late');
  const same = watched(follows({ type: 'segment-rolled' }, { type: 'segment-rolled' }, 10));
  same.context.emit(1, rolled);
  t.is(same.times(), 0);
  same.context.emit(1, rolled);
  t.is(same.times(), 1);
});

test('the same so many times within a time, by key', (t) => {
  const { context, times } = watched(repeated({ type: 'segment-rolled' }, 3, 10));
  context.emit(1, rolled);
  context.emit(1, rolled);
  context.emit(2, rolled);
  t.is(times(), 0);
  context.pass(20);
  context.emit(1, rolled);
  context.emit(1, rolled);
  t.is(times(), 0, 'the first two are too long ago');
  context.emit(1, rolled);
  t.is(times(), 1);
});

test('a node that ends soon after an event of its own, once', (t) => {
  const { context, times } = watched(diesAfter('segment-rolled', ({ baseOffset }) => baseOffset > 1, 10));
  context.emit(1, rolled);
  context.emit(2, { ...rolled, baseOffset: 0 });
  context.world(2, { type: 'crashed', reason: 'killed' });
  t.is(times(), 0, 'not the event that counts');
  context.world(1, { type: 'stopped' });
  t.is(times(), 0, 'an orderly end');
  context.world(1, { type: 'crashed', reason: 'killed' });
  context.world(1, { type: 'power-lost' });
  t.is(times(), 1);
});

function leader(partition: string, leaderEpoch: number): TraceEventOf<'became-leader'> {
  return {
    type: 'became-leader',
    partition,
    topicId: 'id',
    leaderEpoch,
    partitionEpoch: 0,
    isr: [1, 2],
    replicas: [1, 2, 3],
    logStartOffset: 0,
    logEndOffset: 5,
    highWatermark: 5,
  };
}

function appended(lastOffset: number): TraceEventOf<'log-appended'> {
  const batch = new Uint8Array();
  return { type: 'log-appended', partition: 'orders-0', role: 'leader', baseOffset: 0, lastOffset, leaderEpoch: 1, batch };
}

function loaded(logEndOffset: number): TraceEventOf<'log-loaded'> {
  return {
    type: 'log-loaded',
    partition: 'orders-0',
    topicId: 'id',
    logStartOffset: 0,
    logEndOffset,
    recoveryPoint: 0,
    clean: false,
    batches: [],
    epochs: [],
  };
}

const elected = { type: 'quorum-leader-elected', epochStartOffset: 10, voters: [1, 2, 3] } as const;

/** By mark: what reaches it, and the same with a difference, which does not. */
const STORIES: readonly (readonly [name: string, reaches: (run: FakeContext) => void, misses: (run: FakeContext) => void])[] = [
  [
    'replication/two-leaders',
    (run) => {
      run.emit(1, leader('orders-0', 1));
      run.emit(2, leader('orders-0', 2));
    },
    (run) => {
      run.emit(1, leader('orders-0', 1));
      run.world(1, { type: 'crashed', reason: 'killed' });
      run.emit(2, leader('orders-0', 2));
    },
  ],
  [
    'log/power-loss-took-records',
    (run) => {
      run.emit(1, appended(9));
      run.world(1, { type: 'power-lost' });
      run.emit(1, loaded(8));
    },
    (run) => {
      run.emit(1, appended(9));
      run.world(1, { type: 'power-lost' });
      run.emit(1, loaded(10));
    },
  ],
  [
    'quorum/leader-committed-nothing',
    (run) => {
      run.emit(1001, { ...elected, epoch: 1 });
      run.emit(1002, { ...elected, epoch: 2 });
    },
    (run) => {
      run.emit(1001, { ...elected, epoch: 1 });
      const committed = { role: 'leader', epoch: 1, from: 10, to: 11, epochStartOffset: 10, voters: [] } as const;
      run.emit(1001, { type: 'quorum-high-watermark-advanced', ...committed });
      run.emit(1002, { ...elected, epoch: 2 });
    },
  ],
  [
    'log/transaction-over-two-segments',
    (run) => {
      run.emit(1, opened(7));
      run.emit(1, rolled);
    },
    (run) => {
      run.emit(1, opened(7));
      run.emit(1, marker(7));
      run.emit(1, rolled);
    },
  ],
  [
    'log/three-open-transactions',
    (run) => {
      for (const producerId of [1, 2, 3]) run.emit(1, opened(producerId));
    },
    (run) => {
      for (const producerId of [1, 2, 2]) run.emit(1, opened(producerId));
    },
  ],
  [
    'consumer-group/next-coordinator-found-a-reconciliation',
    (run) => {
      run.emit(1, consumers({}));
      run.emit(2, consumers({ state: 'Reconciling', logOffset: -1 }));
    },
    (run) => {
      run.emit(1, consumers({}));
      run.emit(1, consumers({ state: 'Reconciling' }));
      run.emit(2, consumers({ logOffset: -1 }));
    },
  ],
  [
    'consumer-group/removed-while-it-revokes',
    (run) => {
      run.emit(1, consumers({ revokes: ['id-0'] }));
      run.emit(1, removed('session-expired'));
    },
    (run) => {
      run.emit(1, consumers({ revokes: ['id-0'] }));
      run.emit(1, removed('left'));
      run.emit(1, consumers({}));
      run.emit(1, removed('session-expired'));
    },
  ],
  [
    'group/next-coordinator-found-a-rebalance',
    (run) => {
      run.emit(1, joining('PreparingRebalance'));
      run.emit(2, joining('Dead'));
    },
    (run) => {
      run.emit(1, joining('Stable'));
      run.emit(2, joining('Dead'));
    },
  ],
  [
    'transaction/markers-sent-by-the-next-coordinator',
    (run) => {
      run.emit(1, markers(3));
      run.emit(2, markers(4));
    },
    (run) => {
      run.emit(1, markers(3));
      run.emit(1, markers(3));
    },
  ],
  [
    'world/three-kinds-of-fault-at-once',
    (run) => {
      for (const kind of ['pause', 'slow-disk', 'split']) run.fault(kind, 'begins', 100);
    },
    (run) => {
      for (const kind of ['pause', 'slow-disk']) run.fault(kind, 'begins', 100);
      run.fault('pause', 'ends');
      run.fault('split', 'begins', 100);
    },
  ],
];

function opened(producerId: number): TraceEvent {
  return { type: 'transaction-opened', partition: 'orders-0', producerId, producerEpoch: 0, firstOffset: 1, byLeader: true };
}

function marker(producerId: number): TraceEvent {
  return {
    type: 'transaction-marker-appended',
    partition: 'orders-0',
    producerId,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    commit: true,
    offset: 4,
    firstOffset: 1,
    byLeader: true,
  };
}

/** Member m of group g, with what it has yet to give up. */
function consumers(change: {
  readonly state?: string;
  readonly logOffset?: number;
  readonly revokes?: readonly string[];
}): TraceEvent {
  const { state = 'Stable', logOffset = 5, revokes = [] } = change;
  const member = {
    member: 'm',
    instanceId: null,
    subscription: '',
    epoch: 2,
    assigned: [],
    pendingRevocation: revokes,
    target: [],
  };
  const group = { group: 'g', offsetsPartition: 0, metadataHash: '', epoch: 2, assignmentEpoch: 2 };
  return { type: 'consumer-group-changed', ...group, logOffset, state, members: [member] };
}

function removed(reason: 'left' | 'session-expired'): TraceEvent {
  return { type: 'group-member-removed', group: 'g', member: 'm', reason, sinceHeartbeatMs: 0, sessionTimeoutMs: 0 };
}

function joining(to: string): TraceEvent {
  return { type: 'group-transition', group: 'g', from: 'Empty', to, generation: 1, members: [] };
}

function markers(coordinatorEpoch: number): TraceEvent {
  return {
    type: 'transaction-markers-sent',
    transactionalId: 'id',
    producerId: 1,
    producerEpoch: 0,
    coordinatorEpoch,
    commit: true,
    brokerId: 3,
    partitions: [],
  };
}

for (const [name, reaches, misses] of STORIES) {
  test(`${name} is reached, and without what makes it rare it is not`, (t) => {
    t.true(EVENT_MARKS.has(name));
    const reached = run();
    reaches(reached);
    t.is(reached.marks[name], 1);
    const missed = run();
    misses(missed);
    t.is(missed.marks[name], undefined);
  });
}
